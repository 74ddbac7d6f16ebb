// CLIENT TRACKING: tells clients that keep a cache of their own which keys have changed.
//
// By default a client is told once of each key that it has read since; in broadcasting mode, of
// every key with one of its prefixes. Messages are pushes (RESP3), or go to another client of the
// node (REDIRECT), which may be a RESP2 subscriber. Behaviour as documented at
// https://redis.io/docs/manual/client-side-caching/; names of databases play no part in it.
//
// A client is never told of a change between a command of its own and that command's reply: what
// its command changes is told behind the reply. Broadcasts are gathered over a batch of commands
// and sent by settle().
//
// Exists while at least one client of the node is tracked, so that with none a write pays nothing
// beyond what WATCH costs. Memory is the node's: what is remembered is bounded by
// tracking-table-max-keys, beyond which keys are told as changed and forgotten, as they are when
// the node is full. Threads: under the node's lock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "keyspace/watch.h"
#include "memory/containers.h"
#include "miniredis/engine.h"
#include "resp/buffer.h"

namespace miniredis::engine {

class Client;
class NodeRuntime;
struct CommandEntry;

struct TrackingOptions {
  std::uint64_t redirect = 0;  // the client that gets the messages; 0: the tracked one
  bool broadcast = false;
  bool opt_in = false;   // only keys read right behind CLIENT CACHING YES
  bool opt_out = false;  // all but those read right behind CLIENT CACHING NO
  bool no_loop = false;  // not what the client itself changes
};

// What a tracked client has asked for.
struct Tracked {
  // Every write looks at all prefixes of all clients.
  static constexpr std::size_t kMostPrefixes = 1000;

  explicit Tracked(memory::Account& account)
      : prefixes(memory::AccountedAllocator<memory::String>(account)) {}
  TrackingOptions options;
  bool caching_said = false;     // CLIENT CACHING, for the next command or transaction
  bool redirect_broken = false;  // the other client has gone
  memory::Vector<memory::String> prefixes;
};

class Tracking final : public keyspace::KeyListener {
 public:
  explicit Tracking(NodeRuntime& node);
  ~Tracking() override;

  // Begins, or changes how a tracked client is tracked. A redirect names a client of the node.
  void start(Client& client, const TrackingOptions& options, std::span<const Bytes> prefixes);
  // No-op for who is not tracked. Call before a client goes, whether tracked or not: others may
  // redirect to it.
  void stop(Client& client) noexcept;
  void forget(Client& client) noexcept;

  // A command of the client runs from begin() to end() or pause(); a long one is begun again for
  // each slice. end() comes when the reply stands in the client's output.
  void begin(Client& client) noexcept;
  void pause() noexcept { acting_ = nullptr; }
  void end(Client& client, const CommandEntry& command);
  // A command has run, by itself or inside a transaction or script of the client that acts.
  void note_run(const CommandEntry& command, Arguments words);
  // Sends what broadcasts have gathered: call before the lock is given up.
  void settle();
  // Frees some of what has been forgotten at once; whether any is left.
  bool free_garbage() noexcept;
  bool has_garbage() const noexcept { return !garbage_.empty(); }

  std::size_t clients() const noexcept { return tracked_.size(); }
  std::size_t keys() const noexcept { return table_.size(); }
  std::size_t items() const noexcept { return items_; }
  std::size_t prefixes() const noexcept { return prefixes_.size(); }

  void on_changed(Bytes key) noexcept override;
  void on_flushed() noexcept override;

 private:
  // The clients that may hold a key, by their number, in order: one that is not tracked any more is
  // met when the key changes, or when there is no room for another.
  using Holders = memory::Vector<std::uint64_t>;
  struct Prefix {
    explicit Prefix(memory::Account& account)
        : listeners(memory::AccountedAllocator<Client*>(account)),
          changed(memory::AccountedAllocator<std::uint64_t>(account)) {}
    memory::Vector<Client*> listeners;
    memory::StringMap<std::uint64_t> changed;  // since settle(), by whom last; 0: by nobody
  };
  template <typename T>
  using ById = std::map<std::uint64_t, T, std::less<>,
                        memory::AccountedAllocator<std::pair<const std::uint64_t, T>>>;

  void remember(Client& client, Bytes key);
  void forget_some_keys();
  // Freeing a million keys takes longer than a slice.
  void forget_all_keys();
  void invalidate(Bytes key);
  void note_for_prefixes(Bytes key);
  void leave_prefixes(Client& client) noexcept;
  // No keys: all of them. Told at once, but to the client that acts behind its reply.
  void tell(Client& client, std::span<const Bytes> keys);
  void tell_of_broken_redirect(Client& client);
  resp::Buffer& output_of(Client& client) noexcept;
  void send_to(Client& client);
  // Nobody can be told: their connections end, and with these what they hold.
  void close_all() noexcept;

  NodeRuntime& node_;
  memory::AccountedAllocator<char> allocator_;
  ById<Client*> tracked_;
  ById<Client*> targets_;  // of redirects, while they are there
  memory::StringMap<Holders> table_;
  std::vector<memory::StringMap<Holders>> garbage_;
  memory::StringMap<Prefix> prefixes_;
  std::size_t items_ = 0;     // holders of all keys
  std::string hand_;          // where forgetting goes on
  Client* acting_ = nullptr;  // whose command runs
  resp::Buffer owed_;         // to one who acts, behind the reply
  const Client* owed_to_ = nullptr;
  bool flushed_ = false;     // by the command that runs, and told
  bool broadcasts_ = false;  // some prefix has changed keys
};

}  // namespace miniredis::engine
