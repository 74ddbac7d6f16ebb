// Analytics inside an application: customers kept apart, unique visitors, a stream of events.
#include <array>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "example.h"

namespace {

constexpr int kDays = 3;

std::string day_key(int day) {
  return "visitors:" + std::to_string(day);
}

// Takes events of some days and compares what the node says with sets of our own.
void analyse(const miniredis::Node& node, std::mt19937& dice) {
  std::array<std::set<unsigned>, kDays> seen;
  for (int day = 0; day < kDays; ++day) {
    for (int event = 0; event < 400; ++event) {
      const auto visitor = static_cast<unsigned>(dice() % 500);
      const std::string name = std::to_string(visitor);
      node.execute({"SADD", day_key(day), name});
      node.execute({"XADD", "events", "MAXLEN", "1000", "*", "visitor", name});
      seen[static_cast<std::size_t>(day)].insert(visitor);
    }
  }
  std::size_t every_day = 0;
  for (const unsigned visitor : seen[0])
    every_day += seen[1].count(visitor) * seen[2].count(visitor);
  const miniredis::Value returned = node.execute({"SINTER", day_key(0), day_key(1), day_key(2)});
  example::require(returned.items().size() == every_day, "visitors of every day");
  example::require(node.execute({"XLEN", "events"}).as_integer() == 1000, "the latest events");
  std::printf("%s: %zu visitors came every day\n", node.name().c_str(), every_day);
}

}  // namespace

int main() {
  const auto engine = miniredis::Engine::open({.shards = 1}).value();
  std::mt19937 dice(7);
  std::vector<miniredis::Node> nodes;
  for (const char* name : {"acme", "globex"}) {
    const auto tenant =
        engine.create_tenant({.name = name, .memory_limit_bytes = 8 << 20, .max_nodes = 1}).value();
    nodes.push_back(tenant.create_node({.name = name, .memory_limit_bytes = 4 << 20}).value());
    analyse(nodes.back(), dice);
  }
  // One customer's flood is its own.
  int written = 0;
  const std::string value(100, 'x');
  while (written < 100'000 &&
         !nodes[0].execute({"SET", "fill:" + std::to_string(written), value}).is_error()) {
    ++written;
  }
  example::require(written > 0 && written < 100'000, "acme's memory has an end");
  example::require(!nodes[1].execute({"SET", "still", "there"}).is_error(), "globex goes on");
  std::printf("acme was full after %d more keys; globex did not notice\n", written);
}
