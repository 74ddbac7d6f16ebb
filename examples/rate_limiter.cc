// A rate limiter: so many requests of a client in a sliding window, counted in a sorted set.
#include <chrono>
#include <string>
#include <vector>

#include "example.h"

namespace {

using std::chrono::milliseconds;

class RateLimiter {
 public:
  // At most `limit` requests within any `window`, for each client.
  RateLimiter(int limit, milliseconds window)
      : opened_(example::open_node({.name = "limits"})), limit_(limit), window_(window) {}

  // Counts a request made at `now`; tells whether it may be served.
  bool allow(const std::string& client, milliseconds now) {
    const std::string key = "requests:" + client;
    const std::string member = std::to_string(++count_);
    const std::string since = '(' + std::to_string((now - window_).count());
    const std::vector<std::vector<std::string>> commands = {
        {"ZREMRANGEBYSCORE", key, "-inf", std::to_string((now - window_).count())},
        {"ZADD", key, std::to_string(now.count()), member},
        {"ZCOUNT", key, since, "+inf"},
        {"PEXPIRE", key, std::to_string(window_.count())}};
    if (opened_.node.execute_batch(commands)[2].as_integer() <= limit_) return true;
    opened_.node.execute({"ZREM", key, member});
    return false;
  }

 private:
  example::Opened opened_;
  int limit_;
  milliseconds window_;
  std::uint64_t count_ = 0;
};

}  // namespace

int main() {
  RateLimiter limiter(5, milliseconds(60'000));
  // The time is the caller's, so nothing here waits.
  const milliseconds now(1'700'000'000'000);
  for (int request = 0; request < 8; ++request) {
    const bool allowed = limiter.allow("ada", now + milliseconds(request));
    example::require(allowed == (request < 5), "five in a window, and no more");
  }
  example::require(limiter.allow("bob", now), "others have a count of their own");
  example::require(!limiter.allow("ada", now + milliseconds(59'999)), "the window is not over");
  example::require(limiter.allow("ada", now + milliseconds(60'001)), "the first has left it");
  example::require(limiter.allow("ada", now + milliseconds(60'001)), "and so has the second");
  example::require(!limiter.allow("ada", now + milliseconds(60'001)), "the third has not");
  std::printf("five requests in a minute, and no more, for each client\n");
}
