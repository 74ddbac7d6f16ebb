// Logging in and what HELLO says, shared by a node's own commands and by the router, which hears
// them before it knows the node.
#pragma once

#include <optional>
#include <string>

#include "engine/client.h"
#include "miniredis/engine.h"
#include "resp/writer.h"

namespace miniredis::engine {

class Host;

// The error for a client that has failed too often, before its password is looked at.
std::optional<std::string> refused_login(Client& client);
// Checks the password of a user of the node, and has the client act for him. The error to answer,
// if any; `called_as`, the command as it was written, is noted in the node's log then.
std::optional<std::string> log_in(NodeRuntime& node, Client& client, Bytes user, Bytes password,
                                  Bytes called_as);

struct Hello {
  std::optional<resp::Protocol> protocol;
  std::optional<Bytes> user;
  Bytes password;
  std::optional<Bytes> name;
  std::string error;  // not empty: the words make no sense
};
// `words` without HELLO itself.
Hello parse_hello(Arguments words);
void reply_hello(resp::Writer& writer, const Client& client);

// False for a name with spaces or control characters.
bool is_client_name(Bytes name) noexcept;
void set_name(Client& client, Bytes name);
// As after connecting: RESET.
void reset_client(Client& client);

// A log-in on the router: `name` is "node" or "node:user".
struct RouterLogin {
  std::shared_ptr<NodeRuntime> node;  // null: refused
  Bytes user;
};
// Unknown nodes and users take as long as wrong passwords: the password is hashed and compared for
// either.
RouterLogin find_login(const Host& host, Bytes name, Bytes password);

}  // namespace miniredis::engine
