// The commands a node understands, as data: for completion, help, stubs and reference pages.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace miniredis {

struct CommandInfo {
  std::string name;  // upper case, "CONFIG GET" for a subcommand
  std::string summary;
  std::string syntax;  // the arguments, e.g. "key value [NX | XX] [GET]"
  std::string group;
  std::string since;
  std::string complexity;
  std::string example;  // one command line
  std::string example_reply;
  int arity = 0;  // as in Redis: negative means at least
  std::vector<std::string> flags;
  std::vector<std::string> acl_categories;
};

// All of them, sorted by name. Lives for ever; any thread.
std::span<const CommandInfo> command_infos();

// "0.1.0"
const char* version() noexcept;
// The Redis version whose behaviour nodes show, "7.2.4".
const char* redis_version() noexcept;

}  // namespace miniredis
