#include "commands/command.h"

namespace miniredis::commands {

const char* name_of(Group group) noexcept {
  switch (group) {
    case Group::kString:
      return "string";
    case Group::kGeneric:
      return "generic";
    case Group::kConnection:
      return "connection";
    case Group::kServer:
      return "server";
    case Group::kTransactions:
      return "transactions";
    case Group::kPubSub:
      return "pubsub";
  }
  return "unknown";
}

void detail::fail_arguments(Context& context, Bytes error) {
  if (error == wire::kArity)
    context.fail(wire::wrong_arity(context.command->name));
  else
    context.fail(error);
}

}  // namespace miniredis::commands
