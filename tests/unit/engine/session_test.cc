// What embedded callers do past Node::execute: replies as bytes, brief commands, waits.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "miniredis/engine.h"

namespace miniredis {
namespace {

struct Fixture {
  Engine engine = Engine::open({.shards = 1}).value();
  Node node = engine.create_tenant({.name = "t"}).value().create_node({.name = "n"}).value();
  ReplyBytes bytes;

  bool tries(std::initializer_list<std::string_view> words) {
    return node.try_execute(Arguments(words.begin(), words.size()), bytes);
  }
};

std::vector<std::string_view> words(std::initializer_list<std::string_view> list) {
  return list;
}

TEST_CASE_FIXTURE(Fixture, "HELLO chooses the shape of a session's replies") {
  node.execute({"HSET", "h", "f", "v"});
  Session session = node.open_session(0, 2).value();
  CHECK(session.execute({"HGETALL", "h"}).kind() == Value::Kind::kArray);
  CHECK(session.execute({"HELLO", "3"}).kind() == Value::Kind::kMap);
  CHECK(session.execute({"HGETALL", "h"}).kind() == Value::Kind::kMap);
  session.execute({"HELLO", "2"});
  CHECK(session.execute({"HGETALL", "h"}).kind() == Value::Kind::kArray);
  CHECK(session.execute({"HELLO", "9"}).is_error());
  CHECK(session.execute({"HGETALL", "h"}).kind() == Value::Kind::kArray);
}

TEST_CASE_FIXTURE(Fixture, "replies come as bytes, and replace those before") {
  node.execute(words({"SET", "k", "v"}), bytes);
  CHECK(bytes.view() == "+OK\r\n");
  node.execute(words({"GET", "k"}), bytes);
  CHECK(bytes.view() == "$1\r\nv\r\n");
  node.execute({}, bytes);
  CHECK(bytes.view() == "-ERR empty command\r\n");
  const std::string big(100'000, 'x');
  node.execute(words({"SET", "k", big}), bytes);
  node.execute(words({"GET", "k"}), bytes);
  CHECK(bytes.view().size() == big.size() + 11);
}

TEST_CASE_FIXTURE(Fixture, "a batch has a reply for each command") {
  const auto set = words({"SET", "k", "1"});
  const auto bad = words({"LPUSH", "k", "1"});
  const auto get = words({"GET", "k"});
  const Arguments commands[] = {set, bad, get};
  node.execute_batch(commands, bytes);
  ReplyReader reader(bytes.view());
  CHECK(reader.next()->kind == Value::Kind::kStatus);
  CHECK(reader.next()->kind == Value::Kind::kError);
  CHECK(reader.next()->text == "1");
  CHECK(reader.at_end());
}

TEST_CASE_FIXTURE(Fixture, "only what is brief is tried") {
  CHECK(tries({"SET", "k", "v"}));
  CHECK(bytes.view() == "+OK\r\n");
  CHECK(tries({"get", "k"}));
  CHECK(tries({"LPUSH", "l", "a", "b"}));
  CHECK(tries({"LPOP", "l", "2"}));
  CHECK(!tries({"LPOP", "l", "2000"}));  // a large count
  CHECK(!tries({"KEYS", "*"}));          // as long as there are keys
  CHECK(!tries({"BLPOP", "l", "0"}));    // waits
  CHECK(!tries({"INFO"}));               // about the node
  CHECK(!tries({"NOSUCH"}));
  CHECK(!tries({"SET", "k", std::string(20'000, 'x')}));
  CHECK(!tries({}));
  CHECK(node.execute({"GET", "k"}).text() == "v");
}

TEST_CASE_FIXTURE(Fixture, "a command that waits is begun, woken and finished") {
  Session session = node.open_session().value();
  std::atomic<int> wakes = 0;
  session.on_push([&] { ++wakes; });
  CHECK(session.start(words({"PING"}))->text() == "PONG");
  CHECK(!session.start(words({"BLPOP", "q", "0"})));
  CHECK(session.execute({"PING"}).is_error());
  CHECK(!session.wait(0));
  CHECK(!session.wait(5));
  CHECK(!session.waits_for_time());
  node.execute({"RPUSH", "q", "job"});
  CHECK(wakes > 0);
  const auto reply = session.wait(0);
  REQUIRE(reply);
  CHECK(reply->items()[1].text() == "job");
  CHECK(session.wait(0)->is_error());
  CHECK(session.execute({"PING"}).text() == "PONG");
  session.on_push(nullptr);
}

TEST_CASE_FIXTURE(Fixture, "a wait that is cancelled takes nothing") {
  Session session = node.open_session().value();
  CHECK(session.cancel());
  CHECK(!session.start(words({"BLPOP", "q", "0"})));
  CHECK(session.cancel());
  CHECK(node.execute({"RPUSH", "q", "job"}).as_integer() == 1);
  CHECK(node.execute({"LLEN", "q"}).as_integer() == 1);
  CHECK(session.execute({"LPOP", "q"}).text() == "job");
}

TEST_CASE_FIXTURE(Fixture, "a wait ends with its time, with its node and with its session") {
  Session session = node.open_session().value();
  CHECK(session.execute({"BLPOP", "q", "0.01"}).is_nil());
  CHECK(!session.start(words({"BLPOP", "q", "0"})));
  { const Session copy = session; }
  std::thread remover([&] { CHECK(node.remove().ok()); });
  std::optional<Value> reply;
  for (int i = 0; i < 100 && !reply; ++i) reply = session.wait(100);
  remover.join();
  REQUIRE(reply);
  CHECK(reply->is_error());
  CHECK(session.closed());
}

TEST_CASE_FIXTURE(Fixture, "a session is closed from another thread") {
  Session session = node.open_session().value();
  node.execute({"CLIENT", "PAUSE", "100000"});
  std::thread closer([&] { session.close(); });
  CHECK(session.execute({"GET", "k"}).is_error());
  closer.join();
  CHECK(session.closed());
  CHECK(session.execute({"PING"}).is_error());
}

TEST_CASE_FIXTURE(Fixture, "a change goes on to its end although its session has gone") {
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string_view> push = {"RPUSH", "list"};
    push.resize(1'002, "element");
    node.execute(push);
  }
  {
    Session session = node.open_session().value();
    session.execute({"MULTI"});
    session.execute({"LTRIM", "list", "1000", "1999"});
    session.execute({"SET", "after", "1"});
    REQUIRE(!session.start(words({"EXEC"})));
    CHECK(!session.cancel());
  }
  CHECK(node.execute({"GET", "after"}).text() == "1");
  CHECK(node.execute({"LLEN", "list"}).as_integer() == 1'000);
}

TEST_CASE_FIXTURE(Fixture, "an operator passes pauses and waits for nobody long") {
  node.execute({"CLIENT", "PAUSE", "100000"});
  CHECK(!node.try_execute(words({"STRLEN", "k"})));
  CHECK(node.execute_as_operator({"CONFIG", "GET", "maxclients"}).items().size() == 2);
  CHECK(node.set_config("maxclients", "77").ok());
  CHECK(node.execute_as_operator({"CLIENT", "UNPAUSE"}).text() == "OK");
  // The shard may hold the node's lock just then.
  std::optional<Value> tried;
  for (int i = 0; i < 1'000 && !tried; ++i) tried = node.try_execute(words({"STRLEN", "k"}));
  REQUIRE(tried);
  CHECK(tried->as_integer() == 0);

  Session sleeper = node.open_session().value();
  REQUIRE(!sleeper.start(words({"DEBUG", "SLEEP", "100"})));
  CHECK(sleeper.waits_for_time());
  CHECK(node.execute_as_operator({"PING"}).text().starts_with("BUSY "));
  CHECK(node.set_config("maxclients", "78").error().code == ErrorCode::kWrongState);
  sleeper = node.open_session().value();
  CHECK(node.execute({"CONFIG", "GET", "maxclients"}).items()[1].text() == "77");
}

TEST_CASE_FIXTURE(Fixture, "a transaction runs as one batch of a session") {
  Session session = node.open_session().value();
  const auto multi = words({"MULTI"});
  const auto set = words({"SET", "k", "1"});
  const auto exec = words({"EXEC"});
  const Arguments commands[] = {multi, set, exec};
  session.execute_batch(commands, bytes);
  CHECK(bytes.view() == "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n");
}

}  // namespace
}  // namespace miniredis
