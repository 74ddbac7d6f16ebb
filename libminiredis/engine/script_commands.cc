// EVAL, EVALSHA and their read-only sisters, SCRIPT.
#include <memory>
#include <string>
#include <utility>

#include "commands/help.h"
#include "engine/call.h"
#include "engine/groups.h"
#include "engine/program_call.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr std::uint32_t kEvalFlags = kNoScript | kSkipMonitor | kStale | kNoMandatoryKeys;
constexpr std::uint32_t kWriterFlags = kEvalFlags | kMayReplicate;
constexpr std::uint32_t kReaderFlags = kEvalFlags | kReadOnly;

std::optional<ProgramArguments> read_arguments(Call& call, Arguments words) {
  return read_program_arguments(call, words.subspan(1), wire::kNotInteger);
}

void eval(Call& call, Arguments words, bool read_only) {
  const auto arguments = read_arguments(call, words);
  if (!arguments) return;
  Scripts& scripts = scripts_of(call.node);
  scripts.collect_garbage_if_full();
  std::string error;
  const Script* script = scripts.learn(words[0], error);
  if (script == nullptr)
    call.fail(error);
  else
    start_program(call, scripts, script->program, *arguments, read_only);
}

void evalsha(Call& call, Arguments words, bool read_only) {
  const auto arguments = read_arguments(call, words);
  if (!arguments) return;
  const Script* script = nullptr;
  if (call.node.scripts != nullptr) {
    call.node.scripts->collect_garbage_if_full();
    script = call.node.scripts->find(words[0]);
  }
  if (script == nullptr)
    call.fail(wire::kNoScript);
  else
    start_program(call, *call.node.scripts, script->program, *arguments, read_only);
}

void run_eval(Context& context, Arguments words) {
  eval(call_of(context), words, false);
}
void run_eval_ro(Context& context, Arguments words) {
  eval(call_of(context), words, true);
}
void run_evalsha(Context& context, Arguments words) {
  evalsha(call_of(context), words, false);
}
void run_evalsha_ro(Context& context, Arguments words) {
  evalsha(call_of(context), words, true);
}

constexpr Arg kEvalArgs[] = {string("script", nullptr), integer("numkeys", nullptr),
                             optional(multiple(key("key", nullptr))),
                             optional(multiple(string("arg", nullptr)))};
constexpr Arg kEvalShaArgs[] = {string("sha1", nullptr), integer("numkeys", nullptr),
                                optional(multiple(key("key", nullptr))),
                                optional(multiple(string("arg", nullptr)))};

constexpr Command kEval = raw_command<kEvalArgs>(
    "eval",
    {"Executes a server-side Lua script.", "2.6.0", "Depends on the script that is executed.",
     Group::kScripting, "EVAL \"return ARGV[1]\" 0 hello", "\"hello\""},
    kWriterFlags, run_eval, counted_keys(2), use::keys(use::kReadsAndChanges));
constexpr Command kEvalRo = raw_command<kEvalArgs>(
    "eval_ro",
    {"Executes a read-only server-side Lua script.", "7.0.0",
     "Depends on the script that is executed.", Group::kScripting,
     "EVAL_RO \"return redis.call('GET', KEYS[1])\" 1 greeting", "\"hello\""},
    kReaderFlags, run_eval_ro, counted_keys(2));
constexpr Command kEvalSha = raw_command<kEvalShaArgs>(
    "evalsha",
    {"Executes a server-side Lua script by SHA1 digest.", "2.6.0",
     "Depends on the script that is executed.", Group::kScripting,
     "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "(integer) 1"},
    kWriterFlags, run_evalsha, counted_keys(2), use::keys(use::kReadsAndChanges));
constexpr Command kEvalShaRo = raw_command<kEvalShaArgs>(
    "evalsha_ro",
    {"Executes a read-only server-side Lua script by SHA1 digest.", "7.0.0",
     "Depends on the script that is executed.", Group::kScripting,
     "EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "(integer) 1"},
    kReaderFlags, run_evalsha_ro, counted_keys(2));

constexpr Arg kDebugModes[] = {flag("YES", nullptr), flag("SYNC", nullptr), flag("NO", nullptr)};
constexpr Arg kDebugArgs[] = {one_of("mode", kDebugModes)};
// There is no debugger: NO is what holds already, anything else an error that says so.
void run_debug(Context& context, Arguments words) {
  if (words.size() == 1 && base::equals_ignore_case(words[0], "no"))
    context.reply.ok();
  else if (words.size() == 1 && (base::equals_ignore_case(words[0], "yes") ||
                                 base::equals_ignore_case(words[0], "sync")))
    context.fail("ERR the Lua debugger is not available on this server; only SCRIPT DEBUG NO is");
  else
    context.fail("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}
constexpr Command kDebug =
    raw_command<kDebugArgs>("script|debug",
                            {"Sets the debug mode of server-side Lua scripts.", "3.2.0", "O(1)",
                             Group::kScripting, "SCRIPT DEBUG NO", "OK"},
                            kNoScript, run_debug);

struct ShaArgs {
  Arguments names;
};
constexpr Arg kShaArgs[] = {multiple(string("sha1", into<&ShaArgs::names>))};
void run_exists(Call& call, const ShaArgs& args) {
  call.reply.array(args.names.size());
  for (const Bytes name : args.names) {
    const bool known = call.node.scripts != nullptr && call.node.scripts->find(name) != nullptr;
    call.reply.integer(known ? 1 : 0);
  }
}
constexpr Command kExists = engine_command<ShaArgs, kShaArgs, run_exists>(
    "script|exists",
    {"Determines whether server-side Lua scripts exist in the script cache.", "2.6.0",
     "O(N) with N being the number of scripts to check.", Group::kScripting,
     "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "1) (integer) 1"},
    kNoScript);

constexpr Arg kFlushModes[] = {flag("ASYNC", nullptr), flag("SYNC", nullptr)};
constexpr Arg kFlushArgs[] = {optional(one_of("flush-type", kFlushModes))};
void run_flush(Context& context, Arguments words) {
  const bool known =
      words.empty() || (words.size() == 1 && (base::equals_ignore_case(words[0], "async") ||
                                              base::equals_ignore_case(words[0], "sync")));
  if (!known) {
    context.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    return;
  }
  call_of(context).node.scripts.reset();
  context.reply.ok();
}
constexpr Command kFlush = raw_command<kFlushArgs>(
    "script|flush",
    {"Removes all server-side Lua scripts from the script cache.", "2.6.0",
     "O(N) with N being the number of scripts in cache", Group::kScripting, "SCRIPT FLUSH", "OK"},
    kNoScript, run_flush);

void run_kill(Call& call) {
  kill_program(call, call.node.scripts.get());
}
constexpr Command kKill = engine_plain_command<run_kill>(
    "script|kill",
    {"Terminates a server-side Lua script during execution.", "2.6.0", "O(1)", Group::kScripting,
     "SCRIPT KILL", "(error) NOTBUSY No scripts in execution right now."},
    kNoScript | kAllowBusy);

struct LoadArgs {
  Bytes script;
};
constexpr Arg kLoadArgs[] = {string("script", into<&LoadArgs::script>)};
void run_load(Call& call, const LoadArgs& args) {
  Scripts& scripts = scripts_of(call.node);
  std::string error;
  Script* const script = scripts.learn(args.script, error);
  if (script == nullptr) {
    call.fail(error);
    return;
  }
  scripts.keep(*script);
  call.reply.bulk(script->program.name);
}
constexpr Command kLoad = engine_command<LoadArgs, kLoadArgs, run_load>(
    "script|load",
    {"Loads a server-side Lua script to the script cache.", "2.6.0",
     "O(N) with N being the length in bytes of the script body.", Group::kScripting,
     "SCRIPT LOAD \"return 1\"", "\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\""},
    kNoScript | kStale);

constexpr const char* kScriptHelpLines[] = {
    "DEBUG (YES|SYNC|NO)",
    "    Set the debug mode for subsequent scripts executed.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Return information about the existence of the scripts in the script cache.",
    "FLUSH [ASYNC|SYNC]",
    "    Flush the Lua scripts cache. Very dangerous on replicas.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the scripts cache.",
    "    * SYNC: Synchronously flush the scripts cache.",
    "KILL",
    "    Kill the currently executing Lua script.",
    "LOAD <script>",
    "    Load a script into the scripts cache without executing it.",
};
constexpr Command kScriptHelp =
    help_command<kScriptHelpLines>("script|help", Group::kScripting, "5.0.0");

constexpr const Command* kScriptSubcommands[] = {&kDebug,      &kExists, &kFlush,
                                                 &kScriptHelp, &kKill,   &kLoad};
constexpr Command kScript =
    container("script",
              {"A container for Lua scripts management commands.", "2.6.0",
               "Depends on subcommand.", Group::kScripting, "SCRIPT HELP", ""},
              kScriptSubcommands);

}  // namespace

CommandGroup script_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kEval, &kEvalRo, &kEvalSha, &kEvalShaRo,
                                                 &kScript};
  return kCommands;
}

}  // namespace miniredis::engine
