// The node manager's work on tenants.
#include "common/log.h"
#include "common/units.h"
#include "node_manager/node_manager.h"

namespace miniredis::service {
namespace {

Failure no_tenant(const std::string& name) {
  return {FailureKind::kNotFound, "there is no tenant '" + name + "'", ""};
}

}  // namespace

Outcome<TenantDefinition> NodeManager::create_tenant(const TenantOptions& options) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  if (!is_name(options.name)) return bad_name(options.name);
  auto made = engine_.create_tenant(options);
  if (!made) return failure_from(made.error(), "name");
  TenantDefinition tenant;
  tenant.name = options.name;
  tenant.memory_limit_bytes = options.memory_limit_bytes;
  tenant.max_nodes = options.max_nodes;
  tenant.created_at_ms = now_unix_ms();
  tenant.quota = options.quota;
  tenant.max_connections = options.max_connections;
  if (auto written = write_down(tenant); !written) {
    (void)made->remove();
    return written.failure();
  }
  index_.put_tenant(tenant);
  return tenant;
}

Outcome<TenantDefinition> NodeManager::put_tenant(const TenantWish& wish) {
  if (!index_.find_tenant(wish.name)) {
    auto made = create_tenant({.name = wish.name,
                               .memory_limit_bytes = wish.memory_limit_bytes,
                               .max_nodes = wish.max_nodes,
                               .quota = wish.quota,
                               .max_connections = wish.max_connections});
    // Another caller may have made it at this moment; then it is made so below.
    if (!made && made.failure().kind != FailureKind::kNameTaken) return made;
  }
  auto changed = change_tenant(
      wish.name, {wish.memory_limit_bytes, wish.max_nodes, wish.quota, wish.max_connections});
  if (!changed || changed->suspended == wish.suspended) return changed;
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  TenantDefinition next = *changed;
  next.suspended = wish.suspended;
  if (auto written = write_down(next); !written) return written.failure();
  index_.put_tenant(next);
  for (const NodePointer& record : index_.nodes_of(wish.name)) {
    if (record->definition.stopped) continue;
    if (!wish.suspended) {
      if (auto resumed = resume(record); !resumed) {
        log::error("a node of a resumed tenant could not be started",
                   {{"id", record->definition.id}, {"reason", resumed.failure().detail}});
      }
      continue;
    }
    NodeRecord halted = *record;
    const std::string last_state = to_string(record->state());
    if (auto closed = halt(halted); !closed) {
      log::error("a node of a suspended tenant could not be stopped",
                 {{"id", record->definition.id}, {"reason", closed.failure().detail}});
    }
    tell(halted, last_state, to_string(halted.state()));
    publish(std::move(halted));
  }
  return next;
}

Outcome<TenantDefinition> NodeManager::change_tenant(const std::string& name,
                                                     const TenantChange& change) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  const std::optional<TenantDefinition> current = index_.find_tenant(name);
  const std::optional<Tenant> tenant = engine_.find_tenant(name);
  if (!current || !tenant) return no_tenant(name);
  TenantDefinition next = *current;
  const auto undo = [&] {
    (void)tenant->set_memory_limit(current->memory_limit_bytes);
    (void)tenant->set_max_nodes(current->max_nodes);
    (void)tenant->set_quota(current->quota);
    (void)tenant->set_max_connections(current->max_connections);
  };
  if (change.memory_limit_bytes) {
    next.memory_limit_bytes = *change.memory_limit_bytes;
    if (auto set = tenant->set_memory_limit(next.memory_limit_bytes); !set) {
      return failure_from(set.error(), "memory_limit_bytes");
    }
  }
  if (change.max_nodes) {
    next.max_nodes = *change.max_nodes;
    if (auto set = tenant->set_max_nodes(next.max_nodes); !set) {
      undo();
      return failure_from(set.error(), "max_nodes");
    }
  }
  if (change.quota) {
    next.quota = *change.quota;
    if (auto set = tenant->set_quota(next.quota); !set) {
      undo();
      return failure_from(set.error(), "quota");
    }
  }
  if (change.max_connections) {
    next.max_connections = *change.max_connections;
    if (auto set = tenant->set_max_connections(next.max_connections); !set) {
      undo();
      return failure_from(set.error(), "max_connections");
    }
  }
  if (next == *current) return next;
  if (auto written = write_down(next); !written) {
    undo();
    return written.failure();
  }
  index_.put_tenant(next);
  return next;
}

Outcome<void> NodeManager::remove_tenant(const std::string& name, bool with_nodes) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  if (!index_.find_tenant(name)) return no_tenant(name);
  const std::vector<NodePointer> nodes = index_.nodes_of(name);
  if (!nodes.empty() && !with_nodes) {
    return Failure{FailureKind::kWrongState,
                   "the tenant has " + std::to_string(nodes.size()) +
                       " nodes; delete them first, or delete it with ?nodes=delete",
                   ""};
  }
  if (auto written = write_down(TenantRemoved{name}); !written) return written.failure();
  index_.remove_tenant(name);
  {
    const std::lock_guard figures(figures_mutex_);
    for (const NodePointer& gone : nodes) {
      if (gone->node) retired_.add(gone->node->stats());
    }
  }
  for (const NodePointer& gone : nodes) tell(*gone, to_string(gone->state()), "deleted");
  if (const std::optional<Tenant> tenant = engine_.find_tenant(name)) (void)tenant->remove();
  for (const NodePointer& gone : nodes) {
    remove_files(gone->definition);
    if (gone->definition.port) ports_.give_back(*gone->definition.port);
  }
  note_ports();
  return {};
}

}  // namespace miniredis::service
