#include "engine/program_call.h"

#include <memory>

#include "engine/node.h"

namespace miniredis::engine {

namespace wire = commands::wire;

std::optional<ProgramArguments> read_program_arguments(Call& call, Arguments words,
                                                       Bytes not_a_number) {
  const auto count = base::parse_int(words[0]);
  if (!count) {
    call.fail(not_a_number);
    return std::nullopt;
  }
  const Arguments rest = words.subspan(1);
  if (*count > static_cast<std::int64_t>(rest.size())) {
    call.fail(wire::kTooManyKeys);
    return std::nullopt;
  }
  if (*count < 0) {
    call.fail(wire::kScriptKeysNegative);
    return std::nullopt;
  }
  const auto keys = static_cast<std::size_t>(*count);
  return ProgramArguments{rest.first(keys), rest.subspan(keys)};
}

void start_program(Call& call, LuaHost& host, const ScriptProgram& program,
                   const ProgramArguments& arguments, bool read_only) {
  const bool may_write = !read_only && !program.flags.no_writes;
  if (program.flags.declared && !program.flags.allow_oom && may_write &&
      call.node.account.excess() > 0) {
    call.fail(wire::kScriptOutOfMemory);
    return;
  }
  if (!host.set_arguments(arguments.keys, arguments.others)) {
    call.fail(wire::kOutOfMemory);
    return;
  }
  call.continue_with(std::make_unique<ScriptTask>(host, program, call, read_only));
}

void kill_program(Call& call, const LuaHost* host) {
  ScriptTask* const running = call.node.running_script();
  if (running == nullptr) {
    call.fail(wire::kNotBusy);
  } else if (&running->host() != host) {
    call.fail(wire::kBusyScript);
  } else if (running->has_written()) {
    call.fail(wire::kUnkillable);
  } else {
    running->kill();
    call.reply.ok();
  }
}

}  // namespace miniredis::engine
