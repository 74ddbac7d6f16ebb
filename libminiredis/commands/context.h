// What a command's handler is given: the data, the database it works in, and where the reply goes.
//
// A handler knows no tenant, no connection and no protocol. One thread at a time (the node's).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "commands/wire_errors.h"
#include "keyspace/read_scope.h"
#include "keyspace/write_scope.h"
#include "miniredis/engine.h"
#include "resp/writer.h"

namespace miniredis::commands {

struct Command;
class Context;

// How long a slice of long work may last. Asking costs a look at the clock: do it every few dozen
// units of work.
class Budget {
 public:
  Budget(const base::Clock& clock, std::uint64_t nanoseconds) noexcept
      : clock_(clock), deadline_ns_(clock.monotonic_ns() + nanoseconds) {}
  bool spent() const noexcept { return clock_.monotonic_ns() >= deadline_ns_; }

 private:
  const base::Clock& clock_;
  std::uint64_t deadline_ns_;
};

// The rest of a command that is too long for one go. While it is under way no other command of the
// node runs, so that the command stays atomic; other nodes of the shard do run.
class LongTask {
 public:
  virtual ~LongTask() = default;
  // Works for about the budget; true: done, and the reply has been written whole.
  virtual bool step(Context& context, const Budget& budget) = 0;
  // When the next step is worth a try, in Unix ms; 0: at once; INT64_MAX: when whoever it waits for
  // schedules the node.
  virtual std::int64_t next_step_ms() const noexcept { return 0; }
  // Whether it may end here when its client goes away: it must not when it changes anything.
  virtual bool may_be_dropped() const noexcept { return true; }
};

// What a blocking command waits for when it finds nothing.
using WaitReply = void (*)(resp::Writer& reply);
struct Wait {
  std::vector<Bytes> keys;              // any of them; views into the command's words
  types::Type type;                     // a key that holds something else is waited for further
  std::int64_t timeout_ms;              // 0: for ever
  WaitReply on_timeout;                 // answers when the time is over
  std::vector<std::string> words = {};  // to run again in place of those behind the name
  bool wake_when_gone = false;          // run again also when a key is deleted or replaced
};

// Thrown where a command has taken longer than its node allows.
struct TimeLimitPassed {};
// Thrown where a command turns out to be too long for one go: it has changed nothing yet, and is
// begun again in slices.
struct SlicesNeeded {};

class Context {
 public:
  Context(keyspace::Keyspace& keyspace, resp::Writer& writer, unsigned database_index) noexcept
      : reply(writer), database(database_index), keyspace_(keyspace) {}
  virtual ~Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  keyspace::ReadScope read() noexcept { return {keyspace_, database}; }
  keyspace::WriteScope write() noexcept { return {keyspace_, database}; }
  keyspace::WriteScope write(unsigned other) noexcept { return {keyspace_, other}; }
  keyspace::Keyspace& keyspace() noexcept { return keyspace_; }
  std::int64_t now_ms() const noexcept { return keyspace_.now_ms(); }

  // Answers an error line; its first word is the code.
  void fail(Bytes line) {
    failed = true;
    reply.error(line);
  }
  // Says that a loop over a whole collection goes on: to be called once an element, while nothing
  // has been changed yet. Every few hundred calls it looks at the clock and the account; it throws
  // TimeLimitPassed or memory::OutOfMemory, which the dispatch door answers, or SlicesNeeded, which
  // begins the command anew so that from then on other nodes get their turns in here.
  void tick() {
    if (++ticks_ % kTicksPerLook == 0) [[unlikely]]
      check_limits();
  }
  // Says, before anything has been changed, that about so many elements will be: many are changed
  // in slices. The loop over them calls step() once an element, which throws nothing.
  void expect_steps(std::size_t elements) {
    if (elements > kStepsAtOnce) [[unlikely]]
      need_slices();
  }
  void step(std::uint32_t elements = 1) {
    const std::uint32_t before = std::exchange(ticks_, ticks_ + elements);
    if (before / kTicksPerLook != ticks_ / kTicksPerLook) [[unlikely]]
      pass_turn();
  }
  // Has the client wait; the command, which has written nothing, is run again when a key is ready.
  // False: the caller cannot wait (a transaction), and the command answers as when time is over.
  bool wait_for(Wait what) {
    if (!may_wait) return false;
    wait = std::move(what);
    return true;
  }
  // Leaves the rest of the command to `task`, whose step() is called until it says it is done. The
  // words of the command must not be used by it: they are gone by then.
  void continue_with(std::unique_ptr<LongTask> task) noexcept { rest = std::move(task); }
  // Whether the caller may read whatever key the command comes upon.
  virtual bool may_read_all_keys() = 0;

  resp::Writer& reply;
  unsigned database;
  const Command* command = nullptr;
  Bytes called_as;  // the last word of its name as the client wrote it
  bool failed = false;
  bool may_wait = false;
  bool in_script = false;
  std::optional<Wait> wait;
  std::unique_ptr<LongTask> rest;

 protected:
  virtual void check_limits() = 0;
  virtual void need_slices() = 0;
  virtual void pass_turn() = 0;

 private:
  static constexpr std::uint32_t kTicksPerLook = 256;
  static constexpr std::size_t kStepsAtOnce = 8192;

  keyspace::Keyspace& keyspace_;
  std::uint32_t ticks_ = 0;
};

}  // namespace miniredis::commands
