// What every answer carries: the date, and the id of a request that came without one. Lives on one
// thread.
#pragma once

#include <cstdint>
#include <string>

namespace miniredis::service {

class HttpStamps {
 public:
  HttpStamps();

  // For the Date header; made anew once a second. The reference holds until the next call.
  const std::string& date(std::uint64_t unix_ms);

  // 16 hexadecimal digits: other than all before, and of chance beside other processes' (SplitMix64
  // over a count from a random start; Steele, Lea and Flood, 2014). No secret.
  std::string request_id();

 private:
  std::uint64_t second_ = 0;
  std::string date_;
  std::uint64_t state_;
};

}  // namespace miniredis::service
