// A leaderboard of a hundred thousand players: ranks, neighbours and the best, in microseconds.
#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "example.h"

namespace {

constexpr int kPlayers = 100'000;

// The best first; the later name first where the scores are equal.
bool before(const std::pair<int, std::string>& a, const std::pair<int, std::string>& b) {
  return a > b;
}

}  // namespace

int main() {
  const example::Opened opened =
      example::open_node({.name = "board", .memory_limit_bytes = 64 << 20});
  const miniredis::Node& node = opened.node;
  std::mt19937 dice(7);
  std::vector<std::pair<int, std::string>> players;
  std::vector<std::vector<std::string>> commands;
  for (int n = 0; n < kPlayers; ++n) {
    const int score = static_cast<int>(dice() % 1'000'001);
    players.emplace_back(score, "player:" + std::to_string(n));
    commands.push_back({"ZADD", "board", std::to_string(score), players.back().second});
  }
  node.execute_batch(commands);
  const std::string me = players[4711].second;
  const int my_score = players[4711].first;
  std::sort(players.begin(), players.end(), before);

  const miniredis::Value best = node.execute({"ZRANGE", "board", "0", "9", "REV"});
  for (std::size_t n = 0; n < 10; ++n) {
    example::require(best.items()[n].text() == players[n].second, "the ten best are the ten best");
  }
  const std::int64_t rank = node.execute({"ZREVRANK", "board", me}).as_integer();
  example::require(players[static_cast<std::size_t>(rank)].second == me, "a rank is a place");

  const std::string first = std::to_string(std::max<std::int64_t>(0, rank - 2));
  const std::string last = std::to_string(rank + 2);
  const miniredis::Value around = node.execute({"ZRANGE", "board", first, last, "REV"});
  std::printf("%s is number %lld between\n%s\n", me.c_str(), static_cast<long long>(rank + 1),
              miniredis::to_string(around).c_str());

  const double score = node.execute({"ZINCRBY", "board", "2000000", me}).as_double();
  example::require(score == my_score + 2'000'000, "points are added");
  example::require(node.execute({"ZREVRANK", "board", me}).as_integer() == 0,
                   "that makes it first");
}
