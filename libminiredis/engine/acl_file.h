// The file of a node's users: what ACL SAVE writes and ACL LOAD reads, in Redis' format, a line
// "user <name> <rules>" each. It belongs to one node alone.
#pragma once

#include <optional>
#include <string>

#include "engine/acl.h"
#include "miniredis/error.h"

namespace miniredis::engine {

inline constexpr std::size_t kMostAclFileBytes = std::size_t{8} << 20;

std::string users_text(const Users& users);

// Nothing: some line makes no sense, and `errors` says which and why, with `file_name` before each.
// `current` is the default user where the text has none.
std::optional<Users> parse_users(memory::Account& account, Bytes text, Bytes file_name,
                                 bool open_channels, const User& current, std::string& errors);

// For a node that is being made: its users out of its file, if that is there.
Result<std::optional<std::string>> read_acl_file(const std::string& path);
Result<void> load_users(NodeRuntime& node, Bytes text);

}  // namespace miniredis::engine
