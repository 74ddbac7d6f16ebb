// What may be run by whom over HTTP, and what needs care there: read from the commands'
// declarations.
#pragma once

#include "miniredis/value.h"
#include "node_manager/patient_session.h"

namespace miniredis::service {

// Whether the command changes nothing and shows nothing of other clients, so that who may only read
// may run it.
bool is_for_readers(const CommandWords& words);

// The error that a reader gets for other commands.
Value not_for_readers(const CommandWords& words);

// Whether the command may wait for others. Over HTTP nobody waits for them.
bool may_wait(const CommandWords& words);

// Runs it as one client's, without waiting for others.
Value run(PatientSession& session, const CommandWords& words);

}  // namespace miniredis::service
