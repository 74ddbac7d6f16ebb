// Glob patterns as Redis has them: * ? [abc] [^a-z] and \ to quote.
//
// Matching is iterative: at most one point to fall back to (the last star), so time is at worst
// pattern x text and never exponential, and it stops after a budget of steps, for patterns and
// texts come from clients.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace miniredis::base {

inline constexpr std::uint64_t kGlobStepBudget = 1'000'000;

enum class Case : std::uint8_t { kSensitive, kIgnore };

// Whether the whole of `text` matches. A match not decided within `step_budget` steps is a
// mismatch.
bool glob_match(Bytes pattern, Bytes text, Case sensitivity = Case::kSensitive,
                std::uint64_t step_budget = kGlobStepBudget) noexcept;

// Whether `pattern` has no special character, so that it matches just itself.
bool glob_is_literal(Bytes pattern) noexcept;

}  // namespace miniredis::base
