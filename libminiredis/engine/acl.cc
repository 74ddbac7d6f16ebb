#include "engine/acl.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "commands/wire_errors.h"
#include "engine/client_line.h"
#include "engine/node.h"

namespace miniredis::engine {
namespace {

namespace wire = commands::wire;

void refresh(Client& client) noexcept {
  client.all_rights =
      client.authenticated && (client.user == nullptr || client.user->is_unrestricted());
}

void close(Client& client, const Client* caller) noexcept {
  if (&client == caller) {
    client.close_after_reply = true;
    return;
  }
  client.closing = true;
  client.owner.wake();
}

// What a user may listen to, as the channels of all his selectors together.
bool covers(const User& after, const User& before) {
  bool covered = true;
  const auto has = [&](Bytes glob) {
    bool found = false;
    after.each_selector([&](const Selector& selector) {
      found = found || std::find(selector.channels.begin(), selector.channels.end(), glob) !=
                           selector.channels.end();
    });
    return found;
  };
  bool all = false;
  after.each_selector([&](const Selector& selector) { all = all || selector.all_channels; });
  if (all) return true;
  before.each_selector([&](const Selector& selector) {
    covered = covered && !selector.all_channels &&
              std::all_of(selector.channels.begin(), selector.channels.end(), has);
  });
  return covered;
}

bool may_keep_listening(const User& user, const Client& client) {
  const auto may = [&](Bytes channel, bool is_pattern) {
    bool found = false;
    user.each_selector([&](const Selector& selector) {
      found = found || may_listen(selector, channel, is_pattern);
    });
    return found;
  };
  const Subscriptions& subscriptions = *client.subscriptions;
  const auto all_of = [&](const memory::StringMap<char>& names) {
    return std::all_of(names.begin(), names.end(),
                       [&](const auto& entry) { return may(entry.first, false); });
  };
  return all_of(subscriptions.channels) && all_of(subscriptions.shards) &&
         std::all_of(subscriptions.patterns.begin(), subscriptions.patterns.end(),
                     [&](const auto& entry) { return may(entry.first, true); });
}

void close_listeners(NodeRuntime& node, const User& user, const User& after) {
  if (covers(after, user)) return;
  for (Client* client : node.clients) {
    if (client->user != &user || client->subscription_count() == 0) continue;
    if (!may_keep_listening(after, *client)) close(*client, nullptr);
  }
}

// Clients of the users that go act for the default user until they are closed; one that has gone
// already, but whose transaction runs on, is not closed anew.
template <typename Goes>
void drop_clients(NodeRuntime& node, const Client* caller, Goes&& goes) noexcept {
  const auto drop = [&](Client& client) {
    if (client.user == nullptr || !goes(*client.user)) return false;
    client.user = &node.acl.users.default_user();
    client.all_rights = false;
    return true;
  };
  for (Client* client : node.clients) {
    if (drop(*client)) close(*client, caller);
  }
  if (node.long_run != nullptr && node.long_run->orphan != nullptr) drop(*node.long_run->orphan);
}

void refresh_clients(NodeRuntime& node, const User& user) noexcept {
  for (Client* client : node.clients) {
    if (client->user == &user) refresh(*client);
  }
  if (node.long_run != nullptr && node.long_run->orphan != nullptr) refresh(*node.long_run->orphan);
}

}  // namespace

Users::Users(memory::Account& account)
    : default_user_(account, kDefaultUser), others_(memory::AccountedAllocator<char>(account)) {
  default_user_.is_on = default_user_.no_password = true;
  Selector& own = default_user_.own;
  own.all_commands = own.future_commands = own.all_keys = own.all_channels = true;
}

User* Users::find(Bytes name) noexcept {
  if (name == kDefaultUser) return &default_user_;
  const auto at = others_.find(name);
  return at == others_.end() ? nullptr : &at->second;
}

User* Users::make(Bytes name, bool open_channels) {
  if (others_.size() >= kMostUsers) return nullptr;
  memory::Account& account = *others_.get_allocator().account();
  memory::String key(name, memory::AccountedAllocator<char>(account));
  User& user = others_.try_emplace(std::move(key), account, name).first->second;
  user.own.all_channels = open_channels;
  return &user;
}

void Users::remove(Bytes name) noexcept {
  if (const auto at = others_.find(name); at != others_.end()) others_.erase(at);
}

Acl::Acl(memory::Account& account)
    : users(account),
      log(account),
      account_(account),
      logins_(memory::AccountedAllocator<char>(account)) {}

void Acl::note_login(const User& user) {
  if (!user.is_on || user.passwords.empty()) {
    forget_login(user.name);
    return;
  }
  const std::lock_guard guard(login_lock_);
  logins_.insert_or_assign(user.name, user.passwords);
}

void Acl::forget_login(Bytes name) noexcept {
  const std::lock_guard guard(login_lock_);
  if (const auto at = logins_.find(name); at != logins_.end()) logins_.erase(at);
}

bool Acl::accepts(Bytes user, const base::Sha256Digest& digest) const {
  const std::lock_guard guard(login_lock_);
  const auto at = logins_.find(user);
  if (at == logins_.end()) return tenants::Credentials().accepts(digest);
  bool accepted = false;
  for (const base::Sha256Digest& password : at->second) {
    accepted |= base::equal_in_constant_time(digest, password);
  }
  return accepted;
}

std::string Acl::set_user(NodeRuntime& node, Bytes name, Arguments rules) {
  if (has_space(name)) return std::string(wire::kBadUserName);
  if (name.size() > kMostRuleBytes || rules.size() > 4 * kMostRules) {
    return "ERR " + std::string(text_of(RuleFault::kTooMany));
  }
  std::size_t unmatched = 0;
  const auto joined = join_selectors(rules, unmatched);
  if (!joined) {
    return "ERR Unmatched parenthesis in acl selector starting at '" +
           std::string(rules[unmatched]) + "'.";
  }
  User* user = users.find(name);
  const bool open_channels = node.settings.acl_open_channels;
  User changed = user != nullptr ? *user : User(account_, name);
  if (user == nullptr) changed.own.all_channels = open_channels;
  for (const std::string& rule : *joined) {
    if (const auto fault = apply_rule(changed, rule, open_channels)) {
      return "ERR Error in ACL SETUSER modifier '" + rule + "': " + text_of(*fault);
    }
  }
  // Rights can be taken from somebody however full the node is.
  constexpr std::uint32_t kEvictions = 64;
  const bool grows = user == nullptr || changed.size() > user->size();
  if (grows && account_.excess() > 0 && !node.keyspace.make_room(kEvictions)) {
    return std::string(wire::kOutOfMemory);
  }
  if (user == nullptr) {
    user = users.make(name, open_channels);
    if (user == nullptr) return "ERR a node may have at most 10000 users";
  } else {
    close_listeners(node, *user, changed);
  }
  *user = std::move(changed);
  note_login(*user);
  refresh_clients(node, *user);
  return {};
}

bool Acl::delete_user(NodeRuntime& node, Bytes name, const Client* caller) {
  const User* const user = users.find(name);
  if (user == nullptr) return false;
  drop_clients(node, caller, [&](const User& of_client) { return &of_client == user; });
  forget_login(name);
  users.remove(name);
  return true;
}

void Acl::replace_users(NodeRuntime& node, Users&& fresh, const Client* caller) {
  const User& default_user = users.default_user();
  drop_clients(node, caller, [&](const User& user) { return &user != &default_user; });
  close_listeners(node, default_user, fresh.default_user());
  users = std::move(fresh);
  {
    const std::lock_guard guard(login_lock_);
    logins_.clear();
  }
  users.each([&](const User& user) { note_login(user); });
  refresh_clients(node, users.default_user());
}

void Acl::set_default_password(NodeRuntime& node, const tenants::Credentials& credentials) {
  User& user = users.default_user();
  user.passwords.clear();
  user.no_password = !credentials.digest().has_value();
  if (credentials.digest()) user.passwords.push_back(*credentials.digest());
  note_login(user);
  refresh_clients(node, user);
}

void become(Client& client, User& user) noexcept {
  client.user = &user;
  client.authenticated = true;
  refresh(client);
}

void become_default(NodeRuntime& node, Client& client) noexcept {
  client.user = &node.acl.users.default_user();
  client.authenticated = client.user->is_open();
  refresh(client);
}

bool must_log_in(const NodeRuntime& node, const Client& client) noexcept {
  return !client.authenticated && !node.acl.users.default_user().is_open();
}

Bytes user_name(const Client& client) noexcept {
  return client.user == nullptr ? kDefaultUser : Bytes(client.user->name);
}

Bytes rights_refusal(NodeRuntime& node, Client& client, const CommandEntry& entry, Arguments words,
                     std::string& scratch) {
  if (entry.command->has(commands::kNoAuth)) return {};
  if (!client.authenticated) {
    if (must_log_in(node, client)) return wire::kNoAuth;
    // The node has come to ask for no password.
    become(client, node.acl.users.default_user());
  }
  if (client.user == nullptr) return {};
  const Verdict verdict = check_rights(*client.user, entry, words);
  if (verdict.allowed()) return {};
  note_denial(node, client,
              client.in_transaction() ? RefusedIn::kTransaction : RefusedIn::kTopLevel, verdict,
              entry, words, client.user->name);
  scratch = "NOPERM " + denial_text(verdict, *client.user, entry, words, false);
  return scratch;
}

void note_refusal(NodeRuntime& node, const Client& client, Refused reason, RefusedIn context,
                  Bytes object, Bytes user) {
  ++node.statistics.refused[static_cast<std::size_t>(reason)];
  const std::int64_t now_ms = node.keyspace.now_ms();
  node.acl.log.add(reason, context, object, user, client_line(client, now_ms), now_ms,
                   node.settings.acl_log_max_len);
}

void note_denial(NodeRuntime& node, const Client& client, RefusedIn context, const Verdict& verdict,
                 const CommandEntry& entry, Arguments words, Bytes user) {
  switch (verdict.denial) {
    case Denial::kNone:
      return;
    case Denial::kCommand:
      note_refusal(node, client, Refused::kCommand, context, entry.command->name, user);
      return;
    case Denial::kKey:
    case Denial::kTooManyKeys:
      note_refusal(node, client, Refused::kKey, context, words[verdict.place], user);
      return;
    case Denial::kChannel:
      note_refusal(node, client, Refused::kChannel, context, words[verdict.place], user);
      return;
  }
}

}  // namespace miniredis::engine
