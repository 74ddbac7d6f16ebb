// Keys under other names and in other databases: RENAME, RENAMENX, MOVE, COPY.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/events.h"
#include "commands/groups.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

struct RenameArgs {
  Bytes key;
  Bytes new_key;
};
constexpr Arg kRenameArgs[] = {key("key", into<&RenameArgs::key>),
                               key("newkey", into<&RenameArgs::new_key>)};

enum class Renamed : std::uint8_t { kMissing, kOccupied, kDone };

Renamed rename(Context& context, const RenameArgs& args, bool replace) {
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  if (!place) return Renamed::kMissing;
  if (args.key == args.new_key) return replace ? Renamed::kDone : Renamed::kOccupied;
  auto target = scope.find(args.new_key);
  if (target) {
    if (!replace) return Renamed::kOccupied;
    scope.remove(target, args.new_key, events::kUntold);
    place = scope.find(args.key);
  }
  scope.move(place, args.key, context.database, args.new_key);
  scope.also(events::kRenameFrom, args.key);
  scope.also(events::kRenameTo, args.new_key);
  return Renamed::kDone;
}

void run_rename(Context& context, const RenameArgs& args) {
  if (rename(context, args, true) == Renamed::kMissing)
    context.fail(wire::kNoSuchKey);
  else
    context.reply.ok();
}
constexpr Command kRename = command<RenameArgs, kRenameArgs, run_rename>(
    "rename",
    {"Renames a key and overwrites the destination.", "1.0.0", "O(1)", Group::kGeneric,
     "RENAME greeting salute", "OK"},
    kWrite, use::keys(use::kTakes, use::kReplaces));

void run_renamenx(Context& context, const RenameArgs& args) {
  switch (rename(context, args, false)) {
    case Renamed::kMissing:
      context.fail(wire::kNoSuchKey);
      break;
    case Renamed::kOccupied:
      context.reply.integer(0);
      break;
    case Renamed::kDone:
      context.reply.integer(1);
      break;
  }
}
constexpr Command kRenameNx = command<RenameArgs, kRenameArgs, run_renamenx>(
    "renamenx",
    {"Renames a key only when the target key name doesn't exist.", "1.0.0", "O(1)", Group::kGeneric,
     "RENAMENX salute greeting", "(integer) 1"},
    kWrite | kFast, use::keys(use::kTakes, use::kMakes));

struct MoveArgs {
  Bytes key;
  std::int64_t database = 0;
};
constexpr Arg kMoveArgs[] = {
    key("key", into<&MoveArgs::key>),
    integer("db", into<&MoveArgs::database>),
};

// Nothing, with the error answered, for a number that names no database.
std::optional<unsigned> database_index(Context& context, std::int64_t n) {
  if (n < INT32_MIN || n > INT32_MAX) {
    context.fail(wire::kNotInt32);
    return std::nullopt;
  }
  if (n < 0 || n >= keyspace::kDatabases) {
    context.fail(wire::kDbIndex);
    return std::nullopt;
  }
  return static_cast<unsigned>(n);
}

void run_move(Context& context, const MoveArgs& args) {
  const auto to = database_index(context, args.database);
  if (!to) return;
  if (*to == context.database) {
    context.fail(wire::kSameObject);
    return;
  }
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  WriteScope target = context.write(*to);
  if (!place || target.find(args.key)) {
    context.reply.integer(0);
    return;
  }
  place = scope.find(args.key);
  scope.move(place, args.key, *to, args.key);
  scope.also(events::kMoveFrom, args.key);
  target.also(events::kMoveTo, args.key);
  context.reply.integer(1);
}
constexpr Command kMove =
    command<MoveArgs, kMoveArgs, run_move>("move",
                                           {"Moves a key to another database.", "1.0.0", "O(1)",
                                            Group::kGeneric, "MOVE greeting 1", "(integer) 1"},
                                           kWrite | kFast);

struct CopyArgs {
  Bytes source;
  Bytes destination;
  std::optional<std::int64_t> database;
  bool replace = false;
};
constexpr Arg kCopyArgs[] = {
    key("source", into<&CopyArgs::source>),
    key("destination", into<&CopyArgs::destination>),
    optional(integer("destination-db", into<&CopyArgs::database>, "DB")),
    optional(flag("REPLACE", into<&CopyArgs::replace>)),
};

void run_copy(Context& context, const CopyArgs& args) {
  const auto index = database_index(context, args.database.value_or(context.database));
  if (!index) return;
  const unsigned to = *index;
  if (to == context.database && args.source == args.destination) {
    context.fail(wire::kSameObject);
    return;
  }
  WriteScope scope = context.write();
  if (!scope.find_counted(args.source)) {
    context.reply.integer(0);
    return;
  }
  WriteScope target = context.write(to);
  if (target.find(args.destination) && !args.replace) {
    context.reply.integer(0);
    return;
  }
  const auto source = scope.find(args.source);
  if (source->type() != types::Type::kString) {
    context.expect_steps(types::size_of(source->type(), source->object()));
  }
  const StepsAlong steps(context);
  scope.copy(scope.find(args.source), to, args.destination, events::kCopyTo);
  context.reply.integer(1);
}
constexpr Command kCopy = command<CopyArgs, kCopyArgs, run_copy>(
    "copy",
    {"Copies the value of a key to a new key.", "6.2.0", "O(N) where N is the size of the value",
     Group::kGeneric, "COPY greeting salute REPLACE", "(integer) 1"},
    kWrite | kDenyOom, use::keys(use::kReads, use::kReplaces));

}  // namespace

std::span<const Command* const> key_move_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kRename, &kRenameNx, &kMove, &kCopy};
  return kCommands;
}

}  // namespace miniredis::commands
