// Who listens to which channel of a node. Channels of one node are unknown to every other.
// Threads: under the node's lock.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::engine {

class Client;

enum class Listening : std::uint8_t { kChannels, kPatterns };

class PubSub {
 public:
  using Subscribers = memory::Vector<Client*>;

  explicit PubSub(memory::Account& account);

  // Return whether that changed anything. `name`: a channel, or a pattern of channels.
  bool subscribe(Client& client, Listening to, Bytes name);
  bool unsubscribe(Client& client, Listening to, Bytes name);
  void unsubscribe_all(Client& client) noexcept;

  // Puts the message into the output of all who listen and wakes them. Returns how many.
  std::size_t publish(Bytes channel, Bytes message);

  const memory::StringMap<Subscribers>& channels() const noexcept { return channels_; }
  const memory::StringMap<Subscribers>& patterns() const noexcept { return patterns_; }

 private:
  memory::StringMap<Subscribers>& all(Listening to) noexcept {
    return to == Listening::kChannels ? channels_ : patterns_;
  }
  static void drop(memory::StringMap<Subscribers>& map, Client& client, Bytes name) noexcept;

  memory::Account& account_;
  memory::StringMap<Subscribers> channels_;
  memory::StringMap<Subscribers> patterns_;
};

}  // namespace miniredis::engine
