// Commands that read or write a file of the node's. A disk may be slow: a thread of its own waits
// for it, while other nodes of the shard go on.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "engine/call.h"

namespace miniredis::engine {

// Waits for an Outcome, and leaves to finish() what follows from it.
template <typename Outcome>
class FileTask : public commands::LongTask {
 public:
  explicit FileTask(std::future<Outcome> outcome) : outcome_(std::move(outcome)) {}
  bool step(commands::Context& context, const commands::Budget&) override {
    // How long a step waits before others of the shard get their turn.
    constexpr std::chrono::microseconds kPatience{100};
    if (outcome_.wait_for(kPatience) != std::future_status::ready) return false;
    finish(call_of(context), outcome_.get());
    return true;
  }
  bool may_be_dropped() const noexcept override { return false; }

 protected:
  virtual void finish(Call& call, Outcome outcome) = 0;

 private:
  std::future<Outcome> outcome_;
};

// Leaves `work`, which must touch nothing of the node, to a thread, and what follows to a Task.
template <typename Task, typename Work>
void start_file_task(Call& call, Work&& work, const char* file) {
  try {
    call.continue_with(
        std::make_unique<Task>(std::async(std::launch::async, std::forward<Work>(work))));
  } catch (const std::system_error&) {
    call.fail("ERR there is no thread left to read or write " + std::string(file) + "; try again");
  }
}

}  // namespace miniredis::engine
