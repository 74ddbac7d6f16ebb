// One client of the engine: a connection or an embedded session, without its socket.
//
// A client that has not named its node yet (a connection on the router port) has none; it can log
// in and nothing else. Owned by whoever made it; registered with its node while it is attached.
// Threads: all of it under the lock of its node, before that the thread that made it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/blocking.h"
#include "engine/pubsub.h"
#include "keyspace/watch.h"
#include "memory/containers.h"
#include "resp/buffer.h"
#include "resp/writer.h"
#include "tenants/output_limits.h"

namespace miniredis::engine {

class NodeRuntime;
struct CommandEntry;
struct Tracked;
struct User;

// What a client's owner does for it. Called under the node's lock, from any thread; must not wait.
class ClientOwner {
 public:
  virtual ~ClientOwner() = default;
  // Output was put into Client::out by someone else, or Client::closing was set.
  virtual void wake() = 0;
  // A command of this client that was long, or waited for one or for CLIENT UNPAUSE, can go on.
  virtual void resume() = 0;
  // Keeps the client in memory although it has gone: its command must be brought to its end. Null:
  // that can't be.
  virtual std::shared_ptr<void> keep() { return nullptr; }
  // Log-ins that fail are limited by where the client comes from: how long until it may try again,
  // 0: now.
  virtual std::uint32_t login_wait_seconds() { return 0; }
  virtual void note_failed_login() {}
};

enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext, kSkipThis };

struct Transaction {
  struct Queued {
    const CommandEntry* command;
    memory::Vector<memory::String> words;  // with the name
  };
  explicit Transaction(memory::Account& account)
      : queue(memory::AccountedAllocator<Queued>(account)) {}
  memory::Vector<Queued> queue;
  bool aborted = false;  // a command was refused while queueing
};

struct Subscriptions {
  explicit Subscriptions(memory::Account& account)
      : channels(memory::AccountedAllocator<char>(account)),
        patterns(memory::AccountedAllocator<char>(account)),
        shards(memory::AccountedAllocator<char>(account)) {}
  memory::StringMap<char> channels;
  memory::StringMap<char> patterns;
  memory::StringMap<char> shards;
  memory::StringMap<char>& to(Listening what) noexcept {
    return what == Listening::kChannels   ? channels
           : what == Listening::kPatterns ? patterns
                                          : shards;
  }
  std::size_t count() const noexcept { return channels.size() + patterns.size() + shards.size(); }
};

// What CLIENT SETNAME and SETINFO said; few clients say anything.
struct ClientIdentity {
  std::string name;
  std::string library;
  std::string library_version;
};

// What stands in a client's input and waits, or has waited, for the tokens of a quota.
struct Held {
  std::uint64_t since_ns = 0;  // when it began to wait; commands are refused by how long that was
  std::size_t commands = 0;    // whose tokens are reserved for it
  bool waiting = false;        // the tokens have not come: until then nothing of it runs
  std::uint64_t wait_began_ns = 0;
  std::uint64_t until_ns = 0;
};

class Client {
 public:
  explicit Client(ClientOwner& client_owner) noexcept;
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  ClientOwner& owner;
  NodeRuntime* node = nullptr;
  std::uint64_t id = 0;
  std::string peer;  // "127.0.0.1:50312", a socket's path, or "embedded"
  std::string local;
  int descriptor = -1;
  std::int64_t created_ms = 0;
  std::int64_t last_active_ms = 0;

  resp::Buffer out;             // replies and messages that are not on their way yet
  std::size_t query_bytes = 0;  // of requests that are not whole yet
  std::unique_ptr<ClientIdentity> identity;
  std::unique_ptr<Transaction> transaction;  // between MULTI and EXEC
  std::unique_ptr<keyspace::Watcher> watcher;
  std::unique_ptr<Subscriptions> subscriptions;
  std::unique_ptr<Blocked> blocked;  // while it waits for a key
  std::unique_ptr<Tracked> tracked;  // what CLIENT TRACKING asked for
  std::unique_ptr<Held> held;        // while a quota holds back what it has sent
  const CommandEntry* last_command = nullptr;
  User* user = nullptr;  // whose rights it has; null: all, as the embedding program has them

  std::uint8_t database = 0;
  resp::Protocol protocol = resp::Protocol::kResp2;
  ReplyMode reply_mode = ReplyMode::kOn;
  bool authenticated = false;
  bool all_rights = false;  // it has logged in, as one who may do everything
  bool monitor = false;
  bool no_touch = false;
  bool no_evict = false;
  bool listed = true;        // in CLIENT LIST
  bool is_operator = false;  // neither quotas nor pauses hold it
  bool unix_socket = false;
  bool suspended = false;          // its command is long and under way, or waits for a key
  bool stalled = false;            // waits for the node
  bool closing = false;            // to be closed at once
  bool close_after_reply = false;  // to be closed when its output is out
  std::int64_t over_soft_limit_since_ms = 0;

  Bytes name() const noexcept { return identity == nullptr ? Bytes() : Bytes(identity->name); }
  std::size_t subscription_count() const noexcept {
    return subscriptions == nullptr ? 0 : subscriptions->count();
  }
  // Nothing of it may run now: its owner is resumed.
  bool must_wait() const noexcept {
    return suspended || stalled || (held != nullptr && held->waiting);
  }
  bool in_transaction() const noexcept { return transaction != nullptr; }
  tenants::ClientClass client_class() const noexcept {
    return subscription_count() > 0 ? tenants::ClientClass::kPubSub : tenants::ClientClass::kNormal;
  }
  // Brings the node's account up to date with the buffers, and closes the client when its output is
  // over its limit. Call after each batch.
  void settle_buffers();
  // Takes everything off the account: before the node changes.
  void uncharge() noexcept;
  // Bytes of buffers and of this object that the account counts.
  std::size_t memory_bytes() const noexcept;

 private:
  std::int64_t charged_ = 0;
};

}  // namespace miniredis::engine
