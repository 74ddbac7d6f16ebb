// Makes, changes and removes tenants and nodes so that engine, ports and the file of definitions
// always agree.
//
// A change is all or nothing: it is made in the engine first, then written down, and undone when it
// cannot be written down. Removal is written down first. So a crash at any moment leaves a thing
// whole or absent. Changes run one at a time; look-ups wait for none of them.
//
// Any thread may call. Knows no HTTP.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/failure.h"
#include "miniredis/engine.h"
#include "miniredis/server.h"
#include "node_manager/change_feed.h"
#include "node_manager/definition_store.h"
#include "node_manager/node_index.h"
#include "node_manager/node_record.h"
#include "node_manager/port_pool.h"

namespace miniredis::service {

struct PortFigures {
  std::uint16_t start = 0;
  std::uint16_t end = 0;
  std::size_t used = 0;
  std::size_t available = 0;
};

class NodeManager {
 public:
  struct Limits {
    std::uint64_t memory_bytes = 0;         // of the engine; 0: none
    std::int64_t overcommit_percent = 100;  // of it, that nodes' limits may add up to
  };

  // Where nodes have their files of ACL users and of settings, each named after its node's id.
  struct Folders {
    std::string users;
    std::string settings;
  };

  NodeManager(Engine engine, Server server, PortPool ports, DefinitionStore store, Limits limits,
              Folders folders);

  // Brings back what the file held. A node that cannot be brought up is kept, in state failed. Ends
  // early when `cancelled` becomes true.
  Outcome<void> restore(const Definitions& definitions, const std::atomic<bool>& cancelled);

  Outcome<TenantDefinition> create_tenant(const TenantOptions& options);
  // Makes the tenant, or makes it so. Suspending it stops its nodes, and ending that starts those
  // again that were not stopped by themselves.
  Outcome<TenantDefinition> put_tenant(const TenantWish& wish);
  Outcome<TenantDefinition> change_tenant(const std::string& name, const TenantChange& change);
  // With its nodes when `with_nodes`; kWrongState otherwise when it has any.
  Outcome<void> remove_tenant(const std::string& name, bool with_nodes);

  Outcome<NodePointer> create_node(const NewNode& request);
  Outcome<NodePointer> change_node(const std::string& id_or_name, const NodeChange& change);
  // `expected`: the version that the node must have; kVersionMismatch otherwise.
  using Version = std::optional<std::uint64_t>;
  Outcome<NodePointer> start_node(const std::string& id_or_name, Version expected = {});
  Outcome<NodePointer> stop_node(const std::string& id_or_name, Version expected = {});
  Outcome<NodePointer> restart_node(const std::string& id_or_name, Version expected = {});
  Outcome<void> remove_node(const std::string& id_or_name, Version expected = {});

  const NodeIndex& index() const { return index_; }
  // Tells of every change of a node's state.
  ChangeFeed& feed() { return feed_; }
  const Engine& engine() const { return engine_; }
  const Server& server() const { return server_; }
  PortFigures ports() const;
  // What the nodes' limits may add up to; 0: no end.
  std::uint64_t promisable_bytes() const;
  RetiredTotals retired() const;

  // From now on every change is refused.
  void close();
  void drain(std::uint32_t drain_ms) { server_.stop(drain_ms); }

 private:
  class NodeEdit;  // one PATCH under way, in node_changes.cc

  Outcome<NodePointer> existing(const std::string& id_or_name, Version expected = {}) const;
  bool is_suspended(const std::string& tenant) const;
  void tell(const NodeRecord& record, const std::string& from, const std::string& to);
  Outcome<void> check_open() const;
  std::string users_file(const NodeDefinition& definition) const;
  std::string settings_file(const NodeDefinition& definition) const;
  // Of a node that is gone for good.
  void remove_files(const NodeDefinition& definition) const;
  Outcome<void> check_new_name(const std::string& name, std::uint64_t own_sequence) const;
  Outcome<void> check_shard(int shard) const;
  Outcome<void> check_promise(std::uint64_t added_bytes) const;
  Outcome<std::optional<std::uint16_t>> open_port(const Node& node, const PortWish& wish);
  Outcome<std::uint16_t> open_any_port(const Node& node);
  void close_port(const Node& node, const std::optional<std::uint16_t>& port);
  // Engine and port as the definition says. On failure nothing is left behind.
  Outcome<NodeRecord> bring_up(const NodeDefinition& definition);
  // Stops the node and closes its port.
  Outcome<void> halt(NodeRecord& record);
  Outcome<NodePointer> resume(const NodePointer& record);
  Outcome<void> write_down(const DefinitionRecord& record);
  NodePointer publish(NodeRecord record);

  Engine engine_;
  Server server_;
  NodeIndex index_;
  ChangeFeed feed_;
  const Limits limits_;
  const Folders folders_;
  const unsigned shards_;

  mutable std::mutex change_mutex_;  // held for a whole change; guards what follows
  PortPool ports_;
  DefinitionStore store_;
  std::uint64_t next_sequence_ = 1;
  bool closed_ = false;

  mutable std::mutex figures_mutex_;  // for readers that must not wait for a change
  PortFigures port_figures_;
  RetiredTotals retired_;
  void note_ports();
};

}  // namespace miniredis::service
