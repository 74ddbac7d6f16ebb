// Clients that wait for a key: BLPOP and its relatives.
//
// A command that finds nothing leaves a commands::Wait. Its words are kept, and the command is run
// again when one of the keys has got what it waits for: it answers then, or goes on waiting. Who
// came first is served first. A command that makes keys ready only notes them; serving is done when
// it is over, or when its transaction is.
//
// Threads: under the node's lock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/context.h"
#include "memory/containers.h"

namespace miniredis::engine {

class Client;
class NodeRuntime;
struct CommandEntry;

// What a client waits for. Kept in its Client.
struct Blocked {
  explicit Blocked(memory::Account& account)
      : words(memory::AccountedAllocator<memory::String>(account)),
        names(memory::AccountedAllocator<memory::String>(account)) {}
  const CommandEntry* command = nullptr;
  memory::Vector<memory::String> words;  // with the command's name
  memory::Vector<memory::String> names;  // the database's number, then the key
  types::Type type = types::Type::kList;
  bool wake_when_gone = false;
  std::int64_t deadline_ms = 0;  // Unix ms; 0: none
  commands::WaitReply on_timeout = nullptr;
  std::uint64_t spent_ns = 0;
};

class Blocking {
 public:
  explicit Blocking(memory::Account& account) : account_(account), waiting_(by_name(account)) {}

  // Keys that are waited for.
  std::size_t keys() const noexcept { return waiting_.size(); }
  std::size_t clients() const noexcept { return clients_; }
  std::optional<std::int64_t> next_deadline() const noexcept;

  // Puts the client among those that wait. `words` with the command's name.
  void block(Client& client, const CommandEntry& command, Arguments words,
             const commands::Wait& wait, std::uint64_t spent_ns);
  // Takes it out, if it is in; no reply is written.
  std::unique_ptr<Blocked> take(Client& client) noexcept;

  void note_ready(unsigned database, Bytes key);
  void note_replaced(unsigned database);
  bool has_ready() const noexcept { return !ready_.empty(); }
  // Runs again what waits for the keys that are ready.
  void serve(NodeRuntime& node);
  // Answers those whose time is over.
  void expire(NodeRuntime& node, std::int64_t now_ms);
  // Ends a wait as a time-out or, with `error`, with that.
  void release(NodeRuntime& node, Client& client, Bytes error = {});

 private:
  using Queue = memory::Vector<Client*>;
  static memory::AccountedAllocator<char> by_name(memory::Account& account) noexcept {
    return memory::AccountedAllocator<char>(account);
  }
  memory::String name_of(unsigned database, Bytes key) const;
  void serve_key(NodeRuntime& node, Bytes name);

  memory::Account& account_;
  memory::StringMap<Queue> waiting_;
  std::multimap<std::int64_t, Client*> deadlines_;
  std::vector<std::string> ready_;
  std::size_t clients_ = 0;
};

}  // namespace miniredis::engine
