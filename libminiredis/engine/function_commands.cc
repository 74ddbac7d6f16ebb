// FCALL and its read-only sister, FUNCTION.
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/help.h"
#include "engine/functions.h"
#include "engine/groups.h"
#include "engine/program_call.h"
#include "persistence/library_payload.h"
#include "persistence/value_payload.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr std::uint32_t kCallFlags = kNoScript | kSkipMonitor | kStale | kNoMandatoryKeys;

void fcall(Call& call, Arguments words, bool read_only) {
  Functions* const functions = call.node.functions.get();
  const Function* function = functions == nullptr ? nullptr : functions->find(words[0]);
  if (function == nullptr) {
    call.fail(wire::kNoFunction);
    return;
  }
  const auto arguments = read_program_arguments(call, words.subspan(1), wire::kFunctionKeyCount);
  if (!arguments) return;
  if (read_only && !function->program.flags.no_writes) {
    call.fail(wire::kFunctionWrites);
    return;
  }
  functions->collect_garbage_if_full();
  start_program(call, *functions, function->program, *arguments, read_only);
}

void run_fcall(Context& context, Arguments words) {
  fcall(call_of(context), words, false);
}
void run_fcall_ro(Context& context, Arguments words) {
  fcall(call_of(context), words, true);
}
constexpr Arg kCallArgs[] = {string("function", nullptr), integer("numkeys", nullptr),
                             optional(multiple(key("key", nullptr))),
                             optional(multiple(string("arg", nullptr)))};
constexpr Command kFCall = raw_command<kCallArgs>(
    "fcall",
    {"Invokes a function.", "7.0.0", "Depends on the function that is executed.", Group::kScripting,
     "FCALL greet 0 world", "\"hello world\""},
    kCallFlags | kMayReplicate, run_fcall, counted_keys(2), use::keys(use::kReadsAndChanges));
constexpr Command kFCallRo = raw_command<kCallArgs>(
    "fcall_ro",
    {"Invokes a read-only function.", "7.0.0", "Depends on the function that is executed.",
     Group::kScripting, "FCALL_RO greet 0 world", "\"hello world\""},
    kCallFlags | kReadOnly, run_fcall_ro, counted_keys(2));

// FUNCTION LOAD

constexpr Arg kLoadArgs[] = {optional(flag("REPLACE", nullptr)), string("function-code", nullptr)};

void run_load(Context& context, Arguments words) {
  Call& call = call_of(context);
  bool replace = false;
  for (const Bytes option : words.first(words.size() - 1)) {
    if (!base::equals_ignore_case(option, "replace")) {
      call.fail("ERR Unknown option given: " + std::string(option));
      return;
    }
    replace = true;
  }
  std::string error;
  const auto name = functions_of(call.node).load(words.back(), replace, error);
  if (name)
    call.reply.bulk(*name);
  else
    call.fail(error);
}
constexpr Command kLoad = raw_command<kLoadArgs>(
    "function|load",
    {"Creates a library.", "7.0.0", "O(1) (considering compilation time is redundant)",
     Group::kScripting,
     "FUNCTION LOAD \"#!lua name=greetings\\n redis.register_function('greet', function(keys, "
     "args) return 'hello ' .. args[1] end)\"",
     "\"greetings\""},
    kNoScript | kWrite | kDenyOom, run_load);

// FUNCTION DELETE, FLUSH, KILL

struct DeleteArgs {
  Bytes library;
};
constexpr Arg kDeleteArgs[] = {string("library-name", into<&DeleteArgs::library>)};
void run_delete(Call& call, const DeleteArgs& args) {
  if (call.node.functions == nullptr || !call.node.functions->remove(args.library))
    call.fail(wire::kNoLibrary);
  else
    call.reply.ok();
}
constexpr Command kDelete = engine_command<DeleteArgs, kDeleteArgs, run_delete>(
    "function|delete",
    {"Deletes a library and its functions.", "7.0.0", "O(1)", Group::kScripting,
     "FUNCTION DELETE greetings", "OK"},
    kNoScript | kWrite);

// A subcommand that checks the count of its words itself.
void fail_count(Call& call) {
  call.fail("ERR unknown subcommand or wrong number of arguments for '" +
            std::string(call.called_as.substr(0, 128)) + "'. Try FUNCTION HELP.");
}

constexpr Arg kFlushModes[] = {flag("ASYNC", nullptr), flag("SYNC", nullptr)};
constexpr Arg kFlushArgs[] = {optional(one_of("flush-type", kFlushModes))};
void run_flush(Context& context, Arguments words) {
  if (words.size() > 1) {
    fail_count(call_of(context));
    return;
  }
  const bool known = words.empty() || base::equals_ignore_case(words[0], "async") ||
                     base::equals_ignore_case(words[0], "sync");
  if (!known) {
    context.fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    return;
  }
  call_of(context).node.functions.reset();
  context.reply.ok();
}
constexpr Command kFlush = raw_command<kFlushArgs>(
    "function|flush",
    {"Deletes all libraries and functions.", "7.0.0",
     "O(N) where N is the number of functions deleted", Group::kScripting, "FUNCTION FLUSH", "OK"},
    kNoScript | kWrite, run_flush);

void run_kill(Call& call) {
  kill_program(call, call.node.functions.get());
}
constexpr Command kKill = engine_plain_command<run_kill>(
    "function|kill",
    {"Terminates a function during execution.", "7.0.0", "O(1)", Group::kScripting, "FUNCTION KILL",
     "(error) NOTBUSY No scripts in execution right now."},
    kNoScript | kAllowBusy);

// FUNCTION LIST, STATS

struct ListOptions {
  std::optional<Bytes> pattern;
  bool with_code = false;
};
constexpr Arg kListArgs[] = {
    optional(string("library-name-pattern", nullptr, "LIBRARYNAME")),
    optional(flag("WITHCODE", nullptr)),
};

// Nothing, with the error answered, for what is no option.
std::optional<ListOptions> list_options(Call& call, Arguments words) {
  ListOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!options.with_code && base::equals_ignore_case(words[i], "withcode")) {
      options.with_code = true;
    } else if (!options.pattern && base::equals_ignore_case(words[i], "libraryname")) {
      if (++i == words.size()) {
        call.fail("ERR library name argument was not given");
        return std::nullopt;
      }
      options.pattern = words[i];
    } else {
      call.fail("ERR Unknown argument " + std::string(words[i]));
      return std::nullopt;
    }
  }
  return options;
}

void reply_function(Call& call, const Function& function) {
  call.reply.map(3);
  call.reply.bulk("name");
  call.reply.bulk(function.program.name);
  call.reply.bulk("description");
  if (function.description)
    call.reply.bulk(*function.description);
  else
    call.reply.null();
  call.reply.bulk("flags");
  call.reply.set(function.flags.size());
  for (const std::string& flag : function.flags) call.reply.status(flag);
}

void reply_library(Call& call, const Library& library, bool with_code) {
  call.reply.map(with_code ? 4 : 3);
  call.reply.bulk("library_name");
  call.reply.bulk(library.name);
  call.reply.bulk("engine");
  call.reply.bulk("LUA");
  call.reply.bulk("functions");
  call.reply.array(library.functions.size());
  for (const Function& function : library.functions) reply_function(call, function);
  if (!with_code) return;
  call.reply.bulk("library_code");
  call.reply.bulk(library.code);
}

void run_function_list(Context& context, Arguments words) {
  Call& call = call_of(context);
  const auto options = list_options(call, words);
  if (!options) return;
  std::vector<const Library*> found;
  if (call.node.functions != nullptr) {
    for (const auto& [name, library] : call.node.functions->libraries()) {
      if (!options->pattern || base::glob_match(*options->pattern, name, base::Case::kIgnore))
        found.push_back(&library);
    }
  }
  call.reply.array(found.size());
  for (const Library* library : found) reply_library(call, *library, options->with_code);
}
constexpr Command kList = raw_command<kListArgs>(
    "function|list",
    {"Returns information about all libraries.", "7.0.0", "O(N) where N is the number of functions",
     Group::kScripting, "FUNCTION LIST", "(empty array)"},
    kNoScript, run_function_list);

void run_stats(Call& call) {
  const Functions* const functions = call.node.functions.get();
  const ScriptTask* const running = functions == nullptr ? nullptr : functions->running;
  call.reply.map(2);
  call.reply.bulk("running_script");
  if (running == nullptr) {
    call.reply.null();
  } else {
    call.reply.map(3);
    call.reply.bulk("name");
    call.reply.bulk(running->program().name);
    call.reply.bulk("command");
    call.reply.array(2);
    call.reply.bulk(running->read_only() ? "fcall_ro" : "fcall");
    call.reply.bulk(running->program().name);
    call.reply.bulk("duration_ms");
    call.reply.integer(static_cast<std::int64_t>(running->age_ms()));
  }
  call.reply.bulk("engines");
  call.reply.map(1);
  call.reply.bulk("LUA");
  call.reply.map(2);
  call.reply.bulk("libraries_count");
  call.reply.integer(
      functions == nullptr ? 0 : static_cast<std::int64_t>(functions->libraries().size()));
  call.reply.bulk("functions_count");
  call.reply.integer(functions == nullptr ? 0 : static_cast<std::int64_t>(functions->count()));
}
constexpr Command kStats = engine_plain_command<run_stats>(
    "function|stats",
    {"Returns information about a function during execution.", "7.0.0", "O(1)", Group::kScripting,
     "FUNCTION STATS", "1) \"running_script\"\n2) (nil)\n..."},
    kNoScript | kAllowBusy);

// FUNCTION DUMP, RESTORE

void run_function_dump(Call& call) {
  std::vector<Bytes> codes;
  if (call.node.functions != nullptr) {
    for (const auto& [name, library] : call.node.functions->libraries()) {
      codes.emplace_back(library.code);
    }
  }
  call.reply.bulk(persistence::dump_libraries(codes));
}
constexpr Command kFunctionDump = engine_plain_command<run_function_dump>(
    "function|dump",
    {"Dumps all libraries into a serialized binary payload.", "7.0.0",
     "O(N) where N is the number of functions", Group::kScripting, "FUNCTION DUMP", "\"\\xf5...\""},
    kNoScript);

enum class Policy : std::uint8_t { kAddNew, kInPlaceOfAll, kInPlaceOfSame };
constexpr Arg kPolicies[] = {flag("FLUSH", nullptr), flag("APPEND", nullptr),
                             flag("REPLACE", nullptr)};
constexpr Arg kFunctionRestoreArgs[] = {string("serialized-value", nullptr),
                                        optional(one_of("policy", kPolicies))};

std::optional<Policy> policy_of(Arguments words) {
  if (words.size() == 1 || base::equals_ignore_case(words[1], "append")) return Policy::kAddNew;
  if (base::equals_ignore_case(words[1], "flush")) return Policy::kInPlaceOfAll;
  if (base::equals_ignore_case(words[1], "replace")) return Policy::kInPlaceOfSame;
  return std::nullopt;
}

// Loads all of them, or none: a host of their own shows first that they are sound, and the node's
// libraries are put back together if one does not fit in.
std::string load_all(NodeRuntime& node, const std::vector<std::string>& codes, Policy policy) {
  auto fresh = std::make_unique<Functions>(node);
  std::string error;
  std::vector<std::string> kept;
  if (policy != Policy::kInPlaceOfAll && node.functions != nullptr) {
    for (const auto& [name, library] : node.functions->libraries()) kept.push_back(library.code);
  }
  for (const std::string& code : kept) {
    if (!fresh->load(code, false, error)) return error;
  }
  for (const std::string& code : codes) {
    if (!fresh->load(code, policy == Policy::kInPlaceOfSame, error)) return error;
  }
  node.functions = std::move(fresh);
  return {};
}

void run_function_restore(Context& context, Arguments words) {
  Call& call = call_of(context);
  if (words.size() > 2) {
    fail_count(call);
    return;
  }
  const auto policy = policy_of(words);
  if (!policy) {
    call.fail("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    return;
  }
  if (!persistence::has_sound_frame(words[0])) {
    call.fail(wire::kPayloadFrame);
    return;
  }
  const std::uint64_t limit = call.node.account.limit();
  constexpr std::uint64_t kMostCode = std::uint64_t{512} << 20;
  const auto codes =
      persistence::read_libraries(words[0], limit == 0 ? kMostCode : std::min(limit, kMostCode));
  if (!codes) {
    call.fail("ERR failed loading functions");
    return;
  }
  const std::string error = load_all(call.node, *codes, *policy);
  if (error.empty())
    call.reply.ok();
  else
    call.fail(error);
}
constexpr Command kFunctionRestore =
    raw_command<kFunctionRestoreArgs>("function|restore",
                                      {"Restores all libraries from a payload.", "7.0.0",
                                       "O(N) where N is the number of functions on the payload",
                                       Group::kScripting, "FUNCTION RESTORE \"\\xf5...\"", "OK"},
                                      kNoScript | kWrite | kDenyOom, run_function_restore);

constexpr const char* kFunctionHelpLines[] = {
    "LOAD [REPLACE] <FUNCTION CODE>",
    "    Create a new library with the given library name and code.",
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Library description",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    ("    Return a serialized payload representing the current libraries, can be restored using "
     "FUNCTION RESTORE command"),
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    ("    Restore the libraries represented by the given payload, it is possible to give a restore "
     "policy to"),
    "    control how to handle existing libraries (default APPEND):",
    "    * FLUSH: delete all existing libraries.",
    "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
    ("    * REPLACE: appends the restored libraries to the existing libraries, On collision, "
     "replace "
     "the old"),
    ("      libraries with the new libraries (notice that even on this option there is a chance of "
     "failure"),
    "      in case of functions name collision with another library).",
};
constexpr Command kFunctionHelp =
    help_command<kFunctionHelpLines>("function|help", Group::kScripting, "7.0.0");

constexpr const Command* kFunctionSubcommands[] = {
    &kDelete, &kFunctionDump, &kFlush,           &kFunctionHelp, &kKill,
    &kList,   &kLoad,         &kFunctionRestore, &kStats};
constexpr Command kFunction =
    container("function",
              {"A container for function commands.", "7.0.0", "Depends on subcommand.",
               Group::kScripting, "FUNCTION HELP", ""},
              kFunctionSubcommands);

}  // namespace

CommandGroup function_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kFCall, &kFCallRo, &kFunction};
  return kCommands;
}

}  // namespace miniredis::engine
