#include "engine/acl.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/acl_file.h"
#include "engine/login.h"
#include "fixture.h"

namespace miniredis::engine {
namespace {

struct Rules {
  std::string apply(const std::vector<std::string>& rules) {
    for (const std::string& rule : rules) {
      if (const auto fault = apply_rule(user, rule, false)) return text_of(*fault);
    }
    return rules_text(user);
  }
  bool may(const std::vector<std::string>& words) const {
    const std::vector<std::string_view> views(words.begin(), words.end());
    const CommandTable& table = CommandTable::get();
    const CommandEntry* entry = table.find(views[0]);
    REQUIRE(entry != nullptr);
    if (entry->command->is_container()) entry = table.find_subcommand(*entry, views[1]);
    REQUIRE(entry != nullptr);
    return check_rights(user, *entry, views).allowed();
  }
  memory::Account account{nullptr, 0};
  User user{account, "u"};
};

TEST_CASE("a user's rules are said back as they can be read again") {
  const std::vector<std::vector<std::string>> all = {
      {},
      {"on", "nopass", "~*", "&*", "+@all"},
      {"on", ">secret", "~a*", "%R~b", "%W~c", "&d", "+@read", "-get", "+select|0"},
      {"%R~*", "%W~*", "~a"},
      {"off", "(+get ~a)", "(%R~b +@all -@write &x)", "-@all", "+acl|whoami"},
      {"skip-sanitize-payload", "+@all", "-@dangerous", "+config|get", "-config|get"}};
  for (const auto& rules : all) {
    Rules first;
    const std::string said = first.apply(rules);
    Users users(first.account);
    std::string errors;
    const auto read = parse_users(first.account, "user u " + said + "\n", "file", false,
                                  users.default_user(), errors);
    REQUIRE_MESSAGE(read.has_value(), errors);
    std::string again;
    read->each([&](const User& user) {
      if (Bytes(user.name) == "u") again = rules_text(user);
    });
    CHECK(again == said);
  }
}

TEST_CASE("later rules about a command take earlier ones out") {
  Rules r;
  CHECK(r.apply({"+get", "+config|get", "-config", "+GET"}) ==
        "off sanitize-payload resetchannels -@all -config +get");
  CHECK(r.apply({"+@all", "-get", "+@string"}) ==
        "off sanitize-payload resetchannels +@all -get +@string");
  CHECK(r.apply({"-@all"}) == "off sanitize-payload resetchannels -@all");
}

TEST_CASE("every command is in its categories, and a container brings what it contains") {
  Rules r;
  r.apply({"~*", "&*", "+config"});
  CHECK(r.may({"CONFIG", "GET", "x"}));
  CHECK(r.may({"CONFIG", "SET", "x", "y"}));
  CHECK_FALSE(r.may({"CLIENT", "ID"}));
  r.apply({"-config|set"});
  CHECK_FALSE(r.may({"CONFIG", "SET", "x", "y"}));
  r.apply({"allcommands", "-client|id", "-@hash"});
  CHECK_FALSE(r.may({"CLIENT", "ID"}));
  CHECK(r.may({"CLIENT", "GETNAME"}));
  CHECK_FALSE(r.may({"HGET", "a", "b"}));
  CHECK(r.may({"GET", "a"}));
}

TEST_CASE("a user without rights may still log in as another") {
  const Rules r;
  CHECK(r.may({"AUTH", "x"}));
  CHECK(r.may({"HELLO"}));
  CHECK(r.may({"QUIT"}));
  CHECK_FALSE(r.may({"PING"}));
}

TEST_CASE("rules are bounded in number and size") {
  Rules r;
  for (std::size_t i = 0; i < kMostRules; ++i) {
    REQUIRE_FALSE(apply_rule(r.user, "~key:" + std::to_string(i), false));
  }
  CHECK(apply_rule(r.user, "~more", false) == RuleFault::kTooMany);
  CHECK(apply_rule(r.user, "&more", false) == RuleFault::kTooMany);
  CHECK(apply_rule(r.user, ">more", false) == RuleFault::kTooMany);
  CHECK(apply_rule(r.user, "(~more)", false) == RuleFault::kTooMany);
  CHECK(apply_rule(r.user, "+select|0", false) == RuleFault::kTooMany);
  CHECK_FALSE(apply_rule(r.user, "+get", false));
  CHECK_FALSE(apply_rule(r.user, "resetkeys", false));
  CHECK_FALSE(apply_rule(r.user, "~more", false));
  CHECK(apply_rule(r.user, "~" + std::string(kMostRuleBytes, 'x'), false) == RuleFault::kTooMany);

  std::string selector = "(";
  for (std::size_t i = 0; i < kMostRules; ++i) selector += "~" + std::to_string(i) + " ";
  CHECK(apply_rule(r.user, selector + ")", false) == RuleFault::kTooMany);
}

TEST_CASE("a command with too many keys for the patterns is refused, not looked through") {
  Rules r;
  std::vector<std::string> rules = {"+@all"};
  for (std::size_t i = 0; i < 1000; ++i) rules.push_back("~" + std::to_string(i) + "*x");
  rules.emplace_back("~key");
  r.apply(rules);
  std::vector<std::string> words(5000, "key");
  words[0] = "DEL";
  CHECK_FALSE(r.may(words));
  words.resize(1000);
  CHECK(r.may(words));
}

TEST_CASE("all memory of users is the node's, and is given back") {
  memory::Account account(nullptr, 0);
  {
    Acl acl(account);
    CHECK(account.used() == 0);  // a node that has only its default user pays nothing
    for (int i = 0; i < 100; ++i) {
      User* const user = acl.users.make("user:" + std::to_string(i), false);
      REQUIRE(user != nullptr);
      for (const char* rule : {"on", ">secret", "~a*", "&b", "+@all", "-get", "(+set ~x)"}) {
        REQUIRE_FALSE(apply_rule(*user, rule, false));
      }
      acl.log.add(Refused::kKey, RefusedIn::kTopLevel, "key" + std::to_string(i), "u", "c", 0, 50);
    }
    CHECK(account.used() > 100 * sizeof(User));
    CHECK(acl.log.entries().size() == 50);
  }
  CHECK(account.used() == 0);
}

TEST_CASE("refusals of one kind are counted together for a minute") {
  memory::Account account(nullptr, 0);
  AclLog log(account);
  const auto add = [&](Bytes object, std::int64_t now_ms) {
    log.add(Refused::kKey, RefusedIn::kTopLevel, object, "u", "c", now_ms, 128);
  };
  add("a", 0);
  add("b", 10);
  add("a", 60'000);
  REQUIRE(log.entries().size() == 2);
  CHECK(log.entries().front().count == 2);
  CHECK(log.entries().front().object == "a");
  CHECK(log.entries().front().created_ms == 0);
  CHECK(log.entries().front().updated_ms == 60'000);
  add("a", 120'001);
  CHECK(log.entries().size() == 3);
  CHECK(log.entries().front().id == 2);
}

TEST_CASE("a full node can have no more users") {
  Fixture f;
  const auto small = f.make("small", 1 << 20);
  TestClient admin(*small);
  std::string reply = "+OK\r\n";
  const std::string pattern = "~" + std::string(4000, 'x');
  for (int i = 0; i < 1000 && reply == "+OK\r\n"; ++i) {
    reply = admin.run({"ACL", "SETUSER", "u" + std::to_string(i), pattern});
  }
  CHECK(reply.starts_with("-OOM "));
  CHECK(admin.run({"ACL", "SETUSER", "u0", "off", "resetkeys"}) == "+OK\r\n");
  CHECK(admin.run({"ACL", "DELUSER", "u0", "u1", "u2"}) == ":3\r\n");
}

TEST_CASE("whoever takes his own user away in a transaction goes on as the default user") {
  Fixture f;
  TestClient admin(*f.node);
  TestClient doomed(*f.node);
  admin.run({"ACL", "SETUSER", "doomed", "on", "nopass", "+@all", "~*", "-get"});
  CHECK(doomed.run({"AUTH", "doomed", "x"}) == "+OK\r\n");
  doomed.run({"MULTI"});
  doomed.run({"ACL", "DELUSER", "doomed"});
  doomed.run({"ACL", "WHOAMI"});
  CHECK(doomed.run({"EXEC"}) == "*2\r\n:1\r\n$7\r\ndefault\r\n");
  CHECK(doomed.client.close_after_reply);
}

TEST_CASE("what changes a user changes his clients at once") {
  Fixture f;
  TestClient admin(*f.node);
  TestClient client(*f.node);
  admin.run({"ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "&*"});
  client.run({"AUTH", "u", "x"});
  CHECK(client.client.all_rights);
  admin.run({"ACL", "SETUSER", "u", "-set"});
  CHECK_FALSE(client.client.all_rights);
  CHECK(client.run({"SET", "k", "v"}) ==
        "-NOPERM User u has no permissions to run the 'set' command\r\n");
  admin.run({"ACL", "SETUSER", "u", "(+@all ~* &*)"});
  CHECK(client.client.all_rights);
  CHECK(client.run({"SET", "k", "v"}) == "+OK\r\n");
  admin.run({"ACL", "SETUSER", "default", "-get"});
  CHECK_FALSE(admin.client.all_rights);
}

TEST_CASE("who connected while a password was asked for needs none when it is gone") {
  Fixture f;
  TestClient admin(*f.node);
  admin.run({"CONFIG", "SET", "requirepass", "secret"});
  TestClient late(*f.node);
  CHECK(late.run({"PING"}).starts_with("-NOAUTH"));
  admin.run({"CONFIG", "SET", "requirepass", ""});
  CHECK_FALSE(late.client.authenticated);
  CHECK(late.run({"PING"}) == "+PONG\r\n");
  CHECK(late.client.authenticated);  // from here on quotas count it
}

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "acl_test_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

struct FileFixture : Fixture {
  std::shared_ptr<NodeRuntime> make_with(const std::string& name,
                                         const std::string& password = "") {
    NodeOptions options;
    options.name = name;
    options.password = password;
    options.acl_file = file();
    auto made = host->create_node(tenant, options);
    if (!made) {
      error = made.error().detail;
      return nullptr;
    }
    return *made;
  }
  // The command is over when its thread is.
  std::string run(TestClient& client, const std::vector<std::string>& words) {
    client.send(words);
    for (int i = 0; i < 100'000 && client.client.suspended; ++i) {
      const std::lock_guard guard(client.node.lock);
      client.node.step_long_run(1'000'000);
    }
    return client.take();
  }
  std::string file() const { return (folder.path / "users.acl").string(); }
  std::string content() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  Folder folder;
  std::string error;
};

TEST_CASE("users that are saved are there when the node is made again") {
  FileFixture f;
  const auto node = f.make_with("one", "secret");
  REQUIRE(node != nullptr);
  TestClient admin(*node);
  admin.run({"AUTH", "secret"});
  admin.run({"ACL", "SETUSER", "alice", "on", ">pass", "~a*", "+get"});
  CHECK(f.run(admin, {"ACL", "LOAD"}).starts_with("-ERR Error loading ACLs, opening file"));
  CHECK(f.run(admin, {"ACL", "SAVE"}) == "+OK\r\n");
  const std::string saved = f.content();
  CHECK(saved.starts_with("user alice on sanitize-payload #"));
  CHECK(std::filesystem::status(f.file()).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(std::distance(std::filesystem::directory_iterator(f.folder.path), {}) == 1);

  const auto again = f.make_with("two", "another");
  REQUIRE(again != nullptr);
  TestClient client(*again);
  CHECK(client.run({"AUTH", "alice", "pass"}) == "+OK\r\n");
  CHECK(client.run({"AUTH", "another"}).starts_with("-WRONGPASS"));
  CHECK(client.run({"AUTH", "secret"}) == "+OK\r\n");
  CHECK(find_login(*f.host, "two:alice", "pass").node == again);
  CHECK(client.run({"CONFIG", "GET", "aclfile"}) == "*2\r\n$7\r\naclfile\r\n$9\r\nusers.acl\r\n");
}

TEST_CASE("LOAD puts the users of the file in the place of those there are") {
  FileFixture f;
  const auto node = f.make_with("one");
  TestClient admin(*node);
  TestClient client(*node);
  admin.run({"ACL", "SETUSER", "bob", "on", "nopass", "+@all"});
  client.run({"AUTH", "bob", "x"});
  f.write("user alice on nopass ~* +@all\n\n  user carol on (+get ~x)  \r\n");
  CHECK(f.run(admin, {"ACL", "LOAD"}) == "+OK\r\n");
  CHECK(admin.run({"ACL", "USERS"}) == "*3\r\n$5\r\nalice\r\n$5\r\ncarol\r\n$7\r\ndefault\r\n");
  CHECK(client.client.closing);
  CHECK_FALSE(admin.client.closing);
}

TEST_CASE("a file that makes no sense changes nothing, and says where") {
  FileFixture f;
  const auto node = f.make_with("one");
  TestClient admin(*node);
  f.write(
      "user alice on >x ~a* +get +nocmd\nuser bob bogus\nnonsense\nuser dave on (+get ~x) foo bar\n"
      "user alice on\nuser eve (+get\n");
  CHECK(f.run(admin, {"ACL", "LOAD"}) ==
        "-ERR users.acl:1: Error in applying operation '+nocmd': Unknown command or category name "
        "in ACL. users.acl:2: Syntax error. users.acl:3 should start with user keyword followed by "
        "the username. users.acl:4: Syntax error. WARNING: Duplicate user 'alice' found on line 5. "
        "users.acl:6: Unmatched parenthesis in selector definition. WARNING: ACL errors detected, "
        "no change to the previously active ACL rules was performed\r\n");
  CHECK(admin.run({"ACL", "USERS"}) == "*1\r\n$7\r\ndefault\r\n");
  CHECK(f.make_with("two") == nullptr);
  CHECK(f.error.find("users.acl:2: Syntax error") != std::string::npos);
  CHECK(f.make_with("two") == nullptr);  // its name is not taken
  CHECK(f.error.find("users.acl:2: Syntax error") != std::string::npos);
}

TEST_CASE("a file that cannot be written is told, and the old one stays") {
  FileFixture f;
  const auto node = f.make_with("one");
  TestClient admin(*node);
  CHECK(f.run(admin, {"ACL", "SAVE"}) == "+OK\r\n");
  std::filesystem::create_directory(f.file() + ".new");
  CHECK(f.run(admin, {"ACL", "SAVE"}).starts_with("-ERR There was an error trying to save"));
  CHECK(f.content().starts_with("user default on nopass"));
}

}  // namespace
}  // namespace miniredis::engine
