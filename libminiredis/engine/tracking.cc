#include "engine/tracking.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/client.h"
#include "engine/command_table.h"
#include "engine/node.h"

namespace miniredis::engine {
namespace {

// Keys that each read of a tracked client forgets while the node is full.
constexpr std::size_t kForgottenForRoom = 16;
// The most that it forgets, where the limit has become a smaller one; the next reads go on.
constexpr std::size_t kForgottenAtOnce = 256;
constexpr std::size_t kFreedAtOnce = 1024;
constexpr Bytes kChannel = "__redis__:invalidate";

Client* find_client(const NodeRuntime& node, std::uint64_t id) noexcept {
  const auto at = std::find_if(node.clients.begin(), node.clients.end(),
                               [&](const Client* client) { return client->id == id; });
  return at == node.clients.end() ? nullptr : *at;
}

}  // namespace

Tracking::Tracking(NodeRuntime& node)
    : node_(node),
      allocator_(node.account),
      tracked_(allocator_),
      targets_(allocator_),
      table_(allocator_),
      prefixes_(allocator_) {
  node_.keyspace.watches().listen(this);
}

Tracking::~Tracking() {
  node_.keyspace.watches().listen(nullptr);
}

void Tracking::start(Client& client, const TrackingOptions& options,
                     std::span<const Bytes> prefixes) {
  tracked_.insert_or_assign(client.id, &client);
  if (options.redirect != 0) {
    if (Client* target = find_client(node_, options.redirect)) {
      targets_.insert_or_assign(options.redirect, target);
    }
  }
  if (client.tracked == nullptr) client.tracked = std::make_unique<Tracked>(node_.account);
  Tracked& own = *client.tracked;
  own.options = options;
  own.redirect_broken = false;
  if (!options.broadcast) return;
  const Bytes every[] = {""};
  if (prefixes.empty()) prefixes = every;
  for (const Bytes prefix : prefixes) {
    const auto is_known = [&](const memory::String& known) { return Bytes(known) == prefix; };
    if (std::any_of(own.prefixes.begin(), own.prefixes.end(), is_known)) continue;
    own.prefixes.emplace_back(prefix, allocator_);
    prefixes_.try_emplace(memory::String(prefix, allocator_), node_.account)
        .first->second.listeners.push_back(&client);
  }
}

void Tracking::leave_prefixes(Client& client) noexcept {
  for (const memory::String& prefix : client.tracked->prefixes) {
    const auto at = prefixes_.find(prefix);
    if (at == prefixes_.end()) continue;
    std::erase(at->second.listeners, &client);
    if (at->second.listeners.empty()) prefixes_.erase(at);
  }
}

void Tracking::stop(Client& client) noexcept {
  if (client.tracked == nullptr) return;
  leave_prefixes(client);
  client.tracked.reset();
  tracked_.erase(client.id);
  if (!tracked_.empty()) return;
  try {
    forget_all_keys();
  } catch (const std::bad_alloc&) {
    table_.clear();  // at once, for want of room to put it off
  }
}

void Tracking::forget(Client& client) noexcept {
  stop(client);
  targets_.erase(client.id);
  if (acting_ == &client) acting_ = nullptr;
  if (owed_to_ != &client) return;
  owed_to_ = nullptr;
  owed_.reset();
}

void Tracking::begin(Client& client) noexcept {
  acting_ = &client;
  flushed_ = false;
}

void Tracking::end(Client& client, const CommandEntry& command) {
  acting_ = nullptr;
  flushed_ = false;
  if (owed_to_ == &client) {
    owed_to_ = nullptr;
    client.out.append(owed_.view());
    owed_.reset();
    client.settle_buffers();
  }
  // What CLIENT CACHING said holds for the next command, or for the transaction that it begins.
  const bool about_client = Bytes(command.name).starts_with("client|");
  if (client.tracked != nullptr && !client.in_transaction() && !about_client) {
    client.tracked->caching_said = false;
  }
}

void Tracking::note_run(const CommandEntry& command, Arguments words) {
  flushed_ = false;
  if (acting_ == nullptr || acting_->tracked == nullptr) return;
  Client& client = *acting_;
  const TrackingOptions& options = client.tracked->options;
  const commands::Command& declared = *command.command;
  // Scripts read no keys, the commands in them do; a channel of a shard is no key.
  if (options.broadcast || !declared.has(commands::kReadOnly) || !declared.keys.any() ||
      declared.doc.group == commands::Group::kScripting ||
      declared.uses.first == commands::use::kNotKey) {
    return;
  }
  if (options.opt_in && !client.tracked->caching_said) return;
  if (options.opt_out && client.tracked->caching_said) return;
  commands::visit_keys(declared, words, [&](std::size_t place, commands::KeyUse) {
    remember(client, words[place]);
    return true;
  });
  forget_some_keys();
}

void Tracking::remember(Client& client, Bytes key) {
  try {
    auto at = table_.find(key);
    if (at == table_.end()) {
      at = table_.try_emplace(memory::String(key, allocator_), Holders(allocator_)).first;
    }
    Holders& holders = at->second;
    if (holders.size() == holders.capacity()) {
      items_ -= std::erase_if(holders, [&](std::uint64_t id) { return !tracked_.contains(id); });
    }
    const auto place = std::lower_bound(holders.begin(), holders.end(), client.id);
    if (place != holders.end() && *place == client.id) return;
    holders.insert(place, client.id);
    ++items_;
  } catch (const std::bad_alloc&) {
    tell(client, {&key, 1});  // it must not keep what nobody remembers
  }
}

void Tracking::forget_some_keys() {
  const std::uint64_t most = node_.settings.tracking_table_max_keys;
  const std::size_t for_room = node_.account.excess() > 0 ? kForgottenForRoom : 0;
  for (std::size_t n = 0; n < kForgottenAtOnce && !table_.empty(); ++n) {
    const bool too_many = most != 0 && table_.size() > most;
    if (!too_many && n >= for_room) return;
    auto at = table_.upper_bound(Bytes(hand_));
    if (at == table_.end()) at = table_.begin();
    hand_ = at->first;
    invalidate(hand_);
  }
}

void Tracking::on_changed(Bytes key) noexcept {
  try {
    if (!prefixes_.empty()) note_for_prefixes(key);
    if (!table_.empty()) invalidate(key);
  } catch (const std::bad_alloc&) {
    close_all();
  }
}

void Tracking::note_for_prefixes(Bytes key) {
  const std::uint64_t who = acting_ == nullptr ? 0 : acting_->id;
  for (auto& [prefix, of_prefix] : prefixes_) {
    if (!key.starts_with(prefix)) continue;
    broadcasts_ = true;
    const auto at = of_prefix.changed.find(key);
    if (at == of_prefix.changed.end())
      of_prefix.changed.try_emplace(memory::String(key, allocator_), who);
    else
      at->second = who;
  }
}

void Tracking::invalidate(Bytes key) {
  const auto at = table_.find(key);
  if (at == table_.end()) return;
  const auto node = table_.extract(at);  // who reads it again meanwhile is remembered anew
  items_ -= node.mapped().size();
  for (const std::uint64_t id : node.mapped()) {
    const auto found = tracked_.find(id);
    if (found == tracked_.end() || found->second->tracked->options.broadcast) continue;
    Client& client = *found->second;
    if (client.tracked->options.no_loop && &client == acting_) continue;
    const Bytes name(node.key());
    tell(client, {&name, 1});
  }
}

void Tracking::on_flushed() noexcept {
  if (flushed_) return;  // FLUSHALL empties one database after the other
  flushed_ = acting_ != nullptr;
  try {
    forget_all_keys();
    for (const auto& [id, client] : tracked_) tell(*client, {});
  } catch (const std::bad_alloc&) {
    close_all();
  }
}

void Tracking::forget_all_keys() {
  if (table_.empty()) return;
  garbage_.push_back(std::exchange(table_, memory::StringMap<Holders>(allocator_)));
  items_ = 0;
}

bool Tracking::free_garbage() noexcept {
  for (std::size_t n = 0; n < kFreedAtOnce && !garbage_.empty(); ++n) {
    auto& table = garbage_.back();
    if (table.empty())
      garbage_.pop_back();
    else
      table.erase(table.begin());
  }
  return has_garbage();
}

void Tracking::close_all() noexcept {
  for (const auto& [id, client] : tracked_) {
    client->closing = true;
    client->owner.wake();
  }
}

void Tracking::tell(Client& client, std::span<const Bytes> keys) {
  Client* to = &client;
  const std::uint64_t redirect = client.tracked->options.redirect;
  if (redirect != 0) {
    const auto at = targets_.find(redirect);
    if (at == targets_.end()) {
      client.tracked->redirect_broken = true;
      if (client.protocol == resp::Protocol::kResp3) tell_of_broken_redirect(client);
      return;
    }
    to = at->second;
  }
  resp::Writer writer(output_of(*to), to->protocol);
  if (writer.resp3()) {
    writer.push(2);
    writer.bulk("invalidate");
  } else if (redirect != 0 && to->subscription_count() > 0) {
    writer.push(3);
    writer.bulk("message");
    writer.bulk(kChannel);
  } else {
    return;  // there is no way to tell a RESP2 client unasked
  }
  if (keys.empty()) {
    writer.null();
  } else {
    writer.array(keys.size());
    for (const Bytes key : keys) writer.bulk(key);
  }
  send_to(*to);
}

void Tracking::tell_of_broken_redirect(Client& client) {
  resp::Writer writer(output_of(client), client.protocol);
  writer.push(2);
  writer.bulk("tracking-redir-broken");
  writer.integer(static_cast<std::int64_t>(client.tracked->options.redirect));
  send_to(client);
}

resp::Buffer& Tracking::output_of(Client& client) noexcept {
  if (&client != acting_) return client.out;
  owed_to_ = &client;
  return owed_;
}

void Tracking::send_to(Client& client) {
  if (&client == acting_) return;
  client.settle_buffers();
  client.owner.wake();
}

void Tracking::settle() {
  // Behind the first part of a long command's reply nothing may come but the rest.
  if (!broadcasts_ || node_.long_run != nullptr) return;
  broadcasts_ = false;
  std::vector<Bytes> keys;
  for (auto& [name, prefix] : prefixes_) {
    if (prefix.changed.empty()) continue;
    for (Client* client : prefix.listeners) {
      keys.clear();
      for (const auto& [key, who] : prefix.changed) {
        if (!client->tracked->options.no_loop || who != client->id) keys.emplace_back(key);
      }
      if (!keys.empty()) tell(*client, keys);
    }
    prefix.changed.clear();
  }
}

}  // namespace miniredis::engine
