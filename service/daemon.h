// The control daemon, all of its roles in one process or one of them, from start to exit.
#pragma once

#include "common/shutdown_signal.h"
#include "settings/configuration.h"

namespace miniredis::service {

inline constexpr int kExitServed = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongSettings = 2;

// Brings the main database to this version's schema; an exit code.
int run_migrate(const Configuration& configuration);

// Serves until a signal; the exit code.
int run_daemon(const Configuration& configuration, ShutdownSignal& signal);

}  // namespace miniredis::service
