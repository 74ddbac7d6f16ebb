// One tenant with one node on one port, and no control plane: what redis-server is used for.
#pragma once

#include "common/shutdown_signal.h"
#include "settings/configuration.h"

namespace miniredis::service {

// Serves until a signal; the exit code.
int run_standalone(const Configuration& configuration, ShutdownSignal& signal);

}  // namespace miniredis::service
