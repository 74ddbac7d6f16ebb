#include "engine/host.h"

#include <algorithm>
#include <thread>

#include "engine/acl_file.h"
#include "engine/config_file.h"
#include "tenants/names.h"

namespace miniredis::engine {
namespace {

Error wrong_state(const NodeRuntime& node, const char* wanted) {
  return {ErrorCode::kWrongState,
          "node is " + std::string(to_string(node.state.load())) + "; it has to be " + wanted};
}

unsigned default_shards() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
}

}  // namespace

TenantRecord::TenantRecord(Host& tenant_host, const TenantOptions& options, std::int64_t now_ms)
    : keep(tenant_host.shared_from_this()),
      host(tenant_host),
      name(options.name),
      created_ms(now_ms),
      account(&tenant_host.account(), options.memory_limit_bytes),
      max_nodes(options.max_nodes),
      max_connections(options.max_connections) {
  quota.set(options.quota, tenant_host.clock().monotonic_ns());
}

bool TenantRecord::count_connection() noexcept {
  const std::uint32_t most = max_connections.load();
  if (connections.fetch_add(1) < most || most == 0) return true;
  --connections;
  return false;
}

Host::Host(const EngineOptions& options, const base::Clock& host_clock)
    : clock_(host_clock),
      options_(options),
      hash_key_(base::random_hash_key()),
      started_ms_(host_clock.unix_ms()),
      run_id_(base::secure_random_hex(20)),
      account_(nullptr, options.memory_limit_bytes),
      rng_([] {
        std::uint64_t seed = 0;
        base::fill_secure_random(&seed, sizeof seed);
        return seed;
      }()) {
  const unsigned count = options.shards == 0 ? default_shards() : options.shards;
  nodes_on_shard_.assign(count, 0);
  for (unsigned i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(clock_));
    if (options.background_threads) shards_.back()->start_thread();
  }
}

Host::~Host() {
  shut_down();
}

void Host::shut_down() {
  for (auto& shard : shards_) shard->stop();
  for (auto& node : nodes()) {
    const std::lock_guard guard(node->lock);
    node->state = NodeState::kDeleting;
    while (!node->clients.empty()) node->detach(*node->clients.back());
  }
  // What they hold is freed after the lock: a tenant may be the last to hold this host.
  decltype(nodes_by_id_) old_nodes;
  decltype(tenants_) old_tenants;
  const std::unique_lock guard(registry_lock_);
  shut_down_ = true;
  nodes_by_name_.clear();
  old_nodes.swap(nodes_by_id_);
  old_tenants.swap(tenants_);
}

std::uint64_t Host::seed() {
  const std::lock_guard guard(rng_lock_);
  return rng_.next();
}

std::string Host::make_id() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t bits = seed();
  std::string id(16, '0');
  for (char& c : id) {
    c = kDigits[bits & 15];
    bits >>= 4;
  }
  return id;
}

HostObserver* Host::observer() const {
  const std::lock_guard guard(observer_lock_);
  return observer_;
}

void Host::set_observer(HostObserver* new_observer) {
  const std::lock_guard guard(observer_lock_);
  observer_ = new_observer;
}

void Host::set_transfers(TransferService* transfers) {
  const std::lock_guard guard(transfers_lock_);
  transfers_ = transfers;
}

void Host::start_transfer(Transfer transfer, std::function<void(TransferResult)> done) {
  const std::lock_guard guard(transfers_lock_);
  if (transfers_ == nullptr)
    done({.end = TransferResult::End::kNotAllowed, .accepted = {}, .first_error = {}});
  else
    transfers_->start(std::move(transfer), std::move(done));
}

std::string Host::transfers_allowed() const {
  const std::lock_guard guard(transfers_lock_);
  return transfers_ == nullptr ? "none, for there is no server" : transfers_->allowed();
}

void Host::schedule(NodeRuntime& node, std::int64_t due_ms) {
  auto shared = node.weak_from_this().lock();
  if (shared == nullptr) return;
  shards_[node.shard.load(std::memory_order_relaxed)]->schedule(shared, due_ms);
}

// Tenants

Result<std::shared_ptr<TenantRecord>> Host::create_tenant(const TenantOptions& options) {
  if (auto checked = tenants::check_options(options); !checked) return checked.error();
  auto tenant = std::make_shared<TenantRecord>(*this, options, clock_.unix_ms());
  const std::unique_lock guard(registry_lock_);
  if (shut_down_) return Error{ErrorCode::kShuttingDown, "the engine is closed"};
  if (!tenants_.emplace(tenant->name, tenant).second) {
    return Error{ErrorCode::kAlreadyExists, "tenant '" + options.name + "' exists already"};
  }
  return tenant;
}

std::shared_ptr<TenantRecord> Host::find_tenant(Bytes name) const {
  const std::shared_lock guard(registry_lock_);
  const auto at = tenants_.find(name);
  return at == tenants_.end() ? nullptr : at->second;
}

std::vector<std::shared_ptr<TenantRecord>> Host::tenants() const {
  std::vector<std::shared_ptr<TenantRecord>> all;
  {
    const std::shared_lock guard(registry_lock_);
    all.reserve(tenants_.size());
    for (const auto& [name, tenant] : tenants_) all.push_back(tenant);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  return all;
}

Result<void> Host::remove_tenant(TenantRecord& tenant) {
  {
    const std::unique_lock guard(registry_lock_);
    if (tenant.removed.exchange(true)) {
      return Error{ErrorCode::kNotFound, "tenant '" + tenant.name + "' is gone"};
    }
  }
  for (const auto& node : nodes_of(tenant)) {
    // Someone else may be removing it at the same time: then it is theirs.
    static_cast<void>(remove_node(*node));
  }
  const std::unique_lock guard(registry_lock_);
  tenants_.erase(tenant.name);
  return {};
}

void Host::set_tenant_quota(TenantRecord& tenant, const Quota& quota) {
  tenant.quota.set(quota, clock_.monotonic_ns());
  // A node that is being made either sees the new quota or is among these.
  for (const auto& node : nodes_of(tenant)) {
    const std::lock_guard guard(node->lock);
    node->begin_batch();
    node->apply_quota();
    node->schedule();
  }
}

// Nodes

unsigned Host::emptiest_shard() const {
  return static_cast<unsigned>(std::min_element(nodes_on_shard_.begin(), nodes_on_shard_.end()) -
                               nodes_on_shard_.begin());
}

Result<std::shared_ptr<NodeRuntime>> Host::create_node(const std::shared_ptr<TenantRecord>& tenant,
                                                       const NodeOptions& options) {
  if (auto checked = tenants::check_options(options, shard_count()); !checked) {
    return checked.error();
  }
  const auto users = read_acl_file(options.acl_file);
  if (!users) return users.error();
  const auto config = read_config_file(options.config_file);
  if (!config) return config.error();
  std::shared_ptr<NodeRuntime> node;
  {
    const std::unique_lock guard(registry_lock_);
    if (shut_down_) return Error{ErrorCode::kShuttingDown, "the engine is closed"};
    if (tenant->removed) {
      return Error{ErrorCode::kNotFound, "tenant '" + tenant->name + "' is gone"};
    }
    if (tenant->max_nodes != 0 && tenant->nodes.size() >= tenant->max_nodes) {
      return Error{ErrorCode::kLimitReached, "tenant '" + tenant->name + "' has its " +
                                                 std::to_string(tenant->max_nodes) +
                                                 " nodes already"};
    }
    if (nodes_by_name_.contains(options.name)) {
      return Error{ErrorCode::kAlreadyExists, "node '" + options.name + "' exists already"};
    }
    std::string id = make_id();
    while (nodes_by_id_.contains(id)) id = make_id();
    const unsigned shard =
        options.shard < 0 ? emptiest_shard() : static_cast<unsigned>(options.shard);
    node = std::make_shared<NodeRuntime>(*this, tenant, std::move(id), options, shard);
    for (const auto& [name, value] : options.config) {
      const tenants::Parameter* parameter = tenants::find_parameter(name);
      if (parameter == nullptr || parameter->set == nullptr) {
        return Error{ErrorCode::kInvalidArgument,
                     "config '" + name +
                         (parameter == nullptr ? "' is not known" : "' is not changeable") +
                         "; CONFIG GET * lists what there is"};
      }
      const std::string wrong = parameter->set(node->settings, value);
      if (!wrong.empty()) {
        return Error{ErrorCode::kInvalidArgument, "config '" + name + "': " + wrong};
      }
    }
    if (auto loaded = load_config(*node, config.value()); !loaded) return loaded.error();
    node->apply_settings();
    if (users.value()) {
      if (auto loaded = load_users(*node, **users); !loaded) return loaded.error();
    }
    ++nodes_on_shard_[shard];
    nodes_by_id_.emplace(node->id, node);
    nodes_by_name_.emplace(node->name, node.get());
    tenant->nodes.insert(node.get());
    const std::lock_guard node_guard(node->lock);
    node->begin_batch();
    node->apply_quota();
  }
  node->state = NodeState::kRunning;
  return node;
}

std::shared_ptr<NodeRuntime> Host::find_node(Bytes name_or_id) const {
  const std::shared_lock guard(registry_lock_);
  if (const auto at = nodes_by_name_.find(name_or_id); at != nodes_by_name_.end()) {
    return at->second->shared_from_this();
  }
  const auto at = nodes_by_id_.find(name_or_id);
  return at == nodes_by_id_.end() ? nullptr : at->second;
}

namespace {
void sort_by_creation(std::vector<std::shared_ptr<NodeRuntime>>& nodes) {
  std::sort(nodes.begin(), nodes.end(),
            [](const auto& a, const auto& b) { return a->sequence < b->sequence; });
}
}  // namespace

std::vector<std::shared_ptr<NodeRuntime>> Host::nodes() const {
  std::vector<std::shared_ptr<NodeRuntime>> all;
  {
    const std::shared_lock guard(registry_lock_);
    all.reserve(nodes_by_id_.size());
    for (const auto& [id, node] : nodes_by_id_) all.push_back(node);
  }
  sort_by_creation(all);
  return all;
}

std::vector<std::shared_ptr<NodeRuntime>> Host::nodes_of(const TenantRecord& tenant) const {
  std::vector<std::shared_ptr<NodeRuntime>> all;
  {
    const std::shared_lock guard(registry_lock_);
    all.reserve(tenant.nodes.size());
    for (NodeRuntime* node : tenant.nodes) all.push_back(node->shared_from_this());
  }
  sort_by_creation(all);
  return all;
}

namespace {

// Brings a command that changes something to its end; in slices, for others ask for the lock too.
void finish_changes(NodeRuntime& node) {
  for (bool done = false; !done;) {
    const std::lock_guard guard(node.lock);
    // What waits for another server may take as long as its client allowed: it is given up.
    done = node.long_run == nullptr || node.long_run->task->may_be_dropped() ||
           node.long_run_rests_ms() > 0 || node.step_long_run(kSliceNs);
  }
}

}  // namespace

Result<void> Host::stop_node(NodeRuntime& node) {
  {
    const std::lock_guard guard(node.lock);
    NodeState expected = NodeState::kRunning;
    if (!node.state.compare_exchange_strong(expected, NodeState::kStopped)) {
      return wrong_state(node, "running");
    }
    node.begin_batch();
    node.close_all_clients();
    node.pause = {};
    node.resume_waiting();
  }
  if (HostObserver* observing = observer()) observing->on_stopped(node, false);
  finish_changes(node);
  const std::lock_guard guard(node.lock);
  while (!node.clients.empty()) node.detach(*node.clients.back());
  node.drop_long_run();
  return {};
}

Result<void> Host::start_node(NodeRuntime& node) {
  NodeState expected = NodeState::kStopped;
  if (!node.state.compare_exchange_strong(expected, NodeState::kRunning)) {
    return wrong_state(node, "stopped");
  }
  if (HostObserver* observing = observer()) observing->on_started(node);
  return {};
}

Result<void> Host::rename_node(NodeRuntime& node, const std::string& name) {
  if (auto checked = tenants::check_name("node", name); !checked) return checked;
  const std::unique_lock guard(registry_lock_);
  if (!nodes_by_id_.contains(node.id)) return Error{ErrorCode::kNotFound, "node is gone"};
  if (node.name == name) return {};
  if (nodes_by_name_.contains(name)) {
    return Error{ErrorCode::kAlreadyExists, "node '" + name + "' exists already"};
  }
  const std::lock_guard node_guard(node.lock);
  nodes_by_name_.erase(node.name);
  node.name = name;
  nodes_by_name_.emplace(node.name, &node);
  return {};
}

Result<void> Host::move_node(NodeRuntime& node, unsigned shard) {
  if (shard >= shard_count()) {
    return Error{ErrorCode::kInvalidArgument, "shard " + std::to_string(shard) +
                                                  " is out of range: 0 to " +
                                                  std::to_string(shard_count() - 1)};
  }
  unsigned from = 0;
  {
    const std::unique_lock guard(registry_lock_);
    if (!nodes_by_id_.contains(node.id)) return Error{ErrorCode::kNotFound, "node is gone"};
    from = node.shard.load();
    if (from == shard) return {};
    const std::lock_guard node_guard(node.lock);
    node.shard = shard;
    --nodes_on_shard_[from];
    ++nodes_on_shard_[shard];
    node.scheduled_ms = INT64_MAX;
    node.schedule();
  }
  if (HostObserver* observing = observer()) observing->on_moved(node, from);
  return {};
}

Result<void> Host::remove_node(NodeRuntime& node) {
  const std::shared_ptr<NodeRuntime> keep = node.shared_from_this();
  {
    const std::unique_lock guard(registry_lock_);
    if (nodes_by_id_.erase(node.id) == 0) return Error{ErrorCode::kNotFound, "node is gone"};
    nodes_by_name_.erase(node.name);
    node.tenant->nodes.erase(&node);
    --nodes_on_shard_[node.shard.load()];
  }
  {
    const std::lock_guard guard(node.lock);
    node.state = NodeState::kDeleting;
    node.begin_batch();
    node.close_all_clients();
    node.pause = {};
    node.resume_waiting();
  }
  if (HostObserver* observing = observer()) observing->on_stopped(node, true);
  bool more = true;
  while (more) {  // in slices: other threads may look at the node's statistics meanwhile
    const std::lock_guard guard(node.lock);
    while (!node.clients.empty()) node.detach(*node.clients.back());
    node.drop_long_run();
    node.embedded.reset();
    for (unsigned i = 0; i < keyspace::kDatabases; ++i) node.keyspace.flush(i);
    more = node.work(kSliceNs);
    if (!more) {
      node.slowlog.reset();
      node.latency.reset_all();
      node.statistics.reset();
    }
  }
  return {};
}

EngineStats Host::stats() const {
  EngineStats stats;
  stats.memory_limit_bytes = account_.limit();
  stats.allocator_bytes = memory::resident_bytes();
  stats.shards = shard_count();
  for (const auto& node : nodes()) {
    stats.memory_used_bytes += node->account.used();
    const std::uint64_t limit = node->account.limit();
    stats.memory_promised_bytes += limit;
    ++stats.nodes;
    if (node->state == NodeState::kRunning) ++stats.nodes_running;
  }
  const std::shared_lock guard(registry_lock_);
  stats.tenants = tenants_.size();
  return stats;
}

bool Host::run_pending_work(std::uint64_t budget_us) {
  bool more = false;
  for (auto& shard : shards_) {
    const auto next = shard->run_due(budget_us * 1000, kSliceNs);
    more |= next && *next <= clock_.unix_ms();
  }
  return more;
}

}  // namespace miniredis::engine
