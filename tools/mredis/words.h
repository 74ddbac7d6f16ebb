// The words of a command that was typed or given as arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace miniredis::mredis {

using Words = std::vector<std::string>;

// Whether the command carries a password, so that it must not go into a history file.
bool carries_secret(const Words& words);

bool equals_ignore_case(std::string_view a, std::string_view b);
std::string upper_case(std::string_view text);

}  // namespace miniredis::mredis
