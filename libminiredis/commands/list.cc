// Lists: both ends, and elements by their index.
#include "types/list.h"

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/index_range.h"
#include "commands/key_arguments.h"
#include "commands/list_events.h"

namespace miniredis::commands {
namespace {

using types::List;
using End = List::End;

// LPUSH, RPUSH, LPUSHX, RPUSHX

struct PushArgs {
  Bytes key;
  Arguments elements;
};
constexpr Arg kPushArgs[] = {key("key", into<&PushArgs::key>),
                             multiple(string("element", into<&PushArgs::elements>))};

void push(Context& context, const PushArgs& args, End end, bool only_existing) {
  auto list = open<List>(context, args.key);
  if (!list) return;
  if (only_existing && !list.existed()) {
    context.reply.integer(0);
    return;
  }
  for (const Bytes element : args.elements) list->push(end, element);
  context.reply.integer(static_cast<std::int64_t>(list->size()));
  list.changed(push_event(end));
}

template <End Where, bool OnlyExisting>
void run_push(Context& context, const PushArgs& args) {
  push(context, args, Where, OnlyExisting);
}
constexpr const char* kPushComplexity = "O(1) for each element added, so O(N) to add N elements";
constexpr Command kLPush = command<PushArgs, kPushArgs, run_push<End::kFront, false>>(
    "lpush",
    {"Prepends one or more elements to a list. Creates the key if it doesn't exist.", "1.0.0",
     kPushComplexity, Group::kList, "LPUSH jobs a b", "(integer) 2"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));
constexpr Command kRPush = command<PushArgs, kPushArgs, run_push<End::kBack, false>>(
    "rpush",
    {"Appends one or more elements to a list. Creates the key if it doesn't exist.", "1.0.0",
     kPushComplexity, Group::kList, "RPUSH jobs c", "(integer) 3"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));
constexpr Command kLPushX = command<PushArgs, kPushArgs, run_push<End::kFront, true>>(
    "lpushx",
    {"Prepends one or more elements to a list only when the list exists.", "2.2.0", kPushComplexity,
     Group::kList, "LPUSHX missing a", "(integer) 0"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));
constexpr Command kRPushX = command<PushArgs, kPushArgs, run_push<End::kBack, true>>(
    "rpushx",
    {"Appends one or more elements to a list only when the list exists.", "2.2.0", kPushComplexity,
     Group::kList, "RPUSHX missing a", "(integer) 0"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));

// LPOP, RPOP

constexpr Arg kPopArgs[] = {key("key", nullptr), optional(late_integer("count", nullptr))};

// One word too many is an error of arity and not of syntax, as in Redis.
void pop(Context& context, Arguments words, End end) {
  const bool counted = words.size() > 1;
  if (words.size() > 2) {
    context.fail(wire::wrong_arity(context.command->name));
    return;
  }
  std::size_t count = 1;
  if (counted) {
    const auto n = base::parse_int(words[1]);
    if (!n || *n < 0) {
      context.fail(wire::kNotPositive);
      return;
    }
    count = static_cast<std::size_t>(*n);
  }
  auto list = open<List>(context, words[0]);
  if (!list) return;
  if (!list.existed()) {
    if (counted)
      context.reply.null_array();
    else
      context.reply.null();
    return;
  }
  count = std::min(count, list->size());
  if (counted) context.reply.array(count);
  if (count == 0) return;
  context.expect_steps(count);
  for (std::size_t i = 0; i < count; ++i) {
    context.step();
    context.reply.bulk(list->peek(end));
    list->pop(end);
  }
  list.changed(pop_event(end));
}

template <End Where>
void run_pop(Context& context, Arguments words) {
  pop(context, words, Where);
}
constexpr Command kLPop = raw_command<kPopArgs>(
    "lpop",
    {"Returns and removes the first elements of a list. Deletes the list if the last element was "
     "popped.",
     "1.0.0", "O(N) where N is the number of elements returned", Group::kList, "LPOP jobs",
     "\"b\""},
    kWrite | kFast, run_pop<End::kFront>, use::keys(use::kTakes));
constexpr Command kRPop = raw_command<kPopArgs>(
    "rpop",
    {"Returns and removes the last elements of a list. Deletes the list if the last element was "
     "popped.",
     "1.0.0", "O(N) where N is the number of elements returned", Group::kList, "RPOP jobs",
     "\"c\""},
    kWrite | kFast, run_pop<End::kBack>, use::keys(use::kTakes));

// LLEN, LINDEX, LRANGE

void run_llen(Context& context, const KeyArgs& args) {
  const auto list = look_up<List>(context, args.key);
  if (list) context.reply.integer(static_cast<std::int64_t>(list->size()));
}
constexpr Command kLLen = command<KeyArgs, kKeyOnly, run_llen>(
    "llen",
    {"Returns the length of a list.", "1.0.0", "O(1)", Group::kList, "LLEN jobs", "(integer) 1"},
    kReadOnly | kFast, use::keys(use::kLooks));

struct IndexArgs {
  Bytes key;
  Bytes index;
  Bytes element;
};
constexpr Arg kIndexArgs[] = {key("key", into<&IndexArgs::key>),
                              late_integer("index", into<&IndexArgs::index>)};

// The place that an index means; nothing when the list has none there.
std::optional<std::size_t> place_of(std::int64_t index, std::size_t size) {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || index >= static_cast<std::int64_t>(size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

void run_lindex(Context& context, const IndexArgs& args) {
  const auto list = look_up<List>(context, args.key);
  if (!list) return;
  if (list->empty()) {
    context.reply.null();
    return;
  }
  const auto index = base::parse_int(args.index);
  if (!index) {
    context.fail(wire::kNotInteger);
    return;
  }
  const auto place = place_of(*index, list->size());
  if (place)
    context.reply.bulk(List::read(list->at(*place)));
  else
    context.reply.null();
}
constexpr Command kLIndex = command<IndexArgs, kIndexArgs, run_lindex>(
    "lindex",
    {"Returns an element from a list by its index.", "1.0.0",
     "O(1) near either end, else O(N) in the chunks between the nearer end and the element",
     Group::kList, "LINDEX jobs 0", "\"a\""},
    kReadOnly);

struct RangeArgs {
  Bytes key;
  std::int64_t start = 0;
  std::int64_t stop = 0;
};
constexpr Arg kRangeArgs[] = {key("key", into<&RangeArgs::key>),
                              integer("start", into<&RangeArgs::start>),
                              integer("stop", into<&RangeArgs::stop>)};

void run_lrange(Context& context, const RangeArgs& args) {
  const auto list = look_up<List>(context, args.key);
  if (!list) return;
  const IndexRange range = index_range(args.start, args.stop, list->size());
  context.reply.array(range.count);
  list->each(range.begin, range.count, [&](Bytes element) {
    context.tick();
    context.reply.bulk(element);
  });
}
constexpr Command kLRange = command<RangeArgs, kRangeArgs, run_lrange>(
    "lrange",
    {"Returns a range of elements from a list.", "1.0.0",
     "O(S+N) where S is the distance of the start from the nearer end, in chunks, and N the number "
     "of elements in the range",
     Group::kList, "LRANGE jobs 0 -1", "1) \"a\""},
    kReadOnly);

// LSET, LTRIM

constexpr Arg kSetArgs[] = {key("key", into<&IndexArgs::key>),
                            late_integer("index", into<&IndexArgs::index>),
                            string("element", into<&IndexArgs::element>)};

void run_lset(Context& context, const IndexArgs& args) {
  auto list = open<List>(context, args.key);
  if (!list) return;
  if (!list.existed()) {
    context.fail(wire::kNoSuchKey);
    return;
  }
  const auto index = base::parse_int(args.index);
  if (!index) {
    context.fail(wire::kNotInteger);
    return;
  }
  const auto place = place_of(*index, list->size());
  if (!place) {
    context.fail(wire::kOutOfRange);
    return;
  }
  list->replace(list->at(*place), args.element);
  list.changed(events::kLSet);
  context.reply.ok();
}
constexpr Command kLSet = command<IndexArgs, kSetArgs, run_lset>(
    "lset",
    {"Sets the value of an element in a list by its index.", "1.0.0",
     "O(1) near either end, else O(N) in the chunks between the nearer end and the element",
     Group::kList, "LSET jobs 0 z", "OK"},
    kWrite | kDenyOom, use::keys(use::kChanges));

void run_ltrim(Context& context, const RangeArgs& args) {
  bool all = false;
  {
    auto list = open<List>(context, args.key);
    if (!list) return;
    const std::size_t size = list->size();
    const IndexRange kept = index_range(args.start, args.stop, size);
    all = list.existed() && kept.count == 0;
    if (list.existed() && !all) {
      context.expect_steps(size - kept.count);
      in_pieces(context, size - kept.begin - kept.count,
                [&](std::size_t piece) { list->erase_range(list->size() - piece, list->size()); });
      in_pieces(context, kept.begin, [&](std::size_t piece) { list->erase_range(0, piece); });
      list.changed(events::kLTrim);
    }
  }
  if (all) remove_whole(context, args.key, events::kLTrim);
  context.reply.ok();
}
constexpr Command kLTrim = command<RangeArgs, kRangeArgs, run_ltrim>(
    "ltrim",
    {"Removes elements from both ends of a list. Deletes the list if all elements were trimmed.",
     "1.0.0", "O(N) where N is the number of elements to be removed", Group::kList,
     "LTRIM jobs 0 99", "OK"},
    kWrite, use::keys(use::kDeletesFrom));

}  // namespace

std::span<const Command* const> list_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kLPush,  &kRPush, &kLPushX, &kRPushX,
                                                 &kLPop,   &kRPop,  &kLLen,   &kLIndex,
                                                 &kLRange, &kLSet,  &kLTrim};
  return kCommands;
}

}  // namespace miniredis::commands
