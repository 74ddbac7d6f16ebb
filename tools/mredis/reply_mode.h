// How many replies a command brings.
#pragma once

#include <cstddef>

#include "words.h"

namespace miniredis::mredis {

struct ReplyMode {
  enum class Kind : unsigned char {
    kCounted,  // `count` replies
    kStream,   // messages until someone stops them
  };
  Kind kind = Kind::kCounted;
  std::size_t count = 1;
  // In RESP3 what answers (un)subscribing comes as a push.
  bool answered_by_push = false;
};

ReplyMode reply_mode(const Words& words);

}  // namespace miniredis::mredis
