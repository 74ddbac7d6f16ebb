// Where a command's keys stand and what it does with them, as COMMAND INFO says it.
#pragma once

#include "commands/command.h"
#include "resp/writer.h"

namespace miniredis::engine {

// All specifications of a command, as a set.
void reply_key_specs(resp::Writer& reply, const commands::Command& command);
// "RW", "access" ... as a set.
void reply_key_use(resp::Writer& reply, commands::KeyUse use);

}  // namespace miniredis::engine
