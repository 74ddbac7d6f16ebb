// The language in which a user's rights are said: "on", ">secret", "~cache:*", "+@read",
// "(%R~log:* +get)". Errors are those of Redis, word for word.
//
// Rules come from clients: a user has at most kMostRules patterns, passwords and selectors, each of
// at most kMostRuleBytes, so that what a command costs to check is bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/acl_user.h"
#include "miniredis/engine.h"

namespace miniredis::engine {

inline constexpr std::size_t kMostRules = 1024;
inline constexpr std::size_t kMostRuleBytes = 4096;
inline constexpr std::size_t kMostUsers = 10'000;

enum class RuleFault : std::uint8_t {
  kUnknownCommand,
  kSyntax,
  kPatternBehindAll,
  kChannelBehindAll,
  kNoSuchPassword,
  kBadHash,
  kFirstArgOfSubcommand,
  kTooMany,
};
const char* text_of(RuleFault fault) noexcept;

// Applies one rule; a selector with its parentheses is one. Nothing: it was applied; otherwise the
// user is as he was. `open_channels`: new selectors begin with all channels.
std::optional<RuleFault> apply_rule(User& user, Bytes rule, bool open_channels);

// Words as rules: those from one that opens a parenthesis to the one that closes it are joined.
// Nothing: the parenthesis that words[unmatched] opens is never closed.
std::optional<std::vector<std::string>> join_selectors(Arguments words, std::size_t& unmatched);

// Whether a text may stand in a user's name or in a pattern.
bool has_space(Bytes text) noexcept;

}  // namespace miniredis::engine
