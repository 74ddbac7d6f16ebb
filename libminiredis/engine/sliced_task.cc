#include "engine/sliced_task.h"

#include <utility>

namespace miniredis::engine {

SlicedTask::SlicedTask(const Call& call, const CommandEntry& entry, Arguments words)
    : entry_(entry),
      words_(words.begin(), words.end()),
      views_(words_.begin(), words_.end()),
      writer_(out_, call.reply.protocol()),
      call_(call.node, call.client, writer_),
      fiber_([this] { entry_.command->run(call_, Arguments(views_).subspan(entry_.name_words)); },
             kStackBytes) {
  call_.command = call.command;
  call_.called_as = views_[entry.name_words - 1U];
  call_.database = call.database;
  call_.sliced = this;
  call_.entry = &entry;
  call_.words = views_;
}

std::uint64_t SlicedTask::worked_ns() const noexcept {
  return worked_ns_ + call_.node.clock().monotonic_ns() - slice_began_ns_;
}

bool SlicedTask::step(commands::Context& context, const commands::Budget& budget) {
  budget_ = &budget;
  slice_began_ns_ = call_.node.clock().monotonic_ns();
  if (!handled_) handled_ = fiber_.resume();
  const bool done = handled_ && (call_.rest == nullptr || call_.rest->step(call_, budget));
  worked_ns_ = worked_ns();
  if (!done) return false;
  context.failed = call_.failed;
  // A long reply is handed over whole: copying it would take longer than a slice.
  resp::Buffer& out = context.reply.buffer();
  if (out.empty())
    out = std::move(out_);
  else
    out.append(out_.view());
  return true;
}

}  // namespace miniredis::engine
