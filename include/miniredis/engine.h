// The engine: a process-wide host of isolated Redis-compatible nodes.
//
//   auto engine = miniredis::Engine::open({}).value();
//   auto tenant = engine.create_tenant({.name = "acme"}).value();
//   auto node = tenant.create_node({.name = "cache"}).value();
//   node.execute({"SET", "greeting", "hello"});
//   node.execute({"GET", "greeting"}).text();        // "hello"
//
// Ownership: Engine, Tenant, Node and Session are handles that share what they name; copying one is
// cheap. What a handle names lives until it is deleted (Tenant::remove, Node::remove) or the last
// Engine handle is gone; after that calls on the handle fail with kNotFound or kShuttingDown.
//
// Threads: every call on Engine, Tenant and Node may be made from any thread at any time. A Session
// is one client: one thread at a time.
//
// Invariant: nothing done through one node changes or shows anything of another, but for the time
// it takes and the limits of the accounts they share (tenant, engine).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miniredis/error.h"
#include "miniredis/options.h"
#include "miniredis/reply.h"
#include "miniredis/stats.h"
#include "miniredis/value.h"

namespace miniredis {

namespace engine {
class Host;
class NodeRuntime;
class TenantRecord;
class Session;
}  // namespace engine

using Arguments = std::span<const std::string_view>;

// A client without a socket: its own database choice, transaction, subscriptions and protocol
// state.
class Session {
 public:
  // Runs one command and returns its reply. Errors of the command are values of kind kError. A
  // quota that is used up is answered THROTTLED at once: a session never waits for it.
  Value execute(Arguments arguments);
  Value execute(std::initializer_list<std::string_view> arguments);

  // The same for many commands under one hold of the node's lock. Messages to the session itself
  // may stand between the replies, as kPush.
  void execute_batch(std::span<const Arguments> commands, ReplyBytes& replies);

  // For commands that wait for a key or work for long, and callers that can't: begins one and
  // returns its reply, or nothing when it is under way. Until it is over every other command is
  // answered with an error.
  std::optional<Value> start(Arguments arguments);
  // The reply of the command that is under way, once it is there: waits for it for at most so long,
  // and helps a long command along. With 0 it does neither.
  std::optional<Value> wait(std::uint64_t patience_ms);
  // Whether the node does nothing meanwhile: it is paused (CLIENT PAUSE) or sleeps (DEBUG SLEEP),
  // for as long as its user likes.
  bool waits_for_time() const;
  // Ends the wait of a command that was started; nothing of it has happened or will. False: it is
  // past waiting, and its reply will come.
  bool cancel();

  // Out-of-band messages (pub/sub, MONITOR) that came since the last call, oldest first. They can
  // come without a command of this session: poll, or set a wake-up with on_push().
  std::vector<Value> take_pushes();
  // `wake` is called, from any thread, when a push arrives, when the command that is under way may
  // be over, and when the session is closed. The node's lock is held then: it may leave word for
  // another thread, and must call nothing of the node or its sessions, nor take a lock under which
  // another thread does.
  void on_push(std::function<void()> wake);

  // Closed by CLIENT KILL, by QUIT, by a limit, by close(), or with its node. Commands then answer
  // an error.
  bool closed() const;
  // Closes it, from any thread. A command that waits elsewhere in execute() or wait() ends with an
  // error; a change that has begun goes on to its end.
  void close();

 private:
  friend class Node;
  struct Impl;
  explicit Session(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

class Node {
 public:
  std::string id() const;  // 16 lower-case hex digits, never used twice in a process
  std::string name() const;
  std::string tenant_name() const;
  NodeState state() const;
  std::uint64_t created_at_ms() const;  // Unix time
  unsigned shard() const;
  NodeOptions options() const;  // as they are now; `password` is left empty

  // Runs one command in database 0 and returns its reply, with all rights whatever the node's ACL
  // users may do: who holds a Node is its operator. ACL WHOAMI says `default`. Safe from any
  // thread; commands of a node run one at a time. Commands that belong to a connection (SUBSCRIBE,
  // MULTI, MONITOR, SELECT ...) need a session: open_session(). A quota that is used up is answered
  // with the error THROTTLED at once, with the time after which to try again: no call waits for it.
  Value execute(Arguments arguments) const;
  Value execute(std::initializer_list<std::string_view> arguments) const;
  // The same with the reply as bytes, in place of what `reply` held.
  void execute(Arguments arguments, ReplyBytes& reply) const;
  // The same for whoever runs the node rather than uses it: passes quotas and CLIENT PAUSE, and
  // waits for another's long command for at most a second, then returns the error BUSY.
  Value execute_as_operator(Arguments arguments) const;
  Value execute_as_operator(std::initializer_list<std::string_view> arguments) const;
  // For callers that hold a lock of their own and should not wait under it, as Python's: runs the
  // command if nobody else is at the node and the command is done in some microseconds, as its
  // declaration says (of constant cost or flagged fast, not one that waits) and its words (few,
  // short, no large count). Otherwise nothing has happened and the result is false.
  bool try_execute(Arguments arguments, ReplyBytes& reply) const;
  std::optional<Value> try_execute(Arguments arguments) const;
  // As execute() for many commands under one hold of the node's lock; replies in order.
  void execute_batch(std::span<const Arguments> commands, ReplyBytes& replies) const;
  std::vector<Value> execute_batch(std::span<const std::vector<std::string>> commands) const;
  // `database` 0..15; `protocol` 2 or 3: the shape of replies, until HELLO chooses another.
  // Pushes are told from replies with 3 alone: who subscribes needs that. The session is logged in
  // as the user `default`, and has his rights; AUTH makes it another's.
  Result<Session> open_session(unsigned database = 0, unsigned protocol = 3) const;

  NodeStats stats() const;

  // Stopped: endpoints closed, clients gone, commands answer an error, data kept in memory.
  Result<void> stop() const;
  Result<void> start() const;
  Result<void> restart() const;
  // Lowering it below what is used evicts or, without eviction, makes writes answer OOM.
  Result<void> set_memory_limit(std::uint64_t bytes) const;
  // Connections that wait are judged anew by it.
  Result<void> set_quota(const Quota& quota) const;
  Result<void> rename(const std::string& name) const;
  // One parameter by its CONFIG name. kWrongState: another's long command is in the way.
  Result<void> set_config(std::string_view name, std::string_view value) const;
  // Pins the node to another shard while it goes on serving clients.
  Result<void> move_to_shard(unsigned shard) const;
  // Closes everything of the node and gives back all of its memory. The handle is dead afterwards.
  Result<void> remove() const;

 private:
  friend class Engine;
  friend class Tenant;
  friend class Server;
  explicit Node(std::shared_ptr<engine::NodeRuntime> runtime) : runtime_(std::move(runtime)) {}
  std::shared_ptr<engine::NodeRuntime> runtime_;
};

class Tenant {
 public:
  std::string name() const;
  std::uint64_t created_at_ms() const;
  TenantOptions options() const;
  Result<Node> create_node(const NodeOptions& options) const;
  std::vector<Node> nodes() const;
  std::uint64_t memory_used_bytes() const;  // at most some tens of KiB a node behind
  Result<void> set_memory_limit(std::uint64_t bytes) const;
  Result<void> set_max_nodes(std::uint32_t count) const;
  // Costs a moment of each node's lock.
  Result<void> set_quota(const Quota& quota) const;
  Result<void> set_max_connections(std::uint32_t count) const;
  TenantStats stats() const;
  // Removes the tenant and all its nodes.
  Result<void> remove() const;

 private:
  friend class Engine;
  explicit Tenant(std::shared_ptr<engine::TenantRecord> record) : record_(std::move(record)) {}
  std::shared_ptr<engine::TenantRecord> record_;
};

class Engine {
 public:
  static Result<Engine> open(EngineOptions options);

  Result<Tenant> create_tenant(const TenantOptions& options) const;
  std::optional<Tenant> find_tenant(std::string_view name) const;
  std::vector<Tenant> tenants() const;
  std::optional<Node> find_node(std::string_view name_or_id) const;
  std::vector<Node> nodes() const;  // by creation
  EngineStats stats() const;

  // Does sliced work that is due (expiry, lazy freeing) for at most about `budget_us` microseconds
  // a shard. Returns whether more is waiting. Only needed without background_threads.
  bool run_pending_work(std::uint64_t budget_us = 1000) const;

 private:
  friend class Server;
  explicit Engine(std::shared_ptr<engine::Host> host) : host_(std::move(host)) {}
  std::shared_ptr<engine::Host> host_;
};

}  // namespace miniredis
