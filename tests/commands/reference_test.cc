// Plays the transcripts against redis-server, so that they say what Redis does, not what we think.
#include <doctest/doctest.h>

#include "commands/player.h"
#include "commands/reference_server.h"
#include "commands/tcp_link.h"

namespace {

using namespace miniredis::transcripts;  // NOLINT(*-using-namespace)

class ReferenceStage : public Stage {
 public:
  explicit ReferenceStage(Protocol protocol) : protocol_(protocol) {}
  std::unique_ptr<Link> connect() override {
    return std::make_unique<TcpLink>(server_.port(), protocol_);
  }
  Protocol protocol() const override { return protocol_; }
  bool is_reference() const override { return true; }

 private:
  ReferenceServer server_;
  Protocol protocol_;
};

void play_all(Protocol protocol) {
  REQUIRE_MESSAGE(ReferenceServer::installed(), "redis-server is not in PATH");
  int sections = 0;
  for (const std::string& path : transcript_files(MINIREDIS_TRANSCRIPTS)) {
    const Transcript transcript = parse_transcript(path);
    for (const Section& section : transcript.sections) {
      if (!applies(section, protocol) || !section.differs.empty()) continue;
      ++sections;
      ReferenceStage stage(protocol);
      play(section, stage, [&](const Step& step, const std::string& what) {
        ADD_FAIL_CHECK_AT(path.c_str(), step.line,
                          section.title << ": " << step.source << "\n  " << what);
      });
    }
  }
  CHECK(sections > 100);
}

}  // namespace

TEST_CASE("redis-server answers as the transcripts say in RESP2") {
  play_all(Protocol::kResp2);
}

TEST_CASE("redis-server answers as the transcripts say in RESP3") {
  play_all(Protocol::kResp3);
}
