// Clients by the hundred that wait for keys, while others push, kill, run transactions and take
// their time: no element may come twice, and none may be lost but with a client that was killed.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "miniredis/engine.h"

namespace {

using miniredis::Engine;
using miniredis::Node;
using miniredis::Session;
using miniredis::Tenant;
using miniredis::Value;

constexpr int kWaiting = 100;
constexpr int kPushers = 3;
constexpr int kPushes = 1500;  // of each pusher

template <typename T>
T checked(miniredis::Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().detail));
  return std::move(result).value();
}

class Ledger {
 public:
  void note(const std::string& element) {
    const std::lock_guard guard(lock_);
    ++seen_[element];
  }
  // How many elements came, and how many of them more than once.
  std::pair<std::size_t, std::size_t> counts() const {
    std::size_t twice = 0;
    for (const auto& [element, times] : seen_) twice += times > 1 ? 1 : 0;
    return {seen_.size(), twice};
  }

 private:
  std::mutex lock_;
  std::map<std::string, int> seen_;
};

// Takes elements in one way or another until told to stop. `id`: its client's, for the killer.
void take(const Node& node, int number, Ledger& ledger, std::atomic<std::int64_t>& id,
          const std::atomic<bool>& stop) {
  const std::string inbox = "inbox:" + std::to_string(number % 5);
  while (!stop) {
    auto opened = node.open_session();
    if (!opened.ok()) continue;
    Session session = std::move(opened).value();
    id = session.execute({"CLIENT", "ID"}).as_integer();
    for (int i = 0; i < 50 && !stop && !session.closed(); ++i) {
      Value reply;
      if (number % 3 == 0) {
        reply = session.execute({"BLPOP", "jobs:0", "jobs:1", "0.05"});
      } else if (number % 3 == 1) {
        reply = session.execute({"BLMPOP", "0.05", "2", "jobs:1", "jobs:2", "RIGHT"});
        if (reply.kind() == Value::Kind::kArray) {
          ledger.note(reply.items()[1].items()[0].text());
          continue;
        }
      } else {
        reply = session.execute({"BLMOVE", "jobs:2", inbox, "LEFT", "RIGHT", "0.05"});
        continue;  // counted when the inboxes are read
      }
      if (reply.kind() == Value::Kind::kArray) ledger.note(reply.items()[1].text());
    }
  }
}

void push(const Node& node, int number) {
  Session session = checked(node.open_session());
  std::mt19937 rng(static_cast<unsigned>(number));
  for (int i = 0; i < kPushes; ++i) {
    const std::string element = std::to_string(number) + ":" + std::to_string(i);
    const std::string key = "jobs:" + std::to_string(rng() % 3);
    switch (rng() % 4) {
      case 0:
        session.execute({"MULTI"});
        session.execute({"RPUSH", key, "no one sees this"});
        session.execute({"RPOP", key});
        session.execute({"LPUSH", key, element});
        session.execute({"EXEC"});
        break;
      case 1:
        session.execute({"RPUSH", "made:" + std::to_string(number), element});
        session.execute({"LMOVE", "made:" + std::to_string(number), key, "LEFT", "RIGHT"});
        break;
      default:
        session.execute({"RPUSH", key, element});
    }
    if (i % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

TEST_CASE("no element comes twice or gets lost between a hundred clients that wait") {
  const Engine engine = checked(Engine::open({.shards = 2}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const Node node = checked(tenant.create_node({.name = "queue"}));
  Ledger ledger;
  std::atomic<bool> stop = false;
  std::atomic<int> killed = 0;
  std::array<std::atomic<std::int64_t>, kWaiting> ids{};
  {
    std::vector<std::jthread> waiting;
    for (int i = 0; i < kWaiting; ++i) {
      waiting.emplace_back(
          [&, i] { take(node, i, ledger, ids[static_cast<std::size_t>(i)], stop); });
    }
    std::jthread killer([&] {
      std::mt19937 rng(99);
      Session session = checked(node.open_session());
      while (!stop) {
        const std::string id = std::to_string(ids[rng() % kWaiting]);
        if (session.execute({"CLIENT", "KILL", "ID", id, "SKIPME", "yes"}).as_integer() == 1) {
          ++killed;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
    {
      std::vector<std::jthread> pushers;
      for (int i = 0; i < kPushers; ++i) pushers.emplace_back([&, i] { push(node, i); });
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto left = [&] {
      std::int64_t sum = 0;
      for (const char* key : {"jobs:0", "jobs:1", "jobs:2"}) {
        sum += node.execute({"LLEN", key}).as_integer();
      }
      return sum;
    };
    while (left() > 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(left() == 0);
    stop = true;
  }
  for (int i = 0; i < 5; ++i) {
    const Value all = node.execute({"LRANGE", "inbox:" + std::to_string(i), "0", "-1"});
    for (const Value& element : all.items()) ledger.note(element.text());
  }
  const auto [came, twice] = ledger.counts();
  CHECK(twice == 0);
  CHECK(came <= std::size_t{kPushers} * kPushes);
  CHECK(came + static_cast<std::size_t>(killed) >= std::size_t{kPushers} * kPushes);
  CHECK(node.execute({"INFO", "clients"}).text().find("blocked_clients:0") != std::string::npos);
}
