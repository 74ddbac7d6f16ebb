// Plays every transcript through each way into MiniRedis.
#include <doctest/doctest.h>

#include <functional>

#include "commands/neighbour.h"
#include "commands/player.h"
#include "commands/transcript_stages.h"

namespace {

using namespace miniredis::transcripts;  // NOLINT(*-using-namespace)
using miniredis::Engine;
using miniredis::Node;
using miniredis::Server;
using miniredis::Tenant;

Engine open_engine() {
  auto engine = Engine::open({.shards = 1});
  REQUIRE(engine.ok());
  return *engine;
}

Tenant make_tenant(const Engine& engine) {
  auto tenant = engine.create_tenant({.name = "transcripts"});
  REQUIRE(tenant.ok());
  return *tenant;
}

Node make_node(const Tenant& tenant) {
  auto node = tenant.create_node({.name = "under-test"});
  REQUIRE_MESSAGE(node.ok(), (node.ok() ? "" : node.error().detail));
  return *node;
}

using MakeStage = std::function<std::unique_ptr<Stage>()>;
using AfterSection = std::function<void(const std::string& where)>;

void play_all(Protocol protocol, const MakeStage& make_stage, const AfterSection& after = {}) {
  int sections = 0;
  for (const std::string& path : transcript_files(MINIREDIS_TRANSCRIPTS)) {
    const Transcript transcript = parse_transcript(path);
    for (const Section& section : transcript.sections) {
      if (!applies(section, protocol)) continue;
      ++sections;
      const auto stage = make_stage();
      play(section, *stage, [&](const Step& step, const std::string& what) {
        ADD_FAIL_CHECK_AT(path.c_str(), step.line,
                          section.title << ": " << step.source << "\n  " << what);
      });
      if (after) after(path + ": " + section.title);
    }
  }
  CHECK(sections > 100);
}

void play_over_tcp(Protocol protocol) {
  const Engine engine = open_engine();
  auto server = Server::start(engine, {.migrate_targets = {"127.0.0.1:1"}});
  REQUIRE(server.ok());
  const Tenant tenant = make_tenant(engine);
  play_all(protocol,
           [&] { return std::make_unique<PortStage>(make_node(tenant), *server, protocol); });
}

}  // namespace

TEST_CASE("in_process: transcripts through sessions") {
  const Engine engine = open_engine();
  const Tenant tenant = make_tenant(engine);
  play_all(Protocol::kInProcess, [&] { return std::make_unique<SessionStage>(make_node(tenant)); });
}

TEST_CASE("resp2: transcripts over TCP") {
  play_over_tcp(Protocol::kResp2);
}

TEST_CASE("resp3: transcripts over TCP") {
  play_over_tcp(Protocol::kResp3);
}

TEST_CASE("neighbour: transcripts do not touch another tenant on the same shard") {
  const Engine engine = open_engine();
  auto server = Server::start(engine, {.migrate_targets = {"127.0.0.1:1"}});
  REQUIRE(server.ok());
  const Tenant tenant = make_tenant(engine);
  const Neighbour neighbour(engine);
  const std::string before = neighbour.digest();
  play_all(
      Protocol::kResp3,
      [&] { return std::make_unique<PortStage>(make_node(tenant), *server, Protocol::kResp3); },
      [&](const std::string& where) {
        INFO(where);
        CHECK(neighbour.digest() == before);
        CHECK(neighbour.trouble() == "");
      });
}
