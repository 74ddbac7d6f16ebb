// What commands that run scripts and those that run functions have in common.
#pragma once

#include <optional>

#include "engine/call.h"
#include "engine/script_task.h"

namespace miniredis::engine {

struct ProgramArguments {
  Arguments keys;
  Arguments others;
};
// Reads how many keys there are, the keys and the rest; nothing, with the error answered, which is
// `not_a_number` for a count that is none.
std::optional<ProgramArguments> read_program_arguments(Call& call, Arguments words,
                                                       Bytes not_a_number);

// Begins a program, whose reply is the call's.
void start_program(Call& call, LuaHost& host, const ScriptProgram& program,
                   const ProgramArguments& arguments, bool read_only);

// Ends the program of this host that runs, and answers; null: there is no host.
void kill_program(Call& call, const LuaHost* host);

}  // namespace miniredis::engine
