// What the examples share: an engine with one node, and a check that ends the program.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "miniredis/engine.h"

namespace example {

// The engine lives as long as a handle of it does, so it is kept beside its node.
struct Opened {
  miniredis::Engine engine;
  miniredis::Node node;
};

// Ends the program when the options are refused.
inline Opened open_node(const miniredis::NodeOptions& options) {
  auto engine = miniredis::Engine::open({.shards = 1});
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().detail.c_str());
    std::exit(1);
  }
  const auto tenant = engine->create_tenant({.name = "example"}).value();
  auto node = tenant.create_node(options);
  if (!node) {
    std::fprintf(stderr, "%s\n", node.error().detail.c_str());
    std::exit(1);
  }
  return {*engine, *node};
}

// Ends the program when what the example shows does not hold.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::exit(1);
}

}  // namespace example
