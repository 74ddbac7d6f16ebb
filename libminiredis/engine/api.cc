// The public handles of include/miniredis/engine.h over Host, NodeRuntime and Client.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/dispatch.h"
#include "engine/host.h"
#include "engine/login.h"
#include "miniredis/engine.h"
#include "resp/decoder.h"
#include "tenants/names.h"
#include "tenants/quota.h"

namespace miniredis {

using engine::Client;
using engine::NodeRuntime;
using engine::Outcome;

namespace {

constexpr std::uint64_t kSliceNs = 1'000'000;

Value error_value(Bytes line) {
  return Value::text_of(Value::Kind::kError, std::string(line));
}

// Takes the replies off a client's output.
std::vector<Value> drain(Client& client) {
  const bool limited = client.node != nullptr && client.node->throttle != nullptr;
  const std::size_t before = client.out.size();
  std::vector<Value> values;
  std::size_t at = 0;
  while (auto decoded = resp::decode(client.out.view().substr(at))) {
    at += decoded->consumed;
    values.push_back(std::move(decoded->value));
  }
  client.out.consume(at);
  if (limited) client.node->throttle->spend_bytes(client, before - client.out.size());
  if (client.out.empty() && client.out.capacity() > (64U << 10)) client.out.reset();
  return values;
}

// The owner of clients that no socket stands behind.
class QuietOwner : public engine::ClientOwner {
 public:
  void wake() override {}
  void resume() override {}
};

// Whether quotas count for a call: not for those of the operator.
enum class Counted : std::uint8_t { kYes, kNo };

// Runs one command to its end, if quotas let it. The lock is held on entry and on return, and given
// up in between while another command or a pause is in the way.
void run_to_end(NodeRuntime& node, Client& client, Arguments words,
                std::unique_lock<std::mutex>& guard, Counted counted = Counted::kYes) {
  if (counted == Counted::kYes && node.throttle != nullptr && !node.throttle->pass(client, words))
    return;
  for (;;) {
    if (client.node == nullptr) return;
    const Outcome outcome = engine::dispatch(node, client, words);
    if (outcome == Outcome::kDone) return;
    while (client.node != nullptr && (client.suspended || client.stalled)) {
      const bool idle = node.long_run == nullptr;
      if (!idle) node.step_long_run(kSliceNs);
      node.schedule();  // a time-out may be what it waits for
      guard.unlock();
      // A long command is helped along; a pause or another's write can only be waited for.
      if (idle) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      guard.lock();
      node.begin_batch();
      if (client.stalled && node.long_run == nullptr && !node.is_paused(true)) {
        std::erase(node.waiting, &client);
        client.stalled = false;
      }
    }
    if (outcome == Outcome::kSuspended) return;
  }
}

Client& embedded_client(NodeRuntime& node) {
  static QuietOwner owner;
  if (node.embedded == nullptr) {
    node.embedded = std::make_unique<Client>(owner);
    node.embedded->peer = "embedded";
    node.embedded->listed = false;
    node.embedded->authenticated = true;
    node.embedded->protocol = resp::Protocol::kResp3;
  }
  if (node.embedded->node == nullptr) node.attach(*node.embedded);
  node.embedded->database = 0;
  return *node.embedded;
}

Value run_embedded(NodeRuntime& node, Arguments words, std::unique_lock<std::mutex>& guard,
                   Counted counted = Counted::kYes) {
  if (words.empty()) return error_value("ERR empty command");
  const NodeState state = node.state.load();
  if (state == NodeState::kStopped) return error_value(commands::wire::kNodeStopped);
  if (state != NodeState::kRunning) return error_value(commands::wire::kNodeGone);
  // Calls of other threads that overlap, while one waits for a long command, each need a client.
  std::unique_ptr<Client> own;
  static QuietOwner owner;
  Client* client = nullptr;
  if (!node.embedded_lent) {
    client = &embedded_client(node);
    node.embedded_lent = true;
  } else {
    own = std::make_unique<Client>(owner);
    own->listed = false;
    own->authenticated = true;
    own->protocol = resp::Protocol::kResp3;
    node.attach(*own);
    client = own.get();
  }
  run_to_end(node, *client, words, guard, counted);
  // A node that is deleted in the middle takes its own client along, but not ours.
  const bool gone = own == nullptr ? node.embedded.get() != client : own->node == nullptr;
  if (own == nullptr) node.embedded_lent = false;
  if (gone) return error_value(commands::wire::kNodeGone);
  std::vector<Value> values = drain(*client);
  return values.empty() ? Value() : std::move(values.front());
}

}  // namespace

// Session

struct Session::Impl final : engine::ClientOwner {
  explicit Impl(std::shared_ptr<NodeRuntime> session_node)
      : node(std::move(session_node)), client(*this) {}
  ~Impl() override {
    const std::lock_guard guard(node->lock);
    if (client.node != nullptr) client.node->detach(client);
  }
  void wake() override {
    if (notify) notify();
  }
  void resume() override {}
  // Sorts what came out of band from replies. MONITOR's lines are out of band though they look like
  // replies: those that were there before a command are.
  void collect(std::vector<Value> values) {
    for (Value& value : values) pushes.push_back(std::move(value));
  }

  std::shared_ptr<NodeRuntime> node;
  Client client;
  std::vector<Value> pushes;
  resp::Protocol protocol = resp::Protocol::kResp3;
  std::function<void()> notify;
};

Value Session::execute(Arguments arguments) {
  Impl& self = *impl_;
  if (arguments.empty()) return error_value("ERR empty command");
  std::unique_lock guard(self.node->lock);
  if (self.client.node == nullptr || self.client.closing || self.client.close_after_reply) {
    return error_value("ERR the session is closed");
  }
  self.node->begin_batch();
  self.collect(drain(self.client));
  self.client.protocol = self.protocol;
  self.client.last_active_ms = self.node->keyspace.now_ms();
  run_to_end(*self.node, self.client, arguments, guard);
  std::vector<Value> values = drain(self.client);
  self.client.settle_buffers();
  self.node->schedule();
  if (values.empty()) return Value();
  // A message to oneself (PUBLISH to an own channel) comes before the reply; several confirmations
  // (SUBSCRIBE a b) come as several.
  auto reply = std::find_if(values.begin(), values.end(),
                            [](const Value& value) { return value.kind() != Value::Kind::kPush; });
  if (reply == values.end()) reply = values.begin();
  Value result = std::move(*reply);
  values.erase(reply);
  self.collect(std::move(values));
  return result;
}

Value Session::execute(std::initializer_list<std::string_view> arguments) {
  return execute(Arguments(arguments.begin(), arguments.size()));
}

std::vector<Value> Session::take_pushes() {
  const std::lock_guard guard(impl_->node->lock);
  impl_->collect(drain(impl_->client));
  impl_->client.settle_buffers();
  return std::exchange(impl_->pushes, {});
}

void Session::on_push(std::function<void()> wake) {
  const std::lock_guard guard(impl_->node->lock);
  impl_->notify = std::move(wake);
}

bool Session::closed() const {
  const std::lock_guard guard(impl_->node->lock);
  const Client& client = impl_->client;
  return client.node == nullptr || client.closing || client.close_after_reply;
}

// Node

std::string Node::id() const {
  return runtime_->id;
}
std::string Node::name() const {
  const std::lock_guard guard(runtime_->lock);
  return runtime_->name;
}
std::string Node::tenant_name() const {
  return runtime_->tenant->name;
}
NodeState Node::state() const {
  return runtime_->state.load();
}
std::uint64_t Node::created_at_ms() const {
  return static_cast<std::uint64_t>(runtime_->created_ms);
}
unsigned Node::shard() const {
  return runtime_->shard.load();
}

NodeOptions Node::options() const {
  const std::lock_guard guard(runtime_->lock);
  const tenants::Settings& settings = runtime_->settings;
  NodeOptions options;
  options.name = runtime_->name;
  options.memory_limit_bytes = settings.memory_cap;
  options.eviction_policy = settings.eviction.policy;
  options.max_clients = settings.max_clients;
  options.quota = runtime_->quota;
  options.shard = static_cast<int>(runtime_->shard.load());
  return options;
}

Value Node::execute(Arguments arguments) const {
  std::unique_lock guard(runtime_->lock);
  runtime_->begin_batch();
  Value value = run_embedded(*runtime_, arguments, guard);
  runtime_->schedule();
  return value;
}

Value Node::execute(std::initializer_list<std::string_view> arguments) const {
  return execute(Arguments(arguments.begin(), arguments.size()));
}

std::vector<Value> Node::execute_batch(std::span<const std::vector<std::string>> commands) const {
  std::vector<Value> values;
  values.reserve(commands.size());
  std::unique_lock guard(runtime_->lock);
  runtime_->begin_batch();
  for (const auto& command : commands) {
    const std::vector<std::string_view> words(command.begin(), command.end());
    values.push_back(run_embedded(*runtime_, words, guard));
  }
  runtime_->schedule();
  return values;
}

Result<Session> Node::open_session(unsigned database, unsigned protocol) const {
  if (protocol != 2 && protocol != 3) {
    return Error{ErrorCode::kInvalidArgument,
                 "protocol " + std::to_string(protocol) + " is out of range: 2 or 3"};
  }
  if (database >= keyspace::kDatabases) {
    return Error{ErrorCode::kInvalidArgument, "database " + std::to_string(database) +
                                                  " is out of range: 0 to " +
                                                  std::to_string(keyspace::kDatabases - 1)};
  }
  auto impl = std::make_shared<Session::Impl>(runtime_);
  const std::lock_guard guard(runtime_->lock);
  runtime_->begin_batch();
  impl->client.peer = impl->client.local = "embedded";
  impl->client.authenticated = true;
  impl->protocol = protocol == 2 ? resp::Protocol::kResp2 : resp::Protocol::kResp3;
  impl->client.protocol = impl->protocol;
  impl->client.database = static_cast<std::uint8_t>(database);
  if (const auto refused = runtime_->attach(impl->client)) {
    const bool full =
        *refused == commands::wire::kMaxClients || *refused == commands::wire::kMaxTenantClients;
    return Error{full ? ErrorCode::kLimitReached : ErrorCode::kWrongState,
                 std::string(refused->substr(4))};
  }
  return Session(std::move(impl));
}

NodeStats Node::stats() const {
  const std::lock_guard guard(runtime_->lock);
  runtime_->begin_batch();
  return runtime_->stats_now();
}

Result<void> Node::stop() const {
  return runtime_->host.stop_node(*runtime_);
}
Result<void> Node::start() const {
  return runtime_->host.start_node(*runtime_);
}
Result<void> Node::restart() const {
  if (auto stopped = stop(); !stopped) return stopped;
  return start();
}

Result<void> Node::set_memory_limit(std::uint64_t bytes) const {
  if (auto checked = tenants::check_memory_limit(bytes); !checked) return checked;
  const std::lock_guard guard(runtime_->lock);
  runtime_->begin_batch();
  runtime_->settings.memory_cap = bytes;
  runtime_->apply_settings();
  // What is over the new limit is evicted in the background.
  runtime_->host.schedule(*runtime_, 0);
  return {};
}

Result<void> Node::set_quota(const Quota& quota) const {
  if (auto checked = tenants::check_quota(quota); !checked) return checked;
  const std::lock_guard guard(runtime_->lock);
  runtime_->begin_batch();
  runtime_->quota = quota;
  runtime_->apply_quota();
  runtime_->schedule();
  return {};
}

Result<void> Node::rename(std::string name) const {
  return runtime_->host.rename_node(*runtime_, name);
}

Result<void> Node::set_config(std::string_view name, std::string_view value) const {
  const std::string_view words[] = {"CONFIG", "SET", name, value};
  std::unique_lock guard(runtime_->lock);
  runtime_->begin_batch();
  const Value reply = run_embedded(*runtime_, words, guard, Counted::kNo);
  runtime_->schedule();
  if (!reply.is_error()) return {};
  return Error{ErrorCode::kInvalidArgument, reply.text()};
}

Result<void> Node::move_to_shard(unsigned shard) const {
  return runtime_->host.move_node(*runtime_, shard);
}

Result<void> Node::remove() const {
  return runtime_->host.remove_node(*runtime_);
}

// Tenant

std::string Tenant::name() const {
  return record_->name;
}
std::uint64_t Tenant::created_at_ms() const {
  return static_cast<std::uint64_t>(record_->created_ms);
}

TenantOptions Tenant::options() const {
  return {.name = record_->name,
          .memory_limit_bytes = record_->account.limit(),
          .max_nodes = record_->max_nodes.load(),
          .quota = record_->quota.get(),
          .max_connections = record_->max_connections.load()};
}

Result<Node> Tenant::create_node(NodeOptions options) const {
  auto made = record_->host.create_node(record_, options);
  if (!made) return made.error();
  return Node(std::move(*made));
}

std::vector<Node> Tenant::nodes() const {
  std::vector<Node> out;
  for (auto& node : record_->host.nodes_of(*record_)) out.push_back(Node(std::move(node)));
  return out;
}

std::uint64_t Tenant::memory_used_bytes() const {
  std::uint64_t total = 0;
  for (const auto& node : record_->host.nodes_of(*record_)) total += node->account.used();
  return total;
}

Result<void> Tenant::set_memory_limit(std::uint64_t bytes) const {
  TenantOptions wanted = options();
  wanted.memory_limit_bytes = bytes;
  if (auto checked = tenants::check_options(wanted); !checked) return checked;
  record_->account.set_limit(bytes);
  return {};
}

Result<void> Tenant::set_max_nodes(std::uint32_t count) const {
  record_->max_nodes = count;
  return {};
}

Result<void> Tenant::set_quota(const Quota& quota) const {
  if (auto checked = tenants::check_quota(quota); !checked) return checked;
  record_->host.set_tenant_quota(*record_, quota);
  return {};
}

Result<void> Tenant::set_max_connections(std::uint32_t count) const {
  if (auto checked = tenants::check_max_connections(count); !checked) return checked;
  record_->max_connections = count;
  return {};
}

TenantStats Tenant::stats() const {
  TenantStats stats;
  stats.connections = record_->connections.load();
  stats.quota_waits = record_->quota_waits.load();
  stats.quota_wait_ms = record_->quota_wait_ns.load() / 1'000'000;
  stats.throttled = record_->throttled.load();
  return stats;
}

Result<void> Tenant::remove() const {
  return record_->host.remove_tenant(*record_);
}

// Engine

Result<Engine> Engine::open(EngineOptions options) {
  if (options.shards > 256) {
    return Error{ErrorCode::kInvalidArgument, "shards " + std::to_string(options.shards) +
                                                  " is out of range: 0 (one a core) to 256"};
  }
  auto host = std::make_shared<engine::Host>(options, base::system_clock());
  // Tenants hold the host, and the host holds them: the last Engine handle cuts that.
  engine::Host* const plain = host.get();
  return Engine(std::shared_ptr<engine::Host>(
      plain, [host = std::move(host)](engine::Host* closing) { closing->shut_down(); }));
}

Result<Tenant> Engine::create_tenant(TenantOptions options) const {
  auto made = host_->create_tenant(options);
  if (!made) return made.error();
  return Tenant(std::move(*made));
}

std::optional<Tenant> Engine::find_tenant(std::string_view name) const {
  auto found = host_->find_tenant(name);
  if (found == nullptr) return std::nullopt;
  return Tenant(std::move(found));
}

std::vector<Tenant> Engine::tenants() const {
  std::vector<Tenant> out;
  for (auto& tenant : host_->tenants()) out.push_back(Tenant(std::move(tenant)));
  return out;
}

std::optional<Node> Engine::find_node(std::string_view name_or_id) const {
  auto found = host_->find_node(name_or_id);
  if (found == nullptr) return std::nullopt;
  return Node(std::move(found));
}

std::vector<Node> Engine::nodes() const {
  std::vector<Node> out;
  for (auto& node : host_->nodes()) out.push_back(Node(std::move(node)));
  return out;
}

EngineStats Engine::stats() const {
  return host_->stats();
}
bool Engine::run_pending_work(std::uint64_t budget_us) const {
  return host_->run_pending_work(budget_us);
}

}  // namespace miniredis
