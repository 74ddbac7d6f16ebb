// What LATENCY GRAPH and DOCTOR say of a node's latency events.
#pragma once

#include <string>

#include "engine/latency.h"

namespace miniredis::engine {

class NodeRuntime;

// A column a sample, the newest on the right; below each stands its age, to be read downwards.
std::string latency_graph(Bytes event, const LatencySeries& series, std::int64_t now_seconds);

// What was seen, and what can be done about it.
std::string latency_report(const NodeRuntime& node);

}  // namespace miniredis::engine
