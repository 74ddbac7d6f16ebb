// What a transcript expects of a reply: an exact value, or a placeholder where values vary.
//
// The language is described in README.md. Patterns are written in the types of RESP3 and say what
// RESP2 shows for them by themselves: a map as a flat array, a double as a bulk string, and so on.
#pragma once

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "commands/reply.h"

namespace miniredis::transcripts {

enum class Protocol {
  kResp2,
  kResp3,
  kInProcess,  // RESP3's types; one kind of nil
};

struct Pattern {
  // A RESP type byte, 'N' (nil), 'A' (null array of RESP2), or 'P' (a placeholder).
  char type = 'N';
  std::string text;                  // exact bytes of a scalar; a placeholder's name
  std::optional<std::regex> regex;   // <text:regex>, and of +<...> and -<...>
  std::string glob;                  // of <glob:...>
  std::int64_t minimum = INT64_MIN;  // <int:a..b>
  std::int64_t maximum = INT64_MAX;
  std::vector<Pattern> items;
  bool any_order = false;
  bool open_ended = false;  // further items may follow
  bool pairs = false;       // items are arrays of two, which RESP2 shows in one flat array
  bool is_push() const { return type == '>'; }
};

// Parses the pattern that begins at `lines[next]`, nested lines included, and moves `next` past it.
// Throws std::invalid_argument with a text that says what is wrong.
Pattern parse_pattern(const std::vector<std::string>& lines, std::size_t& next);

// Nothing when `reply` is what `pattern` expects; otherwise what is different, in one line.
std::optional<std::string> mismatch(const Pattern& pattern, const Reply& reply, Protocol protocol);

// One token of a call line: a word, or a quoted string with escapes and optionally `*count`.
// Moves `at` past it. Throws std::invalid_argument.
std::string parse_token(std::string_view line, std::size_t& at);

}  // namespace miniredis::transcripts
