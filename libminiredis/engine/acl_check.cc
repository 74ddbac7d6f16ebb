#include "engine/acl_check.h"

#include <algorithm>

#include "base/glob.h"

namespace miniredis::engine {
namespace {

using commands::ChannelUse;
using commands::KeyUse;
namespace use = commands::use;

std::uint8_t rights_needed(KeyUse what) noexcept {
  std::uint8_t rights = 0;
  if ((what & use::kAccess) != 0) rights |= KeyPattern::kRead;
  if ((what & use::kAnyWrite) != 0) rights |= KeyPattern::kWrite;
  return rights;
}

bool allows_command(const Selector& selector, const CommandEntry& entry, Arguments words) noexcept {
  // Who may not even log in could never become somebody else.
  if (entry.command->has(commands::kNoAuth) || selector.may_run(entry.index)) return true;
  return std::any_of(selector.first_arguments.begin(), selector.first_arguments.end(),
                     [&](const FirstArgument& argument) {
                       return argument.command == entry.index && words.size() > 1 &&
                              base::equals_ignore_case(words[1], argument.word);
                     });
}

bool allows_key(const Selector& selector, Bytes key, std::uint8_t rights) noexcept {
  return std::any_of(selector.keys.begin(), selector.keys.end(), [&](const KeyPattern& pattern) {
    return (pattern.rights & rights) == rights && base::glob_match(pattern.glob, key);
  });
}

Verdict check_keys(const Selector& selector, const commands::Command& command, Arguments words,
                   std::uint64_t& budget) {
  Verdict verdict;
  if (selector.all_keys || !command.keys.any()) return verdict;
  commands::visit_keys(command, words, [&](std::size_t place, KeyUse what) {
    if ((what & use::kNotKey) != 0) return true;
    const std::uint64_t cost = selector.keys.size() + 1;
    if (cost > budget) {
      verdict = {Denial::kTooManyKeys, place};
      return false;
    }
    budget -= cost;
    if (allows_key(selector, words[place], rights_needed(what))) return true;
    verdict = {Denial::kKey, place};
    return false;
  });
  return verdict;
}

Verdict check_channels(const Selector& selector, const CommandEntry& entry, Arguments words) {
  const ChannelUse what = entry.command->uses.channels;
  if (selector.all_channels || what == ChannelUse::kNone) return {};
  const std::size_t first = entry.name_words;
  const std::size_t end =
      what == ChannelUse::kPublishes ? std::min(first + 1, words.size()) : words.size();
  for (std::size_t place = first; place < end; ++place) {
    if (!may_listen(selector, words[place], what == ChannelUse::kSubscribesLike)) {
      return {Denial::kChannel, place};
    }
  }
  return {};
}

Verdict check_selector(const Selector& selector, const CommandEntry& entry, Arguments words,
                       std::uint64_t& budget) {
  if (!allows_command(selector, entry, words)) return {Denial::kCommand, 0};
  if (const Verdict keys = check_keys(selector, *entry.command, words, budget); !keys.allowed()) {
    return keys;
  }
  return check_channels(selector, entry, words);
}

bool reads_all_keys(const Selector& selector) noexcept {
  return selector.all_keys ||
         std::any_of(selector.keys.begin(), selector.keys.end(), [](const KeyPattern& pattern) {
           return (pattern.rights & KeyPattern::kRead) != 0 && Bytes(pattern.glob) == "*";
         });
}

}  // namespace

bool may_listen(const Selector& selector, Bytes channel, bool is_pattern) noexcept {
  if (selector.all_channels) return true;
  return std::any_of(selector.channels.begin(), selector.channels.end(),
                     [&](const memory::String& glob) {
                       return is_pattern ? Bytes(glob) == channel : base::glob_match(glob, channel);
                     });
}

Verdict check_rights(const User& user, const CommandEntry& entry, Arguments words) {
  std::uint64_t budget = kMostComparisons;
  // Of several refusals the one that came furthest is told.
  Verdict worst{Denial::kCommand, 0};
  const auto refuses = [&](const Selector& selector) {
    const Verdict verdict = check_selector(selector, entry, words, budget);
    if (verdict.allowed()) return false;
    if (verdict.denial > worst.denial ||
        (verdict.denial == worst.denial && verdict.place > worst.place)) {
      worst = verdict;
    }
    return true;
  };
  if (!refuses(user.own)) return {};
  for (const Selector& selector : user.selectors) {
    if (!refuses(selector)) return {};
  }
  return worst;
}

bool may_read_all_keys(const User& user, const CommandEntry& entry, Arguments words) {
  bool may = false;
  std::uint64_t budget = kMostComparisons;
  user.each_selector([&](const Selector& selector) {
    may = may ||
          (reads_all_keys(selector) && check_selector(selector, entry, words, budget).allowed());
  });
  return may;
}

std::string denial_text(const Verdict& verdict, const User& user, const CommandEntry& entry,
                        Arguments words, bool names_it) {
  const std::string who = "User " + std::string(user.name) + " has no permissions to ";
  switch (verdict.denial) {
    case Denial::kNone:
      break;
    case Denial::kCommand:
      return who + "run the '" + entry.command->name + "' command";
    case Denial::kKey:
      if (!names_it) return "No permissions to access a key";
      return who + "access the '" + std::string(words[verdict.place]) + "' key";
    case Denial::kChannel:
      if (!names_it) return "No permissions to access a channel";
      return who + "access the '" + std::string(words[verdict.place]) + "' channel";
    case Denial::kTooManyKeys:
      return "The keys of this command are too many to be held against the rules of this user";
  }
  return {};
}

}  // namespace miniredis::engine
