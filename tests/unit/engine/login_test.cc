#include "engine/login.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "fixture.h"

namespace miniredis::engine {
namespace {

double median_ns(const Host& host, const std::string& name, const std::string& password) {
  std::vector<double> times;
  for (int i = 0; i < 301; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    const bool accepted = find_login(host, name, password).node != nullptr;
    times.push_back(
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun).count());
    REQUIRE_FALSE(accepted);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// A password of 64 KiB takes far longer to hash than all the rest: whoever does not hash it is a
// hundred times as fast, whatever else the machine does.
TEST_CASE("a log-in by the router does the same work for every name") {
  Fixture f;
  TestClient(*f.node).run({"CONFIG", "SET", "requirepass", "secret"});
  const auto open = f.make("open");
  CHECK(find_login(*f.host, "cache", "secret").node == f.node);
  CHECK(find_login(*f.host, "cache:default", "secret").node == f.node);
  CHECK(find_login(*f.host, "open", "").node == nullptr);
  TestClient admin(*f.node);
  CHECK(admin.run({"AUTH", "secret"}) == "+OK\r\n");
  CHECK(admin.run({"ACL", "SETUSER", "alice", "on", ">one", ">two"}) == "+OK\r\n");
  CHECK(admin.run({"ACL", "SETUSER", "off", ">one"}) == "+OK\r\n");
  CHECK(admin.run({"ACL", "SETUSER", "open", "on", "nopass"}) == "+OK\r\n");
  CHECK(find_login(*f.host, "cache:alice", "one").user == "alice");
  CHECK(find_login(*f.host, "cache:alice", "two").node == f.node);
  for (const char* name : {"cache:off", "cache:open", "open:alice", "alice", "cache:alice:"}) {
    CAPTURE(name);
    CHECK(find_login(*f.host, name, "one").node == nullptr);
  }
  {
    // Not even a node that is at work takes longer to answer.
    const std::lock_guard busy(f.node->lock);
    CHECK(find_login(*f.host, "cache", "wrong").node == nullptr);
  }
  const std::string wrong(64 << 10, 'x');
  const double known = median_ns(*f.host, "cache", wrong);
  for (const char* name : {"nowhere", "open", "cache:nobody", "cache:alice", "cache:open",
                           "nowhere:nobody", "", ":"}) {
    CAPTURE(name);
    const double other = median_ns(*f.host, name, wrong);
    CHECK(other > known / 3);
    CHECK(other < known * 3);
  }
}

TEST_CASE("an owner that has heard too many wrong passwords is not asked for the right one") {
  struct Limited : TestClient {
    using TestClient::TestClient;
    std::uint32_t login_wait_seconds() override { return wait_seconds; }
    void note_failed_login() override { ++failures; }
    std::uint32_t wait_seconds = 0;
    int failures = 0;
  };
  Fixture f;
  TestClient(*f.node).run({"CONFIG", "SET", "requirepass", "secret"});
  Limited client(*f.node);
  CHECK(client.run({"AUTH", "wrong"}).starts_with("-WRONGPASS"));
  CHECK(client.run({"AUTH", "nobody", "secret"}).starts_with("-WRONGPASS"));
  CHECK(client.run({"HELLO", "3", "AUTH", "default", "wrong"}).starts_with("-WRONGPASS"));
  CHECK(client.failures == 3);
  client.wait_seconds = 17;
  const std::string refusal =
      "-ERR too many failed log-ins from this address; try again in 17 s\r\n";
  CHECK(client.run({"AUTH", "secret"}) == refusal);
  CHECK(client.run({"HELLO", "3", "AUTH", "default", "secret"}) == refusal);
  CHECK_FALSE(client.client.authenticated);
  CHECK(client.failures == 3);
  client.wait_seconds = 0;
  CHECK(client.run({"AUTH", "secret"}) == "+OK\r\n");
  CHECK(client.failures == 3);
}

}  // namespace
}  // namespace miniredis::engine
