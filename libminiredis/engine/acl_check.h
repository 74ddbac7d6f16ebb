// Whether a user may run a command: the command, each of its keys and each of its channels.
#pragma once

#include <cstdint>
#include <string>

#include "engine/acl_user.h"
#include "engine/command_table.h"
#include "miniredis/engine.h"

namespace miniredis::engine {

enum class Denial : std::uint8_t { kNone, kCommand, kKey, kChannel, kTooManyKeys };

struct Verdict {
  Denial denial = Denial::kNone;
  std::size_t place = 0;  // of the key or channel among the words
  bool allowed() const noexcept { return denial == Denial::kNone; }
};

// `words` with the command's name. At most about kMostComparisons patterns are held against keys: a
// command with more keys than that is for users without patterns.
inline constexpr std::uint64_t kMostComparisons = 4'000'000;
Verdict check_rights(const User& user, const CommandEntry& entry, Arguments words);

// Whether some selector that allows the command lets every key be read.
bool may_read_all_keys(const User& user, const CommandEntry& entry, Arguments words);

// "User alice has no permissions to run the 'get' command". `names_it`: says which key or channel.
std::string denial_text(const Verdict& verdict, const User& user, const CommandEntry& entry,
                        Arguments words, bool names_it);

// Whether a pattern of the selector lets its owner listen to the channel; to a pattern, only if it
// is the same.
bool may_listen(const Selector& selector, Bytes channel, bool is_pattern) noexcept;

}  // namespace miniredis::engine
