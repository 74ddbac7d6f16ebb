// Lists: elements by their value.
#include <vector>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "types/list.h"

namespace miniredis::commands {
namespace {

using types::List;
using End = List::End;

// LINSERT

struct InsertArgs {
  Bytes key;
  bool behind = false;
  Bytes pivot;
  Bytes element;
};
constexpr Arg kInsertWhere[] = {flag("BEFORE", into<&InsertArgs::behind, false>),
                                flag("AFTER", into<&InsertArgs::behind, true>)};
constexpr Arg kInsertArgs[] = {key("key", into<&InsertArgs::key>), one_of("where", kInsertWhere),
                               string("pivot", into<&InsertArgs::pivot>),
                               string("element", into<&InsertArgs::element>)};

void run_linsert(Context& context, const InsertArgs& args) {
  auto list = open<List>(context, args.key);
  if (!list) return;
  if (!list.existed()) {
    context.reply.integer(0);
    return;
  }
  List::Position at = list->first(End::kFront);
  while (at && List::read(at) != args.pivot) {
    context.tick();
    List::step(at, End::kBack);
  }
  if (!at) {
    context.reply.integer(-1);
    return;
  }
  if (args.behind)
    list->insert_behind(at, args.element);
  else
    list->insert_before(at, args.element);
  context.reply.integer(static_cast<std::int64_t>(list->size()));
  list.changed(events::kLInsert);
}
constexpr Command kLInsert = command<InsertArgs, kInsertArgs, run_linsert>(
    "linsert",
    {"Inserts an element before or after another element in a list.", "2.2.0",
     "O(N) where N is the number of elements to pass before the pivot is seen", Group::kList,
     "LINSERT jobs BEFORE a first", "(integer) 2"},
    kWrite | kDenyOom, use::keys(use::kInserts));

// LREM

struct RemArgs {
  Bytes key;
  std::int64_t count = 0;
  Bytes element;
};
constexpr Arg kRemArgs[] = {key("key", into<&RemArgs::key>),
                            integer("count", into<&RemArgs::count>),
                            string("element", into<&RemArgs::element>)};

void run_lrem(Context& context, const RemArgs& args) {
  auto list = open<List>(context, args.key);
  if (!list) return;
  std::int64_t removed = 0;
  const bool backwards = args.count < 0;
  const std::uint64_t most = args.count == 0
                                 ? UINT64_MAX
                                 : (backwards ? 0 - static_cast<std::uint64_t>(args.count)
                                              : static_cast<std::uint64_t>(args.count));
  context.expect_steps(list->size());
  const auto wanted = [&] { return static_cast<std::uint64_t>(removed) < most; };
  if (!backwards) {
    List::Position at = list->first(End::kFront);
    while (at && wanted()) {
      context.step();
      if (List::read(at) == args.element) {
        at = list->erase(at);
        ++removed;
      } else {
        List::step(at, End::kBack);
      }
    }
  } else {
    std::size_t index = list->size();
    List::Position at = list->first(End::kBack);
    while (at && wanted()) {
      context.step();
      --index;
      if (List::read(at) == args.element) {
        list->erase(at);
        ++removed;
        // Chunks may have been joined: the element before it is looked up anew.
        at = index == 0 ? List::Position{} : list->at(index - 1);
      } else {
        List::step(at, End::kFront);
      }
    }
  }
  if (removed > 0) list.changed(events::kLRem);
  context.reply.integer(removed);
}
constexpr Command kLRem = command<RemArgs, kRemArgs, run_lrem>(
    "lrem",
    {"Removes elements from a list. Deletes the list if the last element was removed.", "1.0.0",
     "O(N) where N is the length of the list", Group::kList, "LREM jobs 0 a", "(integer) 1"},
    kWrite, use::keys(use::kDeletesFrom));

// LPOS

struct PosArgs {
  Bytes key;
  Bytes element;
  std::int64_t rank = 1;
  std::int64_t count = -1;  // -1: one, not as an array
  std::int64_t max_length = 0;
};
constexpr Arg kPosArgs[] = {
    key("key", nullptr),
    string("element", nullptr),
    optional(integer("rank", nullptr, "RANK")),
    optional(integer("num-matches", nullptr, "COUNT")),
    optional(integer("len", nullptr, "MAXLEN")),
};

// Reads the options; false, with the error answered, when one is wrong.
bool read_options(Context& context, Arguments words, PosArgs& args) {
  for (std::size_t i = 2; i < words.size(); i += 2) {
    const bool rank = base::equals_ignore_case(words[i], "rank");
    const bool count = base::equals_ignore_case(words[i], "count");
    if ((!rank && !count && !base::equals_ignore_case(words[i], "maxlen")) ||
        i + 1 == words.size()) {
      context.fail(wire::kSyntax);
      return false;
    }
    const auto n = base::parse_int(words[i + 1]);
    if (rank) {
      if (!n) {
        context.fail(wire::kNotInteger);
        return false;
      }
      if (*n == INT64_MIN) {
        context.fail(wire::kNotLong);
        return false;
      }
      if (*n == 0) {
        context.fail(wire::kRankZero);
        return false;
      }
      args.rank = *n;
      continue;
    }
    if (!n || *n < 0) {
      context.fail(count ? wire::kCountNegative : wire::kMaxLenNegative);
      return false;
    }
    (count ? args.count : args.max_length) = *n;
  }
  return true;
}

void run_lpos(Context& context, Arguments words) {
  PosArgs args{words[0], words[1]};
  if (!read_options(context, words, args)) return;
  const auto list = look_up<List>(context, args.key);
  if (!list) return;
  const bool one = args.count < 0;
  const bool backwards = args.rank < 0;
  std::int64_t to_skip = (backwards ? -args.rank : args.rank) - 1;
  const auto most = one ? std::size_t{1} : static_cast<std::size_t>(args.count);
  std::vector<std::size_t> found;
  const End to = backwards ? End::kFront : End::kBack;
  const std::size_t size = list->size();
  const std::size_t looked_at =
      args.max_length == 0 ? size : std::min(size, static_cast<std::size_t>(args.max_length));
  List::Position at = list->first(backwards ? End::kBack : End::kFront);
  for (std::size_t i = 0; i < looked_at; ++i, List::step(at, to)) {
    context.tick();
    if (!base::equals(List::read(at), args.element)) continue;
    if (to_skip-- > 0) continue;
    found.push_back(backwards ? size - 1 - i : i);
    if (most != 0 && found.size() == most) break;
  }
  if (!one) {
    context.reply.array(found.size());
    for (const std::size_t index : found) context.reply.integer(static_cast<std::int64_t>(index));
  } else if (found.empty()) {
    context.reply.null();
  } else {
    context.reply.integer(static_cast<std::int64_t>(found[0]));
  }
}
constexpr Command kLPos =
    raw_command<kPosArgs>("lpos",
                          {"Returns the index of matching elements in a list.", "6.0.6",
                           "O(N) where N is the number of elements looked at", Group::kList,
                           "LPOS jobs a", "(integer) 1"},
                          kReadOnly, run_lpos);

}  // namespace

std::span<const Command* const> list_search_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kLInsert, &kLRem, &kLPos};
  return kCommands;
}

}  // namespace miniredis::commands
