#include "node_manager/node_index.h"

#include <mutex>

namespace miniredis::service {

NodeState NodeRecord::state() const {
  if (node) return node->state();
  return definition.stopped ? NodeState::kStopped : NodeState::kFailed;
}

void RetiredTotals::add(const NodeStats& stats) {
  commands += stats.commands;
  hits += stats.hits;
  misses += stats.misses;
  evicted += stats.evicted;
  expired += stats.expired;
  errors += stats.errors;
  net_input_bytes += stats.net_input_bytes;
  net_output_bytes += stats.net_output_bytes;
  connections_received += stats.connections_received;
  connections_rejected += stats.connections_rejected;
  cpu_ns += stats.cpu_ns;
}

NodePointer NodeIndex::find(std::string_view id_or_name) const {
  const std::string key(id_or_name);
  const std::shared_lock lock(mutex_);
  auto entry = by_id_.find(key);
  if (entry == by_id_.end()) {
    entry = by_name_.find(key);
    if (entry == by_name_.end()) return nullptr;
  }
  return nodes_.at(entry->second);
}

Page<NodePointer> NodeIndex::page(std::uint64_t after, std::size_t limit, const std::string& tenant,
                                  const std::function<bool(const NodeRecord&)>& wanted) const {
  // `wanted` may ask the engine, so it runs without our lock: slices of candidates are copied out.
  constexpr std::size_t kSlice = 1000;
  Page<NodePointer> result;
  while (true) {
    std::vector<NodePointer> candidates;
    {
      const std::shared_lock lock(mutex_);
      if (tenant.empty()) {
        for (auto at = nodes_.upper_bound(after); at != nodes_.end(); ++at) {
          if (candidates.size() == kSlice) break;
          candidates.push_back(at->second);
        }
      } else if (const auto owner = tenants_.find(tenant); owner != tenants_.end()) {
        const auto& mine = owner->second.nodes;
        for (auto at = mine.upper_bound(after); at != mine.end(); ++at) {
          if (candidates.size() == kSlice) break;
          candidates.push_back(nodes_.at(*at));
        }
      }
    }
    for (NodePointer& candidate : candidates) {
      after = candidate->definition.sequence;
      if (!wanted(*candidate)) continue;
      if (result.items.size() == limit) {
        result.more = true;
        return result;
      }
      result.items.push_back(std::move(candidate));
    }
    if (candidates.size() < kSlice) return result;
  }
}

std::vector<NodePointer> NodeIndex::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<NodePointer> result;
  result.reserve(nodes_.size());
  for (const auto& [sequence, record] : nodes_) result.push_back(record);
  return result;
}

std::size_t NodeIndex::size() const {
  const std::shared_lock lock(mutex_);
  return nodes_.size();
}

void NodeIndex::put(NodePointer record) {
  const std::unique_lock lock(mutex_);
  const NodeDefinition& definition = record->definition;
  if (const auto old = nodes_.find(definition.sequence); old != nodes_.end()) forget(*old->second);
  by_id_[definition.id] = definition.sequence;
  by_name_[definition.name] = definition.sequence;
  tenants_.at(definition.tenant).nodes.insert(definition.sequence);
  nodes_[definition.sequence] = std::move(record);
}

void NodeIndex::remove(const NodeRecord& record) {
  const std::unique_lock lock(mutex_);
  const std::uint64_t sequence = record.definition.sequence;
  const auto entry = nodes_.find(sequence);
  if (entry == nodes_.end()) return;
  const NodePointer kept = entry->second;
  forget(*kept);
  tenants_.at(kept->definition.tenant).nodes.erase(sequence);
  nodes_.erase(entry);
}

void NodeIndex::forget(const NodeRecord& record) {
  by_id_.erase(record.definition.id);
  by_name_.erase(record.definition.name);
}

std::optional<TenantDefinition> NodeIndex::find_tenant(const std::string& name) const {
  const std::shared_lock lock(mutex_);
  const auto entry = tenants_.find(name);
  if (entry == tenants_.end()) return std::nullopt;
  return entry->second.definition;
}

Page<TenantDefinition> NodeIndex::tenant_page(const std::string& after, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  Page<TenantDefinition> result;
  for (auto at = tenants_.upper_bound(after); at != tenants_.end(); ++at) {
    if (result.items.size() == limit) {
      result.more = true;
      break;
    }
    result.items.push_back(at->second.definition);
  }
  return result;
}

std::vector<NodePointer> NodeIndex::nodes_of(const std::string& tenant) const {
  const std::shared_lock lock(mutex_);
  std::vector<NodePointer> result;
  const auto entry = tenants_.find(tenant);
  if (entry == tenants_.end()) return result;
  for (const std::uint64_t sequence : entry->second.nodes) result.push_back(nodes_.at(sequence));
  return result;
}

std::size_t NodeIndex::node_count(const std::string& tenant) const {
  const std::shared_lock lock(mutex_);
  const auto entry = tenants_.find(tenant);
  return entry == tenants_.end() ? 0 : entry->second.nodes.size();
}

std::size_t NodeIndex::tenant_count() const {
  const std::shared_lock lock(mutex_);
  return tenants_.size();
}

void NodeIndex::put_tenant(TenantDefinition tenant) {
  const std::unique_lock lock(mutex_);
  tenants_[tenant.name].definition = std::move(tenant);
}

void NodeIndex::remove_tenant(const std::string& name) {
  const std::unique_lock lock(mutex_);
  const auto entry = tenants_.find(name);
  if (entry == tenants_.end()) return;
  for (const std::uint64_t sequence : entry->second.nodes) {
    const auto node = nodes_.find(sequence);
    forget(*node->second);
    nodes_.erase(node);
  }
  tenants_.erase(entry);
}

}  // namespace miniredis::service
