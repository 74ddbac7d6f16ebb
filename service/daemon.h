// The control daemon: engine, RESP endpoints and HTTP API in one process, from start to exit.
#pragma once

#include "common/shutdown_signal.h"
#include "settings/configuration.h"

namespace miniredis::service {

inline constexpr int kExitServed = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongSettings = 2;

// Serves until a signal; the exit code.
int run_daemon(const Configuration& configuration, ShutdownSignal& signal);

}  // namespace miniredis::service
