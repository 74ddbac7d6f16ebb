#include "engine/pubsub.h"

#include "base/glob.h"
#include "engine/client.h"

namespace miniredis::engine {

PubSub::PubSub(memory::Account& account)
    : account_(account),
      channels_(memory::AccountedAllocator<char>(account)),
      patterns_(memory::AccountedAllocator<char>(account)) {}

bool PubSub::add(memory::StringMap<Subscribers>& map, Client& client, Bytes name) {
  auto at = map.find(name);
  if (at == map.end()) {
    const memory::AccountedAllocator<char> allocator(account_);
    at = map.emplace(memory::String(name, allocator), Subscribers(allocator)).first;
  }
  at->second.push_back(&client);
  return true;
}

void PubSub::drop(memory::StringMap<Subscribers>& map, Client& client, Bytes name) noexcept {
  const auto at = map.find(name);
  if (at == map.end()) return;
  std::erase(at->second, &client);
  if (at->second.empty()) map.erase(at);
}

namespace {

Subscriptions& of(Client& client, memory::Account& account) {
  if (client.subscriptions == nullptr) {
    client.subscriptions = std::make_unique<Subscriptions>(account);
  }
  return *client.subscriptions;
}

}  // namespace

bool PubSub::subscribe(Client& client, Bytes channel) {
  auto& own = of(client, account_).channels;
  const memory::AccountedAllocator<char> allocator(account_);
  if (!own.emplace(memory::String(channel, allocator), 0).second) return false;
  return add(channels_, client, channel);
}

bool PubSub::subscribe_pattern(Client& client, Bytes pattern) {
  auto& own = of(client, account_).patterns;
  const memory::AccountedAllocator<char> allocator(account_);
  if (!own.emplace(memory::String(pattern, allocator), 0).second) return false;
  return add(patterns_, client, pattern);
}

bool PubSub::unsubscribe(Client& client, Bytes channel) {
  if (client.subscriptions == nullptr) return false;
  const auto at = client.subscriptions->channels.find(channel);
  if (at == client.subscriptions->channels.end()) return false;
  drop(channels_, client, channel);
  client.subscriptions->channels.erase(at);
  return true;
}

bool PubSub::unsubscribe_pattern(Client& client, Bytes pattern) {
  if (client.subscriptions == nullptr) return false;
  const auto at = client.subscriptions->patterns.find(pattern);
  if (at == client.subscriptions->patterns.end()) return false;
  drop(patterns_, client, pattern);
  client.subscriptions->patterns.erase(at);
  return true;
}

void PubSub::unsubscribe_all(Client& client) noexcept {
  if (client.subscriptions == nullptr) return;
  for (const auto& [name, none] : client.subscriptions->channels) drop(channels_, client, name);
  for (const auto& [name, none] : client.subscriptions->patterns) drop(patterns_, client, name);
  client.subscriptions.reset();
}

std::size_t PubSub::publish(Bytes channel, Bytes message) {
  std::size_t receivers = 0;
  const auto deliver = [&](Client& client, Bytes kind, const Bytes* pattern) {
    resp::Writer writer(client.out, client.protocol);
    writer.push(pattern == nullptr ? 3 : 4);
    writer.bulk(kind);
    if (pattern != nullptr) writer.bulk(*pattern);
    writer.bulk(channel);
    writer.bulk(message);
    client.settle_buffers();
    client.owner.wake();
    ++receivers;
  };
  const auto at = channels_.find(channel);
  if (at != channels_.end()) {
    for (Client* client : at->second) deliver(*client, "message", nullptr);
  }
  for (const auto& [name, subscribers] : patterns_) {
    const Bytes pattern = name;
    if (!base::glob_match(pattern, channel)) continue;
    for (Client* client : subscribers) deliver(*client, "pmessage", &pattern);
  }
  return receivers;
}

}  // namespace miniredis::engine
