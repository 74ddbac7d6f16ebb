// Another tenant on the same shard, always at work, whose data must stay as it is whatever is done
// on the node under test.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "miniredis/engine.h"

namespace miniredis::transcripts {

class Neighbour {
 public:
  // Makes a tenant with one node, fills database 0 of it and starts to work in database 1.
  explicit Neighbour(const Engine& engine);
  ~Neighbour();
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  // Everything that a stranger could disturb, as text: keys, values and lives of database 0,
  // configuration, clients, channels, slow log.
  std::string digest() const;
  // What went wrong in its own work; empty: nothing.
  std::string trouble() const;

 private:
  void work();

  Node node_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> troubled_ = false;
  std::thread worker_;
};

}  // namespace miniredis::transcripts
