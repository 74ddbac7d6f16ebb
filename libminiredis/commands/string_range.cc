// Parts of strings: APPEND, GETRANGE, SETRANGE.
#include <algorithm>

#include "commands/command.h"
#include "commands/events.h"
#include "commands/groups.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

// APPEND

struct AppendArgs {
  Bytes key;
  Bytes value;
};
constexpr Arg kAppendArgs[] = {key("key", into<&AppendArgs::key>),
                               string("value", into<&AppendArgs::value>)};

void run_append(Context& context, const AppendArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  if (!place) {
    scope.put(place, args.key, args.value, Entry::kNoExpiry, events::kAppend);
    context.reply.integer(static_cast<std::int64_t>(args.value.size()));
    return;
  }
  if (wrong_type(context, place.entry())) return;
  const std::size_t old = place->text_size();
  const std::size_t size = old + args.value.size();
  if (size > Entry::kMaxString) {
    context.fail(wire::kStringTooLong);
    return;
  }
  char* data = scope.edit(place, args.key, size, events::kAppend);
  std::copy(args.value.begin(), args.value.end(), data + old);
  context.reply.integer(static_cast<std::int64_t>(size));
}
constexpr Command kAppend = command<AppendArgs, kAppendArgs, run_append>(
    "append",
    {"Appends a string to the value of a key. Creates the key if it doesn't exist.", "2.0.0",
     "O(1) amortized: the string grows by as much again, by 1 MiB at most", Group::kString,
     "APPEND greeting \" world\"", "(integer) 11"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));

// SETRANGE

struct SetRangeArgs {
  Bytes key;
  std::int64_t offset = 0;
  Bytes value;
};
constexpr Arg kSetRangeArgs[] = {key("key", into<&SetRangeArgs::key>),
                                 integer("offset", into<&SetRangeArgs::offset>),
                                 string("value", into<&SetRangeArgs::value>)};

void run_setrange(Context& context, const SetRangeArgs& args) {
  if (args.offset < 0) {
    context.fail(wire::kOffsetOutOfRange);
    return;
  }
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  if (place && wrong_type(context, place.entry())) return;
  const std::size_t old = place ? place->text_size() : 0;
  if (args.value.empty()) {
    context.reply.integer(static_cast<std::int64_t>(old));
    return;
  }
  const auto offset = static_cast<std::uint64_t>(args.offset);
  if (offset > Entry::kMaxString || offset + args.value.size() > Entry::kMaxString) {
    context.fail(wire::kStringTooLong);
    return;
  }
  const std::size_t end = offset + args.value.size();
  if (!place) {
    scope.expect_room(place, args.key, end);
    scope.put(place, args.key, "", Entry::kNoExpiry, events::kSetRange);
    place = scope.find(args.key);
    std::copy(args.value.begin(), args.value.end(), scope.resize(place, args.key, end) + offset);
  } else {
    char* data = scope.edit(place, args.key, std::max(old, end), events::kSetRange);
    std::copy(args.value.begin(), args.value.end(), data + offset);
  }
  context.reply.integer(static_cast<std::int64_t>(std::max(old, end)));
}
constexpr Command kSetRange = command<SetRangeArgs, kSetRangeArgs, run_setrange>(
    "setrange",
    {"Overwrites a part of a string value with another by an offset. Creates the key if it doesn't "
     "exist.",
     "2.2.0", "O(M) where M is the length of the value argument, and of the padding, if any",
     Group::kString, "SETRANGE greeting 6 Redis", "(integer) 11"},
    kWrite | kDenyOom, use::keys(use::kChanges));

// GETRANGE, SUBSTR

struct RangeArgs {
  Bytes key;
  std::int64_t start = 0;
  std::int64_t end = 0;
};
constexpr Arg kRangeArgs[] = {key("key", into<&RangeArgs::key>),
                              integer("start", into<&RangeArgs::start>),
                              integer("end", into<&RangeArgs::end>)};

void run_getrange(Context& context, const RangeArgs& args) {
  const Entry* entry = context.read().find(args.key);
  if (wrong_type(context, entry)) return;
  char scratch[base::kMaxIntChars];
  const Bytes text = entry == nullptr ? Bytes() : entry->text(scratch);
  const auto size = static_cast<std::int64_t>(text.size());
  std::int64_t start = args.start;
  std::int64_t end = args.end;
  const bool backwards = start < 0 && end < 0 && start > end;
  if (start < 0) start = std::max<std::int64_t>(0, start + size);
  if (end < 0) end = std::max<std::int64_t>(0, end + size);
  end = std::min(end, size - 1);
  if (backwards || start > end || size == 0) {
    context.reply.bulk("");
    return;
  }
  context.reply.bulk(
      text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1)));
}
constexpr Command kGetRange = command<RangeArgs, kRangeArgs, run_getrange>(
    "getrange",
    {"Returns a substring of the string stored at a key.", "2.4.0",
     "O(N) where N is the length of the returned string", Group::kString, "GETRANGE greeting 0 4",
     "\"hello\""},
    kReadOnly);
constexpr Command kSubstr = command<RangeArgs, kRangeArgs, run_getrange>(
    "substr",
    {"Returns a substring from a string value: the old name of GETRANGE.", "1.0.0",
     "O(N) where N is the length of the returned string", Group::kString, "SUBSTR greeting 0 4",
     "\"hello\""},
    kReadOnly);

}  // namespace

std::span<const Command* const> string_range_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kAppend, &kSetRange, &kGetRange, &kSubstr};
  return kCommands;
}

}  // namespace miniredis::commands
