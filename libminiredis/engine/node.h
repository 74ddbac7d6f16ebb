// A node at run time: its data and everything that goes on around them.
//
// Owned by the Host, shared with handles. One lock guards all of it but what is marked atomic; it
// is taken once per batch of commands, and on the server's path only ever by one thread. Invariant:
// with no client and no key, a node holds nothing beyond this object.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "commands/context.h"
#include "engine/acl.h"
#include "engine/blocking.h"
#include "engine/client.h"
#include "engine/functions.h"
#include "engine/latency.h"
#include "engine/pubsub.h"
#include "engine/scripts.h"
#include "engine/slowlog.h"
#include "engine/statistics.h"
#include "engine/throttle.h"
#include "engine/tracking.h"
#include "keyspace/keyspace.h"
#include "memory/account.h"
#include "miniredis/stats.h"
#include "tenants/settings.h"

namespace miniredis::engine {

class Host;
class TenantRecord;

// A command that was too long for one go: see commands::LongTask.
struct LongRun {
  LongRun(NodeRuntime& node, Client& owner);
  Client* client;                // null when it went away
  Client* orphan = nullptr;      // the one that went away, if the task must go on
  std::shared_ptr<void> keeper;  // keeps it in memory
  resp::Buffer out;
  resp::Writer writer;
  std::unique_ptr<commands::Context> context;
  std::unique_ptr<commands::LongTask> task;
  const CommandEntry* command = nullptr;
  std::uint64_t spent_ns = 0;
  std::uint64_t rested_ns = 0;     // of it, without working
  std::vector<std::string> words;  // for the slow log
};

struct ClientPause {
  std::int64_t until_ms = 0;
  bool writes_only = false;
};

class NodeRuntime final : public keyspace::KeyspaceEvents,
                          public std::enable_shared_from_this<NodeRuntime> {
 public:
  NodeRuntime(Host& node_host, std::shared_ptr<TenantRecord> node_tenant, std::string node_id,
              const NodeOptions& options, unsigned node_shard);
  ~NodeRuntime() override;

  // The batch's moment: call after taking the lock.
  void begin_batch() noexcept {
    // A command that is under way sees one moment; while it only waits, time passes for those that
    // wait for a key.
    if (long_run == nullptr || long_run_rests_ms() > 0) keyspace.set_now(clock().unix_ms());
    batch_ns = clock().monotonic_ns();
  }
  const base::Clock& clock() const noexcept { return clock_; }

  // Clients. attach() says why not, or nothing.
  std::optional<Bytes> attach(Client& client);
  void detach(Client& client) noexcept;
  void close_all_clients() noexcept;

  // Whether a command may start now; a client that may not is put on the waiting list and resumed.
  bool must_wait(Client& client, bool is_write) {
    if (long_run == nullptr && pause.until_ms == 0) [[likely]]
      return false;
    return must_wait_now(client, is_write);
  }
  bool is_paused(bool is_write) noexcept;
  // The script or function that runs; null when none does.
  ScriptTask* running_script() const noexcept;
  // A script goes on for so long that nobody should wait for its end.
  bool is_busy() const noexcept {
    if (long_run == nullptr) return false;
    return (scripts != nullptr && scripts->busy()) || (functions != nullptr && functions->busy());
  }
  // Serves the clients whose keys are ready, unless something is in the way: then later.
  void serve_blocked() {
    if (blocking.has_ready()) [[unlikely]]
      serve_blocked_now();
  }
  void resume_waiting() noexcept;
  // Ends it where it is: the node stops.
  void drop_long_run() noexcept;
  // One slice of the long command; true when it is finished (or there was none).
  bool step_long_run(std::uint64_t budget_ns);

  // How long it is until the long command has something to do; 0: it has now, or there is none.
  std::int64_t long_run_rests_ms() const noexcept {
    if (long_run == nullptr) return 0;
    return std::max<std::int64_t>(0, long_run->task->next_step_ms() - clock().unix_ms());
  }
  // Whether the client's long command only waits, and ends when the client goes away.
  bool rests_for(const Client& client) const noexcept {
    return long_run != nullptr && long_run->client == &client && long_run_rests_ms() > 0 &&
           long_run->task->may_be_dropped();
  }

  // Background work for about that long; returns whether more is waiting right now.
  bool work(std::uint64_t budget_ns);
  // Sends what is due at the end of a batch, and tells the node's shard when there is work, if that
  // is news. Call before giving up the lock.
  void schedule();

  // Ends the tracking of a client: see Tracking.
  void stop_tracking(Client& client) noexcept;

  // Puts the settings where they act.
  void apply_settings();
  // The same for the quotas of the node and of its tenant.
  void apply_quota();
  NodeStats stats_now();

  void on_event(keyspace::EventClass event_class, Bytes event, unsigned database,
                Bytes key) override;
  void on_ready(unsigned database, Bytes key) override;
  void on_replaced(unsigned database) override;

  Host& host;
  const std::shared_ptr<TenantRecord> tenant;
  const std::string id;
  const std::uint64_t sequence;  // in order of creation
  const std::int64_t created_ms;
  std::atomic<unsigned> shard;
  std::atomic<NodeState> state{NodeState::kCreating};
  // When the shard will look at this node next, in Unix ms; INT64_MAX: not at all.
  std::atomic<std::int64_t> scheduled_ms{INT64_MAX};

  mutable std::mutex lock;
  std::uint64_t batch_ns = 0;  // monotonic: when the batch, or its last command, was at
  std::string name;
  memory::Account account;
  base::Rng rng;
  keyspace::Keyspace keyspace;
  tenants::Settings settings;
  Statistics statistics;
  PubSub pubsub;
  Blocking blocking;
  Acl acl;
  const std::string acl_file;     // path; empty: there is none
  const std::string config_file;  // path; empty: there is none
  // What the settings would be without the config file; null: there is none.
  std::unique_ptr<tenants::Settings> original_settings;
  SlowLog slowlog;
  LatencyMonitor latency;
  std::vector<Client*> clients;
  std::int64_t client_bytes = 0;  // part of the account: what clients hold
  std::vector<Client*> monitors;
  std::vector<Client*> waiting;          // stalled clients, in order
  std::unique_ptr<Scripts> scripts;      // null: none was ever shown
  std::unique_ptr<Functions> functions;  // null: no library was ever loaded
  std::unique_ptr<Tracking> tracking;    // null: no client is tracked
  std::unique_ptr<LongRun> long_run;
  ClientPause pause;
  Quota quota;                                  // its own
  std::unique_ptr<Throttle> throttle;           // null: no quota binds it
  std::unique_ptr<Client> embedded;             // of Node::execute; null while it is lent
  std::uint32_t embedded_calls = 0;             // of it that are under way
  std::atomic<std::uint64_t> endpoint_port{0};  // 0: none; for INFO

 private:
  bool must_wait_now(Client& client, bool is_write);
  // Takes a client off all lists of the node but that of its clients.
  void forget(Client& client) noexcept;
  void serve_blocked_now();
  void note_latency(Bytes event, std::uint64_t since_ns);

  const base::Clock& clock_;
  std::uint32_t password_changes_ = 0;  // those of the settings that the users know of
};

}  // namespace miniredis::engine
