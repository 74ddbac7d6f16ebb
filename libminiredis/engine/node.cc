#include "engine/node.h"

#include <algorithm>

#include "engine/dispatch.h"
#include "engine/host.h"
#include "engine/script_task.h"

namespace miniredis::engine {
namespace {
constexpr std::uint32_t kBackgroundEvictions = 16;
}  // namespace

LongRun::LongRun(NodeRuntime& node, Client& owner)
    : client(&owner),
      writer(out, owner.protocol),
      context(std::make_unique<Call>(node, owner, writer)) {}

NodeRuntime::NodeRuntime(Host& node_host, std::shared_ptr<TenantRecord> node_tenant,
                         std::string node_id, const NodeOptions& options, unsigned node_shard)
    : host(node_host),
      tenant(std::move(node_tenant)),
      id(std::move(node_id)),
      sequence(node_host.next_sequence()),
      created_ms(node_host.clock().unix_ms()),
      shard(node_shard),
      name(options.name),
      account(&tenant->account, options.memory_limit_bytes),
      rng(node_host.seed()),
      keyspace(account, node_host.hash_key(), rng),
      statistics(account),
      pubsub(account),
      blocking(account),
      acl(account),
      acl_file(options.acl_file),
      config_file(options.config_file),
      slowlog(account),
      latency(account),
      clock_(node_host.clock()) {
  settings.memory_cap = options.memory_limit_bytes;
  settings.eviction.policy = options.eviction_policy;
  settings.max_clients = options.max_clients;
  settings.credentials.set_password(options.password);
  if (!config_file.empty()) {
    original_settings = std::make_unique<tenants::Settings>();
    account.charge(static_cast<std::int64_t>(memory::block_size(sizeof(tenants::Settings))));
  }
  settings.acl_file = acl_file.substr(acl_file.rfind('/') + 1);
  acl.set_default_password(*this, settings.credentials);
  quota = options.quota;
  account.charge(static_cast<std::int64_t>(memory::block_size(sizeof(NodeRuntime))));
  keyspace.set_now(created_ms);
  apply_settings();
}

NodeRuntime::~NodeRuntime() {
  drop_long_run();
  scripts.reset();
  functions.reset();
  embedded.reset();
  while (!clients.empty()) detach(*clients.back());
}

std::optional<Bytes> NodeRuntime::attach(Client& client) {
  const NodeState now = state.load();
  if (now == NodeState::kStopped) return commands::wire::kNodeStopped;
  if (now != NodeState::kRunning) return commands::wire::kNodeGone;
  if (client.listed) {
    const bool full = clients.size() >= settings.max_clients;
    if (full || !tenant->count_connection()) {
      ++statistics.rejected_connections;
      return full ? commands::wire::kMaxClients : commands::wire::kMaxTenantClients;
    }
  }
  client.node = this;
  if (client.listed)
    become_default(*this, client);
  else
    client.authenticated = client.all_rights = true;  // the embedding program's own
  client.id = host.next_client_id();
  client.created_ms = client.last_active_ms = keyspace.now_ms();
  if (client.listed) {
    clients.push_back(&client);
    ++statistics.connections;
  }
  client.settle_buffers();
  return std::nullopt;
}

void NodeRuntime::forget(Client& client) noexcept {
  pubsub.unsubscribe_all(client);
  blocking.take(client);
  if (tracking != nullptr) tracking->forget(client);
  stop_tracking(client);
  if (client.watcher != nullptr) {
    keyspace.watches().unwatch(*client.watcher);
    client.watcher.reset();
  }
  client.transaction.reset();
  if (client.monitor) std::erase(monitors, &client);
  client.monitor = false;
  if (client.stalled) std::erase(waiting, &client);
  if (throttle != nullptr) throttle->finish(client);
  if (ScriptTask* const running = running_script()) running->forget_caller(client);
  client.stalled = false;
  client.suspended = false;
  client.uncharge();
}

void NodeRuntime::detach(Client& client) noexcept {
  forget(client);
  if (std::erase(clients, &client) > 0) tenant->uncount_connection();
  if (long_run != nullptr && long_run->client == &client) {
    long_run->client = nullptr;
    if (!long_run->task->may_be_dropped()) long_run->keeper = client.owner.keep();
    if (long_run->keeper == nullptr) {
      long_run.reset();
      resume_waiting();
    } else {
      long_run->orphan = &client;
    }
  }
  client.node = nullptr;
  if (long_run != nullptr && long_run->orphan == &client) return;  // its commands need its rights
  client.user = nullptr;
  client.all_rights = false;
}

void NodeRuntime::stop_tracking(Client& client) noexcept {
  if (tracking == nullptr) return;
  tracking->stop(client);
  if (tracking->clients() == 0 && !tracking->has_garbage()) tracking.reset();
}

ScriptTask* NodeRuntime::running_script() const noexcept {
  if (scripts != nullptr && scripts->running != nullptr) return scripts->running;
  return functions == nullptr ? nullptr : functions->running;
}

void NodeRuntime::close_all_clients() noexcept {
  // Nobody is left to end it, and the node should come to rest.
  if (ScriptTask* const running = running_script()) running->kill();
  for (Client* client : clients) {
    client->closing = true;
    client->owner.wake();
  }
}

bool NodeRuntime::is_paused(bool is_write) noexcept {
  if (pause.until_ms == 0) return false;
  if (keyspace.now_ms() >= pause.until_ms) {
    pause = {};
    resume_waiting();  // whoever finds out first that it is over tells those that wait for it
    return false;
  }
  return is_write || !pause.writes_only;
}

void NodeRuntime::serve_blocked_now() {
  // A command may be under way, or writes held back: what is ready stays noted until then.
  if (long_run != nullptr || is_paused(true)) return;
  blocking.serve(*this);
}

bool NodeRuntime::must_wait_now(Client& client, bool is_write) {
  if (long_run == nullptr && (client.is_operator || !is_paused(is_write))) return false;
  if (!client.stalled) {
    client.stalled = true;
    waiting.push_back(&client);
  }
  return true;
}

void NodeRuntime::resume_waiting() noexcept {
  std::vector<Client*> all;
  all.swap(waiting);
  for (Client* client : all) client->stalled = false;
  for (Client* client : all) client->owner.resume();
}

void NodeRuntime::drop_long_run() noexcept {
  if (long_run == nullptr) return;
  const std::unique_ptr<LongRun> dropped = std::move(long_run);
  if (dropped->orphan != nullptr) forget(*dropped->orphan);
  if (dropped->client != nullptr) {
    dropped->client->suspended = false;
    dropped->client->owner.resume();
  }
  resume_waiting();
}

bool NodeRuntime::step_long_run(std::uint64_t budget_ns) {
  if (long_run == nullptr) return true;
  LongRun& run = *long_run;
  const std::uint64_t before = clock().monotonic_ns();
  Client* const client = run.client != nullptr ? run.client : run.orphan;
  if (tracking != nullptr && client != nullptr) tracking->begin(*client);
  const bool done = step_guarded(*run.context, *run.task, commands::Budget(clock(), budget_ns));
  if (tracking != nullptr) tracking->pause();
  run.spent_ns += clock().monotonic_ns() - before;
  if (!done) return false;
  const std::unique_ptr<LongRun> finished = std::move(long_run);
  finish_long_run(*this, *finished);
  if (finished->client != nullptr) finished->client->owner.resume();
  if (finished->orphan != nullptr) forget(*finished->orphan);
  serve_blocked();
  resume_waiting();
  return true;
}

bool NodeRuntime::work(std::uint64_t budget_ns) {
  const std::uint64_t before = clock().monotonic_ns();
  bool more = false;
  const bool steps = long_run != nullptr;  // its time is added when it is over
  if (steps) {
    more = !step_long_run(budget_ns) && long_run_rests_ms() == 0;
  } else {
    const commands::Budget budget(clock(), budget_ns);
    more = keyspace.work([&] { return !budget.spent(); });
    note_latency("expire-cycle", before);
    const std::uint64_t evicting = clock().monotonic_ns();
    while (account.excess() > 0 && settings.eviction.policy != EvictionPolicy::kNoEviction) {
      const std::uint64_t evicted = keyspace.stats.evicted;
      keyspace.make_room(kBackgroundEvictions);
      if (keyspace.stats.evicted == evicted) break;
      more = account.excess() > 0;
      if (budget.spent()) break;
    }
    note_latency("eviction-cycle", evicting);
  }
  if (blocking.clients() > 0) {
    blocking.expire(*this, keyspace.now_ms());
    serve_blocked();
  }
  if (throttle != nullptr) throttle->resume_due();
  is_paused(true);  // resumes those that wait if it is over
  const std::uint64_t spent = clock().monotonic_ns() - before;
  if (!steps) statistics.cpu_ns += spent;
  if (tracking != nullptr) {
    tracking->settle();
    more |= tracking->free_garbage();
    if (tracking->clients() == 0 && !tracking->has_garbage()) tracking.reset();
  }
  account.report();
  return more;
}

void NodeRuntime::note_latency(Bytes event, std::uint64_t since_ns) {
  if (settings.latency_threshold_ms == 0) return;
  const std::uint64_t spent_ms = (clock().monotonic_ns() - since_ns) / 1'000'000;
  if (spent_ms < settings.latency_threshold_ms) return;
  latency.add(event, keyspace.now_ms() / 1000, spent_ms);
}

void NodeRuntime::schedule() {
  if (tracking != nullptr) [[unlikely]]
    tracking->settle();
  std::int64_t next = INT64_MAX;
  if (long_run != nullptr) {
    next = long_run->task->next_step_ms();
  } else if (const auto due = keyspace.next_work()) {
    next = *due;
  }
  if (tracking != nullptr && tracking->has_garbage()) next = 0;
  if (pause.until_ms != 0) next = std::min(next, pause.until_ms);
  if (const auto deadline = blocking.next_deadline()) next = std::min(next, *deadline);
  if (throttle != nullptr) [[unlikely]] {
    if (const auto due_ns = throttle->next_due_ns()) {
      const std::uint64_t now_ns = clock().monotonic_ns();
      const std::uint64_t wait_us = *due_ns > now_ns ? (*due_ns - now_ns + 999) / 1000 : 0;
      // Not a moment too early, or it would be woken twice.
      const std::int64_t due_us = clock().unix_us() + static_cast<std::int64_t>(wait_us);
      next = std::min(next, (due_us + 999) / 1000);
    }
  }
  if (next < scheduled_ms.load(std::memory_order_relaxed)) host.schedule(*this, next);
}

void NodeRuntime::apply_settings() {
  account.set_limit(settings.memory_limit() >= (std::uint64_t{1} << 48) ? 0
                                                                        : settings.memory_limit());
  if (password_changes_ != settings.password_changes) {
    password_changes_ = settings.password_changes;
    acl.set_default_password(*this, settings.credentials);
  }
  acl.log.trim(settings.acl_log_max_len);
  keyspace.eviction = settings.eviction;
  keyspace.environment().limits = settings.limits;
  constexpr std::uint32_t kWhere =
      tenants::Settings::kNotifyKeyspace | tenants::Settings::kNotifyKeyevent;
  keyspace.event_mask = (settings.notify & kWhere) != 0 ? settings.notify & ~kWhere : 0;
  keyspace.events = this;
  slowlog.trim(settings.slowlog_max_len);
  for (Client* client : clients) client->owner.wake();  // an idle time-out may be new to it
}

void NodeRuntime::apply_quota() {
  const bool limited = tenants::is_limited(quota) || tenants::is_limited(tenant->quota.get());
  if (limited && throttle == nullptr) throttle = std::make_unique<Throttle>(*this);
  if (throttle != nullptr) throttle->configure();
  if (!limited) throttle.reset();
}

void NodeRuntime::on_event(keyspace::EventClass, Bytes event, unsigned database, Bytes key) {
  const std::string index = std::to_string(database);
  if ((settings.notify & tenants::Settings::kNotifyKeyspace) != 0) {
    pubsub.publish("__keyspace@" + index + "__:" + std::string(key), event);
  }
  if ((settings.notify & tenants::Settings::kNotifyKeyevent) != 0) {
    pubsub.publish("__keyevent@" + index + "__:" + std::string(event), key);
  }
}

void NodeRuntime::on_ready(unsigned database, Bytes key) {
  blocking.note_ready(database, key);
}

void NodeRuntime::on_replaced(unsigned database) {
  blocking.note_replaced(database);
}

NodeStats NodeRuntime::stats_now() {
  NodeStats stats;
  stats.memory_used_bytes = account.used();
  stats.memory_peak_bytes = account.peak();
  stats.memory_limit_bytes = settings.memory_limit();
  stats.memory_clients_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, client_bytes));
  stats.commands = statistics.commands;
  statistics.sample(keyspace.now_ms());
  stats.ops_per_second = statistics.ops_per_second(keyspace.now_ms());
  stats.hits = keyspace.stats.hits;
  stats.misses = keyspace.stats.misses;
  stats.evicted = keyspace.stats.evicted;
  stats.expired = keyspace.stats.expired;
  stats.errors = statistics.errors;
  stats.net_input_bytes = statistics.net_input;
  stats.net_output_bytes = statistics.net_output;
  stats.clients = clients.size();
  stats.connections_received = statistics.connections;
  stats.connections_rejected = statistics.rejected_connections;
  stats.quota_waits = statistics.quota_waits;
  stats.quota_wait_ms = statistics.quota_wait_ns / 1'000'000;
  stats.throttled = statistics.throttled;
  stats.cpu_ns = statistics.cpu_ns;
  const DurationHistogram durations = statistics.all_durations();
  stats.latency_p50_us = durations.quantile_us(0.50);
  stats.latency_p99_us = durations.quantile_us(0.99);
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) {
    if (keyspace.size(i) == 0) continue;
    stats.databases.push_back({i, keyspace.size(i), keyspace.with_expiry(i)});
  }
  return stats;
}

}  // namespace miniredis::engine
