#include "reply_mode.h"

#include <algorithm>

namespace miniredis::mredis {

ReplyMode reply_mode(const Words& words) {
  using Kind = ReplyMode::Kind;
  const std::string name = words.empty() ? "" : upper_case(words[0]);
  if (name == "SUBSCRIBE" || name == "PSUBSCRIBE" || name == "SSUBSCRIBE") {
    return {Kind::kStream, 1, true};
  }
  if (name == "MONITOR") return {Kind::kStream, 1, false};
  if (name == "UNSUBSCRIBE" || name == "PUNSUBSCRIBE" || name == "SUNSUBSCRIBE") {
    return {Kind::kCounted, std::max<std::size_t>(1, words.size() - 1), true};
  }
  return {};
}

}  // namespace miniredis::mredis
