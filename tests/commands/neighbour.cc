#include "commands/neighbour.h"

#include <chrono>
#include <stdexcept>
#include <vector>

namespace miniredis::transcripts {
namespace {

constexpr int kKeys = 300;

Node make_node(const Engine& engine) {
  auto tenant = engine.create_tenant({.name = "neighbour"});
  if (!tenant.ok()) throw std::runtime_error(tenant.error().detail);
  auto node = tenant->create_node({.name = "next-door"});
  if (!node.ok()) throw std::runtime_error(node.error().detail);
  return *node;
}

std::string key_of(int number) {
  return "key:" + std::to_string(number);
}

}  // namespace

Neighbour::Neighbour(const Engine& engine) : node_(make_node(engine)) {
  node_.execute({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  // A slow machine must not put its own commands there: what appears has come from elsewhere.
  node_.execute({"CONFIG", "SET", "slowlog-log-slower-than", "1000000000"});
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = key_of(i);
    const std::string value(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    node_.execute({"SET", key, value});
    if (i % 3 == 0) node_.execute({"EXPIREAT", key, std::to_string(33177117420 + i)});
  }
  worker_ = std::thread([this] { work(); });
}

Neighbour::~Neighbour() {
  stop_ = true;
  worker_.join();
}

void Neighbour::work() {
  auto session = node_.open_session(1);
  if (!session.ok()) {
    troubled_ = true;
    return;
  }
  std::int64_t expected = 0;
  while (!stop_) {
    if (session->execute({"INCR", "counter"}).as_integer() != ++expected) troubled_ = true;
    session->execute({"SET", "scratch", "value", "PX", "1"});
    if (session->execute({"GET", "counter"}).text() != std::to_string(expected)) troubled_ = true;
    if (!session->take_pushes().empty()) troubled_ = true;
    // Busy enough to interleave with every test, and still leaving them most of a core.
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

std::string Neighbour::digest() const {
  std::string digest = "keys " + to_string(node_.execute({"DBSIZE"})) + "\n";
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = key_of(i);
    digest += key + " " + to_string(node_.execute({"GET", key})) + " " +
              to_string(node_.execute({"EXPIRETIME", key})) + "\n";
  }
  const std::vector<std::vector<std::string>> questions = {
      {"CONFIG", "GET", "*"},
      {"PUBSUB", "CHANNELS"},
      {"PUBSUB", "NUMPAT"},
      {"SLOWLOG", "LEN"},
      {"LATENCY", "LATEST"},
      {"CLIENT", "GETNAME"},
      {"OBJECT", "ENCODING", "key:7"},
  };
  for (const auto& question : questions) {
    const std::vector<std::string_view> views(question.begin(), question.end());
    digest += to_string(node_.execute(Arguments(views))) + "\n";
  }
  return digest;
}

std::string Neighbour::trouble() const {
  return troubled_ ? "the neighbour saw another's doing in its own work" : "";
}

}  // namespace miniredis::transcripts
