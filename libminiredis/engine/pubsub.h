// Who listens to which channel of a node. Channels of one node are unknown to every other.
// Threads: under the node's lock.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::engine {

class Client;

class PubSub {
 public:
  using Subscribers = memory::Vector<Client*>;

  explicit PubSub(memory::Account& account);

  // Returns whether that is new.
  bool subscribe(Client& client, Bytes channel);
  bool subscribe_pattern(Client& client, Bytes pattern);
  bool unsubscribe(Client& client, Bytes channel);
  bool unsubscribe_pattern(Client& client, Bytes pattern);
  void unsubscribe_all(Client& client) noexcept;

  // Puts the message into the output of all who listen and wakes them. Returns how many.
  std::size_t publish(Bytes channel, Bytes message);

  const memory::StringMap<Subscribers>& channels() const noexcept { return channels_; }
  const memory::StringMap<Subscribers>& patterns() const noexcept { return patterns_; }

 private:
  bool add(memory::StringMap<Subscribers>& map, Client& client, Bytes name);
  static void drop(memory::StringMap<Subscribers>& map, Client& client, Bytes name) noexcept;

  memory::Account& account_;
  memory::StringMap<Subscribers> channels_;
  memory::StringMap<Subscribers> patterns_;
};

}  // namespace miniredis::engine
