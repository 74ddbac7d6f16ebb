// What may be run by whom over HTTP, and what needs care there: read from the commands'
// declarations.
#pragma once

#include <string>
#include <vector>

#include "miniredis/engine.h"

namespace miniredis::service {

using CommandWords = std::vector<std::string>;

// Whether the command changes nothing and shows nothing of other clients, so that who may only read
// may run it.
bool is_for_readers(const CommandWords& words);

// The error that a reader gets for other commands.
Value not_for_readers(const CommandWords& words);

// Whether the command may wait for others. Over HTTP nobody waits: such a command is run inside
// MULTI and EXEC, where it answers at once.
bool may_wait(const CommandWords& words);

// Runs it in the session as one client's, without waiting.
Value run_without_waiting(Session& session, const CommandWords& words);

}  // namespace miniredis::service
