#include "engine/command_table.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "commands/grammar.h"
#include "miniredis/commands.h"

namespace miniredis::engine {
namespace {

TEST_CASE("every command is found by its name in any case, and by no other") {
  const CommandTable& table = CommandTable::get();
  std::set<std::string> names;
  for (const CommandEntry& entry : table.all()) {
    CHECK(names.insert(std::string(entry.name)).second);
    if (entry.name_words == 2) continue;
    std::string upper(entry.name);
    for (char& c : upper) c = base::to_upper(c);
    CHECK(table.find(entry.name) == &entry);
    CHECK(table.find(upper) == &entry);
    CHECK(table.find(upper + "?") == nullptr);
    CHECK(table.find(upper.substr(1)) != &entry);
    for (const commands::Command* sub : entry.command->subcommands) {
      const std::string name = Bytes(sub->name).substr(entry.name.size() + 1).data();
      const CommandEntry* found = table.find_subcommand(entry, name);
      REQUIRE(found != nullptr);
      CHECK(found->command == sub);
    }
  }
  CHECK(table.find("") == nullptr);
  CHECK(table.find(std::string(33, 'g')) == nullptr);
  CHECK(table.find_subcommand(*table.find("config"), "nope") == nullptr);
}

TEST_CASE("arity and keys follow from the grammar as Redis has them") {
  const auto check = [](const char* name, int arity, int first, int last, int step) {
    CAPTURE(name);
    const commands::Command& command = *CommandTable::get().find(name)->command;
    CHECK(command.arity == arity);
    CHECK(command.keys.first == first);
    CHECK(command.keys.last == last);
    CHECK(command.keys.step == step);
  };
  check("get", 2, 1, 1, 1);
  check("set", -3, 1, 1, 1);
  check("mset", -3, 1, -1, 2);
  check("mget", -2, 1, -1, 1);
  check("del", -2, 1, -1, 1);
  check("rename", 3, 1, 2, 1);
  check("copy", -3, 1, 2, 1);
  check("lcs", -3, 1, 2, 1);
  check("getex", -2, 1, 1, 1);
  check("scan", -2, 0, 0, 0);
  check("ping", -1, 0, 0, 0);
  check("expire", -3, 1, 1, 1);
  check("psetex", 4, 1, 1, 1);
  check("command", -1, 0, 0, 0);
  check("config", -2, 0, 0, 0);
}

TEST_CASE("syntax lines read as people write them") {
  const auto syntax = [](const char* name) {
    return commands::syntax_of(CommandTable::get().find(name)->command->arguments);
  };
  CHECK(syntax("set") ==
        "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
        "unix-time-milliseconds | KEEPTTL]");
  CHECK(syntax("mset") == "key value [key value ...]");
  CHECK(syntax("del") == "key [key ...]");
}

TEST_CASE("the public list says all there is to say of each command") {
  CHECK(command_infos().size() == CommandTable::get().all().size());
  for (const CommandInfo& info : command_infos()) {
    CAPTURE(info.name);
    CHECK_FALSE(info.summary.empty());
    CHECK_FALSE(info.since.empty());
    CHECK_FALSE(info.complexity.empty());
    CHECK_FALSE(info.example.empty());
    CHECK(info.arity != 0);
    CHECK_FALSE(info.acl_categories.empty());
  }
}

}  // namespace
}  // namespace miniredis::engine
