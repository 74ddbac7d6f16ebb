// Tests of a program that uses Redis, without a Redis: each test has a fresh node of its own, made
// in microseconds. Any test framework will do; a fixture is a class whose constructor opens a node.
#include <string>

#include "example.h"

namespace {

// The program under test: it is given something that runs commands, and knows no more.
class Visits {
 public:
  explicit Visits(const miniredis::Node& node) : node_(node) {}

  std::int64_t count(const std::string& page) {
    return static_cast<std::int64_t>(node_.execute({"ZINCRBY", "visits", "1", page}).as_double());
  }

  std::string most_visited() {
    const miniredis::Value pages = node_.execute({"ZRANGE", "visits", "0", "0", "REV"});
    return pages.items().empty() ? "" : pages.items()[0].text();
  }

 private:
  const miniredis::Node& node_;
};

// One engine for all tests, a node for each.
class Fixture {
 public:
  explicit Fixture(const miniredis::Tenant& tenant)
      : node_(tenant.create_node({.name = "test"}).value()) {}
  ~Fixture() { example::require(node_.remove().ok(), "a node can be removed"); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  const miniredis::Node& node() const { return node_; }

 private:
  miniredis::Node node_;
};

void visits_are_counted(const Fixture& fixture) {
  Visits visits(fixture.node());
  example::require(visits.most_visited().empty(), "nothing was visited");
  example::require(visits.count("/") == 1, "the first visit");
  example::require(visits.count("/") == 2, "the second");
  example::require(visits.count("/about") == 1, "pages are counted apart");
  example::require(visits.most_visited() == "/", "the most visited page is found");
}

void every_test_starts_with_nothing(const Fixture& fixture) {
  example::require(Visits(fixture.node()).count("/") == 1, "nothing is left of the test before");
}

}  // namespace

int main() {
  const auto engine = miniredis::Engine::open({.shards = 1}).value();
  const auto tenant = engine.create_tenant({.name = "tests"}).value();
  int run = 0;
  for (const auto test : {visits_are_counted, every_test_starts_with_nothing}) {
    const Fixture fixture(tenant);
    test(fixture);
    ++run;
  }
  example::require(engine.nodes().empty(), "nothing is left of the tests");
  std::printf("%d tests passed\n", run);
}
