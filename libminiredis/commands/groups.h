// The commands of each source file. The one table that lists them all is engine/command_table.cc.
#pragma once

#include <span>

namespace miniredis::commands {

struct Command;

std::span<const Command* const> string_commands() noexcept;
std::span<const Command* const> string_number_commands() noexcept;
std::span<const Command* const> string_range_commands() noexcept;
std::span<const Command* const> string_many_commands() noexcept;
std::span<const Command* const> string_lcs_commands() noexcept;
std::span<const Command* const> bitmap_commands() noexcept;
std::span<const Command* const> bitmap_operation_commands() noexcept;
std::span<const Command* const> bitfield_commands() noexcept;
std::span<const Command* const> hyper_log_log_commands() noexcept;
std::span<const Command* const> hyper_log_log_debug_commands() noexcept;
std::span<const Command* const> geo_commands() noexcept;
std::span<const Command* const> geo_search_commands() noexcept;
std::span<const Command* const> geo_radius_commands() noexcept;
std::span<const Command* const> key_commands() noexcept;
std::span<const Command* const> key_move_commands() noexcept;
std::span<const Command* const> key_scan_commands() noexcept;
std::span<const Command* const> key_object_commands() noexcept;
std::span<const Command* const> expiry_commands() noexcept;
std::span<const Command* const> database_commands() noexcept;
std::span<const Command* const> sort_commands() noexcept;
std::span<const Command* const> hash_commands() noexcept;
std::span<const Command* const> hash_expiry_commands() noexcept;
std::span<const Command* const> hash_field_commands() noexcept;
std::span<const Command* const> hash_number_commands() noexcept;
std::span<const Command* const> hash_random_commands() noexcept;
std::span<const Command* const> sorted_set_commands() noexcept;
std::span<const Command* const> sorted_set_range_commands() noexcept;
std::span<const Command* const> sorted_set_remove_commands() noexcept;
std::span<const Command* const> sorted_set_pop_commands() noexcept;
std::span<const Command* const> sorted_set_random_commands() noexcept;
std::span<const Command* const> sorted_set_algebra_commands() noexcept;
std::span<const Command* const> set_commands() noexcept;
std::span<const Command* const> set_random_commands() noexcept;
std::span<const Command* const> set_algebra_commands() noexcept;
std::span<const Command* const> list_commands() noexcept;
std::span<const Command* const> list_search_commands() noexcept;
std::span<const Command* const> list_move_commands() noexcept;
std::span<const Command* const> stream_commands() noexcept;
std::span<const Command* const> stream_claim_commands() noexcept;
std::span<const Command* const> stream_group_commands() noexcept;
std::span<const Command* const> stream_info_commands() noexcept;
std::span<const Command* const> stream_pending_commands() noexcept;
std::span<const Command* const> stream_range_commands() noexcept;
std::span<const Command* const> stream_read_commands() noexcept;
std::span<const Command* const> stream_trim_commands() noexcept;

}  // namespace miniredis::commands
