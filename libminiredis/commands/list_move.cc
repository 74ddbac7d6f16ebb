// Lists: moving elements from one to another, popping from the first of several, and waiting for
// what is not there yet.
#include "commands/blocking_time.h"
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/list_events.h"
#include "types/list.h"

namespace miniredis::commands {
namespace {

using types::List;
using types::Type;
using End = List::End;

void reply_null_array(resp::Writer& reply) {
  reply.null_array();
}

// Waits for a list under one of the keys; false: the caller cannot wait.
bool wait_for_list(Context& context, Arguments keys, std::int64_t timeout_ms) {
  return context.wait_for({.keys = {keys.begin(), keys.end()},
                           .type = Type::kList,
                           .timeout_ms = timeout_ms,
                           .on_timeout = reply_null_array});
}

// LMOVE, RPOPLPUSH, BLMOVE, BRPOPLPUSH

struct MoveArgs {
  Bytes source;
  Bytes destination;
  End from = End::kBack;
  End to = End::kFront;
  Bytes timeout;
};
constexpr Arg kFrom[] = {flag("LEFT", into<&MoveArgs::from, End::kFront>),
                         flag("RIGHT", into<&MoveArgs::from, End::kBack>)};
constexpr Arg kTo[] = {flag("LEFT", into<&MoveArgs::to, End::kFront>),
                       flag("RIGHT", into<&MoveArgs::to, End::kBack>)};
constexpr Arg kMoveArgs[] = {key("source", into<&MoveArgs::source>),
                             key("destination", into<&MoveArgs::destination>),
                             one_of("wherefrom", kFrom), one_of("whereto", kTo)};

// Moves an element and answers it. False: there is none, and nothing was answered.
bool move(Context& context, const MoveArgs& args) {
  auto source = open<List>(context, args.source);
  if (!source) return true;
  if (!source.existed()) return false;
  if (args.source == args.destination) {
    const std::string element(source->peek(args.from));
    source->pop(args.from);
    source->push(args.to, element);
    context.reply.bulk(element);
    source.changed(push_event(args.to));
    context.write().also(pop_event(args.from), args.source);
    return true;
  }
  auto destination = open<List>(context, args.destination);
  if (!destination) return true;
  // Stays where it is as long as its own list does not change.
  const Bytes element = source->peek(args.from);
  destination->push(args.to, element);
  context.reply.bulk(element);
  source->pop(args.from);
  destination.changed(push_event(args.to));
  source.changed(pop_event(args.from));
  return true;
}

void run_lmove(Context& context, const MoveArgs& args) {
  if (!move(context, args)) context.reply.null();
}
constexpr Command kLMove = command<MoveArgs, kMoveArgs, run_lmove>(
    "lmove",
    {"Returns an element after popping it from one list and pushing it to another. Deletes the "
     "list if the last element was moved.",
     "6.2.0", "O(1)", Group::kList, "LMOVE jobs done LEFT RIGHT", "\"b\""},
    kWrite | kDenyOom, use::keys(use::kTakes, use::kInserts));

constexpr Arg kRPopLPushArgs[] = {key("source", into<&MoveArgs::source>),
                                  key("destination", into<&MoveArgs::destination>)};
constexpr Command kRPopLPush = command<MoveArgs, kRPopLPushArgs, run_lmove>(
    "rpoplpush",
    {"Returns the last element of a list after removing and pushing it to another list. Deletes "
     "the list if the last element was popped.",
     "1.2.0", "O(1)", Group::kList, "RPOPLPUSH jobs done", "\"c\""},
    kWrite | kDenyOom, use::keys(use::kTakes, use::kInserts));

void run_blocking_move(Context& context, const MoveArgs& args) {
  const auto timeout_ms = blocking_time(context, args.timeout);
  if (!timeout_ms || move(context, args)) return;
  // Redis says nil where it cannot wait and a nil array when time is over.
  if (!wait_for_list(context, Arguments(&args.source, 1), *timeout_ms)) context.reply.null();
}
constexpr Arg kBlMoveArgs[] = {key("source", into<&MoveArgs::source>),
                               key("destination", into<&MoveArgs::destination>),
                               one_of("wherefrom", kFrom), one_of("whereto", kTo),
                               late_real("timeout", into<&MoveArgs::timeout>)};
constexpr Command kBlMove = command<MoveArgs, kBlMoveArgs, run_blocking_move>(
    "blmove",
    {"Pops an element from a list, pushes it to another list and returns it. Blocks until an "
     "element is available otherwise. Deletes the list if the last element was moved.",
     "6.2.0", "O(1)", Group::kList, "BLMOVE jobs done LEFT RIGHT 5", "\"b\""},
    kWrite | kDenyOom | kNoScript | kBlocking, use::keys(use::kTakes, use::kInserts));
constexpr Arg kBRPopLPushArgs[] = {key("source", into<&MoveArgs::source>),
                                   key("destination", into<&MoveArgs::destination>),
                                   late_real("timeout", into<&MoveArgs::timeout>)};
constexpr Command kBRPopLPush = command<MoveArgs, kBRPopLPushArgs, run_blocking_move>(
    "brpoplpush",
    {"Pops an element from a list, pushes it to another list and returns it. Blocks until an "
     "element is available otherwise. Deletes the list if the last element was popped.",
     "2.2.0", "O(1)", Group::kList, "BRPOPLPUSH jobs done 5", "\"c\""},
    kWrite | kDenyOom | kNoScript | kBlocking, use::keys(use::kTakes, use::kInserts));

// BLPOP, BRPOP

constexpr Arg kBlPopArgs[] = {multiple(key("key", nullptr)), late_real("timeout", nullptr)};

void blocking_pop(Context& context, Arguments words, End end) {
  const Arguments keys = words.first(words.size() - 1);
  const auto timeout_ms = blocking_time(context, words.back());
  if (!timeout_ms) return;
  for (const Bytes name : keys) {
    auto list = open<List>(context, name);
    if (!list) return;
    if (!list.existed()) continue;
    context.reply.array(2);
    context.reply.bulk(name);
    context.reply.bulk(list->peek(end));
    list->pop(end);
    list.changed(pop_event(end));
    return;
  }
  if (!wait_for_list(context, keys, *timeout_ms)) context.reply.null_array();
}

template <End Where>
void run_blocking_pop(Context& context, Arguments words) {
  blocking_pop(context, words, Where);
}
constexpr Command kBlPop = raw_command<kBlPopArgs>(
    "blpop",
    {"Removes and returns the first element of a list. Blocks until an element is available "
     "otherwise. Deletes the list if the last element was popped.",
     "2.0.0", "O(N) where N is the number of keys", Group::kList, "BLPOP jobs 5",
     "1) \"jobs\"\n2) \"a\""},
    kWrite | kNoScript | kBlocking, run_blocking_pop<End::kFront>, use::keys(use::kTakes));
constexpr Command kBrPop = raw_command<kBlPopArgs>(
    "brpop",
    {"Removes and returns the last element of a list. Blocks until an element is available "
     "otherwise. Deletes the list if the last element was popped.",
     "2.0.0", "O(N) where N is the number of keys", Group::kList, "BRPOP jobs 5",
     "1) \"jobs\"\n2) \"c\""},
    kWrite | kNoScript | kBlocking, run_blocking_pop<End::kBack>, use::keys(use::kTakes));

// LMPOP, BLMPOP

constexpr Arg kWhere[] = {flag("LEFT", nullptr), flag("RIGHT", nullptr)};
constexpr Arg kLmPopArgs[] = {integer("numkeys", nullptr), multiple(key("key", nullptr)),
                              one_of("where", kWhere),
                              optional(integer("count", nullptr, "COUNT"))};
constexpr Arg kBlmPopArgs[] = {late_real("timeout", nullptr), integer("numkeys", nullptr),
                               multiple(key("key", nullptr)), one_of("where", kWhere),
                               optional(integer("count", nullptr, "COUNT"))};

struct ManyPop {
  Arguments keys;
  End end = End::kFront;
  std::size_t count = 1;
};

// "numkeys key [key ...] LEFT|RIGHT [COUNT count]"; nothing, with the error answered.
std::optional<ManyPop> read_many_pop(Context& context, Arguments words) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  const auto keys = base::parse_int(words[0]);
  if (!keys || *keys <= 0) return fail(wire::kNumKeys);
  if (*keys >= static_cast<std::int64_t>(words.size()) - 1) return fail(wire::kSyntax);
  ManyPop pop;
  pop.keys = words.subspan(1, static_cast<std::size_t>(*keys));
  std::size_t at = pop.keys.size() + 1;
  if (base::equals_ignore_case(words[at], "right"))
    pop.end = End::kBack;
  else if (!base::equals_ignore_case(words[at], "left"))
    return fail(wire::kSyntax);
  if (++at == words.size()) return pop;
  if (!base::equals_ignore_case(words[at], "count") || at + 2 != words.size()) {
    return fail(wire::kSyntax);
  }
  const auto count = base::parse_int(words[at + 1]);
  if (!count || *count <= 0) return fail(wire::kCountNotPositive);
  pop.count = static_cast<std::size_t>(*count);
  return pop;
}

// Pops from the first list that is there and answers; false: there is none.
bool pop_many(Context& context, const ManyPop& args) {
  for (const Bytes name : args.keys) {
    auto list = open<List>(context, name);
    if (!list) return true;
    if (!list.existed()) continue;
    const std::size_t count = std::min(args.count, list->size());
    context.expect_steps(count);
    context.reply.array(2);
    context.reply.bulk(name);
    context.reply.array(count);
    for (std::size_t i = 0; i < count; ++i) {
      context.step();
      context.reply.bulk(list->peek(args.end));
      list->pop(args.end);
    }
    list.changed(pop_event(args.end));
    return true;
  }
  return false;
}

void run_lmpop(Context& context, Arguments words) {
  const auto args = read_many_pop(context, words);
  if (args && !pop_many(context, *args)) context.reply.null_array();
}
constexpr Command kLmPop = raw_command<kLmPopArgs>(
    "lmpop",
    {"Returns multiple elements from a list after removing them. Deletes the list if the last "
     "element was popped.",
     "7.0.0", "O(N+M) where N is the number of keys and M the number of elements returned",
     Group::kList, "LMPOP 2 missing jobs LEFT COUNT 2", "1) \"jobs\"\n2) 1) \"a\""},
    kWrite, run_lmpop, counted_keys(1), use::keys(use::kTakes));

void run_blmpop(Context& context, Arguments words) {
  const auto timeout_ms = blocking_time(context, words[0]);
  if (!timeout_ms) return;
  const auto args = read_many_pop(context, words.subspan(1));
  if (!args || pop_many(context, *args)) return;
  if (!wait_for_list(context, args->keys, *timeout_ms)) context.reply.null_array();
}
constexpr Command kBlmPop = raw_command<kBlmPopArgs>(
    "blmpop",
    {"Pops elements from the first non-empty list. Blocks until an element is available otherwise. "
     "Deletes the list if the last element was popped.",
     "7.0.0", "O(N+M) where N is the number of keys and M the number of elements returned",
     Group::kList, "BLMPOP 5 1 jobs LEFT", "1) \"jobs\"\n2) 1) \"a\""},
    kWrite | kBlocking, run_blmpop, counted_keys(2), use::keys(use::kTakes));

}  // namespace

std::span<const Command* const> list_move_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kLMove, &kRPopLPush, &kBlMove, &kBRPopLPush,
                                                 &kBlPop, &kBrPop,     &kLmPop,  &kBlmPop};
  return kCommands;
}

}  // namespace miniredis::commands
