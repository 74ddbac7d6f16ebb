// A command line as words, quoted as Redis has it: see split_command_line in miniredis/commands.h.
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "miniredis/commands.h"

namespace miniredis {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = base::to_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char unescape(char c) noexcept {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads one word of an inline command from `line` at `at`. False: unbalanced quotes.
bool read_word(Bytes line, std::size_t& at, std::string& word) {
  char quote = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0) {
      if (is_space(c) || c == '\0') break;
      if (c == '"' || c == '\'')
        quote = c;
      else
        word.push_back(c);
      continue;
    }
    if (c == quote) {
      ++at;  // a closing quote ends the word: only a space may follow
      return at == line.size() || is_space(line[at]);
    }
    if (c == '\\' && quote == '"' && at + 1 < line.size()) {
      const char next = line[at + 1];
      if (next == 'x' && at + 3 < line.size() && hex_digit(line[at + 2]) >= 0 &&
          hex_digit(line[at + 3]) >= 0) {
        word.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
        at += 3;
      } else {
        word.push_back(unescape(next));
        ++at;
      }
    } else if (c == '\\' && quote == '\'' && at + 1 < line.size() && line[at + 1] == '\'') {
      word.push_back('\'');
      ++at;
    } else {
      word.push_back(c);
    }
  }
  return quote == 0;
}

}  // namespace

std::optional<std::vector<std::string>> split_command_line(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size() || line[at] == '\0') return words;
    std::string word;
    if (!read_word(line, at, word)) return std::nullopt;
    words.push_back(std::move(word));
  }
}

}  // namespace miniredis
