// A script that runs: on a stack of its own, so that it can pause wherever it is when its slice is
// over, and other nodes of the shard get their turns.
//
// No other command of the node runs until it is done; one that goes on for longer than
// busy-reply-threshold has them answered BUSY, all but those that can end it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/fiber.h"
#include "engine/call.h"
#include "engine/lua_host.h"
#include "resp/buffer.h"

namespace miniredis::engine {

class ScriptTask final : public commands::LongTask, public Slicer {
 public:
  // The arguments are set already. `caller` gives database and protocol.
  ScriptTask(LuaHost& host, const ScriptProgram& program, const Call& caller, bool read_only);
  ~ScriptTask() override;

  bool step(commands::Context& context, const commands::Budget& budget) override;
  bool may_be_dropped() const noexcept override { return false; }
  std::int64_t next_step_ms() const noexcept override;

  bool slice_over() const noexcept override { return budget_->spent(); }
  void pause() override;
  void pause_for(const commands::LongTask& task) override;
  std::uint64_t worked_ns() const noexcept override;

  // From now on everything in the script fails, even what it does about failures.
  void kill() noexcept { killed_ = true; }
  bool has_written() const noexcept { return written_; }
  // Unanswered for longer than busy-reply-threshold.
  bool busy() const noexcept { return busy_; }
  const ScriptProgram& program() const noexcept { return program_; }
  // Milliseconds since it began.
  std::uint64_t age_ms() const noexcept;

  // Of the functions that the script calls.
  Call& call() noexcept { return call_; }
  LuaHost& host() const noexcept { return host_; }
  bool read_only() const noexcept { return read_only_; }
  void note_write() noexcept { written_ = true; }
  bool resp3() const noexcept { return protocol_ == resp::Protocol::kResp3; }
  resp::Protocol protocol() const noexcept { return protocol_; }
  void set_protocol(resp::Protocol protocol) noexcept { protocol_ = protocol; }
  resp::Buffer& replies() noexcept { return replies_; }
  // Throws when the script is being ended.
  void check_alive(lua_State* state);

  // Of the conversion of replies.
  void pass_turn() {
    if (slice_over()) pause();
  }
  void pass_turn_sometimes() {
    if (++values_ % 256 == 0) [[unlikely]]
      pass_turn();
  }
  void note_failure() noexcept { failed_ = true; }
  // Whoever called the script; null when it has gone.
  const Client* caller() const noexcept { return caller_; }
  void forget_caller(const Client& client) noexcept {
    if (caller_ == &client) caller_ = nullptr;
  }
  void check_reply(std::size_t bytes);
  // As C does it, but for numbers that no integer is near to.
  static std::int64_t truncate(double number) noexcept;

  // Called by Lua once in some thousand of its instructions.
  static void on_count(lua_State* state, lua_Debug* where);
  static int enter(lua_State* state);

 private:
  // Lua's own use of the stack is bounded by 200 calls from C, each with buffers of 8 KiB.
  static constexpr std::size_t kStackBytes = std::size_t{4} << 20;

  // Nanoseconds until it counts as busy; nothing when it never will.
  std::optional<std::uint64_t> patience_ns() const noexcept;
  void run();
  void write_failure(lua_State* state);

  LuaHost& host_;
  const ScriptProgram& program_;
  resp::Buffer replies_;  // of commands, one at a time
  resp::Writer writer_;
  Call call_;
  resp::Buffer out_;
  resp::Writer reply_;
  resp::Protocol protocol_ = resp::Protocol::kResp2;  // of the replies that the script sees
  const commands::Budget* budget_ = nullptr;
  std::uint64_t worked_ns_ = 0;
  std::uint64_t slice_began_ns_ = 0;
  std::uint64_t began_ns_ = 0;
  const Client* caller_;
  const commands::LongTask* awaited_ = nullptr;  // of the command that the script waits for
  std::uint32_t values_ = 0;
  bool read_only_;
  bool written_ = false;
  bool failed_ = false;
  bool killed_ = false;
  bool abandoned_ = false;
  bool busy_ = false;
  std::optional<base::Fiber> fiber_;
};

}  // namespace miniredis::engine
