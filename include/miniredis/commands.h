// The commands a node understands, as data, and how a line of text becomes one: for completion,
// help, stubs and reference pages.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// A typed line as the words of a command, as inline commands and redis-cli read it:
//
//   set key "a b\x00\n"   double quotes: \n \r \t \b \a, \xHH, and any other character for itself
//   set key 'a b\n'       single quotes: only \' is special
//   set key a"b c"        a quote may open inside a word, and must close at the word's end
//
// Nothing when a quote is not closed, or is followed by something other than a space. A NUL outside
// of quotes ends the line.
std::optional<std::vector<std::string>> split_command_line(std::string_view line);

// "0.1.0"
const char* version() noexcept;
// The Redis version whose behaviour nodes show, "7.2.4".
const char* redis_version() noexcept;

}  // namespace miniredis
