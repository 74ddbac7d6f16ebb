#include "engine/sliced_task.h"

#include <utility>

namespace miniredis::engine {
namespace {
// Of which only what is touched takes memory. The compressor of RDB's strings alone has a table of
// 256 KiB there.
constexpr std::size_t kStackBytes = std::size_t{1} << 20;
}  // namespace

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
  const bool done = fiber_.resume();
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
