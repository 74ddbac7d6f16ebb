// The process-wide host: tenants, nodes, shards, and the root of the memory accounts.
//
// Threads: any. Lock order: registry lock, then a node's lock, then a shard's.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/node.h"
#include "engine/shard.h"
#include "engine/transfer.h"
#include "memory/account.h"
#include "miniredis/error.h"
#include "miniredis/options.h"
#include "miniredis/stats.h"
#include "tenants/quota.h"

namespace miniredis::engine {

class TenantRecord {
 public:
  TenantRecord(Host& tenant_host, const TenantOptions& options, std::int64_t now_ms);

  // False when it has as many as it may.
  bool count_connection() noexcept;
  void uncount_connection() noexcept { --connections; }

  const std::shared_ptr<Host> keep;  // the host outlives its tenants' and nodes' handles
  Host& host;
  const std::string name;
  const std::int64_t created_ms;
  memory::Account account;
  std::atomic<std::uint32_t> max_nodes;
  std::atomic<bool> removed{false};
  tenants::SharedQuota quota;
  std::atomic<std::uint32_t> max_connections;
  std::atomic<std::uint32_t> connections{0};  // of all its nodes
  // Counters over all nodes, written when a quota is used up.
  std::atomic<std::uint64_t> quota_waits{0};
  std::atomic<std::uint64_t> quota_wait_ns{0};
  std::atomic<std::uint64_t> throttled{0};
  std::unordered_set<NodeRuntime*> nodes;  // under the registry lock
};

// What a server does when nodes change; called with no lock held.
class HostObserver {
 public:
  virtual ~HostObserver() = default;
  // The node has been stopped or removed: its endpoints are to be closed.
  virtual void on_stopped(NodeRuntime& node, bool removed) = 0;
  virtual void on_started(NodeRuntime& node) = 0;
  // The node's connections and endpoints are to move to node.shard's loop from `from`.
  virtual void on_moved(NodeRuntime& node, unsigned from) = 0;
};

class Host : public std::enable_shared_from_this<Host> {
 public:
  Host(const EngineOptions& options, const base::Clock& clock);
  ~Host();
  // Stops the shards, closes all clients and lets go of tenants and nodes. Handles that are left
  // answer errors. Called when the last Engine handle goes; the object stays until the last handle
  // is gone.
  void shut_down();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Result<std::shared_ptr<TenantRecord>> create_tenant(const TenantOptions& options);
  std::shared_ptr<TenantRecord> find_tenant(Bytes name) const;
  std::vector<std::shared_ptr<TenantRecord>> tenants() const;
  Result<void> remove_tenant(TenantRecord& tenant);
  // Tells the tenant's nodes.
  void set_tenant_quota(TenantRecord& tenant, const Quota& quota);

  Result<std::shared_ptr<NodeRuntime>> create_node(const std::shared_ptr<TenantRecord>& tenant,
                                                   const NodeOptions& options);
  std::shared_ptr<NodeRuntime> find_node(Bytes name_or_id) const;
  std::vector<std::shared_ptr<NodeRuntime>> nodes() const;
  std::vector<std::shared_ptr<NodeRuntime>> nodes_of(const TenantRecord& tenant) const;

  Result<void> stop_node(NodeRuntime& node);
  Result<void> start_node(NodeRuntime& node);
  Result<void> rename_node(NodeRuntime& node, const std::string& name);
  Result<void> move_node(NodeRuntime& node, unsigned shard);
  Result<void> remove_node(NodeRuntime& node);

  EngineStats stats() const;
  bool run_pending_work(std::uint64_t budget_us);

  // For nodes and servers.
  const base::Clock& clock() const noexcept { return clock_; }
  const base::HashKey& hash_key() const noexcept { return hash_key_; }
  std::uint64_t seed();
  std::uint64_t next_client_id() noexcept { return ++last_client_id_; }
  std::uint64_t next_sequence() noexcept { return ++last_sequence_; }
  void schedule(NodeRuntime& node, std::int64_t due_ms);
  unsigned shard_count() const noexcept { return static_cast<unsigned>(shards_.size()); }
  Shard& shard(unsigned index) noexcept { return *shards_[index]; }
  void set_observer(HostObserver* observer);
  // What nodes talk to other servers through; null: they can't. Waits for a start that is under
  // way.
  void set_transfers(TransferService* transfers);
  // `done` is called, from any thread, also when it can't be.
  void start_transfer(Transfer transfer, std::function<void(TransferResult)> done);
  std::string transfers_allowed() const;
  memory::Account& account() noexcept { return account_; }
  std::int64_t started_ms() const noexcept { return started_ms_; }
  const std::string& run_id() const noexcept { return run_id_; }

 private:
  unsigned emptiest_shard() const;
  std::string make_id();
  HostObserver* observer() const;

  const base::Clock& clock_;
  const EngineOptions options_;
  const base::HashKey hash_key_;
  const std::int64_t started_ms_;
  const std::string run_id_;
  memory::Account account_;
  std::atomic<std::uint64_t> last_client_id_{0};
  std::atomic<std::uint64_t> last_sequence_{0};
  std::mutex rng_lock_;
  base::Rng rng_;

  // Keys are views of the records' own names and ids, which live as long as the row.
  mutable std::shared_mutex registry_lock_;
  std::unordered_map<std::string_view, std::shared_ptr<TenantRecord>> tenants_;
  std::unordered_map<std::string_view, std::shared_ptr<NodeRuntime>> nodes_by_id_;
  std::unordered_map<std::string_view, NodeRuntime*> nodes_by_name_;
  std::vector<std::size_t> nodes_on_shard_;
  bool shut_down_ = false;

  mutable std::mutex observer_lock_;
  HostObserver* observer_ = nullptr;
  mutable std::mutex transfers_lock_;
  TransferService* transfers_ = nullptr;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace miniredis::engine
