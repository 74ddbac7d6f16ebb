// What COMMAND INFO tells clients of clusters and proxies about a command.
#pragma once

#include "commands/command.h"
#include "resp/writer.h"

namespace miniredis::engine {

// All tips of a command, as a set: how its replies come about, whom to ask, what to do with several
// answers.
void reply_tips(resp::Writer& reply, const commands::Command& command);

}  // namespace miniredis::engine
