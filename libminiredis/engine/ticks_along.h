// The progress of walks over whole values as the ticks of a command.
#pragma once

#include "commands/context.h"

namespace miniredis::engine {

// What walks over whole values looks at the clock and the account while it lives, and gives others
// their turns; nothing has been changed until then.
class TicksAlong final : public types::Progress {
 public:
  explicit TicksAlong(commands::Context& context) : context_(context) {
    context_.keyspace().environment().progress = this;
  }
  ~TicksAlong() override { context_.keyspace().environment().progress = nullptr; }
  TicksAlong(const TicksAlong&) = delete;
  TicksAlong& operator=(const TicksAlong&) = delete;

  void step() override { context_.tick(); }

 private:
  commands::Context& context_;
};

}  // namespace miniredis::engine
