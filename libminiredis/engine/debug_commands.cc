// DEBUG: what tests of clients and operators ask of a node. Each acts on the own node alone; what
// would end or stall the process is refused, as other nodes live in it.
#include <algorithm>
#include <string>

#include "base/glob.h"
#include "commands/events.h"
#include "commands/help.h"
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {

// Those about values, in debug_values.cc.
extern const commands::Command kDebugDigest;
extern const commands::Command kDebugDigestValue;
extern const commands::Command kDebugHtStats;
extern const commands::Command kDebugHtStatsKey;
extern const commands::Command kDebugListpack;
extern const commands::Command kDebugObject;
extern const commands::Command kDebugReload;

namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

// SLEEP

// The node stands still until then: no other command of it begins while a long one is under way.
// Others of the shard go on, for nothing is done here. A client that goes away ends it.
class SleepTask final : public LongTask {
 public:
  SleepTask(std::uint64_t began_ns, std::int64_t until_ms)
      : began_ns_(began_ns), until_ms_(until_ms) {}
  bool step(Context& context, const Budget&) override {
    NodeRuntime& node = call_of(context).node;
    if (node.clock().unix_ms() < until_ms_) return false;
    if (node.long_run != nullptr) {
      const std::uint64_t slept_ns = node.clock().monotonic_ns() - began_ns_;
      node.long_run->spent_ns += slept_ns;
      node.long_run->rested_ns += slept_ns;
    }
    context.reply.ok();
    return true;
  }
  std::int64_t next_step_ms() const noexcept override { return until_ms_; }

 private:
  std::uint64_t began_ns_;
  std::int64_t until_ms_;
};

struct SleepArgs {
  double seconds = 0;
};
constexpr Arg kSleepArgs[] = {real("seconds", into<&SleepArgs::seconds>)};

void run_sleep(Call& call, const SleepArgs& args) {
  constexpr double kMost = 3600;
  if (!(args.seconds >= 0 && args.seconds <= kMost)) {
    call.fail("ERR seconds are out of range: 0 to 3600");
    return;
  }
  // Who cannot wait for a list's element, as requests over HTTP, cannot wait for this either.
  if (args.seconds == 0 || !call.may_wait) {
    call.reply.ok();
    return;
  }
  const base::Clock& clock = call.node.clock();
  const auto microseconds = static_cast<std::int64_t>(args.seconds * 1e6);
  const std::int64_t until_ms = (clock.unix_us() + microseconds + 999) / 1000;
  call.continue_with(std::make_unique<SleepTask>(clock.monotonic_ns(), until_ms));
}
constexpr Command kSleep = engine_command<SleepArgs, kSleepArgs, run_sleep>(
    "debug|sleep",
    {"Stops the node for that long; other nodes go on. Ends early when its client goes away, and "
     "at "
     "once in a transaction.",
     "1.0.0", "O(1)", Group::kServer, "DEBUG SLEEP 0.1", "OK"},
    kAdministration | kBlocking);

// ERROR, LOG, PROTOCOL

struct TextArgs {
  Bytes text;
};
constexpr Arg kMessageArgs[] = {string("message", into<&TextArgs::text>)};

void run_error(Call& call, const TextArgs& args) {
  call.fail(args.text);
}
constexpr Command kError = engine_command<TextArgs, kMessageArgs, run_error>(
    "debug|error",
    {"Answers the message as an error, its first word as the code.", "4.0.0", "O(1)",
     Group::kServer, "DEBUG ERROR \"BUSY later\"", "(error) BUSY later"},
    kAdministration);

void run_log(Call& call, const TextArgs&) {
  call.reply.ok();
}
constexpr Command kLog = engine_command<TextArgs, kMessageArgs, run_log>(
    "debug|log",
    {"Takes a message for the server's log, which a node has none of: it goes nowhere.", "5.0.0",
     "O(1)", Group::kServer, "DEBUG LOG \"a test begins\"", "OK"},
    kAdministration);

void reply_attribute(resp::Writer& reply) {
  if (reply.resp3()) {
    reply.attribute(1);
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void reply_push(Context& context) {
  if (!context.reply.resp3()) {
    context.fail("ERR RESP2 is not supported by this command");
    return;
  }
  context.reply.push(2);
  context.reply.bulk("server-cpu-usage");
  context.reply.integer(42);
  // A client that waits for a reply gets one too.
  context.reply.bulk("Some real reply following the push reply");
}

void reply_numbers(resp::Writer& reply) {
  for (int i = 0; i < 3; ++i) reply.integer(i);
}

struct ProtocolType {
  Bytes name;
  void (*answer)(Context& context);
};
// The values are Redis' own: tests of clients compare them.
constexpr ProtocolType kProtocolTypes[] = {
    {"string", [](Context& c) { c.reply.bulk("Hello World"); }},
    {"integer", [](Context& c) { c.reply.integer(12345); }},
    {"double", [](Context& c) { c.reply.real(3.141); }},
    {"null", [](Context& c) { c.reply.null(); }},
    {"bignum", [](Context& c) { c.reply.big_number("1234567999999999999999999999999999999"); }},
    {"array",
     [](Context& c) {
       c.reply.array(3);
       reply_numbers(c.reply);
     }},
    {"set",
     [](Context& c) {
       c.reply.set(3);
       reply_numbers(c.reply);
     }},
    {"map",
     [](Context& c) {
       c.reply.map(3);
       for (int i = 0; i < 3; ++i) {
         c.reply.integer(i);
         c.reply.boolean(i == 1);
       }
     }},
    {"attrib", [](Context& c) { reply_attribute(c.reply); }},
    {"push", reply_push},
    {"verbatim", [](Context& c) { c.reply.verbatim("txt", "This is a verbatim\nstring"); }},
    {"true", [](Context& c) { c.reply.boolean(true); }},
    {"false", [](Context& c) { c.reply.boolean(false); }},
};
constexpr Arg kTypeArgs[] = {string("type", into<&TextArgs::text>)};

void run_protocol(Call& call, const TextArgs& args) {
  for (const ProtocolType& type : kProtocolTypes) {
    if (!base::equals_ignore_case(type.name, args.text)) continue;
    type.answer(call);
    return;
  }
  call.fail(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}
constexpr Command kProtocol = engine_command<TextArgs, kTypeArgs, run_protocol>(
    "debug|protocol",
    {"Answers a value of a type of the protocol.", "6.0.0", "O(1)", Group::kServer,
     "DEBUG PROTOCOL integer", "(integer) 12345"},
    kAdministration);

// SET-ACTIVE-EXPIRE, QUICKLIST-PACKED-THRESHOLD, CHANGE-REPL-ID

struct SwitchArgs {
  std::int64_t on = 0;
};
constexpr Arg kSwitchArgs[] = {integer("switch", into<&SwitchArgs::on>)};

void run_set_active_expire(Call& call, const SwitchArgs& args) {
  call.keyspace().expires_actively = args.on != 0;
  call.reply.ok();
}
constexpr Command kSetActiveExpire = engine_command<SwitchArgs, kSwitchArgs, run_set_active_expire>(
    "debug|set-active-expire",
    {"Says whether keys that nobody asks for go when their time has come.", "3.0.0", "O(1)",
     Group::kServer, "DEBUG SET-ACTIVE-EXPIRE 0", "OK"},
    kAdministration);

constexpr Arg kSizeArgs[] = {string("size", into<&TextArgs::text>)};

void run_quicklist_packed_threshold(Call& call, const TextArgs& args) {
  const auto bytes = base::parse_memory_size(args.text);
  if (!bytes || *bytes > std::uint64_t{1} << 32) {
    call.fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    return;
  }
  call.reply.ok();
}
constexpr Command kQuicklistPackedThreshold =
    engine_command<TextArgs, kSizeArgs, run_quicklist_packed_threshold>(
        "debug|quicklist-packed-threshold",
        {"Accepted without an effect: lists have no nodes of one element.", "7.0.0", "O(1)",
         Group::kServer, "DEBUG QUICKLIST-PACKED-THRESHOLD 1mb", "OK"},
        kAdministration);

void run_change_repl_id(Call& call) {
  call.reply.ok();
}
constexpr Command kChangeReplId = engine_plain_command<run_change_repl_id>(
    "debug|change-repl-id",
    {"Accepted without an effect: a node has no replicas that would go by its id.", "4.0.0", "O(1)",
     Group::kServer, "DEBUG CHANGE-REPL-ID", "OK"},
    kAdministration);

// STRINGMATCH-LEN

struct MatchArgs {
  std::int64_t length = 0;
  Bytes pattern;
};
constexpr Arg kMatchArgs[] = {integer("length", into<&MatchArgs::length>),
                              pattern("pattern", into<&MatchArgs::pattern>)};

void run_stringmatch_len(Call& call, const MatchArgs& args) {
  constexpr std::int64_t kMost = 1 << 20;
  if (args.length < 0 || args.length > kMost) {
    call.fail("ERR length is out of range: 0 to " + std::to_string(kMost));
    return;
  }
  const std::string text(static_cast<std::size_t>(args.length), 'a');
  call.reply.integer(base::glob_match(args.pattern, text) ? 1 : 0);
}
constexpr Command kStringMatchLen = engine_command<MatchArgs, kMatchArgs, run_stringmatch_len>(
    "debug|stringmatch-len",
    {"Tells whether the pattern matches a text of so many letters `a`.", "1.0.0",
     "O(N*M) where N is the length and M the size of the pattern", Group::kServer,
     "DEBUG STRINGMATCH-LEN 3 a*", "(integer) 1"},
    kAdministration);

// POPULATE

struct PopulateArgs {
  std::int64_t count = 0;
  Bytes prefix = "key";
  std::int64_t size = 0;
};
constexpr Arg kPopulateArgs[] = {
    integer("count", into<&PopulateArgs::count>),
    optional(string("prefix", into<&PopulateArgs::prefix>)),
    optional(integer("size", into<&PopulateArgs::size>)),
};

void run_populate(Call& call, const PopulateArgs& args) {
  if (args.count < 0 || args.size < 0 ||
      args.size > static_cast<std::int64_t>(keyspace::Entry::kMaxString)) {
    call.fail("ERR value is out of range, must be positive");
    return;
  }
  constexpr std::uint32_t kEvictions = 16;
  call.expect_steps(static_cast<std::size_t>(args.count));
  keyspace::WriteScope scope = call.write();
  for (std::int64_t i = 0; i < args.count; ++i) {
    call.step();
    const std::string name = std::string(args.prefix) + ":" + std::to_string(i);
    auto place = scope.find(name);
    if (place) continue;
    std::string value = "value:" + std::to_string(i);
    if (args.size > 0) value.resize(static_cast<std::size_t>(args.size));
    if (!call.keyspace().make_room(kEvictions, value.size())) {
      call.fail(wire::kOutOfMemory);
      return;
    }
    place = scope.find(name);
    scope.put(place, name, value, keyspace::Entry::kNoExpiry, events::kUntold);
  }
  call.reply.ok();
}
constexpr Command kPopulate = engine_command<PopulateArgs, kPopulateArgs, run_populate>(
    "debug|populate",
    {"Makes so many strings, named prefix:0 and so on, where there is no such key.", "1.0.0",
     "O(N) where N is the count", Group::kServer, "DEBUG POPULATE 1000 user 64", "OK"},
    kAdministration);

// What would end the process.

void run_refused(Call& call) {
  std::string name(call.command->name);
  std::replace(name.begin(), name.end(), '|', ' ');
  for (char& c : name) c = base::to_upper(c);
  call.fail("ERR " + name +
            " is refused: it would end the process, in which nodes of other tenants live");
}
consteval Command refused(const char* name, const char* example) {
  return engine_plain_command<run_refused>(
      name,
      {"Refused: it would end the process, in which nodes of other tenants live.", "1.0.0", "O(1)",
       Group::kServer, example, "(error) ERR ... is refused: it would end the process ..."},
      kAdministration);
}
constexpr Command kAssert = refused("debug|assert", "DEBUG ASSERT");
constexpr Command kOom = refused("debug|oom", "DEBUG OOM");
constexpr Command kPanic = refused("debug|panic", "DEBUG PANIC");
constexpr Command kSegfault = refused("debug|segfault", "DEBUG SEGFAULT");

constexpr const char* kDebugHelpLines[] = {
    "CHANGE-REPL-ID",
    "    Accepted without an effect.",
    "DIGEST",
    "    Return a digest of all data: the same where the same is held.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Return a digest of each value.",
    "ERROR <message>",
    "    Return the message as an error.",
    "HTSTATS <database> [FULL]",
    "    Return figures of a database's table.",
    "HTSTATS-KEY <key> [FULL]",
    "    Return figures of the table of a value.",
    "LISTPACK <key>",
    "    Return figures of a value in a packed form.",
    "LOG <message>",
    "    Accepted; a node has no log.",
    "OBJECT <key>",
    "    Return what is known about the inside of a value.",
    "POPULATE <count> [<prefix> [<size>]]",
    "    Make strings that are not there yet.",
    "PROTOCOL <type>",
    "    Return a value of the type: string, integer, double, bignum, null, array, set,",
    "    map, attrib, push, verbatim, true, false.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Accepted without an effect.",
    "RELOAD",
    "    Write each value as RDB has it, and read it again.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Let expired keys stay until they are asked for, or not.",
    "SLEEP <seconds>",
    "    Stop the node for that long. Other nodes go on.",
    "STRINGMATCH-LEN <length> <pattern>",
    "    Return whether the pattern matches so many letters a.",
    "ASSERT, OOM, PANIC, SEGFAULT",
    "    Refused: they would end the process of all nodes.",
};
constexpr Command kDebugHelp =
    help_command<kDebugHelpLines>("debug|help", Group::kServer, "4.0.0", kAdministration);

constexpr const Command* kDebugSubcommands[] = {
    &kAssert,        &kChangeReplId, &kDebugDigest,     &kDebugDigestValue,
    &kError,         &kDebugHelp,    &kDebugHtStats,    &kDebugHtStatsKey,
    &kDebugListpack, &kLog,          &kDebugObject,     &kOom,
    &kPanic,         &kPopulate,     &kProtocol,        &kQuicklistPackedThreshold,
    &kDebugReload,   &kSegfault,     &kSetActiveExpire, &kSleep,
    &kStringMatchLen};
constexpr Command kDebug =
    container("debug",
              {"A container for debugging commands, each of which acts on "
               "the own node alone.",
               "1.0.0", "Depends on subcommand.", Group::kServer, "DEBUG HELP", ""},
              kDebugSubcommands);

}  // namespace

CommandGroup debug_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kDebug};
  return kCommands;
}

}  // namespace miniredis::engine
