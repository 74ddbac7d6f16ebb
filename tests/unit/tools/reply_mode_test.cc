#include "reply_mode.h"

#include <doctest/doctest.h>

namespace miniredis::mredis {

using Kind = ReplyMode::Kind;

TEST_CASE("commands bring one reply, several, or a stream") {
  CHECK(reply_mode({"GET", "k"}).kind == Kind::kCounted);
  CHECK(reply_mode({"GET", "k"}).count == 1);
  CHECK(reply_mode({"subscribe", "a", "b"}).kind == Kind::kStream);
  CHECK(reply_mode({"PSUBSCRIBE", "a*"}).answered_by_push);
  CHECK(reply_mode({"monitor"}).kind == Kind::kStream);
  CHECK(!reply_mode({"monitor"}).answered_by_push);
  CHECK(reply_mode({"UNSUBSCRIBE"}).count == 1);
  CHECK(reply_mode({"UNSUBSCRIBE", "a", "b"}).count == 2);
  CHECK(reply_mode({}).count == 1);
}

}  // namespace miniredis::mredis
