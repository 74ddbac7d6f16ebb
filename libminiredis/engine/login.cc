#include "engine/login.h"

#include <algorithm>

#include "commands/wire_errors.h"
#include "engine/host.h"
#include "engine/version.h"

namespace miniredis::engine {
namespace wire = commands::wire;

namespace {
constexpr Bytes kBadName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
}  // namespace

std::optional<std::string> refused_login(Client& client) {
  const std::uint32_t seconds = client.owner.login_wait_seconds();
  if (seconds == 0) return std::nullopt;
  return wire::too_many_logins(seconds);
}

std::optional<std::string> log_in(NodeRuntime& node, Client& client, Bytes user, Bytes password,
                                  Bytes called_as) {
  if (auto refused = refused_login(client)) return refused;
  // The digest is by far the most of the work, and is made for users that are not there too.
  const base::Sha256Digest digest = base::sha256(password);
  User* const named = node.acl.users.find(user);
  const bool accepted = named != nullptr && named->accepts(digest);
  if (named != nullptr && named->is_on && (accepted || named->no_password)) {
    become(client, *named);
    return std::nullopt;
  }
  client.owner.note_failed_login();
  note_refusal(node, client, Refused::kLogin,
               client.in_transaction() ? RefusedIn::kTransaction : RefusedIn::kTopLevel, called_as,
               user);
  return std::string(wire::kWrongPassword);
}

Hello parse_hello(Arguments words) {
  Hello hello;
  if (words.empty()) return hello;
  const auto version = base::parse_int(words[0]);
  if (!version) {
    hello.error = "ERR Protocol version is not an integer or out of range";
    return hello;
  }
  if (*version != 2 && *version != 3) {
    hello.error = wire::kNoProto;
    return hello;
  }
  hello.protocol = *version == 3 ? resp::Protocol::kResp3 : resp::Protocol::kResp2;
  for (std::size_t i = 1; i < words.size();) {
    const std::size_t left = words.size() - i - 1;
    if (base::equals_ignore_case(words[i], "auth") && left >= 2) {
      hello.user = words[i + 1];
      hello.password = words[i + 2];
      i += 3;
    } else if (base::equals_ignore_case(words[i], "setname") && left >= 1) {
      hello.name = words[i + 1];
      if (!is_client_name(*hello.name)) hello.error = kBadName;
      i += 2;
    } else {
      hello.error =
          "ERR Syntax error in HELLO option '" + std::string(words[i].substr(0, 128)) + "'";
      return hello;
    }
  }
  return hello;
}

void reply_hello(resp::Writer& writer, const Client& client) {
  writer.map(7);
  writer.bulk("server");
  writer.bulk("redis");
  writer.bulk("version");
  writer.bulk(kRedisVersion);
  writer.bulk("proto");
  writer.integer(writer.resp3() ? 3 : 2);
  writer.bulk("id");
  writer.integer(static_cast<std::int64_t>(client.id));
  writer.bulk("mode");
  writer.bulk("standalone");
  writer.bulk("role");
  writer.bulk("master");
  writer.bulk("modules");
  writer.array(0);
}

bool is_client_name(Bytes name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void set_name(Client& client, Bytes name) {
  if (client.identity == nullptr) client.identity = std::make_unique<ClientIdentity>();
  client.identity->name = name;
}

void reset_client(Client& client) {
  NodeRuntime& node = *client.node;
  node.pubsub.unsubscribe_all(client);
  node.stop_tracking(client);
  if (client.watcher != nullptr) node.keyspace.watches().unwatch(*client.watcher);
  client.transaction.reset();
  if (client.monitor) std::erase(node.monitors, &client);
  client.monitor = false;
  client.database = 0;
  client.protocol = resp::Protocol::kResp2;
  client.reply_mode = ReplyMode::kOn;
  client.no_touch = false;
  client.no_evict = false;
  if (client.identity != nullptr) client.identity->name.clear();
  become_default(node, client);
}

RouterLogin find_login(const Host& host, Bytes name, Bytes password) {
  const std::size_t colon = name.find(':');
  const Bytes node_name = name.substr(0, colon);
  const Bytes user = colon == Bytes::npos ? kDefaultUser : name.substr(colon + 1);
  std::shared_ptr<NodeRuntime> node = host.find_node(node_name);
  // By far the most of the work, and the same for every name.
  const base::Sha256Digest digest = base::sha256(password);
  const bool accepted =
      node != nullptr ? node->acl.accepts(user, digest) : tenants::Credentials().accepts(digest);
  if (!accepted) return {};
  return {std::move(node), user};
}

}  // namespace miniredis::engine
