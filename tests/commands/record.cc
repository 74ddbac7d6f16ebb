// Prints a transcript with its replies as a fresh redis-server gives them: how new transcripts are
// written and how old ones are looked over. Sections and steps that differ keep what they say.
//
//   transcript_record FILE            print
//   transcript_record --write FILE... rewrite
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "commands/reference_server.h"
#include "commands/tcp_link.h"
#include "commands/transcript.h"

namespace {

using miniredis::transcripts::Link;
using miniredis::transcripts::Protocol;
using miniredis::transcripts::ReferenceServer;
using miniredis::transcripts::Reply;
using miniredis::transcripts::Section;
using miniredis::transcripts::Step;
using miniredis::transcripts::TcpLink;

constexpr std::chrono::milliseconds kNothingMore{15};

bool has_placeholder(const std::vector<miniredis::transcripts::Pattern>& patterns) {
  for (const auto& pattern : patterns) {
    if (pattern.type == 'P' || pattern.any_order || pattern.open_ended || pattern.pairs ||
        has_placeholder(pattern.items)) {
      return true;
    }
  }
  return false;
}

// The replies of each step by its line, as text.
std::map<int, std::string> replies_of(const Section& section) {
  ReferenceServer server;
  const Protocol protocol = section.resp2_only ? Protocol::kResp2 : Protocol::kResp3;
  std::map<std::string, std::unique_ptr<Link>> clients;
  std::map<int, std::string> replies;
  for (const Step& step : section.steps) {
    auto& link = clients[step.client];
    if (!link) link = std::make_unique<TcpLink>(server.port(), protocol);
    if (!step.arguments.empty()) link->send(step.arguments, true);
    std::string text;
    auto patience = step.kind == Step::Kind::kCall ? std::chrono::milliseconds(500) : kNothingMore;
    while (auto reply = link->next(false, patience)) {
      text += miniredis::transcripts::to_transcript(*reply);
      patience = kNothingMore;
    }
    replies[step.line] = text;
  }
  return replies;
}

std::string rewritten(const std::string& path) {
  const auto transcript = miniredis::transcripts::parse_transcript(path);
  std::map<int, const Step*> steps;
  std::map<int, std::string> replies;
  for (const Section& section : transcript.sections) {
    if (section.differs.empty()) replies.merge(replies_of(section));
    for (const Step& step : section.steps) steps[step.line] = &step;
  }
  std::ifstream file(path);
  std::ostringstream out;
  int number = 0;
  bool replacing = false;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto step = steps.find(number);
    const bool outside = line.empty() || line[0] == '#' || step != steps.end();
    if (outside && line != "#t" && line != "#f") replacing = false;
    if (!replacing) out << line << '\n';
    if (step == steps.end()) continue;
    const Step& s = *step->second;
    replacing = replies.contains(number) && s.differs.empty() && !has_placeholder(s.replies) &&
                s.kind != Step::Kind::kUntil;
    if (replacing) out << replies[number];
  }
  return out.str();
}

}  // namespace

int main(int argc, char** argv) {
  const bool write = argc > 1 && std::strcmp(argv[1], "--write") == 0;
  for (int i = write ? 2 : 1; i < argc; ++i) {
    try {
      const std::string text = rewritten(argv[i]);
      if (write) {
        std::ofstream(argv[i]) << text;
      } else {
        std::cout << text;
      }
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
      return 1;
    }
  }
  return 0;
}
