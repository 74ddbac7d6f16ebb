#include "engine/command_table.h"

#include <algorithm>
#include <cstring>

#include "commands/groups.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

constexpr std::size_t kSlots = 1024;

using GroupOf = std::span<const commands::Command* const> (*)() noexcept;

// Every source file that declares commands. Explicit, so that nothing depends on link order.
constexpr GroupOf kGroups[] = {
    commands::string_commands,
    commands::string_number_commands,
    commands::string_range_commands,
    commands::string_many_commands,
    commands::string_lcs_commands,
    commands::bitmap_commands,
    commands::bitmap_operation_commands,
    commands::bitfield_commands,
    commands::hyper_log_log_commands,
    commands::hyper_log_log_debug_commands,
    commands::geo_commands,
    commands::geo_search_commands,
    commands::geo_radius_commands,
    commands::key_commands,
    commands::key_move_commands,
    commands::key_scan_commands,
    commands::key_object_commands,
    commands::expiry_commands,
    commands::database_commands,
    commands::sort_commands,
    commands::hash_commands,
    commands::hash_expiry_commands,
    commands::hash_field_commands,
    commands::hash_number_commands,
    commands::hash_random_commands,
    commands::sorted_set_commands,
    commands::sorted_set_range_commands,
    commands::sorted_set_remove_commands,
    commands::sorted_set_pop_commands,
    commands::sorted_set_random_commands,
    commands::sorted_set_algebra_commands,
    commands::set_commands,
    commands::set_random_commands,
    commands::set_algebra_commands,
    commands::list_commands,
    commands::list_search_commands,
    commands::list_move_commands,
    commands::stream_commands,
    commands::stream_claim_commands,
    commands::stream_group_commands,
    commands::stream_info_commands,
    commands::stream_pending_commands,
    commands::stream_range_commands,
    commands::stream_read_commands,
    commands::stream_trim_commands,
    acl_commands,
    cluster_commands,
    connection_commands,
    client_commands,
    config_commands,
    debug_commands,
    dump_commands,
    function_commands,
    introspection_commands,
    info_commands,
    latency_commands,
    memory_commands,
    migrate_commands,
    monitor_commands,
    pubsub_commands,
    role_commands,
    server_commands,
    slowlog_commands,
    script_commands,
    transaction_commands,
    wait_commands,
};

bool is_about_data(commands::Group group) noexcept {
  return group != commands::Group::kServer && group != commands::Group::kConnection &&
         group != commands::Group::kTransactions;
}

bool asks_for_a_count(std::span<const commands::Arg> arguments) noexcept {
  for (const commands::Arg& argument : arguments) {
    if (Bytes(argument.name) == "count" || asks_for_a_count(argument.parts)) return true;
  }
  return false;
}

Brevity brevity_of(const commands::Command& command) noexcept {
  if (command.is_container() || command.has(commands::kBlocking) ||
      !is_about_data(command.doc.group)) {
    return Brevity::kLong;
  }
  const bool constant = Bytes(command.doc.complexity).starts_with("O(1)");
  if (!constant && !command.has(commands::kFast)) return Brevity::kLong;
  return asks_for_a_count(command.arguments) ? Brevity::kCounted : Brevity::kBrief;
}

}  // namespace

const CommandTable& CommandTable::get() {
  static const CommandTable table;
  return table;
}

// Of the first and the last eight characters, upper and lower case alike.
inline std::uint64_t CommandTable::hash(Bytes name) noexcept {
  constexpr std::uint64_t kLowerCase = 0x2020'2020'2020'2020;
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (name.size() < 8) {
    for (const char c : name) head = head << 8 | static_cast<unsigned char>(c);
  } else {
    std::memcpy(&head, name.data(), 8);
    std::memcpy(&tail, name.data() + name.size() - 8, 8);
  }
  return (((head | kLowerCase) ^ ((tail | kLowerCase) * 0x9e3779b97f4a7c15ULL)) *
          0xff51afd7ed558ccdULL) >>
         40;
}

CommandTable::CommandTable() {
  for (const GroupOf group : kGroups) {
    for (const commands::Command* command : group()) {
      entries_.push_back({command, 0, 1, command->name, {}, Brevity::kLong});
      for (const commands::Command* sub : command->subcommands) {
        entries_.push_back({sub, 0, 2, sub->name, {}, Brevity::kLong});
      }
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const CommandEntry& a, const CommandEntry& b) {
    return Bytes(a.command->name) < Bytes(b.command->name);
  });
  slots_.assign(kSlots, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].index = static_cast<std::uint16_t>(i);
    for (const char c : entries_[i].name) entries_[i].upper += base::to_upper(c);
    entries_[i].brevity = brevity_of(*entries_[i].command);
    if (entries_[i].name_words != 1) continue;
    std::size_t slot = hash(entries_[i].name) % kSlots;
    while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
    slots_[slot] = static_cast<std::uint16_t>(i + 1);
  }
}

const CommandEntry* CommandTable::find(Bytes name) const noexcept {
  for (std::size_t slot = hash(name) % kSlots; slots_[slot] != 0; slot = (slot + 1) % kSlots) {
    const CommandEntry& entry = entries_[slots_[slot] - 1U];
    if (base::equals_ignore_case(name, entry.name)) return &entry;
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

const CommandEntry* CommandTable::find_full(Bytes name) const noexcept {
  const std::size_t bar = name.find('|');
  const CommandEntry* entry = find(name.substr(0, bar));
  if (entry == nullptr || bar == Bytes::npos) return entry;
  return find_subcommand(*entry, name.substr(bar + 1));
}

}  // namespace miniredis::engine
