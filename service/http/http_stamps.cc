#include "http/http_stamps.h"

#include <cstring>

#include "common/secure_bytes.h"
#include "common/units.h"

namespace miniredis::service {

HttpStamps::HttpStamps() {
  std::memcpy(&state_, random_bytes(sizeof state_).data(), sizeof state_);
}

const std::string& HttpStamps::date(std::uint64_t unix_ms) {
  if (const std::uint64_t second = unix_ms / 1000; second != second_) {
    second_ = second;
    date_ = format_http_date(unix_ms);
  }
  return date_;
}

std::string HttpStamps::request_id() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  return to_hex({reinterpret_cast<const char*>(&mixed), sizeof mixed});
}

}  // namespace miniredis::service
