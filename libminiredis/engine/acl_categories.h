// The ACL categories and flag names that follow from a command's declaration.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "commands/command.h"

namespace miniredis::engine {

// The names of all categories, without "@": the bit of each is its place.
std::span<const Bytes> category_names() noexcept;
// The categories of a command as bits.
std::uint32_t category_bits(const commands::Command& command) noexcept;
// Of a category's name, any case, without "@"; 0: there is none.
std::uint32_t category_bit(Bytes name) noexcept;

// "@read", "@string", "@fast" ...
std::vector<std::string> acl_categories(const commands::Command& command);
// "readonly", "fast" ... as COMMAND INFO says them.
std::vector<std::string> flag_names(const commands::Command& command);

}  // namespace miniredis::engine
