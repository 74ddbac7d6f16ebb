#include "words.h"

#include <algorithm>

namespace miniredis::mredis {
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
