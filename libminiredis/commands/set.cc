// Sets: members by name.
#include "types/set.h"

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/set_reply.h"

namespace miniredis::commands {
namespace {

using types::Set;

struct MemberArgs {
  Bytes key;
  Bytes member;
};
constexpr Arg kMemberArgs[] = {key("key", into<&MemberArgs::key>),
                               string("member", into<&MemberArgs::member>)};

struct MembersArgs {
  Bytes key;
  Arguments members;
};
constexpr Arg kMembersArgs[] = {key("key", into<&MembersArgs::key>),
                                multiple(string("member", into<&MembersArgs::members>))};

void run_sadd(Context& context, const MembersArgs& args) {
  auto set = open<Set>(context, args.key);
  if (!set) return;
  set->expect(args.members.size(), args.members.front());
  std::int64_t added = 0;
  for (const Bytes member : args.members) added += set->add(member) ? 1 : 0;
  context.reply.integer(added);
  if (added > 0) set.changed(events::kSAdd);
}
constexpr Command kSAdd = command<MembersArgs, kMembersArgs, run_sadd>(
    "sadd",
    {"Adds one or more members to a set. Creates the key if it doesn't exist.", "1.0.0",
     "O(1) for each member added, so O(N) to add N members", Group::kSet, "SADD tags red blue",
     "(integer) 2"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));

void run_srem(Context& context, const MembersArgs& args) {
  auto set = open<Set>(context, args.key);
  if (!set) return;
  std::int64_t removed = 0;
  for (const Bytes member : args.members) removed += set->erase(member) ? 1 : 0;
  context.reply.integer(removed);
  if (removed > 0) set.changed(events::kSRem);
}
constexpr Command kSRem = command<MembersArgs, kMembersArgs, run_srem>(
    "srem",
    {"Removes one or more members from a set. Deletes the set if the last member was removed.",
     "1.0.0", "O(N) where N is the number of members to be removed", Group::kSet, "SREM tags blue",
     "(integer) 1"},
    kWrite | kFast, use::keys(use::kDeletesFrom));

void run_sismember(Context& context, const MemberArgs& args) {
  const auto set = look_up<Set>(context, args.key);
  if (set) context.reply.integer(set->contains(args.member) ? 1 : 0);
}
constexpr Command kSIsMember = command<MemberArgs, kMemberArgs, run_sismember>(
    "sismember",
    {"Determines whether a member belongs to a set.", "1.0.0", "O(1)", Group::kSet,
     "SISMEMBER tags red", "(integer) 1"},
    kReadOnly | kFast, use::keys(use::kLooks));

void run_smismember(Context& context, const MembersArgs& args) {
  const auto set = look_up<Set>(context, args.key);
  if (!set) return;
  context.reply.array(args.members.size());
  for (const Bytes member : args.members) context.reply.integer(set->contains(member) ? 1 : 0);
}
constexpr Command kSMIsMember = command<MembersArgs, kMembersArgs, run_smismember>(
    "smismember",
    {"Determines whether multiple members belong to a set.", "6.2.0",
     "O(N) where N is the number of members asked for", Group::kSet, "SMISMEMBER tags red green",
     "1) (integer) 1\n2) (integer) 0"},
    kReadOnly | kFast);

void run_scard(Context& context, const KeyArgs& args) {
  const auto set = look_up<Set>(context, args.key);
  if (set) context.reply.integer(static_cast<std::int64_t>(set->size()));
}
constexpr Command kSCard =
    command<KeyArgs, kKeyOnly, run_scard>("scard",
                                          {"Returns the number of members in a set.", "1.0.0",
                                           "O(1)", Group::kSet, "SCARD tags", "(integer) 1"},
                                          kReadOnly | kFast, use::keys(use::kLooks));

void run_smembers(Context& context, const KeyArgs& args) {
  const auto set = look_up<Set>(context, args.key);
  if (!set) return;
  context.reply.set(set->size());
  reply_all(context, *set);
}
constexpr Command kSMembers = command<KeyArgs, kKeyOnly, run_smembers>(
    "smembers",
    {"Returns all members of a set.", "1.0.0", "O(N) where N is the set cardinality", Group::kSet,
     "SMEMBERS tags", "1) \"red\""},
    kReadOnly);

// SMOVE

struct MemberMoveArgs {
  Bytes source;
  Bytes destination;
  Bytes member;
};
constexpr Arg kMemberMoveArgs[] = {key("source", into<&MemberMoveArgs::source>),
                                   key("destination", into<&MemberMoveArgs::destination>),
                                   string("member", into<&MemberMoveArgs::member>)};

void run_smove(Context& context, const MemberMoveArgs& args) {
  auto source = open<Set>(context, args.source);
  if (!source) return;
  if (!source.existed()) {
    context.reply.integer(0);
    return;
  }
  if (args.source == args.destination) {
    context.reply.integer(source->contains(args.member) ? 1 : 0);
    return;
  }
  auto destination = open<Set>(context, args.destination);
  if (!destination) return;
  if (!source->contains(args.member)) {
    context.reply.integer(0);
    return;
  }
  const bool is_new = destination->add(args.member);
  source->erase(args.member);
  source.changed(events::kSRem);
  if (is_new) destination.changed(events::kSAdd);
  context.reply.integer(1);
}
constexpr Command kSMove = command<MemberMoveArgs, kMemberMoveArgs, run_smove>(
    "smove",
    {"Moves a member from one set to another.", "1.0.0", "O(1)", Group::kSet, "SMOVE tags old red",
     "(integer) 1"},
    kWrite | kFast, use::keys(use::kTakes, use::kInserts));

}  // namespace

std::span<const Command* const> set_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kSAdd,  &kSRem,     &kSIsMember, &kSMIsMember,
                                                 &kSCard, &kSMembers, &kSMove};
  return kCommands;
}

}  // namespace miniredis::commands
