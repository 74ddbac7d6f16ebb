#include "words.h"

#include <algorithm>

namespace miniredis::mredis {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescaped(char c) {
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

class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_(line) {}

  std::optional<Words> run() {
    Words words;
    for (;;) {
      while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty()) return words;
      std::string word;
      const bool whole = rest_.front() == '"'    ? take_double_quoted(word)
                         : rest_.front() == '\'' ? take_single_quoted(word)
                                                 : take_plain(word);
      if (!whole) return std::nullopt;
      words.push_back(std::move(word));
    }
  }

 private:
  // A word may begin bare and go on in quotes: k"a b" is one word, as in redis-cli.
  bool take_plain(std::string& word) {
    while (!rest_.empty() && !is_space(rest_.front())) {
      if (rest_.front() == '"') return take_double_quoted(word);
      if (rest_.front() == '\'') return take_single_quoted(word);
      word.push_back(take());
    }
    return true;
  }

  bool take_double_quoted(std::string& word) {
    take();
    while (!rest_.empty()) {
      const char c = take();
      if (c == '"') return at_end_of_word();
      if (c != '\\' || rest_.empty()) {
        word.push_back(c);
        continue;
      }
      if (rest_.size() >= 3 && rest_[0] == 'x' && hex_digit(rest_[1]) >= 0 &&
          hex_digit(rest_[2]) >= 0) {
        word.push_back(static_cast<char>(hex_digit(rest_[1]) * 16 + hex_digit(rest_[2])));
        rest_.remove_prefix(3);
      } else {
        word.push_back(unescaped(take()));
      }
    }
    return false;
  }

  bool take_single_quoted(std::string& word) {
    take();
    while (!rest_.empty()) {
      char c = take();
      if (c == '\'') return at_end_of_word();
      if (c == '\\' && !rest_.empty() && rest_.front() == '\'') c = take();
      word.push_back(c);
    }
    return false;
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  bool at_end_of_word() const { return rest_.empty() || is_space(rest_.front()); }

  std::string_view rest_;
};

}  // namespace

std::optional<Words> split_words(std::string_view line) {
  return Splitter(line).run();
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return upper_case(a) == upper_case(b);
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

bool carries_secret(const Words& words) {
  if (words.empty()) return false;
  const std::string name = upper_case(words[0]);
  const auto has = [&](std::string_view wanted) {
    return std::any_of(words.begin() + 1, words.end(),
                       [&](const std::string& w) { return equals_ignore_case(w, wanted); });
  };
  if (name == "AUTH") return true;
  if (name == "HELLO") return has("AUTH");
  if (name == "CONFIG") return has("SET") && (has("requirepass") || has("masterauth"));
  if (name == "ACL") return has("SETUSER");
  if (name == "MIGRATE") return has("AUTH") || has("AUTH2");
  return false;
}

}  // namespace miniredis::mredis
