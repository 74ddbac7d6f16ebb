#include "engine/pubsub.h"

#include "base/glob.h"
#include "engine/client.h"

namespace miniredis::engine {

PubSub::PubSub(memory::Account& account)
    : account_(account),
      channels_(memory::AccountedAllocator<char>(account)),
      patterns_(memory::AccountedAllocator<char>(account)),
      shards_(memory::AccountedAllocator<char>(account)) {}

void PubSub::drop(memory::StringMap<Subscribers>& map, Client& client, Bytes name) noexcept {
  const auto at = map.find(name);
  if (at == map.end()) return;
  std::erase(at->second, &client);
  if (at->second.empty()) map.erase(at);
}

bool PubSub::subscribe(Client& client, Listening to, Bytes name) {
  const memory::AccountedAllocator<char> allocator(account_);
  if (client.subscriptions == nullptr) {
    client.subscriptions = std::make_unique<Subscriptions>(account_);
  }
  auto& own = client.subscriptions->to(to);
  if (!own.emplace(memory::String(name, allocator), 0).second) return false;
  auto& map = all(to);
  auto at = map.find(name);
  if (at == map.end()) {
    at = map.emplace(memory::String(name, allocator), Subscribers(allocator)).first;
  }
  at->second.push_back(&client);
  return true;
}

bool PubSub::unsubscribe(Client& client, Listening to, Bytes name) {
  if (client.subscriptions == nullptr) return false;
  auto& own = client.subscriptions->to(to);
  const auto at = own.find(name);
  if (at == own.end()) return false;
  drop(all(to), client, name);
  own.erase(at);
  return true;
}

void PubSub::unsubscribe_all(Client& client) noexcept {
  if (client.subscriptions == nullptr) return;
  for (const auto& [name, none] : client.subscriptions->channels) drop(channels_, client, name);
  for (const auto& [name, none] : client.subscriptions->patterns) drop(patterns_, client, name);
  for (const auto& [name, none] : client.subscriptions->shards) drop(shards_, client, name);
  client.subscriptions.reset();
}

namespace {

// `pattern`: the one that the channel matches; null where it is listened to by its name.
void deliver(Client& client, Bytes kind, const Bytes* pattern, Bytes channel, Bytes message) {
  resp::Writer writer(client.out, client.protocol);
  writer.push(pattern == nullptr ? 3 : 4);
  writer.bulk(kind);
  if (pattern != nullptr) writer.bulk(*pattern);
  writer.bulk(channel);
  writer.bulk(message);
  client.settle_buffers();
  client.owner.wake();
}

}  // namespace

std::size_t PubSub::deliver_to(const memory::StringMap<Subscribers>& map, Bytes kind, Bytes channel,
                               Bytes message) {
  const auto at = map.find(channel);
  if (at == map.end()) return 0;
  for (Client* client : at->second) deliver(*client, kind, nullptr, channel, message);
  return at->second.size();
}

std::size_t PubSub::publish(Bytes channel, Bytes message) {
  std::size_t receivers = deliver_to(channels_, "message", channel, message);
  for (const auto& [name, subscribers] : patterns_) {
    const Bytes pattern = name;
    if (!base::glob_match(pattern, channel)) continue;
    for (Client* client : subscribers) deliver(*client, "pmessage", &pattern, channel, message);
    receivers += subscribers.size();
  }
  return receivers;
}

std::size_t PubSub::publish_to_shard(Bytes channel, Bytes message) {
  return deliver_to(shards_, "smessage", channel, message);
}

}  // namespace miniredis::engine
