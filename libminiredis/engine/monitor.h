// MONITOR: every command of a node, shown to the clients that asked for it.
#pragma once

#include "engine/client.h"
#include "miniredis/engine.h"

namespace miniredis::engine {

class NodeRuntime;

// Puts the command into the output of all monitors of the node.
void feed_monitors(NodeRuntime& node, const Client& caller, Arguments words);

}  // namespace miniredis::engine
