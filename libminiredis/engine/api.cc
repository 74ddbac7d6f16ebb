// The public handles of include/miniredis/engine.h over Host, NodeRuntime and Client.
#include <algorithm>
#include <utility>

#include "engine/embedded.h"
#include "engine/host.h"
#include "engine/login.h"
#include "miniredis/engine.h"
#include "resp/buffer.h"
#include "tenants/names.h"
#include "tenants/quota.h"

namespace miniredis {

using engine::Caller;
using engine::run_embedded;

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
  options.acl_file = runtime_->acl_file;
  options.config_file = runtime_->config_file;
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

void Node::execute(Arguments arguments, ReplyBytes& reply) const {
  reply.clear();
  std::unique_lock guard(runtime_->lock);
  runtime_->begin_batch();
  run_embedded(*runtime_, arguments, guard, *reply.buffer_);
  runtime_->schedule();
}

Value Node::execute_as_operator(Arguments arguments) const {
  std::unique_lock guard(runtime_->lock);
  runtime_->begin_batch();
  Value value = run_embedded(*runtime_, arguments, guard, Caller::kOperator);
  runtime_->schedule();
  return value;
}

Value Node::execute_as_operator(std::initializer_list<std::string_view> arguments) const {
  return execute_as_operator(Arguments(arguments.begin(), arguments.size()));
}

std::optional<Value> Node::try_execute(Arguments arguments) const {
  std::unique_lock guard(runtime_->lock, std::try_to_lock);
  if (!guard.owns_lock() || !engine::is_brief_now(*runtime_, arguments)) return std::nullopt;
  runtime_->begin_batch();
  Value value = run_embedded(*runtime_, arguments, guard);
  runtime_->schedule();
  return value;
}

bool Node::try_execute(Arguments arguments, ReplyBytes& reply) const {
  std::unique_lock guard(runtime_->lock, std::try_to_lock);
  if (!guard.owns_lock() || !engine::is_brief_now(*runtime_, arguments)) return false;
  reply.clear();
  runtime_->begin_batch();
  run_embedded(*runtime_, arguments, guard, *reply.buffer_);
  runtime_->schedule();
  return true;
}

void Node::execute_batch(std::span<const Arguments> commands, ReplyBytes& replies) const {
  replies.clear();
  std::unique_lock guard(runtime_->lock);
  runtime_->begin_batch();
  for (const Arguments command : commands) {
    run_embedded(*runtime_, command, guard, *replies.buffer_);
  }
  runtime_->schedule();
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

Result<void> Node::rename(const std::string& name) const {
  return runtime_->host.rename_node(*runtime_, name);
}

Result<void> Node::set_config(std::string_view name, std::string_view value) const {
  const Value reply = execute_as_operator({"CONFIG", "SET", name, value});
  if (!reply.is_error()) return {};
  const bool busy = reply.text().starts_with("BUSY ");
  return Error{busy ? ErrorCode::kWrongState : ErrorCode::kInvalidArgument, reply.text()};
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

Result<Node> Tenant::create_node(const NodeOptions& options) const {
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

Result<Tenant> Engine::create_tenant(const TenantOptions& options) const {
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
