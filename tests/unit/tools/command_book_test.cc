#include "command_book.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace miniredis::mredis {
namespace {

using Strings = std::vector<std::string>;

CommandInfo info(const char* name, const char* syntax, const char* group) {
  CommandInfo made;
  made.name = name;
  made.syntax = syntax;
  made.group = group;
  made.summary = std::string("What ") + name + " does.";
  return made;
}

const std::vector<CommandInfo> kInfos = {
    info("CONFIG", "", "server"),
    info("CONFIG GET", "parameter", "server"),
    info("CONFIG SET", "p v", "server"),
    info("GET", "key", "string"),
    info("GETDEL", "key", "string"),
    info("PING", "[message]", "connection"),
    info("SET", "key value [NX | XX]", "string"),
};
const CommandBook kBook{kInfos};

}  // namespace

TEST_CASE("names are completed, in the case they are typed in") {
  CHECK(kBook.complete({}, "ge") == Strings{"get", "getdel"});
  CHECK(kBook.complete({}, "GE") == Strings{"GET", "GETDEL"});
  CHECK(kBook.complete({}, "conf") == Strings{"config"});
  CHECK(kBook.complete({}, "x").empty());
  CHECK(kBook.complete({}, "").size() == 5);
  CHECK(kBook.complete({"config"}, "") == Strings{"get", "set"});
  CHECK(kBook.complete({"CONFIG"}, "s") == Strings{"set"});
  CHECK(kBook.complete({"CONFIG"}, "") == Strings{"GET", "SET"});
  CHECK(kBook.complete({"get"}, "").empty());
  CHECK(kBook.complete({"config", "get"}, "").empty());
}

TEST_CASE("hints name the arguments of the longest command that fits") {
  CHECK(kBook.hint({"set"}) == "SET key value [NX | XX]");
  CHECK(kBook.hint({"set", "k"}) == "SET key value [NX | XX]");
  CHECK(kBook.hint({"config", "get", "x"}) == "CONFIG GET parameter");
  CHECK(kBook.hint({"config", "nix"}) == "CONFIG");
  CHECK(kBook.hint({"nix"}).empty());
  CHECK(kBook.hint({}).empty());
}

TEST_CASE("help knows commands, families and groups") {
  const std::string page = kBook.help({"set"}).value();
  CHECK(page.find("SET key value [NX | XX]") != std::string::npos);
  CHECK(page.find("What SET does.") != std::string::npos);
  CHECK(kBook.help({"config", "get"}).value().find("CONFIG GET parameter") != std::string::npos);
  const std::string group = kBook.help({"@STRING"}).value();
  CHECK(group.find("GETDEL") != std::string::npos);
  CHECK(group.find("PING") == std::string::npos);
  CHECK(kBook.help({}).value().find("@connection @server @string") != std::string::npos);
  CHECK(!kBook.help({"nix"}));
  CHECK(!kBook.help({"@nix"}));
}

TEST_CASE("the library's own list is sorted and complete enough to help") {
  const auto infos = command_infos();
  REQUIRE(!infos.empty());
  CHECK(std::is_sorted(infos.begin(), infos.end(),
                       [](const CommandInfo& a, const CommandInfo& b) { return a.name < b.name; }));
  const CommandBook book(infos);
  CHECK(book.hint({"get", "x"}) == "GET key");
  CHECK(book.help({"set"}).has_value());
}

}  // namespace miniredis::mredis
