// What tenants and nodes there are, for look-up by id, name, tenant and creation.
//
// Any thread may call. Readers get records that never change, so nothing is held while they work.
// Invariant: every node's tenant is in the index, and no two nodes share an id or a name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node_manager/definition.h"
#include "node_manager/node_record.h"

namespace miniredis::service {

using NodePointer = std::shared_ptr<const NodeRecord>;

template <typename T>
struct Page {
  std::vector<T> items;
  bool more = false;
};

class NodeIndex {
 public:
  // Ids come first: a node named like another's id is found by its own id only.
  NodePointer find(std::string_view id_or_name) const;
  // By creation, those after sequence number `after` that `wanted` accepts.
  Page<NodePointer> page(std::uint64_t after, std::size_t limit, const std::string& tenant,
                         const std::function<bool(const NodeRecord&)>& wanted) const;
  std::vector<NodePointer> all() const;
  std::size_t size() const;
  void put(NodePointer record);
  void remove(const NodeRecord& record);

  std::optional<TenantDefinition> find_tenant(const std::string& name) const;
  // By name, those after `after`.
  Page<TenantDefinition> tenant_page(const std::string& after, std::size_t limit) const;
  std::vector<NodePointer> nodes_of(const std::string& tenant) const;
  std::size_t node_count(const std::string& tenant) const;
  std::size_t tenant_count() const;
  void put_tenant(TenantDefinition tenant);
  // And all of its nodes.
  void remove_tenant(const std::string& name);

 private:
  struct TenantEntry {
    TenantDefinition definition;
    std::set<std::uint64_t> nodes;
  };
  void forget(const NodeRecord& record);

  mutable std::shared_mutex mutex_;
  std::map<std::string, TenantEntry> tenants_;
  std::map<std::uint64_t, NodePointer> nodes_;  // by sequence
  std::unordered_map<std::string, std::uint64_t> by_id_;
  std::unordered_map<std::string, std::uint64_t> by_name_;
};

}  // namespace miniredis::service
