#include "engine/blocking.h"

#include <algorithm>
#include <utility>

#include "engine/dispatch.h"

namespace miniredis::engine {

memory::String Blocking::name_of(unsigned database, Bytes key) const {
  memory::String name(1, static_cast<char>(database), by_name(account_));
  name.append(key);
  return name;
}

std::optional<std::int64_t> Blocking::next_deadline() const noexcept {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void Blocking::block(Client& client, const CommandEntry& command, Arguments words,
                     const commands::Wait& wait, std::uint64_t spent_ns) {
  auto blocked = std::make_unique<Blocked>(account_);
  blocked->command = &command;
  blocked->words.reserve(words.size());
  const std::size_t fixed = wait.words.empty() ? words.size() : command.name_words;
  for (const Bytes word : words.first(fixed)) blocked->words.emplace_back(word, by_name(account_));
  for (const Bytes word : wait.words) blocked->words.emplace_back(word, by_name(account_));
  blocked->type = wait.type;
  blocked->wake_when_gone = wait.wake_when_gone;
  blocked->on_timeout = wait.on_timeout;
  blocked->spent_ns = spent_ns;
  for (const Bytes key : wait.keys) {
    memory::String name = name_of(client.database, key);
    const auto at =
        waiting_.try_emplace(name, Queue(memory::AccountedAllocator<Client*>(account_)));
    Queue& queue = at.first->second;
    if (!queue.empty() && queue.back() == &client) continue;  // the same key twice
    queue.push_back(&client);
    blocked->names.push_back(std::move(name));
  }
  if (wait.timeout_ms > 0) {
    blocked->deadline_ms =
        base::checked_add(client.node->keyspace.now_ms(), wait.timeout_ms).value_or(INT64_MAX);
    deadlines_.emplace(blocked->deadline_ms, &client);
  }
  client.blocked = std::move(blocked);
  client.suspended = true;
  ++clients_;
  client.node->keyspace.waited_keys = waiting_.size();
}

std::unique_ptr<Blocked> Blocking::take(Client& client) noexcept {
  std::unique_ptr<Blocked> blocked = std::move(client.blocked);
  if (blocked == nullptr) return blocked;
  for (const memory::String& name : blocked->names) {
    const auto at = waiting_.find(name);
    if (at == waiting_.end()) continue;
    std::erase(at->second, &client);
    if (at->second.empty()) waiting_.erase(at);
  }
  if (blocked->deadline_ms != 0) {
    auto [at, end] = deadlines_.equal_range(blocked->deadline_ms);
    while (at != end && at->second != &client) ++at;
    if (at != end) deadlines_.erase(at);
  }
  client.suspended = false;
  --clients_;
  client.node->keyspace.waited_keys = waiting_.size();
  return blocked;
}

void Blocking::note_ready(unsigned database, Bytes key) {
  const memory::String name = name_of(database, key);
  if (waiting_.find(name) == waiting_.end()) return;
  if (std::find(ready_.begin(), ready_.end(), Bytes(name)) != ready_.end()) return;
  ready_.emplace_back(name);
}

void Blocking::note_replaced(unsigned database) {
  for (const auto& [name, queue] : waiting_) {
    if (static_cast<unsigned char>(name[0]) != database) continue;
    if (std::find(ready_.begin(), ready_.end(), Bytes(name)) == ready_.end()) {
      ready_.emplace_back(name);
    }
  }
}

void Blocking::serve_key(NodeRuntime& node, Bytes name) {
  const auto at = waiting_.find(name);
  if (at == waiting_.end()) return;
  const unsigned database = static_cast<unsigned char>(name[0]);
  const Bytes key = name.substr(1);
  const std::vector<Client*> queue(at->second.begin(), at->second.end());
  for (Client* client : queue) {
    if (client->blocked == nullptr || client->closing) continue;
    const Blocked& blocked = *client->blocked;
    const keyspace::Entry* entry = keyspace::ReadScope(node.keyspace, database).peek(key);
    const bool wanted = entry != nullptr && entry->type() == blocked.type;
    if (!wanted && !blocked.wake_when_gone) continue;
    const std::vector<std::string_view> words(blocked.words.begin(), blocked.words.end());
    run_waited(node, *client, words);
  }
}

void Blocking::serve(NodeRuntime& node) {
  // What is served may make other keys ready (BLMOVE): each turn serves those of the turn before.
  while (!ready_.empty()) {
    const std::vector<std::string> names = std::exchange(ready_, {});
    for (const std::string& name : names) serve_key(node, name);
  }
}

void Blocking::release(NodeRuntime& node, Client& client, Bytes error) {
  const std::size_t start = client.out.size();
  resp::Writer writer(client.out, client.protocol);
  if (error.empty())
    client.blocked->on_timeout(writer);
  else
    writer.error(error);
  finish_waited(node, client, start, !error.empty());
  if (client.tracked != nullptr) client.tracked->caching_said = false;
}

void Blocking::expire(NodeRuntime& node, std::int64_t now_ms) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ms) {
    release(node, *deadlines_.begin()->second);
  }
}

}  // namespace miniredis::engine
