#include "engine/command_table.h"

#include <algorithm>
#include <cstring>

#include "commands/groups.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

constexpr std::size_t kSlots = 1024;
constexpr std::size_t kMaxName = 32;

using Group = std::span<const commands::Command* const> (*)() noexcept;

// Every source file that declares commands. Explicit, so that nothing depends on link order.
constexpr Group kGroups[] = {
    commands::string_commands,
    commands::string_number_commands,
    commands::string_range_commands,
    commands::string_many_commands,
    commands::string_lcs_commands,
    commands::key_commands,
    commands::key_move_commands,
    commands::key_scan_commands,
    commands::key_object_commands,
    commands::expiry_commands,
    commands::database_commands,
    connection_commands,
    client_commands,
    config_commands,
    introspection_commands,
    info_commands,
    latency_commands,
    memory_commands,
    monitor_commands,
    pubsub_commands,
    server_commands,
    slowlog_commands,
    transaction_commands,
};

}  // namespace

const CommandTable& CommandTable::get() {
  static const CommandTable table;
  return table;
}

// The first and the last eight letters; `lower` has room for sixteen.
inline std::uint64_t CommandTable::hash(const char* lower, std::size_t size) noexcept {
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  std::memcpy(&head, lower, 8);
  if (size < 8)
    head &= (std::uint64_t{1} << (8 * size)) - 1;
  else
    std::memcpy(&tail, lower + size - 8, 8);
  return ((head ^ (tail * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL) >> 40;
}

CommandTable::CommandTable() {
  for (const Group group : kGroups) {
    for (const commands::Command* command : group()) {
      entries_.push_back({command, 0, 1, command->name});
      for (const commands::Command* sub : command->subcommands) {
        entries_.push_back({sub, 0, 2, sub->name});
      }
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const CommandEntry& a, const CommandEntry& b) {
    return Bytes(a.command->name) < Bytes(b.command->name);
  });
  slots_.assign(kSlots, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].index = static_cast<std::uint16_t>(i);
    if (entries_[i].name_words != 1) continue;
    char lower[kMaxName] = {};
    entries_[i].name.copy(lower, kMaxName);
    std::size_t slot = hash(lower, entries_[i].name.size()) % kSlots;
    while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
    slots_[slot] = static_cast<std::uint16_t>(i + 1);
  }
}

const CommandEntry* CommandTable::find(Bytes name) const noexcept {
  if (name.empty() || name.size() > kMaxName) return nullptr;
  char lower[kMaxName];
  for (std::size_t i = 0; i < name.size(); ++i) lower[i] = base::to_lower(name[i]);
  const Bytes wanted(lower, name.size());
  for (std::size_t slot = hash(lower, name.size()) % kSlots; slots_[slot] != 0;
       slot = (slot + 1) % kSlots) {
    const CommandEntry& entry = entries_[slots_[slot] - 1U];
    if (wanted == entry.name) return &entry;
  }
  return nullptr;
}

const CommandEntry* CommandTable::find_subcommand(const CommandEntry& container,
                                                  Bytes name) const noexcept {
  const std::size_t prefix = std::strlen(container.command->name) + 1;
  for (std::size_t i = container.index + 1U; i < entries_.size(); ++i) {
    const Bytes full = entries_[i].command->name;
    if (full.size() <= prefix || full[prefix - 1] != '|' ||
        full.substr(0, prefix - 1) != container.command->name) {
      return nullptr;
    }
    if (base::equals_ignore_case(full.substr(prefix), name)) return &entries_[i];
  }
  return nullptr;
}

}  // namespace miniredis::engine
