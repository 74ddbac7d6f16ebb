// The public face of the declarations: include/miniredis/commands.h.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/acl_categories.h"
#include "engine/command_table.h"
#include "engine/version.h"
#include "miniredis/commands.h"

namespace miniredis {
namespace {

CommandInfo info_of(const commands::Command& command) {
  std::string name(command.name);
  for (char& c : name) c = c == '|' ? ' ' : base::to_upper(c);
  return {std::move(name),
          command.doc.summary,
          commands::syntax_of(command.arguments),
          commands::name_of(command.doc.group),
          command.doc.since,
          command.doc.complexity,
          command.doc.example,
          command.doc.example_reply,
          command.arity,
          engine::flag_names(command),
          engine::acl_categories(command)};
}

}  // namespace

std::span<const CommandInfo> command_infos() {
  static const std::vector<CommandInfo> infos = [] {
    std::vector<CommandInfo> out;
    for (const engine::CommandEntry& entry : engine::CommandTable::get().all()) {
      out.push_back(info_of(*entry.command));
    }
    // The table goes by lower case, in which '_' stands elsewhere.
    std::sort(out.begin(), out.end(),
              [](const CommandInfo& a, const CommandInfo& b) { return a.name < b.name; });
    return out;
  }();
  return infos;
}

const char* version() noexcept {
  return engine::kVersion.data();
}
const char* redis_version() noexcept {
  return engine::kRedisVersion.data();
}

}  // namespace miniredis
