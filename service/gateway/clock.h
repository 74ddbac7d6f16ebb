// Where the gateway's parts have their time from, so that tests need not sleep.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace miniredis::service {

using SteadyTime = std::chrono::steady_clock::time_point;

// Any thread may call them. std::chrono::steady_clock::now and now_unix_ms, but in tests.
using SteadyClock = std::function<SteadyTime()>;
using UnixClock = std::function<std::uint64_t()>;  // milliseconds

}  // namespace miniredis::service
