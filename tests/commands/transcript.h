// A transcript file as data: sections of steps. The format is described in README.md.
#pragma once

#include <string>
#include <vector>

#include "commands/pattern.h"

namespace miniredis::transcripts {

struct Step {
  enum class Kind {
    kCall,    // send, then compare the replies
    kUntil,   // send and compare again and again until they match
    kReads,   // compare what comes without a call
    kSilent,  // nothing must have come
    kClosed,  // the other side must have closed
  };
  Kind kind = Kind::kCall;
  std::string client = "main";
  std::vector<std::string> arguments;
  std::vector<Pattern> replies;
  std::string differs;  // why redis-server answers otherwise; empty: it does not
  int line = 0;         // of the file, from 1
  std::string source;   // the line as written
};

struct Section {
  std::string title;
  bool resp2_only = false;
  bool resp3_only = false;
  bool tcp_only = false;
  std::string differs;  // as of a step, for all of it
  int line = 0;
  std::vector<Step> steps;
};

struct Transcript {
  std::string path;
  std::vector<Section> sections;
};

// Throws std::invalid_argument with "path:line: what is wrong".
Transcript parse_transcript(const std::string& path);

// All files below `folder` that end in .rt, sorted.
std::vector<std::string> transcript_files(const std::string& folder);

}  // namespace miniredis::transcripts
