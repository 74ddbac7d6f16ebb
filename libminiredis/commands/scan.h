// What SCAN, HSCAN, SSCAN and ZSCAN have in common: cursor, MATCH, COUNT.
#pragma once

#include <optional>
#include <vector>

#include "base/glob.h"
#include "commands/command.h"

namespace miniredis::commands {

// As strtoul would read it: digits only, 64 bits.
std::optional<std::uint64_t> parse_cursor(Bytes text) noexcept;
// The head of the reply: an array of two, the next cursor as its first item.
void reply_cursor(Context& context, std::uint64_t cursor);

struct ElementScanArgs {
  Bytes key;
  Bytes cursor;
  std::optional<Bytes> match;
  std::int64_t count = 10;
  bool no_values = false;
};
inline constexpr Arg kElementScanArgs[] = {
    key("key", into<&ElementScanArgs::key>),
    string("cursor", into<&ElementScanArgs::cursor>),
    optional(pattern("pattern", into<&ElementScanArgs::match>, "MATCH")),
    optional(integer("count", into<&ElementScanArgs::count>, "COUNT")),
};

// One call of a scan over a collection. `step(cursor, visit)` makes one step of the collection's
// scan; `visit` is given an element's name and what else there is to say of it; `write(more...)`
// answers that. `parts` is how many items of the reply an element has.
template <typename Step, typename Element>
std::uint64_t scan_elements(const ElementScanArgs& args, std::uint64_t cursor,
                            std::vector<Element>& found, Step&& step) {
  const bool all = !args.match || *args.match == "*";
  std::int64_t visited = 0;
  // At most ten steps for each element asked for, lest a sparse table take long.
  const std::int64_t most = base::checked_multiply(args.count, 10).value_or(args.count);
  std::int64_t steps = 0;
  do {
    cursor = step(cursor, [&](const Element& element) {
      ++visited;
      if (all || base::glob_match(*args.match, element.name())) found.push_back(element);
    });
  } while (cursor != 0 && visited < args.count && ++steps < most);
  return cursor;
}

// Reads what all of them check first; nothing, with the error answered, when it is wrong.
std::optional<std::uint64_t> checked_cursor(Context& context, const ElementScanArgs& args);

}  // namespace miniredis::commands
