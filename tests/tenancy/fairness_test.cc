// How much one node of a shard gets done while another waits for one answer. Counted in commands
// and not in time, which on a busy machine says little.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "miniredis/engine.h"
#include "miniredis/server.h"
#include "peer.h"

namespace {

using miniredis::Engine;
using miniredis::Node;
using miniredis::Server;
using miniredis::Tenant;
using miniredis::test::Peer;

template <typename T>
T checked(miniredis::Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().detail));
  return std::move(result).value();
}

constexpr int kBusy = 200;
constexpr int kRounds = 41;
// A turn of each of them without fairness: 16 KiB of requests of 6 bytes.
constexpr std::uint64_t kRoundWithout = std::uint64_t{kBusy} * (16 << 10) / 6;

}  // namespace

TEST_CASE("a node with many busy connections does not make its neighbour wait for each of them") {
  const Engine engine = checked(Engine::open({.shards = 1}));
  Server server = checked(Server::start(engine, {}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const Node loud = checked(tenant.create_node({.name = "loud", .memory_limit_bytes = 1 << 30}));
  const Node quiet = checked(tenant.create_node({.name = "quiet"}));
  const int loud_port = checked(server.listen(loud, 0));
  Peer neighbour(checked(server.listen(quiet, 0)));

  std::string requests;
  while (requests.size() < 96 << 10) requests += "PING\r\n";
  std::vector<std::unique_ptr<Peer>> busy;
  for (int i = 0; i < kBusy; ++i) {
    busy.push_back(std::make_unique<Peer>(loud_port));
    REQUIRE(busy.back()->call("CLIENT REPLY OFF\r\nCLIENT REPLY ON").starts_with("+OK"));
    busy.back()->send("CLIENT REPLY OFF\r\n");
  }
  std::vector<std::uint64_t> between;
  int next = 0;
  for (int round = 0; round < kRounds; ++round) {
    // As fast as it is worked off.
    for (int i = 0; i < kBusy / 4; ++i) busy[next++ % kBusy]->send(requests);
    const std::uint64_t before = loud.stats().commands;
    REQUIRE(neighbour.call("PING") == "+PONG");
    between.push_back(loud.stats().commands - before);
  }
  std::sort(between.begin(), between.end());
  const std::uint64_t median = between[kRounds / 2];
  MESSAGE("commands of the busy node while its neighbour waited, median: ", median,
          ", most: ", between.back(), "; a round without fairness: ", kRoundWithout);
  CHECK(median > 0);
  CHECK(median < kRoundWithout / 10);
  server.stop(0);
}
