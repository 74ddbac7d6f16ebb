// ACL: the users of the node and their rights. ACL LOG is in acl_log_commands.cc, ACL SAVE and LOAD
// are in acl_file_commands.cc.
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "commands/help.h"
#include "engine/acl.h"
#include "engine/acl_categories.h"
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

struct UserArgs {
  Bytes name;
  Arguments rules;
};
constexpr Arg kUserName = string("username", into<&UserArgs::name>);

// SETUSER, DELUSER

constexpr Arg kSetUserArgs[] = {kUserName,
                                optional(multiple(string("rule", into<&UserArgs::rules>)))};
void run_setuser(Call& call, const UserArgs& args) {
  const std::string error = call.node.acl.set_user(call.node, args.name, args.rules);
  if (error.empty())
    call.reply.ok();
  else
    call.fail(error);
}
constexpr Command kSetUser = engine_command<UserArgs, kSetUserArgs, run_setuser>(
    "acl|setuser",
    {"Creates and modifies a user of the node and his rules.", "6.0.0",
     "O(N) where N is the number of rules provided", Group::kServer,
     "ACL SETUSER alice on >secret ~cache:* +@read", "OK"},
    kAdministration | kSkipSlowLog);

constexpr Arg kDelUserArgs[] = {multiple(string("username", into<&UserArgs::rules>))};
void run_deluser(Call& call, const UserArgs& args) {
  for (const Bytes name : args.rules) {
    if (name == kDefaultUser) {
      call.fail(wire::kDefaultUserStays);
      return;
    }
  }
  std::int64_t deleted = 0;
  for (const Bytes name : args.rules) {
    if (call.node.acl.delete_user(call.node, name, &call.client)) ++deleted;
  }
  call.reply.integer(deleted);
}
constexpr Command kDelUser = engine_command<UserArgs, kDelUserArgs, run_deluser>(
    "acl|deluser",
    {"Deletes users of the node, and closes their connections.", "6.0.0",
     "O(N) where N is the number of connections", Group::kServer, "ACL DELUSER alice",
     "(integer) 1"},
    kAdministration);

// GETUSER, LIST, USERS, WHOAMI

void reply_selector(resp::Writer& reply, const Selector& selector) {
  reply.bulk("commands");
  reply.bulk(commands_text(selector));
  reply.bulk("keys");
  reply.bulk(keys_text(selector));
  reply.bulk("channels");
  reply.bulk(channels_text(selector));
}

constexpr Arg kGetUserArgs[] = {kUserName};
void run_getuser(Call& call, const UserArgs& args) {
  const User* const user = call.node.acl.users.find(args.name);
  if (user == nullptr) {
    call.reply.null();
    return;
  }
  call.reply.map(6);
  call.reply.bulk("flags");
  const std::vector<const char*> flags = flags_of(*user);
  call.reply.set(flags.size());
  for (const char* flag : flags) call.reply.bulk(flag);
  call.reply.bulk("passwords");
  call.reply.array(user->passwords.size());
  for (const base::Sha256Digest& password : user->passwords)
    call.reply.bulk(base::hex_of(password));
  reply_selector(call.reply, user->own);
  call.reply.bulk("selectors");
  call.reply.array(user->selectors.size());
  for (const Selector& selector : user->selectors) {
    call.reply.map(3);
    reply_selector(call.reply, selector);
  }
}
constexpr Command kGetUser = engine_command<UserArgs, kGetUserArgs, run_getuser>(
    "acl|getuser",
    {"Lists the rules of a user.", "6.0.0", "O(N) where N is the number of his rules",
     Group::kServer, "ACL GETUSER default", "1# \"flags\" => ..."},
    kAdministration);

void run_acl_list(Call& call) {
  const Users& users = call.node.acl.users;
  call.reply.array(users.count());
  users.each([&](const User& user) {
    call.reply.bulk("user " + std::string(user.name) + " " + rules_text(user));
  });
}
constexpr Command kList = engine_plain_command<run_acl_list>(
    "acl|list",
    {"Lists the users of the node with their rules, as the file of ACL SAVE has them.", "6.0.0",
     "O(N) where N is the number of users and their rules", Group::kServer, "ACL LIST",
     "1) \"user default on nopass sanitize-payload ~* &* +@all\""},
    kAdministration);

void run_users(Call& call) {
  const Users& users = call.node.acl.users;
  call.reply.array(users.count());
  users.each([&](const User& user) { call.reply.bulk(user.name); });
}
constexpr Command kUsers = engine_plain_command<run_users>(
    "acl|users",
    {"Lists the names of the node's users.", "6.0.0", "O(N) where N is the number of users",
     Group::kServer, "ACL USERS", "1) \"default\""},
    kAdministration);

void run_whoami(Call& call) {
  call.reply.bulk(user_name(call.client));
}
constexpr Command kWhoAmI =
    engine_plain_command<run_whoami>("acl|whoami",
                                     {"Returns the name of the user that the connection acts for.",
                                      "6.0.0", "O(1)", Group::kServer, "ACL WHOAMI", "\"default\""},
                                     kAnyTime);

// CAT, GENPASS

constexpr Arg kCatArgs[] = {optional(string("category", nullptr))};
void run_cat(Context& context, Arguments words) {
  Call& call = call_of(context);
  if (words.size() > 1) {
    call.fail(wire::wrong_subcommand(call.called_as, "ACL"));
    return;
  }
  if (words.empty()) {
    call.reply.array(category_names().size());
    for (const Bytes name : category_names()) call.reply.bulk(name);
    return;
  }
  const std::uint32_t bit = category_bit(words[0]);
  if (bit == 0) {
    call.fail("ERR Unknown category '" + std::string(words[0].substr(0, 128)) + "'");
    return;
  }
  std::vector<Bytes> names;
  for (const CommandEntry& entry : CommandTable::get().all()) {
    if ((category_bits(*entry.command) & bit) != 0) names.emplace_back(entry.command->name);
  }
  call.reply.array(names.size());
  for (const Bytes name : names) call.reply.bulk(name);
}
constexpr Command kCat = raw_command<kCatArgs>(
    "acl|cat",
    {"Lists the categories of commands, or the commands of one.", "6.0.0",
     "O(N) where N is the number of commands", Group::kServer, "ACL CAT geo", "1) \"geoadd\" ..."},
    kAnyTime, run_cat);

constexpr Arg kGenPassArgs[] = {optional(integer("bits", nullptr))};
void run_genpass(Context& context, Arguments words) {
  constexpr std::int64_t kMostBits = 4096;
  Call& call = call_of(context);
  if (words.size() > 1) {
    call.fail(wire::wrong_subcommand(call.called_as, "ACL"));
    return;
  }
  const auto given = words.empty() ? std::optional<std::int64_t>(256) : base::parse_int(words[0]);
  if (!given) {
    call.fail(wire::kNotInteger);
    return;
  }
  const std::int64_t bits = *given;
  if (bits <= 0 || bits > kMostBits) {
    call.fail(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        "number up to 4096");
    return;
  }
  const auto digits = static_cast<std::size_t>((bits + 3) / 4);
  std::string password = base::secure_random_hex((digits + 1) / 2);
  password.resize(digits);
  call.reply.bulk(password);
}
constexpr Command kGenPass =
    raw_command<kGenPassArgs>("acl|genpass",
                              {"Generates a password that nobody can guess.", "6.0.0", "O(1)",
                               Group::kServer, "ACL GENPASS 32", "\"90dac4ae\""},
                              kAnyTime, run_genpass);

// DRYRUN

struct DryRunArgs {
  Bytes name;
  Arguments words;
};
constexpr Arg kDryRunArgs[] = {string("username", into<&DryRunArgs::name>),
                               multiple(string("command", into<&DryRunArgs::words>))};
void run_dryrun(Call& call, const DryRunArgs& args) {
  const User* const user = call.node.acl.users.find(args.name);
  if (user == nullptr) {
    call.fail("ERR User '" + std::string(args.name) + "' not found");
    return;
  }
  const CommandTable& table = CommandTable::get();
  const CommandEntry* entry = table.find(args.words[0]);
  if (entry != nullptr && entry->command->is_container() && args.words.size() > 1) {
    entry = table.find_subcommand(*entry, args.words[1]);
  }
  if (entry == nullptr) {
    call.fail("ERR Command '" + std::string(args.words[0]) + "' not found");
    return;
  }
  if (!entry->command->takes(args.words.size())) {
    call.fail(wire::wrong_arity(entry->command->name));
    return;
  }
  const Verdict verdict = check_rights(*user, *entry, args.words);
  if (verdict.allowed())
    call.reply.ok();
  else
    call.reply.bulk(denial_text(verdict, *user, *entry, args.words, true));
}
constexpr Command kDryRun = engine_command<DryRunArgs, kDryRunArgs, run_dryrun>(
    "acl|dryrun",
    {"Says whether a user may run a command, without running it.", "7.0.0",
     "O(N) where N is the number of keys times that of the user's patterns", Group::kServer,
     "ACL DRYRUN default GET greeting", "OK"},
    kAdministration);

constexpr const char* kAclHelpLines[] = {
    "CAT [<category>]",
    "    List all commands that belong to <category>, or all command categories",
    "    when no category is specified.",
    "DELUSER <username> [<username> ...]",
    "    Delete a list of users.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Returns whether the user can execute the given command without executing the command.",
    "GETUSER <username>",
    "    Get the user's details.",
    "GENPASS [<bits>]",
    "    Generate a secure 256-bit user password. The optional `bits` argument can",
    "    be used to specify a different size.",
    "LIST",
    "    Show users details in config file format.",
    "LOAD",
    "    Reload users from the ACL file.",
    "LOG [<count> | RESET]",
    "    Show the ACL log entries.",
    "SAVE",
    "    Save the current config to the ACL file.",
    "SETUSER <username> <attribute> [<attribute> ...]",
    "    Create or modify a user with the specified attributes.",
    "USERS",
    "    List all the registered usernames.",
    "WHOAMI",
    "    Return the current connection username.",
};
constexpr Command kAclHelp = help_command<kAclHelpLines>("acl|help", Group::kServer, "6.0.0");

}  // namespace

extern const Command kAclLoad;
extern const Command kAclLog;
extern const Command kAclSave;

namespace {

constexpr const Command* kAclSubcommands[] = {&kCat,     &kDelUser, &kDryRun,  &kGenPass, &kGetUser,
                                              &kAclHelp, &kList,    &kAclLoad, &kAclLog,  &kAclSave,
                                              &kSetUser, &kUsers,   &kWhoAmI};
constexpr Command kAcl = container("acl",
                                   {"A container for Access List Control commands.", "6.0.0",
                                    "Depends on subcommand.", Group::kServer, "ACL HELP", ""},
                                   kAclSubcommands);

}  // namespace

CommandGroup acl_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kAcl};
  return kCommands;
}

}  // namespace miniredis::engine
