// A user of a node: how he logs in, and what he may do.
//
// What he may do is said by selectors, of which a command needs one that allows all of it: the
// command, each of its keys and each of its channels. The first is the user's own, to which rules
// such as "+get" and "~cache:*" add; the others are made whole by rules in parentheses.
//
// Plain data of the node's memory: acl_rules.h changes it, acl_check.h reads it.
// Threads: under the node's lock.
#pragma once

#include <cstdint>
#include <string>

#include "base/sha256.h"
#include "memory/containers.h"

namespace miniredis::engine {

struct CommandEntry;

struct KeyPattern {
  static constexpr std::uint8_t kRead = 1;
  static constexpr std::uint8_t kWrite = 2;
  static constexpr std::uint8_t kBoth = kRead | kWrite;
  memory::String glob;
  std::uint8_t rights = 0;
};

// "+select|0": a command that is allowed with this first argument alone.
struct FirstArgument {
  std::uint16_t command;
  memory::String word;
};

struct Selector {
  explicit Selector(memory::Account& account);

  bool may_run(std::uint16_t command) const noexcept {
    if (all_commands) return true;
    const std::size_t word = command / 64U;
    return word < commands.size() && (commands[word] >> (command % 64U) & 1U) != 0;
  }
  bool is_unrestricted() const noexcept { return all_commands && all_keys && all_channels; }
  // Patterns and the like that the selector holds.
  std::size_t size() const noexcept {
    return first_arguments.size() + keys.size() + channels.size();
  }

  bool all_commands = false;     // whatever `commands` says
  bool future_commands = false;  // those that do not exist yet too: begins with +@all
  bool all_keys = false;
  bool all_channels = false;
  memory::Vector<std::uint64_t> commands;  // a bit for each by CommandEntry::index
  memory::Vector<FirstArgument> first_arguments;
  memory::String rules;  // what was said of commands since +@all or -@all: "+@read -get"
  memory::Vector<KeyPattern> keys;
  memory::Vector<memory::String> channels;
};

struct User {
  User(memory::Account& account, Bytes user_name);

  // Logs in without a password, as whoever connects does to the user `default`.
  bool is_open() const noexcept { return is_on && no_password; }
  // Whether some selector allows everything.
  bool is_unrestricted() const noexcept;
  // Patterns, passwords and the like that the user holds.
  std::size_t size() const noexcept;
  // Each password is looked at, whatever the others were.
  bool accepts(const base::Sha256Digest& digest) const noexcept;

  template <typename Visit>
  void each_selector(Visit&& visit) const {
    visit(own);
    for (const Selector& selector : selectors) visit(selector);
  }

  memory::String name;
  bool is_on = false;
  bool no_password = false;
  bool skips_sanitizing = false;  // said and shown as in Redis; RESTORE checks whatever it is given
  memory::Vector<base::Sha256Digest> passwords;
  Selector own;
  memory::Vector<Selector> selectors;
};

// "on", "off", "nopass", "sanitize-payload" ...
std::vector<const char*> flags_of(const User& user);
// "-@all +get", "~a* %R~b*", "&news"; empty: none.
std::string commands_text(const Selector& selector);
std::string keys_text(const Selector& selector);
std::string channels_text(const Selector& selector);
// "on #ab12... ~a* resetchannels -@all +get": rules that make the user out of a new one.
std::string rules_text(const User& user);

}  // namespace miniredis::engine
