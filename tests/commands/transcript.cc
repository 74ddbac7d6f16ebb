#include "commands/transcript.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace miniredis::transcripts {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    std::ifstream file(path);
    if (!file) throw std::invalid_argument(path + ": cannot be read");
    for (std::string line; std::getline(file, line);) lines_.push_back(line);
  }

  Transcript parse() {
    Transcript transcript{path_, {}};
    while (at_ < lines_.size()) {
      try {
        parse_line(transcript);
      } catch (const std::exception& error) {
        throw std::invalid_argument(path_ + ":" + std::to_string(at_ + 1) + ": " + error.what());
      }
    }
    return transcript;
  }

 private:
  void parse_line(Transcript& transcript) {
    const std::string& line = lines_[at_];
    if (line.starts_with("## ")) {
      transcript.sections.push_back(parse_section_head(line.substr(3)));
      ++at_;
    } else if (line.starts_with("# differs: ")) {
      differs_ = line.substr(11);
      ++at_;
    } else if (line.empty() || line[0] == '#') {
      ++at_;
    } else {
      if (transcript.sections.empty()) throw std::invalid_argument("a step before any ## section");
      transcript.sections.back().steps.push_back(parse_step());
    }
  }

  Section parse_section_head(std::string text) {
    Section section;
    section.line = static_cast<int>(at_) + 1;
    while (!text.empty() && text.back() == ']') {
      const auto open = text.rfind('[');
      if (open == std::string::npos) throw std::invalid_argument("a ] without its [");
      apply_tag(section, text.substr(open + 1, text.size() - open - 2));
      text.erase(open);
      while (!text.empty() && text.back() == ' ') text.pop_back();
    }
    section.title = text;
    return section;
  }

  static void apply_tag(Section& section, const std::string& tag) {
    if (tag == "resp2") {
      section.resp2_only = true;
    } else if (tag == "resp3") {
      section.resp3_only = true;
    } else if (tag == "tcp") {
      section.tcp_only = true;
    } else if (tag.starts_with("differs: ")) {
      section.differs = tag.substr(9);
    } else {
      throw std::invalid_argument("unknown tag [" + tag + "]");
    }
  }

  Step parse_step() {
    const std::string& line = lines_[at_];
    Step step;
    step.line = static_cast<int>(at_) + 1;
    step.source = line;
    step.differs = std::exchange(differs_, "");
    std::size_t at = 0;
    if (line[0] == '@') {
      at = line.find_first_of("?> ", 1);
      if (at == std::string::npos) throw std::invalid_argument("@client and then what?");
      step.client = line.substr(1, at - 1);
      while (at < line.size() && line[at] == ' ') ++at;
    }
    const std::string_view rest = std::string_view(line).substr(at);
    if (rest == "reads") {
      step.kind = Step::Kind::kReads;
    } else if (rest == "silent") {
      step.kind = Step::Kind::kSilent;
    } else if (rest == "closed") {
      step.kind = Step::Kind::kClosed;
    } else if (rest.starts_with("> ") || rest.starts_with("?> ")) {
      step.kind = rest[0] == '?' ? Step::Kind::kUntil : Step::Kind::kCall;
      step.arguments = parse_arguments(rest.substr(rest[0] == '?' ? 3 : 2));
    } else {
      throw std::invalid_argument("neither a call nor an expectation: " + line);
    }
    ++at_;
    while (at_ < lines_.size() && begins_reply(lines_[at_])) {
      step.replies.push_back(parse_pattern(lines_, at_));
    }
    return step;
  }

  // A line of a reply begins with none of the marks of steps, sections and comments; but # is also
  // how a boolean begins.
  static bool begins_reply(const std::string& line) {
    if (line.empty() || line[0] == '@' || line[0] == '>' || line[0] == '?') return false;
    return line[0] != '#' || line == "#t" || line == "#f";
  }

  static std::vector<std::string> parse_arguments(std::string_view text) {
    std::vector<std::string> arguments;
    std::size_t at = 0;
    while (at < text.size()) {
      if (text[at] == ' ') {
        ++at;
        continue;
      }
      arguments.push_back(parse_token(text, at));
      if (at < text.size() && text[at] != ' ') throw std::invalid_argument("space after a string");
    }
    return arguments;
  }

  std::string path_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  std::string differs_;
};

}  // namespace

Transcript parse_transcript(const std::string& path) {
  return Reader(path).parse();
}

std::vector<std::string> transcript_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".rt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace miniredis::transcripts
