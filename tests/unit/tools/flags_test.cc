#include "flags.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "failure.h"

namespace miniredis::mredis {
namespace {

using Strings = std::vector<std::string>;

FlagTable table(FlagTable::Words words) {
  FlagTable made(words);
  made.add({{"p", "port", "PORT", "a port"},
            {"", "json", "", "as JSON"},
            {"3", "resp3", "", "RESP3"},
            {"", "user", "NAME", "a user"}});
  return made;
}

std::string refusal(const Strings& arguments) {
  try {
    const ParsedFlags flags = table(FlagTable::Words::kLast).parse(arguments);
    flags.number("port", 1, 65535);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("flags end at the first word, so that a command may have what looks like one") {
  const auto flags =
      table(FlagTable::Words::kLast).parse({"-p", "7000", "--json", "SET", "k", "--port", "-1"});
  CHECK(flags.number("port", 1, 65535) == 7000);
  CHECK(flags.has("json"));
  CHECK(!flags.has("resp3"));
  CHECK(flags.words() == Strings{"SET", "k", "--port", "-1"});
  CHECK(table(FlagTable::Words::kLast).parse({"--", "--json"}).words() == Strings{"--json"});
  CHECK(table(FlagTable::Words::kLast).parse({"-"}).words() == Strings{"-"});
}

TEST_CASE("flags may stand among the words where the table says so") {
  const auto flags =
      table(FlagTable::Words::kAnywhere).parse({"cache", "--user", "bob", "--json", "more"});
  CHECK(flags.words() == Strings{"cache", "more"});
  CHECK(flags.text("user") == "bob");
  CHECK(flags.has("json"));
  CHECK(table(FlagTable::Words::kAnywhere).parse({"a", "--", "--json"}).words() ==
        Strings{"a", "--json"});
}

TEST_CASE("every way to write a value") {
  for (const Strings& written :
       {Strings{"-p", "7"}, Strings{"-p7"}, Strings{"--port", "7"}, Strings{"--port=7"}}) {
    CAPTURE(written[0]);
    CHECK(table(FlagTable::Words::kLast).parse(written).number("port", 1, 65535) == 7);
  }
  CHECK(table(FlagTable::Words::kLast).parse({"-3", "x"}).has("resp3"));
  CHECK(table(FlagTable::Words::kLast).parse({"--user", "-x"}).text("user") == "-x");
  CHECK(table(FlagTable::Words::kLast).parse({"--user="}).text("user") == "");
}

TEST_CASE("what is wrong is named") {
  CHECK(refusal({"--bogus", "x"}) == "unknown flag --bogus");
  CHECK(refusal({"--bogus=1"}) == "unknown flag --bogus");
  CHECK(refusal({"-x"}) == "unknown flag -x");
  CHECK(refusal({"--port"}) == "--port needs a value");
  CHECK(refusal({"-p", "0"}) == "--port: '0' is not a whole number from 1 to 65535");
  CHECK(refusal({"-p", "65536"}) == "--port: '65536' is not a whole number from 1 to 65535");
  CHECK(refusal({"-p", "7x"}) == "--port: '7x' is not a whole number from 1 to 65535");
  CHECK(refusal({"-p", "-7"}) == "--port: '-7' is not a whole number from 1 to 65535");
  CHECK(refusal({"-p", ""}) == "--port: '' is not a whole number from 1 to 65535");
  CHECK(refusal({"--json=0"}) == "--json takes no value");
  CHECK(refusal({"--js"}) == "unknown flag --js");
  CHECK(refusal({"-p", "1", "--json"}).empty());
}

TEST_CASE("help has a line for each flag") {
  CHECK(table(FlagTable::Words::kLast).help() ==
        "  -p, --port PORT  a port\n"
        "      --json       as JSON\n"
        "  -3, --resp3      RESP3\n"
        "      --user NAME  a user\n");
}

}  // namespace miniredis::mredis
