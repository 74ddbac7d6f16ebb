#include "node_manager/node_manager.h"

#include <unistd.h>

#include <cerrno>

#include "common/files.h"
#include "common/log.h"
#include "common/secure_bytes.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

std::string quoted(const std::string& name) {
  return "'" + name + "'";
}

NodeOptions options_of(const NodeDefinition& definition) {
  NodeOptions options;
  options.name = definition.name;
  options.memory_limit_bytes = definition.memory_limit_bytes;
  options.eviction_policy = definition.eviction_policy;
  options.password = definition.password;
  options.max_clients = definition.max_clients;
  options.quota = definition.quota;
  options.shard = definition.shard;
  options.config = definition.config;
  return options;
}

NodeDefinition definition_of(const NewNode& request) {
  NodeDefinition definition;
  definition.id = request.id.empty() ? to_hex(random_bytes(8)) : request.id;
  definition.tenant = request.tenant;
  definition.name = request.options.name;
  definition.memory_limit_bytes = request.options.memory_limit_bytes;
  definition.eviction_policy = request.options.eviction_policy;
  definition.max_clients = request.options.max_clients;
  definition.quota = request.options.quota;
  definition.password = request.options.password;
  definition.shard = request.options.shard;
  definition.config = request.options.config;
  definition.created_at_ms = now_unix_ms();
  return definition;
}

}  // namespace

Failure bad_name(const std::string& text) {
  return {
      FailureKind::kInvalidValue,
      "name: given " + quoted(text.substr(0, 2 * kMostNameBytes)) + "; allowed: " + kAllowedNames,
      "name"};
}

NodeManager::NodeManager(Engine engine, Server server, PortPool ports, DefinitionStore store,
                         Limits limits, Folders folders)
    : engine_(std::move(engine)),
      server_(std::move(server)),
      limits_(limits),
      folders_(std::move(folders)),
      shards_(engine_.stats().shards),
      ports_(std::move(ports)),
      store_(std::move(store)) {
  note_ports();
}

Outcome<void> NodeManager::restore(const Definitions& definitions,
                                   const std::atomic<bool>& cancelled) {
  const std::lock_guard lock(change_mutex_);
  for (const TenantDefinition& tenant : definitions.tenants) {
    auto made = engine_.create_tenant({.name = tenant.name,
                                       .memory_limit_bytes = tenant.memory_limit_bytes,
                                       .max_nodes = tenant.max_nodes,
                                       .quota = tenant.quota,
                                       .max_connections = tenant.max_connections});
    if (!made) return failure_from(made.error(), "tenant " + tenant.name);
    index_.put_tenant(tenant);
  }
  // Ports of all nodes are reserved first: a node that wants any port must not get another's.
  for (const NodeDefinition& node : definitions.nodes) {
    next_sequence_ = std::max(next_sequence_, node.sequence + 1);
    if (node.port) ports_.take(*node.port);
  }
  for (const NodeDefinition& node : definitions.nodes) {
    if (cancelled) return {};
    auto record = bring_up(node);
    if (record) {
      publish(std::move(*record));
      continue;
    }
    log::error("node could not be brought back",
               {{"node", node.name}, {"id", node.id}, {"reason", record.failure().detail}});
    publish({node, std::nullopt, record.failure().detail, false});
  }
  note_ports();
  return {};
}

std::string NodeManager::users_file(const NodeDefinition& definition) const {
  return folders_.users + "/" + definition.id + ".acl";
}

std::string NodeManager::settings_file(const NodeDefinition& definition) const {
  return folders_.settings + "/" + definition.id + ".conf";
}

void NodeManager::remove_files(const NodeDefinition& definition) const {
  for (const std::string& file : {users_file(definition), settings_file(definition)}) {
    for (const char* end : {"", ".new"}) {
      const std::string path = file + end;
      if (::unlink(path.c_str()) == 0 || errno == ENOENT) continue;
      log::warning(storage_failure("cannot remove", path, errno).detail);
    }
  }
}

Outcome<NodeRecord> NodeManager::bring_up(const NodeDefinition& definition) {
  const std::optional<Tenant> tenant = engine_.find_tenant(definition.tenant);
  if (!tenant) {
    return Failure{FailureKind::kNotFound, "there is no tenant " + quoted(definition.tenant),
                   "tenant"};
  }
  NodeOptions options = options_of(definition);
  options.acl_file = users_file(definition);
  options.config_file = settings_file(definition);
  auto node = tenant->create_node(options);
  if (!node) {
    std::string field;
    if (node.error().code == ErrorCode::kAlreadyExists) field = "name";
    if (node.error().code == ErrorCode::kInvalidArgument && !definition.config.empty()) {
      field = "config";
    }
    return failure_from(node.error(), field);
  }
  NodeRecord record{definition, *node, "", false};
  if (definition.stopped || is_suspended(definition.tenant)) {
    if (auto stopped = node->stop(); !stopped) {
      (void)node->remove();
      return failure_from(stopped.error());
    }
    return record;
  }
  if (definition.port) {
    auto listening = server_.listen(*node, *definition.port);
    if (!listening) {
      (void)node->remove();
      return Failure{FailureKind::kPortTaken,
                     "port " + std::to_string(*definition.port) + ": " + listening.error().detail,
                     "port"};
    }
    record.listening = true;
  }
  return record;
}

Outcome<NodePointer> NodeManager::create_node(const NewNode& request) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  if (!index_.find_tenant(request.tenant)) {
    return Failure{FailureKind::kNotFound, "there is no tenant " + quoted(request.tenant),
                   "tenant"};
  }
  if (is_suspended(request.tenant)) {
    return Failure{FailureKind::kWrongState, "the tenant is suspended", "tenant"};
  }
  if (!request.id.empty() && index_.find(request.id) != nullptr) {
    return Failure{FailureKind::kNameTaken, "there is a node " + quoted(request.id) + " already",
                   "id"};
  }
  if (auto free = check_new_name(request.options.name, 0); !free) return free.failure();
  if (auto refused = check_config_names(request.options.config)) return *refused;
  if (auto room = check_promise(request.options.memory_limit_bytes); !room) return room.failure();

  NodeDefinition definition = definition_of(request);
  definition.sequence = next_sequence_;
  if (auto fits = check_shard(definition.shard); !fits) return fits.failure();
  auto made = bring_up(definition);
  if (!made) return made.failure();
  NodeRecord record = std::move(*made);
  auto port = open_port(*record.node, request.port);
  if (!port) {
    (void)record.node->remove();
    return port.failure();
  }
  record.definition.port = *port;
  record.listening = port->has_value();
  if (auto written = write_down(record.definition); !written) {
    close_port(*record.node, *port);
    (void)record.node->remove();
    return written.failure();
  }
  ++next_sequence_;
  tell(record, "", "running");
  return publish(std::move(record));
}

Outcome<void> NodeManager::remove_node(const std::string& id_or_name, Version expected) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  auto record = existing(id_or_name, expected);
  if (!record) return record.failure();
  const NodeRecord& gone = **record;
  const std::string last_state = to_string(gone.state());
  if (auto written = write_down(NodeRemoved{gone.definition.id}); !written) {
    return written.failure();
  }
  index_.remove(gone);
  if (gone.node) {
    {
      const std::lock_guard figures(figures_mutex_);
      retired_.add(gone.node->stats());
    }
    (void)gone.node->remove();
  }
  remove_files(gone.definition);
  if (gone.definition.port) ports_.give_back(*gone.definition.port);
  note_ports();
  tell(gone, last_state, "deleted");
  return {};
}

Outcome<NodePointer> NodeManager::start_node(const std::string& id_or_name, Version expected) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  auto record = existing(id_or_name, expected);
  if (!record) return record;
  if ((*record)->state() == NodeState::kRunning) {
    return Failure{FailureKind::kWrongState, "the node is running already", ""};
  }
  return resume(*record);
}

// Only with the lock of changes held.
Outcome<NodePointer> NodeManager::resume(const NodePointer& record) {
  if (is_suspended(record->definition.tenant)) {
    return Failure{FailureKind::kWrongState, "the tenant is suspended", ""};
  }
  NodeRecord next = *record;
  const std::string last_state = to_string(record->state());
  if (next.definition.stopped) ++next.definition.version;
  next.definition.stopped = false;
  next.trouble.clear();
  if (!next.node) {
    auto brought_up = bring_up(next.definition);
    if (!brought_up) return brought_up.failure();
    next = std::move(*brought_up);
  } else {
    if (auto started = next.node->start(); !started) return failure_from(started.error());
    if (next.definition.port && !next.listening) {
      auto listening = server_.listen(*next.node, *next.definition.port);
      if (!listening) {
        (void)next.node->stop();
        return Failure{
            FailureKind::kPortTaken,
            "port " + std::to_string(*next.definition.port) + ": " + listening.error().detail,
            "port"};
      }
      next.listening = true;
    }
  }
  if (record->definition.stopped) {
    if (auto written = write_down(next.definition); !written) {
      if (!record->node) {
        (void)next.node->remove();
      } else {
        (void)halt(next);
      }
      return written.failure();
    }
  }
  tell(next, last_state, to_string(next.state()));
  return publish(std::move(next));
}

Outcome<NodePointer> NodeManager::stop_node(const std::string& id_or_name, Version expected) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  auto record = existing(id_or_name, expected);
  if (!record) return record;
  if ((*record)->definition.stopped) {
    return Failure{FailureKind::kWrongState, "the node is stopped already", ""};
  }
  const std::string last_state = to_string((*record)->state());
  NodeDefinition stopped = (*record)->definition;
  stopped.stopped = true;
  ++stopped.version;
  if (auto written = write_down(stopped); !written) return written.failure();
  NodeRecord next = **record;
  next.definition = stopped;
  if (auto closed = halt(next); !closed) {
    log::error("a node could not be stopped",
               {{"id", stopped.id}, {"reason", closed.failure().detail}});
  }
  tell(next, last_state, to_string(next.state()));
  return publish(std::move(next));
}

Outcome<NodePointer> NodeManager::restart_node(const std::string& id_or_name, Version expected) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  auto record = existing(id_or_name, expected);
  if (!record) return record;
  if ((*record)->state() != NodeState::kRunning) return resume(*record);
  NodeRecord next = **record;
  if (auto closed = halt(next); !closed) return closed.failure();
  tell(next, "running", "stopped");
  return resume(publish(std::move(next)));
}

// The server would open the port again by itself when the node starts, but could not tell us that
// somebody else has it by now. So we close it, and open it again where the failure can be seen.
Outcome<void> NodeManager::halt(NodeRecord& record) {
  if (!record.node) return {};
  if (record.state() == NodeState::kRunning) {
    if (auto stopped = record.node->stop(); !stopped) return failure_from(stopped.error());
  }
  if (record.listening) {
    if (auto closed = server_.unlisten(*record.node); !closed) {
      return failure_from(closed.error(), "port");
    }
    record.listening = false;
  }
  return {};
}

Outcome<NodePointer> NodeManager::existing(const std::string& id_or_name, Version expected) const {
  NodePointer record = index_.find(id_or_name);
  if (record == nullptr) {
    return Failure{FailureKind::kNotFound, "there is no node " + quoted(id_or_name), ""};
  }
  if (expected && *expected != record->definition.version) {
    return Failure{FailureKind::kVersionMismatch,
                   "the node's version is " + std::to_string(record->definition.version) +
                       ", not " + std::to_string(*expected),
                   ""};
  }
  return record;
}

bool NodeManager::is_suspended(const std::string& tenant) const {
  const auto definition = index_.find_tenant(tenant);
  return definition && definition->suspended;
}

void NodeManager::tell(const NodeRecord& record, const std::string& from, const std::string& to) {
  const NodeDefinition& definition = record.definition;
  feed_.publish({definition.id, definition.name, definition.tenant, from, to, now_unix_ms()});
}

Outcome<void> NodeManager::check_open() const {
  if (!closed_) return {};
  return Failure{FailureKind::kShuttingDown, "the daemon is stopping", ""};
}

Outcome<void> NodeManager::check_new_name(const std::string& name,
                                          std::uint64_t own_sequence) const {
  if (!is_name(name)) return bad_name(name);
  const NodePointer owner = index_.find(name);
  if (owner == nullptr || owner->definition.sequence == own_sequence) return {};
  return Failure{FailureKind::kNameTaken, "there is a node " + quoted(name) + " already", "name"};
}

Outcome<void> NodeManager::check_shard(int shard) const {
  if (shard < static_cast<int>(shards_)) return {};
  return Failure{FailureKind::kInvalidValue,
                 "shard: given " + std::to_string(shard) + "; allowed: -1 (any) or 0 to " +
                     std::to_string(shards_ - 1),
                 "shard"};
}

std::uint64_t NodeManager::promisable_bytes() const {
  return static_cast<std::uint64_t>(static_cast<long double>(limits_.memory_bytes) *
                                    limits_.overcommit_percent / 100);
}

Outcome<void> NodeManager::check_promise(std::uint64_t added_bytes) const {
  if (limits_.memory_bytes == 0) return {};
  const std::uint64_t allowed = promisable_bytes();
  const std::uint64_t promised = engine_.stats().memory_promised_bytes;
  if (promised <= allowed && added_bytes <= allowed - promised) return {};
  return Failure{FailureKind::kMemoryExhausted,
                 "the nodes' limits add up to " + std::to_string(promised) + " of " +
                     std::to_string(allowed) + " bytes that may be promised; " +
                     std::to_string(added_bytes) + " more were asked for",
                 "memory_limit_bytes"};
}

Outcome<void> NodeManager::write_down(const DefinitionRecord& record) {
  if (store_.wants_rewrite()) {
    Definitions current;
    std::string after;
    Page<TenantDefinition> page;
    do {
      page = index_.tenant_page(after, 1000);
      if (!page.items.empty()) after = page.items.back().name;
      std::ranges::move(page.items, std::back_inserter(current.tenants));
    } while (page.more);
    for (const NodePointer& node : index_.all()) current.nodes.push_back(node->definition);
    if (auto rewritten = store_.rewrite(current); !rewritten) return rewritten.failure();
  }
  return store_.append(record);
}

NodePointer NodeManager::publish(NodeRecord record) {
  NodePointer pointer = std::make_shared<const NodeRecord>(std::move(record));
  index_.put(pointer);
  note_ports();
  return pointer;
}

PortFigures NodeManager::ports() const {
  const std::lock_guard lock(figures_mutex_);
  return port_figures_;
}

RetiredTotals NodeManager::retired() const {
  const std::lock_guard lock(figures_mutex_);
  return retired_;
}

void NodeManager::note_ports() {
  const std::lock_guard lock(figures_mutex_);
  port_figures_ = {ports_.first(), ports_.last(), ports_.used(), ports_.available()};
}

void NodeManager::close() {
  const std::lock_guard lock(change_mutex_);
  closed_ = true;
}

}  // namespace miniredis::service
