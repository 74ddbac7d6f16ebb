#include "engine/acl_rules.h"

#include <algorithm>

#include "engine/acl_categories.h"
#include "engine/command_table.h"

namespace miniredis::engine {
namespace {

using Fault = std::optional<RuleFault>;
using base::equals_ignore_case;

memory::AccountedAllocator<char> allocator_of(const Selector& selector) {
  return selector.rules.get_allocator();
}

// "get", "config", "config|get"; null: there is no such command.
const CommandEntry* find_named(Bytes name) noexcept {
  const CommandTable& table = CommandTable::get();
  const std::size_t bar = name.find('|');
  const CommandEntry* const entry = table.find(name.substr(0, bar));
  if (entry == nullptr || bar == Bytes::npos) return entry;
  return table.find_subcommand(*entry, name.substr(bar + 1));
}

void set_bit(Selector& selector, std::uint16_t command, bool allowed) {
  const std::size_t words = (CommandTable::get().all().size() + 63) / 64;
  // All allowed so far is written down before one of them no longer is.
  if (selector.commands.size() < words) {
    selector.commands.resize(words, selector.all_commands ? ~std::uint64_t{0} : 0);
  }
  std::uint64_t& word = selector.commands[command / 64U];
  const std::uint64_t bit = std::uint64_t{1} << (command % 64U);
  word = allowed ? word | bit : word & ~bit;
  std::erase_if(selector.first_arguments,
                [&](const FirstArgument& argument) { return argument.command == command; });
}

// A container brings its subcommands along.
void set_command(Selector& selector, const CommandEntry& entry, bool allowed) {
  set_bit(selector, entry.index, allowed);
  if (entry.command->is_container()) {
    for (std::size_t i = 0; i < entry.command->subcommands.size(); ++i) {
      set_bit(selector, static_cast<std::uint16_t>(entry.index + 1 + i), allowed);
    }
  }
  if (!allowed) selector.all_commands = false;
}

void set_all_commands(Selector& selector, bool allowed) {
  selector.all_commands = selector.future_commands = allowed;
  selector.commands.clear();
  selector.first_arguments.clear();
  selector.rules.clear();
}

// Takes rules out that `name` makes void: those about itself and about its subcommands.
void forget_rule(memory::String& rules, Bytes name) {
  memory::String kept(rules.get_allocator());
  for (Bytes rest = rules; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const Bytes rule = rest.substr(0, end);
    const Bytes said = rule.substr(1);
    const bool void_now = said == name || (said.size() > name.size() && said.starts_with(name) &&
                                           said[name.size()] == '|');
    if (!void_now) {
      if (!kept.empty()) kept += ' ';
      kept += rule;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  rules = std::move(kept);
}

void note_rule(Selector& selector, Bytes name, bool allowed) {
  std::string lower(name);
  for (char& c : lower) c = base::to_lower(c);
  forget_rule(selector.rules, lower);
  if (!selector.rules.empty()) selector.rules += ' ';
  selector.rules += allowed ? '+' : '-';
  selector.rules += lower;
}

Fault apply_category(Selector& selector, Bytes name, bool allowed) {
  const std::uint32_t bit = category_bit(name.substr(1));
  if (bit == 0) return RuleFault::kUnknownCommand;
  note_rule(selector, name, allowed);
  for (const CommandEntry& entry : CommandTable::get().all()) {
    if ((category_bits(*entry.command) & bit) != 0) set_command(selector, entry, allowed);
  }
  return std::nullopt;
}

// "+config|get", or "+select|0" for a command that has no subcommands.
Fault allow_part(Selector& selector, Bytes name, std::size_t room) {
  const std::size_t bar = name.rfind('|');
  const CommandEntry* const whole = find_named(name.substr(0, bar));
  const Bytes part = name.substr(bar + 1);
  if (whole == nullptr) return RuleFault::kUnknownCommand;
  if (whole->name_words > 1) return RuleFault::kFirstArgOfSubcommand;
  if (part.empty()) return RuleFault::kSyntax;
  if (whole->command->is_container()) {
    const CommandEntry* const entry = find_named(name);
    if (entry == nullptr) return RuleFault::kUnknownCommand;
    set_command(selector, *entry, true);
  } else {
    // Blanks would end the rule where it is read back.
    if (has_space(part)) return RuleFault::kSyntax;
    auto& all = selector.first_arguments;
    const bool known = std::any_of(all.begin(), all.end(), [&](const FirstArgument& argument) {
      return argument.command == whole->index && equals_ignore_case(argument.word, part);
    });
    if (!known && room == 0) return RuleFault::kTooMany;
    if (!known) all.push_back({whole->index, memory::String(part, allocator_of(selector))});
  }
  note_rule(selector, name, true);
  return std::nullopt;
}

Fault apply_command(Selector& selector, Bytes rule, std::size_t room) {
  const bool allowed = rule[0] == '+';
  const Bytes name = rule.substr(1);
  if (name.starts_with('@')) return apply_category(selector, name, allowed);
  if (allowed && name.find('|') != Bytes::npos) return allow_part(selector, name, room);
  const CommandEntry* const entry = find_named(name);
  if (entry == nullptr) return RuleFault::kUnknownCommand;
  set_command(selector, *entry, allowed);
  note_rule(selector, entry->command->name, allowed);
  return std::nullopt;
}

// "~glob", "%R~glob", "%W~glob", "%RW~glob"
Fault add_keys(Selector& selector, Bytes rule, std::size_t room) {
  if (selector.all_keys) return RuleFault::kPatternBehindAll;
  std::uint8_t rights = KeyPattern::kBoth;
  if (rule[0] == '%') {
    rights = 0;
    std::size_t at = 1;
    for (; at < rule.size() && rule[at] != '~'; ++at) {
      const char letter = base::to_upper(rule[at]);
      const std::uint8_t right = letter == 'R'   ? KeyPattern::kRead
                                 : letter == 'W' ? KeyPattern::kWrite
                                                 : std::uint8_t{0};
      if (right == 0 || (rights & right) != 0) return RuleFault::kSyntax;
      rights |= right;
    }
    if (rights == 0) return RuleFault::kSyntax;
    rule.remove_prefix(std::min(at, rule.size()));
  }
  const Bytes glob = rule.substr(std::min<std::size_t>(1, rule.size()));
  if (has_space(glob)) return RuleFault::kSyntax;
  const auto known = std::find_if(selector.keys.begin(), selector.keys.end(),
                                  [&](const KeyPattern& p) { return Bytes(p.glob) == glob; });
  if (known == selector.keys.end() && room == 0) return RuleFault::kTooMany;
  if (known != selector.keys.end())
    known->rights |= rights;
  else
    selector.keys.push_back({memory::String(glob, allocator_of(selector)), rights});
  return std::nullopt;
}

Fault add_channel(Selector& selector, Bytes glob, std::size_t room) {
  if (selector.all_channels) return RuleFault::kChannelBehindAll;
  if (has_space(glob)) return RuleFault::kSyntax;
  auto& all = selector.channels;
  if (std::find(all.begin(), all.end(), glob) == all.end()) {
    if (room == 0) return RuleFault::kTooMany;
    all.emplace_back(glob, allocator_of(selector));
  }
  return std::nullopt;
}

// `room`: how many patterns may be added.
Fault apply_to_selector(Selector& selector, Bytes rule, std::size_t room) {
  const auto is = [&](Bytes name) { return equals_ignore_case(rule, name); };
  if (is("allkeys") || rule == "~*" || is("resetkeys")) {
    selector.all_keys = !is("resetkeys");
    selector.keys.clear();
  } else if (is("allchannels") || rule == "&*" || is("resetchannels")) {
    selector.all_channels = !is("resetchannels");
    selector.channels.clear();
  } else if (is("allcommands") || is("+@all")) {
    set_all_commands(selector, true);
  } else if (is("nocommands") || is("-@all")) {
    set_all_commands(selector, false);
  } else if (rule[0] == '~' || rule[0] == '%') {
    return add_keys(selector, rule, room);
  } else if (rule[0] == '&') {
    return add_channel(selector, rule.substr(1), room);
  } else if (rule[0] == '+' || rule[0] == '-') {
    return apply_command(selector, rule, room);
  } else {
    return RuleFault::kSyntax;
  }
  return std::nullopt;
}

Fault apply_password(User& user, Bytes rule, std::size_t room) {
  const bool is_hash = rule[0] == '#' || rule[0] == '!';
  const auto digest =
      is_hash ? base::sha256_from_hex(rule.substr(1)) : std::optional(base::sha256(rule.substr(1)));
  if (!digest) return RuleFault::kBadHash;
  const auto at = std::find(user.passwords.begin(), user.passwords.end(), *digest);
  if (rule[0] == '<' || rule[0] == '!') {
    if (at == user.passwords.end()) return RuleFault::kNoSuchPassword;
    user.passwords.erase(at);
    return std::nullopt;
  }
  if (at == user.passwords.end() && room == 0) return RuleFault::kTooMany;
  if (at == user.passwords.end()) user.passwords.push_back(*digest);
  user.no_password = false;
  return std::nullopt;
}

Fault add_selector(User& user, Bytes rule, bool open_channels, std::size_t room) {
  if (room == 0) return RuleFault::kTooMany;
  Selector made(*user.passwords.get_allocator().account());
  made.all_channels = open_channels;
  for (Bytes rest = rule.substr(1, rule.size() - 2); !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    const Bytes inner = rest.substr(0, end);
    // A parenthesis would end the selector where it is read back.
    if (inner.starts_with('(') || inner.ends_with(')')) return RuleFault::kSyntax;
    if (inner.size() > kMostRuleBytes) return RuleFault::kTooMany;
    if (end > 0) {
      if (auto fault = apply_to_selector(made, inner, room - 1 - made.size())) return fault;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  user.selectors.push_back(std::move(made));
  return std::nullopt;
}

void reset(User& user, bool open_channels) {
  user.is_on = user.no_password = user.skips_sanitizing = false;
  user.passwords.clear();
  user.selectors.clear();
  user.own = Selector(*user.passwords.get_allocator().account());
  user.own.all_channels = open_channels;
}

// The rules about the user as a whole; false: it is none of them.
bool apply_flag(User& user, Bytes rule, bool open_channels) {
  const auto is = [&](Bytes name) { return equals_ignore_case(rule, name); };
  if (is("on") || is("off")) {
    user.is_on = is("on");
  } else if (is("nopass") || is("resetpass")) {
    user.no_password = is("nopass");
    user.passwords.clear();
  } else if (is("skip-sanitize-payload") || is("sanitize-payload")) {
    user.skips_sanitizing = is("skip-sanitize-payload");
  } else if (is("clearselectors")) {
    user.selectors.clear();
  } else if (is("reset")) {
    reset(user, open_channels);
  } else {
    return false;
  }
  return true;
}

}  // namespace

const char* text_of(RuleFault fault) noexcept {
  switch (fault) {
    case RuleFault::kUnknownCommand:
      return "Unknown command or category name in ACL";
    case RuleFault::kSyntax:
      return "Syntax error";
    case RuleFault::kPatternBehindAll:
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does "
             "not have any effect. Try 'resetkeys' to start with an empty list of patterns";
    case RuleFault::kChannelBehindAll:
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and "
             "does not have any effect. Try 'resetchannels' to start with an empty list of "
             "channels";
    case RuleFault::kNoSuchPassword:
      return "The password you are trying to remove from the user does not exist";
    case RuleFault::kBadHash:
      return "The password hash must be exactly 64 characters and contain only lowercase "
             "hexadecimal characters";
    case RuleFault::kFirstArgOfSubcommand:
      return "Allowing first-arg of a subcommand is not supported";
    case RuleFault::kTooMany:
      return "A user may have at most 1024 patterns, passwords and selectors, of at most 4096 "
             "bytes "
             "each";
  }
  return "Syntax error";
}

bool has_space(Bytes text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == ' ' || c == '\0' || (c >= '\t' && c <= '\r'); });
}

Fault apply_rule(User& user, Bytes rule, bool open_channels) {
  if (rule.empty()) return std::nullopt;
  if (apply_flag(user, rule, open_channels)) return std::nullopt;
  const bool is_selector = rule[0] == '(' && rule.back() == ')';
  if (!is_selector && rule.size() > kMostRuleBytes) return RuleFault::kTooMany;
  const std::size_t room = kMostRules - std::min(user.size(), kMostRules);
  if (is_selector) return add_selector(user, rule, open_channels, room);
  if (Bytes("><#!").find(rule[0]) != Bytes::npos) return apply_password(user, rule, room);
  return apply_to_selector(user.own, rule, room);
}

std::optional<std::vector<std::string>> join_selectors(Arguments words, std::size_t& unmatched) {
  std::vector<std::string> joined;
  bool is_open = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Bytes word = words[i];
    if (is_open) {
      joined.back() += ' ';
      joined.back() += word;
      is_open = !word.ends_with(')');
      continue;
    }
    joined.emplace_back(word);
    is_open = word.starts_with('(') && !word.ends_with(')');
    if (is_open) unmatched = i;
  }
  if (is_open) return std::nullopt;
  return joined;
}

}  // namespace miniredis::engine
