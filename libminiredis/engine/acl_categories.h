// The ACL categories and flag names that follow from a command's declaration.
#pragma once

#include <string>
#include <vector>

#include "commands/command.h"

namespace miniredis::engine {

// "@read", "@string", "@fast" ...
std::vector<std::string> acl_categories(const commands::Command& command);
// "readonly", "fast" ... as COMMAND INFO says them.
std::vector<std::string> flag_names(const commands::Command& command);

}  // namespace miniredis::engine
