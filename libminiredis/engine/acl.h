// The users of a node. No other node knows of them.
//
// Every client acts for a user: `default` at first, another after AUTH. What a user is allowed is
// looked at only for clients that may not do everything; the others carry Client::all_rights, which
// every change of a user brings up to date.
//
// Threads: under the node's lock; what the router asks has a lock of its own.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "engine/acl_check.h"
#include "engine/acl_log.h"
#include "engine/acl_rules.h"
#include "engine/acl_user.h"
#include "tenants/credentials.h"

namespace miniredis::engine {

class Client;
class NodeRuntime;

inline constexpr Bytes kDefaultUser = "default";

// Users by name, `default` among them.
class Users {
 public:
  explicit Users(memory::Account& account);

  User& default_user() noexcept { return default_user_; }
  const User& default_user() const noexcept { return default_user_; }
  // Null: there is none.
  User* find(Bytes name) noexcept;
  // A new one, without any rights, in place of none. Null: there are too many.
  User* make(Bytes name, bool open_channels);
  void remove(Bytes name) noexcept;
  std::size_t count() const noexcept { return others_.size() + 1; }

  // In the order of names.
  template <typename Visit>
  void each(Visit&& visit) const {
    bool met = false;
    for (const auto& [name, user] : others_) {
      if (!met && kDefaultUser < Bytes(name)) {
        met = true;
        visit(default_user_);
      }
      visit(user);
    }
    if (!met) visit(default_user_);
  }

 private:
  User default_user_;
  memory::StringMap<User> others_;
};

class Acl {
 public:
  explicit Acl(memory::Account& account);

  Users users;
  AclLog log;

  // The error line; empty: it is done. Makes the user if there is none.
  std::string set_user(NodeRuntime& node, Bytes name, Arguments rules);
  // False: there is no such user. His clients are closed, the caller's behind its reply.
  bool delete_user(NodeRuntime& node, Bytes name, const Client* caller);
  // Puts `users` in the place of all there are. Clients of all but `default` are closed.
  void replace_users(NodeRuntime& node, Users&& fresh, const Client* caller);
  // What CONFIG SET requirepass and NodeOptions::password mean: the one password of `default`.
  void set_default_password(NodeRuntime& node, const tenants::Credentials& credentials);

  // For the router; any thread. Who logs in there does not wait for the node's lock, which would
  // tell a node that is at work from one that is not there. Users without a password are unknown
  // here: a name alone is no secret.
  bool accepts(Bytes user, const base::Sha256Digest& digest) const;

 private:
  // Of users that are on and have passwords.
  using Logins = memory::StringMap<memory::Vector<base::Sha256Digest>>;

  void note_login(const User& user);
  void forget_login(Bytes name) noexcept;

  memory::Account& account_;
  mutable std::mutex login_lock_;
  Logins logins_;
};

// Makes the client act for the user: it has logged in as him.
void become(Client& client, User& user) noexcept;
// As after connecting: for the default user, logged in if he asks for no password.
void become_default(NodeRuntime& node, Client& client) noexcept;
// Whether the client must log in before anything else.
bool must_log_in(const NodeRuntime& node, const Client& client) noexcept;
// "default" where no user limits the client.
Bytes user_name(const Client& client) noexcept;

// Why a client without Client::all_rights may not run the command, noted already; empty when it
// may. `scratch` holds the text.
Bytes rights_refusal(NodeRuntime& node, Client& client, const CommandEntry& entry, Arguments words,
                     std::string& scratch);

// Notes a refusal in the node's log and figures. `object`: the command, key, channel or AUTH.
void note_refusal(NodeRuntime& node, const Client& client, Refused reason, RefusedIn context,
                  Bytes object, Bytes user);
// The same for what check_rights() said.
void note_denial(NodeRuntime& node, const Client& client, RefusedIn context, const Verdict& verdict,
                 const CommandEntry& entry, Arguments words, Bytes user);

}  // namespace miniredis::engine
