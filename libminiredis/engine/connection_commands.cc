// Commands about the connection itself: PING, AUTH, HELLO, SELECT and their relatives.
#include <optional>

#include "engine/call.h"
#include "engine/groups.h"
#include "engine/login.h"
#include "engine/version.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

struct TextArgs {
  std::optional<Bytes> message;
};
constexpr Arg kPingArgs[] = {optional(string("message", into<&TextArgs::message>))};

void run_ping(Call& call, const TextArgs& args) {
  const bool subscribed = !call.reply.resp3() && call.client.subscription_count() > 0;
  if (subscribed) {  // there, every reply is a message
    call.reply.array(2);
    call.reply.bulk("pong");
    call.reply.bulk(args.message.value_or(""));
  } else if (args.message) {
    call.reply.bulk(*args.message);
  } else {
    call.reply.status("PONG");
  }
}

// "PING a b" is an arity error, not a syntax error, as in Redis.
void run_ping_words(Context& context, Arguments words) {
  if (words.size() > 1) {
    context.fail(wire::wrong_arity("ping"));
    return;
  }
  run_ping(call_of(context), {words.empty() ? std::nullopt : std::optional(words[0])});
}
constexpr Command kPing =
    raw_command<kPingArgs>("ping",
                           {"Returns the node's liveliness response.", "1.0.0", "O(1)",
                            Group::kConnection, "PING", "PONG"},
                           kFast | kSubscribed, run_ping_words);

struct EchoArgs {
  Bytes message;
};
constexpr Arg kEchoArgs[] = {string("message", into<&EchoArgs::message>)};
void run_echo(Call& call, const EchoArgs& args) {
  call.reply.bulk(args.message);
}
constexpr Command kEcho = engine_command<EchoArgs, kEchoArgs, run_echo>(
    "echo",
    {"Returns the given string.", "1.0.0", "O(1)", Group::kConnection, "ECHO hello", "\"hello\""},
    kFast | kLoading | kStale);

struct SelectArgs {
  Bytes index;
};
constexpr Arg kSelectArgs[] = {{"index", ArgKind::kString, into<&SelectArgs::index>}};

void run_select(Call& call, const SelectArgs& args) {
  const auto index = base::parse_int(args.index);
  if (!index) {
    call.fail(wire::kNotInteger);
  } else if (*index < INT32_MIN || *index > INT32_MAX) {
    call.fail(wire::kNotInt32);
  } else if (*index < 0 || *index >= keyspace::kDatabases) {
    call.fail(wire::kDbIndex);
  } else {
    call.client.database = static_cast<std::uint8_t>(*index);
    call.database = call.client.database;
    call.reply.ok();
  }
}
constexpr Command kSelect = engine_command<SelectArgs, kSelectArgs, run_select>(
    "select",
    {"Changes the selected database.", "1.0.0", "O(1)", Group::kConnection, "SELECT 1", "OK"},
    kFast | kLoading | kStale);

void run_quit(Call& call) {
  call.client.close_after_reply = true;
  call.reply.ok();
}
constexpr Arg kIgnored[] = {optional(multiple(string("ignored", into<&TextArgs::message>)))};
constexpr Command kQuit = raw_command<kIgnored>(
    "quit", {"Closes the connection.", "1.0.0", "O(1)", Group::kConnection, "QUIT", "OK"},
    kAnyTime | kFast | kNoAuth | kAllowBusy | kSubscribed | kUnqueued,
    +[](Context& context, Arguments) { run_quit(call_of(context)); });

void run_reset(Call& call) {
  reset_client(call.client);
  call.reply.set_protocol(resp::Protocol::kResp2);
  call.database = 0;
  call.reply.status("RESET");
}
constexpr Command kResetCommand = engine_plain_command<run_reset>(
    "reset", {"Resets the connection.", "6.2.0", "O(1)", Group::kConnection, "RESET", "RESET"},
    kAnyTime | kFast | kNoAuth | kAllowBusy | kSubscribed | kUnqueued | kNeedsClient |
        kSkipMonitor);

// AUTH

constexpr Arg kAuthArgs[] = {
    optional({"username",
              ArgKind::kString,
              into<&TextArgs::message>,
              nullptr,
              {},
              false,
              false,
              "6.0.0"}),
    string("password", into<&TextArgs::message>),
};

void run_auth(Context& context, Arguments words) {
  Call& call = call_of(context);
  if (words.size() > 2) {
    call.fail(wire::kSyntax);
    return;
  }
  const Bytes user = words.size() == 2 ? words[0] : Bytes("default");
  if (words.size() == 1 && call.node.acl.users.default_user().no_password) {
    call.fail(wire::kNoPasswordSet);
  } else if (const auto error =
                 log_in(call.node, call.client, user, words.back(), call.called_as)) {
    call.fail(*error);
  } else {
    call.reply.ok();
  }
}
constexpr Command kAuth = raw_command<kAuthArgs>(
    "auth",
    {"Authenticates the connection.", "1.0.0", "O(1)", Group::kConnection, "AUTH secret", "OK"},
    kFast | kNoAuth | kLoading | kStale | kSkipSlowLog | kNoScript | kAllowBusy, run_auth);

// HELLO

constexpr Arg kHelloAuth[] = {string("username", into<&TextArgs::message>),
                              string("password", into<&TextArgs::message>)};
constexpr Arg kHelloArgs[] = {
    optional(integer("protover", into<&SelectArgs::index>)),
    optional({"auth", ArgKind::kBlock, nullptr, "AUTH", kHelloAuth}),
    optional(string("clientname", into<&TextArgs::message>, "SETNAME")),
};

void run_hello(Context& context, Arguments words) {
  Call& call = call_of(context);
  const Hello hello = parse_hello(words);
  if (!hello.error.empty()) {
    call.fail(hello.error);
    return;
  }
  if (hello.user) {
    if (const auto error =
            log_in(call.node, call.client, *hello.user, hello.password, call.called_as)) {
      call.fail(*error);
      return;
    }
  }
  if (must_log_in(call.node, call.client)) {
    call.fail(wire::kHelloNeedsAuth);
    return;
  }
  if (hello.name) set_name(call.client, *hello.name);
  if (hello.protocol) {
    call.client.protocol = *hello.protocol;
    call.reply.set_protocol(*hello.protocol);
  }
  reply_hello(call.reply, call.client);
}
constexpr Command kHello = raw_command<kHelloArgs>(
    "hello",
    {"Handshakes with the node: protocol version, authentication and name in one.", "6.0.0", "O(1)",
     Group::kConnection, "HELLO 3", "1# \"server\" => \"redis\" ..."},
    kFast | kNoAuth | kLoading | kStale | kSkipSlowLog | kNoScript | kAllowBusy, run_hello);

}  // namespace

CommandGroup connection_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kPing,         &kEcho, &kSelect, &kQuit,
                                                 &kResetCommand, &kAuth, &kHello};
  return kCommands;
}

}  // namespace miniredis::engine
