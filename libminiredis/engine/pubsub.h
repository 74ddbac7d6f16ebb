// Who listens to which channel of a node. Channels of one node are unknown to every other.
// Threads: under the node's lock.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::engine {

class Client;

// Channels of shards are like others here, where one node holds them all, but apart from them.
enum class Listening : std::uint8_t { kChannels, kPatterns, kShards };

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
  std::size_t publish_to_shard(Bytes channel, Bytes message);

  const memory::StringMap<Subscribers>& channels() const noexcept { return channels_; }
  const memory::StringMap<Subscribers>& patterns() const noexcept { return patterns_; }
  const memory::StringMap<Subscribers>& shards() const noexcept { return shards_; }
  const memory::StringMap<Subscribers>& all(Listening to) const noexcept {
    return to == Listening::kChannels   ? channels_
           : to == Listening::kPatterns ? patterns_
                                        : shards_;
  }

 private:
  memory::StringMap<Subscribers>& all(Listening to) noexcept {
    return to == Listening::kChannels   ? channels_
           : to == Listening::kPatterns ? patterns_
                                        : shards_;
  }
  std::size_t deliver_to(const memory::StringMap<Subscribers>& map, Bytes kind, Bytes channel,
                         Bytes message);
  static void drop(memory::StringMap<Subscribers>& map, Client& client, Bytes name) noexcept;

  memory::Account& account_;
  memory::StringMap<Subscribers> channels_;
  memory::StringMap<Subscribers> patterns_;
  memory::StringMap<Subscribers> shards_;
};

}  // namespace miniredis::engine
