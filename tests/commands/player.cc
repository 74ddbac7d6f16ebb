#include "commands/player.h"

#include <algorithm>
#include <map>
#include <thread>

namespace miniredis::transcripts {
namespace {

class Play {
 public:
  Play(Stage& stage, const Complaint& complain) : stage_(stage), complain_(complain) {}

  // False when the rest can't be played.
  bool run(const Step& step) {
    Link& link = client(step.client);
    switch (step.kind) {
      case Step::Kind::kCall:
        link.send(step.arguments, awaits_reply(step));
        return compare(step, link);
      case Step::Kind::kReads:
        return compare(step, link);
      case Step::Kind::kUntil:
        return run_until(step, link);
      case Step::Kind::kSilent:
        if (auto came = link.next(true, kSilence)) {
          complain_(step, "expected silence, got " + to_transcript(*came));
        }
        return true;
      case Step::Kind::kClosed:
        if (!link.closed()) complain_(step, "the connection is still open");
        return true;
    }
    return false;
  }

 private:
  static bool awaits_reply(const Step& step) {
    return std::any_of(step.replies.begin(), step.replies.end(),
                       [](const Pattern& pattern) { return !pattern.is_push(); });
  }

  Link& client(const std::string& name) {
    auto& link = clients_[name];
    if (!link) link = stage_.connect();
    return *link;
  }

  bool may_differ(const Step& step) const { return stage_.is_reference() && !step.differs.empty(); }

  bool compare(const Step& step, Link& link) {
    for (const Pattern& pattern : step.replies) {
      const auto reply = link.next(pattern.is_push(), kReplyPatience);
      if (!reply) {
        complain_(step, "no reply came, or the connection was closed");
        return false;
      }
      const auto what = mismatch(pattern, *reply, stage_.protocol());
      if (what && !may_differ(step)) complain_(step, *what);
    }
    return true;
  }

  bool run_until(const Step& step, Link& link) {
    const auto deadline = std::chrono::steady_clock::now() + 2 * kReplyPatience;
    while (true) {
      link.send(step.arguments, true);
      const auto reply = link.next(false, kReplyPatience);
      if (!reply) {
        complain_(step, "no reply came, or the connection was closed");
        return false;
      }
      const auto what = mismatch(step.replies.at(0), *reply, stage_.protocol());
      if (!what || may_differ(step)) return true;
      if (std::chrono::steady_clock::now() > deadline) {
        complain_(step, "never became so: " + *what);
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  Stage& stage_;
  const Complaint& complain_;
  std::map<std::string, std::unique_ptr<Link>> clients_;
};

}  // namespace

bool applies(const Section& section, Protocol protocol) {
  if (section.resp2_only) return protocol == Protocol::kResp2;
  if (section.tcp_only && protocol == Protocol::kInProcess) return false;
  return !section.resp3_only || protocol != Protocol::kResp2;
}

void play(const Section& section, Stage& stage, const Complaint& complain) {
  Play in_progress(stage, complain);
  for (const Step& step : section.steps) {
    try {
      if (!in_progress.run(step)) return;
    } catch (const std::exception& error) {
      complain(step, error.what());
      return;
    }
  }
}

}  // namespace miniredis::transcripts
