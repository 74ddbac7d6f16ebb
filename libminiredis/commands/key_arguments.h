// The arguments of commands that take a key, or keys, and nothing else.
#pragma once

#include "commands/command.h"

namespace miniredis::commands {

struct KeyArgs {
  Bytes key;
};
inline constexpr Arg kKeyOnly[] = {key("key", into<&KeyArgs::key>)};

struct KeysArgs {
  Arguments keys;
};
inline constexpr Arg kKeysArgs[] = {multiple(key("key", into<&KeysArgs::keys>))};

}  // namespace miniredis::commands
