// A command that has turned out to be long: its handler runs again on a stack of its own, where it
// can pause between two elements, so that other nodes of the shard get their turns.
//
// The first run is given up before anything has been changed: Context::tick() and
// Context::expect_steps() promise that. No command of the node runs until this one is done, and its
// time stands still, so the handler sees one moment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fiber.h"
#include "engine/call.h"
#include "engine/command_table.h"

namespace miniredis::engine {

class SlicedTask final : public commands::LongTask, public Slicer {
 public:
  SlicedTask(const Call& call, const CommandEntry& entry, Arguments words);

  bool step(commands::Context& context, const commands::Budget& budget) override;
  bool may_be_dropped() const noexcept override { return !entry_.command->has(commands::kWrite); }
  std::int64_t next_step_ms() const noexcept override {
    return call_.rest == nullptr ? 0 : call_.rest->next_step_ms();
  }

  bool slice_over() const noexcept override { return budget_->spent(); }
  void pause() override { fiber_.pause(); }
  void pause_for(const commands::LongTask&) override { pause(); }
  std::uint64_t worked_ns() const noexcept override;

 private:
  // Of which DUMP needs most: lzf_compress() has half a megabyte of tables on its stack.
  static constexpr std::size_t kStackBytes = std::size_t{1} << 20;

  const CommandEntry& entry_;
  std::vector<std::string> words_;
  std::vector<std::string_view> views_;
  resp::Buffer out_;
  resp::Writer writer_;
  Call call_;
  const commands::Budget* budget_ = nullptr;
  std::uint64_t worked_ns_ = 0;
  std::uint64_t slice_began_ns_ = 0;
  bool handled_ = false;  // what the handler left is all that is to be done
  base::Fiber fiber_;     // last: it is unwound while all else is there
};

}  // namespace miniredis::engine
