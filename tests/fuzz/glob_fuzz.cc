// glob_match against a plain recursive matcher, and its bounded time on any input.
//
// Input: one byte of flags, one byte with the pattern's length, the pattern, the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/glob.h"

namespace {

using miniredis::Bytes;
using miniredis::base::Case;
using miniredis::base::glob_match;
using miniredis::base::to_lower;

// The meaning of a pattern, written for its plainness: tries every way to split the text at a star.
class Reference {
 public:
  explicit Reference(bool ignore_case) : ignore_case_(ignore_case) {}

  bool matches(Bytes pattern, Bytes text) const {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') {
      if (matches(pattern.substr(1), text)) return true;
      return !text.empty() && matches(pattern, text.substr(1));
    }
    if (text.empty()) return false;
    const char c = text[0];
    switch (pattern[0]) {
      case '?':
        return matches(pattern.substr(1), text.substr(1));
      case '[': {
        Bytes rest = pattern.substr(1);
        return class_holds(rest, c) && matches(rest, text.substr(1));
      }
      case '\\':
        if (pattern.size() > 1) pattern.remove_prefix(1);
        [[fallthrough]];
      default:
        return fold(pattern[0]) == fold(c) && matches(pattern.substr(1), text.substr(1));
    }
  }

 private:
  int fold(char c) const { return static_cast<signed char>(ignore_case_ ? to_lower(c) : c); }

  // Takes the class, whose '[' is gone already, off the front of `rest`.
  bool class_holds(Bytes& rest, char c) const {
    bool inverted = false;
    if (!rest.empty() && rest[0] == '^') {
      inverted = true;
      rest.remove_prefix(1);
    }
    bool found = false;
    while (!rest.empty() && rest[0] != ']') {
      if (rest[0] == '\\' && rest.size() > 1) {
        if (rest[1] == c) found = true;
        rest.remove_prefix(2);
      } else if (rest.size() > 2 && rest[1] == '-') {
        const bool in_order =
            static_cast<signed char>(rest[0]) <= static_cast<signed char>(rest[2]);
        const int low = fold(rest[in_order ? 0 : 2]);
        const int high = fold(rest[in_order ? 2 : 0]);
        if (low <= fold(c) && fold(c) <= high) found = true;
        rest.remove_prefix(3);
      } else {
        if (fold(rest[0]) == fold(c)) found = true;
        rest.remove_prefix(1);
      }
    }
    if (!rest.empty()) rest.remove_prefix(1);
    return found != inverted;
  }

  bool ignore_case_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool ignore_case = (data[0] & 1) != 0;
  const Bytes rest(reinterpret_cast<const char*>(data + 2), size - 2);
  const Bytes pattern = rest.substr(0, data[1]);
  const Bytes text = rest.substr(pattern.size());
  const bool got = glob_match(pattern, text, ignore_case ? Case::kIgnore : Case::kSensitive);

  // The reference takes exponential time, so it sees small inputs only.
  if (pattern.size() > 12 || text.size() > 12) return 0;
  const bool expected =
      text.empty() ? pattern.empty() : Reference(ignore_case).matches(pattern, text);
  if (got != expected) std::abort();
  return 0;
}
