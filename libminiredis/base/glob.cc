#include "base/glob.h"

#include <utility>

namespace miniredis::base {
namespace {

struct Step {
  bool matched;
  std::size_t next;  // where the pattern goes on
};

// Compared as signed bytes, as Redis does where char is signed: a range from 'a' to '\xff' is the
// range from -1 to 'a'.
signed char comparable(char c, Case sensitivity) noexcept {
  return static_cast<signed char>(sensitivity == Case::kIgnore ? to_lower(c) : c);
}

// The class whose '[' stands at `at`, against `c`. Without a closing bracket it ends with the
// pattern. A quoted character in it is compared exactly, even where case is ignored.
Step match_class(Bytes pattern, std::size_t at, char c, Case sensitivity) noexcept {
  std::size_t i = at + 1;
  const bool inverted = i < pattern.size() && pattern[i] == '^';
  if (inverted) ++i;
  const signed char wanted = comparable(c, sensitivity);
  bool found = false;
  while (i < pattern.size() && pattern[i] != ']') {
    const std::size_t left = pattern.size() - i;
    if (pattern[i] == '\\' && left >= 2) {
      found |= pattern[i + 1] == c;
      i += 2;
    } else if (left >= 3 && pattern[i + 1] == '-') {
      signed char low = comparable(pattern[i], sensitivity);
      signed char high = comparable(pattern[i + 2], sensitivity);
      if (static_cast<signed char>(pattern[i]) > static_cast<signed char>(pattern[i + 2])) {
        std::swap(low, high);
      }
      found |= low <= wanted && wanted <= high;
      i += 3;
    } else {
      found |= comparable(pattern[i], sensitivity) == wanted;
      ++i;
    }
  }
  return {found != inverted, i < pattern.size() ? i + 1 : i};
}

// The element at `at`, which is no star, against `c`.
Step match_one(Bytes pattern, std::size_t at, char c, Case sensitivity) noexcept {
  switch (pattern[at]) {
    case '?':
      return {true, at + 1};
    case '[':
      return match_class(pattern, at, c, sensitivity);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {comparable(pattern[at], sensitivity) == comparable(c, sensitivity), at + 1};
  }
}

}  // namespace

bool glob_match(Bytes pattern, Bytes text, Case sensitivity, std::uint64_t step_budget) noexcept {
  // Redis never looks at a pattern for an empty text, so that not even "*" matches it.
  if (text.empty()) return pattern.empty();

  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_star = kNone;  // pattern behind the last star seen
  std::size_t star_text = 0;       // text from which that star's rest is being tried
  std::uint64_t steps = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      while (p < pattern.size() && pattern[p] == '*') ++p;
      if (p == pattern.size()) return true;
      after_star = p;
      star_text = t;
      continue;
    }
    Step step{false, p};
    if (p < pattern.size()) {
      step = match_one(pattern, p, text[t], sensitivity);
      steps += step.next - p;
    } else {
      ++steps;
    }
    if (steps > step_budget) return false;
    if (step.matched) {
      p = step.next;
      ++t;
    } else if (after_star != kNone) {
      // An earlier star need not be tried again: whatever it could give, the last one can.
      p = after_star;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool glob_is_literal(Bytes pattern) noexcept {
  return pattern.find_first_of("*?[\\") == Bytes::npos;
}

}  // namespace miniredis::base
