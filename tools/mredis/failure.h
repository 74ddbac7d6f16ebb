// What ends a run of mredis early, by exit status.
#pragma once

#include <stdexcept>
#include <string>

namespace miniredis::mredis {

// Exit statuses of mredis; its --help lists them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitErrorReply = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNoConnection = 3;
inline constexpr int kExitInterrupted = 130;

// The command line, or a line of input, cannot be understood.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// There is no connection, or it broke, or what came over it makes no sense.
struct ConnectionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The other side understood and said no.
struct RefusedError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace miniredis::mredis
