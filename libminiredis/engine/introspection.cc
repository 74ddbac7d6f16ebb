// COMMAND: what the declarations say, over the wire.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "commands/help.h"
#include "engine/acl_categories.h"
#include "engine/call.h"
#include "engine/command_table.h"
#include "engine/command_tips.h"
#include "engine/groups.h"
#include "engine/key_specs.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

constexpr std::uint32_t kCommandFlags = kLoading | kStale | kAboutConnection;

bool is_subcommand(const Command& command) {
  return Bytes(command.name).find('|') != Bytes::npos;
}

std::vector<const CommandEntry*> top_level() {
  std::vector<const CommandEntry*> out;
  for (const CommandEntry& entry : CommandTable::get().all()) {
    if (!is_subcommand(*entry.command)) out.push_back(&entry);
  }
  return out;
}

void reply_info(resp::Writer& reply, const Command& command) {
  reply.array(10);
  reply.bulk(command.name);
  reply.integer(command.arity);
  const auto flags = flag_names(command);
  reply.set(flags.size());
  for (const auto& flag : flags) reply.status(flag);
  reply.integer(command.keys.first);
  reply.integer(command.keys.last);
  reply.integer(command.keys.step);
  const auto categories = acl_categories(command);
  reply.set(categories.size());
  for (const auto& category : categories) reply.status(category);
  reply_tips(reply, command);
  reply_key_specs(reply, command);
  reply.set(command.subcommands.size());
  for (const Command* sub : command.subcommands) reply_info(reply, *sub);
}

struct CommandNamesArgs {
  Arguments names;
};
constexpr Arg kCommandNamesArgs[] = {
    optional(multiple(string("command-name", into<&CommandNamesArgs::names>)))};

void run_command(Context& context, Arguments) {
  const auto all = top_level();
  context.reply.array(all.size());
  for (const CommandEntry* entry : all) reply_info(context.reply, *entry->command);
}

void run_command_info(Context& context, const CommandNamesArgs& args) {
  if (args.names.empty()) {
    run_command(context, {});
    return;
  }
  context.reply.array(args.names.size());
  for (const Bytes name : args.names) {
    const CommandEntry* entry = CommandTable::get().find_full(name);
    if (entry == nullptr)
      context.reply.null();
    else
      reply_info(context.reply, *entry->command);
  }
}
constexpr Command kCommandInfo = command<CommandNamesArgs, kCommandNamesArgs, run_command_info>(
    "command|info",
    {"Returns information about one, multiple or all commands.", "2.8.13",
     "O(N) where N is the number of commands to look up", Group::kServer, "COMMAND INFO get",
     "1) 1) \"get\" ..."},
    kCommandFlags);

void run_count(Context& context, Arguments) {
  static const auto count = static_cast<std::int64_t>(top_level().size());
  context.reply.integer(count);
}
constexpr Command kCount = plain_command("command|count",
                                         {"Returns a count of commands.", "2.8.13", "O(1)",
                                          Group::kServer, "COMMAND COUNT", "(integer) 79"},
                                         kCommandFlags, run_count);

// LIST

constexpr Arg kFilters[] = {string("module-name", nullptr, "MODULE"),
                            string("category", nullptr, "ACLCAT"),
                            pattern("pattern", nullptr, "PATTERN")};
constexpr Arg kListArgs[] = {
    optional({"filterby", ArgKind::kOneOf, nullptr, "FILTERBY", kFilters}),
};

bool has_category(const Command& command, Bytes name) {
  for (const auto& category : acl_categories(command)) {
    if (base::equals_ignore_case(Bytes(category).substr(1), name)) return true;
  }
  return false;
}

void run_command_list(Context& context, Arguments words) {
  enum class By : std::uint8_t { kAll, kModule, kCategory, kPattern } by = By::kAll;
  if (!words.empty()) {
    if (words.size() != 3 || !base::equals_ignore_case(words[0], "filterby")) {
      context.fail(wire::kSyntax);
      return;
    }
    if (base::equals_ignore_case(words[1], "module"))
      by = By::kModule;
    else if (base::equals_ignore_case(words[1], "aclcat"))
      by = By::kCategory;
    else if (base::equals_ignore_case(words[1], "pattern"))
      by = By::kPattern;
    else {
      context.fail(wire::kSyntax);
      return;
    }
  }
  std::vector<const Command*> found;
  for (const CommandEntry& entry : CommandTable::get().all()) {
    const Command& command = *entry.command;
    if (by == By::kModule) continue;  // there are none
    if (by == By::kCategory && !has_category(command, words[2])) continue;
    if (by == By::kPattern && !base::glob_match(words[2], command.name, base::Case::kIgnore)) {
      continue;
    }
    found.push_back(&command);
  }
  context.reply.array(found.size());
  for (const Command* command : found) context.reply.bulk(command->name);
}
constexpr Command kList = raw_command<kListArgs>(
    "command|list",
    {"Returns a list of command names.", "7.0.0", "O(N) where N is the number of commands",
     Group::kServer, "COMMAND LIST FILTERBY PATTERN get*", "1) \"get\" ..."},
    kCommandFlags, run_command_list);

// DOCS

const char* docs_type(ArgKind kind) {
  switch (kind) {
    case ArgKind::kKey:
      return "key";
    case ArgKind::kString:
      return "string";
    case ArgKind::kPattern:
      return "pattern";
    case ArgKind::kInteger:
    case ArgKind::kLateInteger:
      return "integer";
    case ArgKind::kDouble:
    case ArgKind::kLateDouble:
      return "double";
    case ArgKind::kUnixTime:
      return "unix-time";
    case ArgKind::kFlag:
      return "pure-token";
    case ArgKind::kOneOf:
      return "oneof";
    case ArgKind::kBlock:
      return "block";
  }
  return "string";
}

void reply_arguments(resp::Writer& reply, std::span<const Arg> arguments) {
  reply.array(arguments.size());
  for (const Arg& arg : arguments) {
    const bool flags = arg.is_optional || arg.is_multiple;
    const bool leaf = arg.parts.empty();
    std::string name(arg.name);
    if (arg.kind == ArgKind::kFlag) {
      for (char& c : name) c = base::to_lower(c);
    }
    reply.map(2 + (leaf && arg.kind != ArgKind::kFlag ? 1U : 0U) +
              (arg.kind == ArgKind::kKey ? 1U : 0U) + (arg.token != nullptr ? 1U : 0U) +
              (arg.since != nullptr ? 1U : 0U) + (flags ? 1U : 0U) + (leaf ? 0U : 1U));
    reply.bulk("name");
    reply.bulk(name);
    reply.bulk("type");
    reply.bulk(docs_type(arg.kind));
    if (leaf && arg.kind != ArgKind::kFlag) {
      reply.bulk("display_text");
      reply.bulk(arg.name);
    }
    if (arg.kind == ArgKind::kKey) {
      reply.bulk("key_spec_index");
      reply.integer(0);
    }
    if (arg.token != nullptr) {
      reply.bulk("token");
      reply.bulk(arg.token);
    }
    if (arg.since != nullptr) {
      reply.bulk("since");
      reply.bulk(arg.since);
    }
    if (flags) {
      reply.bulk("flags");
      reply.set((arg.is_optional ? 1U : 0U) + (arg.is_multiple ? 1U : 0U));
      if (arg.is_optional) reply.status("optional");
      if (arg.is_multiple) reply.status("multiple");
    }
    if (!leaf) {
      reply.bulk("arguments");
      reply_arguments(reply, arg.parts);
    }
  }
}

void reply_docs(resp::Writer& reply, const Command& command) {
  reply.bulk(command.name);
  reply.map(4 + (command.arguments.empty() ? 0U : 1U) + (command.subcommands.empty() ? 0U : 1U));
  reply.bulk("summary");
  reply.bulk(command.doc.summary);
  reply.bulk("since");
  reply.bulk(command.doc.since);
  reply.bulk("group");
  reply.bulk(name_of(command.doc.group));
  reply.bulk("complexity");
  reply.bulk(command.doc.complexity);
  if (!command.arguments.empty()) {
    reply.bulk("arguments");
    reply_arguments(reply, command.arguments);
  }
  if (!command.subcommands.empty()) {
    reply.bulk("subcommands");
    reply.map(command.subcommands.size());
    for (const Command* sub : command.subcommands) reply_docs(reply, *sub);
  }
}

void run_docs(Context& context, const CommandNamesArgs& args) {
  std::vector<const CommandEntry*> found;
  if (args.names.empty()) found = top_level();
  for (const Bytes name : args.names) {
    if (const CommandEntry* entry = CommandTable::get().find_full(name)) found.push_back(entry);
  }
  context.reply.map(found.size());
  for (const CommandEntry* entry : found) reply_docs(context.reply, *entry->command);
}
constexpr Command kDocs = command<CommandNamesArgs, kCommandNamesArgs, run_docs>(
    "command|docs",
    {"Returns documentary information about one, multiple or all commands.", "7.0.0",
     "O(N) where N is the number of commands to look up", Group::kServer, "COMMAND DOCS get",
     "1# \"get\" => ..."},
    kCommandFlags);

// GETKEYS

struct WordsArgs {
  Arguments words;
};
constexpr Arg kGetKeysArgs[] = {multiple(string("command", into<&WordsArgs::words>))};

// Whether the keys that a call counts are there.
bool counts_rightly(const Command& command, Arguments words) {
  if (command.keys.count_at == 0) return true;
  const auto at = static_cast<std::size_t>(command.keys.count_at);
  if (at >= words.size()) return false;
  const auto counted = base::parse_int(words[at]);
  return counted && *counted > 0 && std::cmp_less_equal(*counted, words.size() - at - 1);
}

// The command whose keys are asked for; null, with the answer given, when the call has none.
const Command* with_keys(Context& context, Arguments words) {
  const CommandTable& table = CommandTable::get();
  const CommandEntry* entry = table.find(words[0]);
  if (entry != nullptr && entry->command->is_container() && words.size() > 1) {
    entry = table.find_subcommand(*entry, words[1]);
  }
  if (entry == nullptr) {
    context.fail("ERR Invalid command specified");
    return nullptr;
  }
  const Command& wanted = *entry->command;
  if (!wanted.keys.any() || wanted.uses.first == use::kNotKey) {
    context.fail("ERR The command has no key arguments");
    return nullptr;
  }
  if (!wanted.takes(words.size())) {
    context.fail("ERR Invalid number of arguments specified for command");
    return nullptr;
  }
  if (counts_rightly(wanted, words) && !keys_in(wanted, words).empty()) return &wanted;
  if (wanted.has(kNoMandatoryKeys))
    context.reply.array(0);
  else
    context.fail("ERR Invalid arguments specified for command");
  return nullptr;
}

void run_getkeys(Context& context, const WordsArgs& args) {
  const Command* const wanted = with_keys(context, args.words);
  if (wanted == nullptr) return;
  const std::vector<Bytes> found = keys_in(*wanted, args.words);
  context.reply.array(found.size());
  for (const Bytes name : found) context.reply.bulk(name);
}
constexpr Command kGetKeys = command<WordsArgs, kGetKeysArgs, run_getkeys>(
    "command|getkeys",
    {"Extracts the key names from an arbitrary command.", "2.8.13",
     "O(N) where N is the number of arguments to the command", Group::kServer,
     "COMMAND GETKEYS MSET a 1 b 2", "1) \"a\"\n2) \"b\""},
    kCommandFlags);

void run_getkeysandflags(Context& context, const WordsArgs& args) {
  const Command* const wanted = with_keys(context, args.words);
  if (wanted == nullptr) return;
  context.reply.array(keys_in(*wanted, args.words).size());
  visit_keys(*wanted, args.words, [&](std::size_t place, KeyUse what) {
    context.reply.array(2);
    context.reply.bulk(args.words[place]);
    reply_key_use(context.reply, what);
    return true;
  });
}
constexpr Command kGetKeysAndFlags = command<WordsArgs, kGetKeysArgs, run_getkeysandflags>(
    "command|getkeysandflags",
    {"Extracts the key names from an arbitrary command, with what it does with them.", "7.0.0",
     "O(N) where N is the number of arguments to the command", Group::kServer,
     "COMMAND GETKEYSANDFLAGS GET a", "1) 1) \"a\"\n   2) 1~ RO ..."},
    kCommandFlags);

constexpr const char* kCommandHelpLines[] = {
    "(no subcommand)",
    "    Return details about all commands.",
    "COUNT",
    "    Return the total number of commands in this server.",
    "LIST",
    "    Return a list of all commands in this server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full command.",
};
constexpr Command kCommandHelp =
    help_command<kCommandHelpLines>("command|help", Group::kServer, "5.0.0", kAboutConnection);

constexpr const Command* kCommandSubcommands[] = {
    &kCount, &kDocs, &kGetKeys, &kGetKeysAndFlags, &kCommandHelp, &kCommandInfo, &kList};

// The one container that is a command too when it stands alone.
consteval Command make_command_command() {
  Command made = container("command",
                           {"Returns detailed information about all commands.", "2.8.13",
                            "O(N) where N is the total number of commands", Group::kServer,
                            "COMMAND", "1) 1) \"append\" ..."},
                           kCommandSubcommands);
  made.run = run_command;
  made.arity = -1;
  made.flags = kCommandFlags;
  return made;
}
constexpr Command kCommandCommand = make_command_command();

}  // namespace

CommandGroup introspection_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kCommandCommand};
  return kCommands;
}

}  // namespace miniredis::engine
