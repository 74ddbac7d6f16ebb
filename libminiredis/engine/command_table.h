// The one table of all commands: lookup by name, and numbers for counters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "commands/command.h"

namespace miniredis::engine {

// How long a command works, as its declaration lets one guess.
enum class Brevity : std::uint8_t {
  kLong,     // perhaps for long, or waits, or is about clients and the node
  kBrief,    // some microseconds at most
  kCounted,  // so, unless its words ask for more than some ten elements
};

struct CommandEntry {
  const commands::Command* command;
  std::uint16_t index;       // place in all(), containers and subcommands each have their own
  std::uint16_t name_words;  // 2 for a subcommand
  Bytes name;
  std::string upper;  // the name as most clients send it
  Brevity brevity = Brevity::kLong;
};

class CommandTable {
 public:
  // Built at first use; lives for ever; any thread.
  static const CommandTable& get();

  // In any case of letters; null when there is none. A container is found by its own name.
  const CommandEntry* find(Bytes name) const noexcept;
  const CommandEntry* find_subcommand(const CommandEntry& container, Bytes name) const noexcept;
  // The same for a whole name: "get", "config", "config|get".
  const CommandEntry* find_full(Bytes name) const noexcept;

  // Sorted by name; subcommands ("config|get") behind their container.
  std::span<const CommandEntry> all() const noexcept { return entries_; }

 private:
  CommandTable();
  static std::uint64_t hash(Bytes name) noexcept;

  std::vector<CommandEntry> entries_;
  std::vector<std::uint16_t> slots_;  // open addressing: 1 + place in entries_, 0 empty
};

}  // namespace miniredis::engine
