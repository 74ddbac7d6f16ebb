// The HELP subcommand that every container has.
#pragma once

#include <cctype>
#include <string>

#include "commands/command.h"

namespace miniredis::commands {

template <const auto& Lines>
void run_help(Context& context, Arguments) {
  std::string name(context.command->name);
  name.resize(name.find('|'));
  for (char& c : name) c = base::to_upper(c);
  context.reply.array(std::size(Lines) + 3);
  context.reply.status(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const char* line : Lines) context.reply.status(line);
  context.reply.status("HELP");
  context.reply.status("    Print this help.");
}

template <const auto& Lines>
consteval Command help_command(const char* name, Group group, const char* since,
                               std::uint32_t flags = 0) {
  return plain_command(
      name,
      {"Returns helpful text about the different subcommands.", since, "O(1)", group, "HELP", ""},
      flags | kLoading | kStale, &run_help<Lines>);
}

}  // namespace miniredis::commands
