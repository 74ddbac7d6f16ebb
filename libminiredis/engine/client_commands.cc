// CLIENT: names, lists and ends of connections. A client sees those of its own node only.
#include <algorithm>
#include <optional>
#include <string>

#include "commands/help.h"
#include "engine/call.h"
#include "engine/client_line.h"
#include "engine/groups.h"
#include "engine/login.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

struct TextArgs {
  Bytes text;
};

// ID, GETNAME, SETNAME, SETINFO

void run_id(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.client.id));
}
constexpr Command kId =
    engine_plain_command<run_id>("client|id",
                                 {"Returns the unique client ID of the connection.", "5.0.0",
                                  "O(1)", Group::kConnection, "CLIENT ID", "(integer) 7"},
                                 kAnyTime | kNeedsClient);

void run_getname(Call& call) {
  if (call.client.name().empty())
    call.reply.null();
  else
    call.reply.bulk(call.client.name());
}
constexpr Command kGetName =
    engine_plain_command<run_getname>("client|getname",
                                      {"Returns the name of the connection.", "2.6.9", "O(1)",
                                       Group::kConnection, "CLIENT GETNAME", "\"worker-1\""},
                                      kAnyTime | kNeedsClient);

constexpr Arg kNameArgs[] = {string("connection-name", into<&TextArgs::text>)};
void run_setname(Call& call, const TextArgs& args) {
  if (!is_client_name(args.text)) {
    call.fail("ERR Client names cannot contain spaces, newlines or special characters.");
    return;
  }
  set_name(call.client, args.text);
  call.reply.ok();
}
constexpr Command kSetName = engine_command<TextArgs, kNameArgs, run_setname>(
    "client|setname",
    {"Sets the connection name.", "2.6.9", "O(1)", Group::kConnection, "CLIENT SETNAME worker-1",
     "OK"},
    kAnyTime | kNeedsClient);

struct InfoArgs {
  Bytes attribute;
  Bytes value;
};
constexpr Arg kSetInfoArgs[] = {string("attribute", into<&InfoArgs::attribute>),
                                string("value", into<&InfoArgs::value>)};
void run_setinfo(Call& call, const InfoArgs& args) {
  const bool name = base::equals_ignore_case(args.attribute, "lib-name");
  if (!name && !base::equals_ignore_case(args.attribute, "lib-ver")) {
    call.fail("ERR Unrecognized option '" + std::string(args.attribute) + "'");
    return;
  }
  if (!is_client_name(args.value)) {
    call.fail("ERR " + std::string(name ? "lib-name" : "lib-ver") +
              " cannot contain spaces, newlines or special characters.");
    return;
  }
  if (call.client.identity == nullptr) call.client.identity = std::make_unique<ClientIdentity>();
  (name ? call.client.identity->library : call.client.identity->library_version) = args.value;
  call.reply.ok();
}
constexpr Command kSetInfo = engine_command<InfoArgs, kSetInfoArgs, run_setinfo>(
    "client|setinfo",
    {"Sets information specific to the client or connection.", "7.2.0", "O(1)", Group::kConnection,
     "CLIENT SETINFO lib-name redis-py", "OK"},
    kAnyTime | kNeedsClient);

// LIST, INFO

void run_client_info(Call& call) {
  call.reply.verbatim("txt", client_line(call.client, call.now_ms()) + "\n");
}
constexpr Command kInfo = engine_plain_command<run_client_info>(
    "client|info",
    {"Returns information about the connection.", "6.2.0", "O(1)", Group::kConnection,
     "CLIENT INFO", "id=7 addr=127.0.0.1:50312 ..."},
    kAnyTime | kNeedsClient);

enum class Kind : std::uint8_t { kNormal, kReplica, kMaster, kPubSub };

std::optional<Kind> kind_of(Bytes name) {
  if (base::equals_ignore_case(name, "normal")) return Kind::kNormal;
  if (base::equals_ignore_case(name, "replica") || base::equals_ignore_case(name, "slave")) {
    return Kind::kReplica;
  }
  if (base::equals_ignore_case(name, "master")) return Kind::kMaster;
  if (base::equals_ignore_case(name, "pubsub")) return Kind::kPubSub;
  return std::nullopt;
}
Kind kind_of(const Client& client) {
  return client.subscription_count() > 0 ? Kind::kPubSub : Kind::kNormal;
}
std::string unknown_type(Bytes name) {
  return "ERR Unknown client type '" + std::string(name) + "'";
}

constexpr Arg kTypes[] = {flag("NORMAL", nullptr), flag("MASTER", nullptr),
                          flag("REPLICA", nullptr), flag("PUBSUB", nullptr)};
constexpr Arg kListArgs[] = {
    optional({"client-type", ArgKind::kOneOf, nullptr, "TYPE", kTypes}),
    optional({"client-id", ArgKind::kInteger, nullptr, "ID", {}, false, true, "6.2.0"}),
};

void run_client_list(Context& context, Arguments words) {
  Call& call = call_of(context);
  std::optional<Kind> kind;
  std::vector<std::uint64_t> ids;
  if (words.size() == 2 && base::equals_ignore_case(words[0], "type")) {
    kind = kind_of(words[1]);
    if (!kind) {
      call.fail(unknown_type(words[1]));
      return;
    }
  } else if (words.size() > 1 && base::equals_ignore_case(words[0], "id")) {
    for (const Bytes word : words.subspan(1)) {
      const auto id = base::parse_int(word);
      if (!id || *id < 1) {
        call.fail("ERR Invalid client ID");
        return;
      }
      ids.push_back(static_cast<std::uint64_t>(*id));
    }
  } else if (!words.empty()) {
    call.fail(wire::kSyntax);
    return;
  }
  std::string lines;
  for (const Client* client : call.node.clients) {
    if (kind && kind_of(*client) != *kind) continue;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), client->id) == ids.end()) continue;
    lines += client_line(*client, call.now_ms()) + "\n";
  }
  call.reply.verbatim("txt", lines);
}
constexpr Command kList = raw_command<kListArgs>(
    "client|list",
    {"Lists open connections of the node.", "2.4.0", "O(N) where N is the number of connections",
     Group::kConnection, "CLIENT LIST TYPE normal", "id=7 addr=127.0.0.1:50312 ..."},
    kAdministration, run_client_list);

// KILL

struct KillFilter {
  std::optional<std::uint64_t> id;
  std::optional<Bytes> address;
  std::optional<Bytes> local;
  std::optional<Kind> kind;
  std::optional<Bytes> user;
  bool skip_me = true;

  bool matches(const Client& client) const {
    return (!id || *id == client.id) && (!address || *address == client.peer) &&
           (!local || *local == client.local) && (!kind || *kind == kind_of(client)) &&
           (!user || *user == user_name(client));
  }
};

// Reads "NAME value" pairs; returns the error.
std::string read_filter(Users& users, Arguments words, KillFilter& filter) {
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const Bytes value = words[i + 1];
    if (base::equals_ignore_case(words[i], "id")) {
      const auto id = base::parse_int(value);
      if (!id || *id < 1) return "ERR client-id should be greater than 0";
      filter.id = static_cast<std::uint64_t>(*id);
    } else if (base::equals_ignore_case(words[i], "type")) {
      filter.kind = kind_of(value);
      if (!filter.kind) return unknown_type(value);
    } else if (base::equals_ignore_case(words[i], "addr")) {
      filter.address = value;
    } else if (base::equals_ignore_case(words[i], "laddr")) {
      filter.local = value;
    } else if (base::equals_ignore_case(words[i], "user")) {
      if (users.find(value) == nullptr) return "ERR No such user '" + std::string(value) + "'";
      filter.user = value;
    } else if (base::equals_ignore_case(words[i], "skipme")) {
      const bool yes = base::equals_ignore_case(value, "yes");
      if (!yes && !base::equals_ignore_case(value, "no")) return std::string(wire::kSyntax);
      filter.skip_me = yes;
    } else {
      return std::string(wire::kSyntax);
    }
  }
  return words.size() % 2 == 0 ? std::string() : std::string(wire::kSyntax);
}

constexpr Arg kFilters[] = {
    string("ip:port", nullptr),
    integer("client-id", nullptr, "ID"),
    string("client-type", nullptr, "TYPE"),
    string("username", nullptr, "USER"),
    string("ip:port", nullptr, "ADDR"),
    string("ip:port", nullptr, "LADDR"),
    string("yes|no", nullptr, "SKIPME"),
};
constexpr Arg kKillArgs[] = {multiple(one_of("filter", kFilters))};

void run_kill(Context& context, Arguments words) {
  Call& call = call_of(context);
  KillFilter filter;
  const bool old_form = words.size() == 1;
  if (old_form) {
    filter.address = words[0];
    filter.skip_me = false;
  } else if (const std::string error = read_filter(call.node.acl.users, words, filter);
             !error.empty()) {
    call.fail(error);
    return;
  }
  std::int64_t killed = 0;
  for (Client* client : call.node.clients) {
    if (client->closing || !filter.matches(*client)) continue;
    const bool me = client == &call.client;
    if (me && filter.skip_me) continue;
    ++killed;
    if (me) {
      client->close_after_reply = true;
    } else {
      client->closing = true;
      client->owner.wake();
    }
  }
  if (!old_form)
    call.reply.integer(killed);
  else if (killed > 0)
    call.reply.ok();
  else
    call.fail("ERR No such client");
}
constexpr Command kKill =
    raw_command<kKillArgs>("client|kill",
                           {"Terminates open connections of the node.", "2.4.0",
                            "O(N) where N is the number of connections", Group::kConnection,
                            "CLIENT KILL ADDR 127.0.0.1:50312", "(integer) 1"},
                           kAdministration, run_kill);

// NO-EVICT, NO-TOUCH, REPLY

std::optional<bool> on_or_off(Bytes word) {
  if (base::equals_ignore_case(word, "on")) return true;
  if (base::equals_ignore_case(word, "off")) return false;
  return std::nullopt;
}

constexpr Arg kOnOffParts[] = {flag("ON", nullptr), flag("OFF", nullptr)};
constexpr Arg kOnOffArgs[] = {one_of("enabled", kOnOffParts)};

template <auto Member>
void run_switch(Context& context, Arguments words) {
  Call& call = call_of(context);
  const auto on = on_or_off(words[0]);
  if (!on) {
    call.fail(wire::kSyntax);
    return;
  }
  call.client.*Member = *on;
  call.reply.ok();
}
constexpr Command kNoEvict =
    raw_command<kOnOffArgs>("client|no-evict",
                            {"Sets the client eviction mode of the connection.", "7.0.0", "O(1)",
                             Group::kConnection, "CLIENT NO-EVICT ON", "OK"},
                            kAdministration | kNeedsClient, run_switch<&Client::no_evict>);
constexpr Command kNoTouch = raw_command<kOnOffArgs>(
    "client|no-touch",
    {"Controls whether commands sent by the client affect the LRU/LFU of accessed keys.", "7.2.0",
     "O(1)", Group::kConnection, "CLIENT NO-TOUCH ON", "OK"},
    kAnyTime | kNeedsClient, run_switch<&Client::no_touch>);

constexpr Arg kReplyParts[] = {flag("ON", nullptr), flag("OFF", nullptr), flag("SKIP", nullptr)};
constexpr Arg kReplyArgs[] = {one_of("action", kReplyParts)};
void run_reply(Context& context, Arguments words) {
  Call& call = call_of(context);
  if (base::equals_ignore_case(words[0], "skip")) {
    if (call.client.reply_mode == ReplyMode::kOn) call.client.reply_mode = ReplyMode::kSkipNext;
    return;
  }
  const auto on = on_or_off(words[0]);
  if (!on) {
    call.fail(wire::kSyntax);
    return;
  }
  call.client.reply_mode = *on ? ReplyMode::kOn : ReplyMode::kOff;
  if (*on) call.reply.ok();
}
constexpr Command kReply =
    raw_command<kReplyArgs>("client|reply",
                            {"Instructs the node whether to reply to commands.", "3.2.0", "O(1)",
                             Group::kConnection, "CLIENT REPLY ON", "OK"},
                            kAnyTime | kNeedsClient, run_reply);

constexpr const char* kClientHelpLines[] = {
    "CACHING (YES|NO)",
    "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are: ADDR, LADDR, TYPE, USER, SKIPME (yes|no), ID.",
    "LIST [options ...]",
    "    Return information about client connections. Options: TYPE, ID.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Will not touch LRU/LFU stats when this mode is on.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETINFO <option> <value>",
    "    Set client meta attr. Options are: LIB-NAME, LIB-VER.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Control server assisted client side caching.",
    "TRACKINGINFO",
    "    Report tracking status for the current connection.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
};
constexpr Command kClientHelp =
    help_command<kClientHelpLines>("client|help", Group::kConnection, "5.0.0");

}  // namespace

extern const Command kClientCaching;
extern const Command kClientGetRedir;
extern const Command kClientPause;
extern const Command kClientTracking;
extern const Command kClientTrackingInfo;
extern const Command kClientUnblock;
extern const Command kClientUnpause;

namespace {

constexpr const Command* kClientSubcommands[] = {&kGetName,
                                                 &kClientHelp,
                                                 &kId,
                                                 &kInfo,
                                                 &kKill,
                                                 &kList,
                                                 &kNoEvict,
                                                 &kNoTouch,
                                                 &kReply,
                                                 &kSetInfo,
                                                 &kSetName,
                                                 &kClientCaching,
                                                 &kClientGetRedir,
                                                 &kClientPause,
                                                 &kClientTracking,
                                                 &kClientTrackingInfo,
                                                 &kClientUnblock,
                                                 &kClientUnpause};
constexpr Command kClient =
    container("client",
              {"A container for client connection commands.", "2.4.0", "Depends on subcommand.",
               Group::kConnection, "CLIENT HELP", ""},
              kClientSubcommands);

}  // namespace

CommandGroup client_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kClient};
  return kCommands;
}

}  // namespace miniredis::engine
