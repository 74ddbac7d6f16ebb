#include "engine/script_task.h"

#include <limits>
#include <string>

#include "engine/script_values.h"

namespace miniredis::engine {
namespace {

constexpr int kInstructionsPerLook = 1000;

}  // namespace

ScriptTask::ScriptTask(LuaHost& host, const ScriptProgram& program, const Call& caller,
                       bool read_only)
    : host_(host),
      program_(program),
      writer_(replies_, resp::Protocol::kResp2),
      call_(caller.node, host.client, writer_),
      reply_(out_, caller.reply.protocol()),
      caller_(&caller.client),
      read_only_(read_only || program.flags.no_writes) {
  fiber_.emplace([this] { run(); }, kStackBytes);
  host.client.database = caller.client.database;
  host.client.user = caller.client.user;
  host.client.all_rights = caller.client.all_rights;
  call_.database = host.client.database;
  call_.sliced = this;
  call_.in_script = true;
  began_ns_ = caller.node.clock().monotonic_ns();
  host.running = this;
}

ScriptTask::~ScriptTask() {
  killed_ = true;  // nothing that the script does about its end may keep it
  fiber_.reset();
  if (host_.running == this) host_.running = nullptr;
  host_.client.user = nullptr;  // he may be gone before the next script
}

bool ScriptTask::step(commands::Context& context, const commands::Budget& budget) {
  budget_ = &budget;
  const base::Clock& clock = call_.node.clock();
  slice_began_ns_ = clock.monotonic_ns();
  const bool done = fiber_->resume();
  const std::uint64_t now = clock.monotonic_ns();
  worked_ns_ += now - slice_began_ns_;
  if (!done) {
    if (patience_ns() == 0) {
      busy_ = true;
      call_.node.resume_waiting();  // they are told that it is
    }
    return false;
  }
  host_.running = nullptr;
  host_.collect_garbage_if_full();
  context.failed = failed_;
  resp::Buffer& out = context.reply.buffer();
  if (out.empty() && out_.size() > (16U << 10))
    out = std::move(out_);
  else
    out.append(out_.view());
  return true;
}

std::optional<std::uint64_t> ScriptTask::patience_ns() const noexcept {
  const std::uint64_t patience = call_.node.settings.busy_reply_threshold_ms * 1'000'000;
  if (busy_ || patience == 0) return std::nullopt;
  const std::uint64_t age = call_.node.clock().monotonic_ns() - began_ns_;
  return age > patience ? 0 : patience - age;
}

std::int64_t ScriptTask::next_step_ms() const noexcept {
  if (awaited_ == nullptr) return 0;
  const std::int64_t next = awaited_->next_step_ms();
  const auto patience = patience_ns();
  if (next == 0 || !patience) return next;
  const std::int64_t ms = static_cast<std::int64_t>(*patience / 1'000'000) + 1;
  return std::min(next, call_.node.clock().unix_ms() + ms);
}

void ScriptTask::pause() {
  if (abandoned_) return;
  try {
    fiber_->pause();
  } catch (...) {
    abandoned_ = killed_ = true;
    awaited_ = nullptr;
    throw;
  }
}

void ScriptTask::pause_for(const commands::LongTask& task) {
  awaited_ = &task;
  pause();
  awaited_ = nullptr;
}

std::uint64_t ScriptTask::worked_ns() const noexcept {
  return worked_ns_ + call_.node.clock().monotonic_ns() - slice_began_ns_;
}

std::uint64_t ScriptTask::age_ms() const noexcept {
  return (call_.node.clock().monotonic_ns() - began_ns_) / 1'000'000;
}

void ScriptTask::check_alive(lua_State* state) {
  if (!killed_) return;
  // From here on every instruction fails, so that no pcall() of the script can hold it up.
  lua_sethook(state, &ScriptTask::on_count, LUA_MASKCOUNT, 1);
  push_error_table(state, "ERR Script killed by user with SCRIPT KILL.");
  lua_error(state);
}

void ScriptTask::on_count(lua_State* state, lua_Debug*) {
  ScriptTask* const task = host_of(state).running;
  if (task == nullptr) return;
  task->check_alive(state);
  task->pass_turn();
  task->check_alive(state);
}

void ScriptTask::check_reply(std::size_t bytes) {
  if (bytes <= call_.node.settings.memory_limit()) return;
  lua_State* const state = host_.state().get();
  lua_pushliteral(state, "the reply is larger than the node's memory limit");
  lua_error(state);
}

std::int64_t ScriptTask::truncate(double number) noexcept {
  if (number >= -9223372036854775808.0 && number < 9223372036854775808.0) {
    return static_cast<std::int64_t>(number);
  }
  return std::numeric_limits<std::int64_t>::min();
}

void ScriptTask::run() {
  lua_State* const state = host_.state().get();
  lua_sethook(state, &ScriptTask::on_count, LUA_MASKCOUNT, kInstructionsPerLook);
  lua_settop(state, 0);
  lua_rawgeti(state, LUA_REGISTRYINDEX, host_.entry());
  lua_pushlightuserdata(state, this);
  if (lua_pcall(state, 1, 0, 0) != 0 && !abandoned_) {
    // The conversion of the reply failed, or that of an error.
    out_.clear();
    std::string text = "ERR ";
    text += lua_isstring(state, -1) ? lua::bytes_at(state, -1) : Bytes("the script was ended");
    reply_.error(text);
    failed_ = true;
  }
  lua_settop(state, 0);
}

// Of Lua: runs the function and writes what it returns.
int ScriptTask::enter(lua_State* state) {
  ScriptTask& task = *static_cast<ScriptTask*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  lua_rawgeti(state, LUA_REGISTRYINDEX, task.host_.error_handler());
  lua_rawgeti(state, LUA_REGISTRYINDEX, task.program_.function);
  const int arguments = task.host_.push_arguments(state);
  if (lua_pcall(state, arguments, 1, 1) != 0)
    task.write_failure(state);
  else
    write_value(state, task.reply_, task);
  return 0;
}

// "<error> script: <sha>, on <source>:<line>."
void ScriptTask::write_failure(lua_State* state) {
  std::string line = "ERR unknown error";
  std::string place;
  if (lua_istable(state, -1)) {
    lua_pushliteral(state, "err");
    lua_rawget(state, -2);
    if (lua_isstring(state, -1)) line = lua::bytes_at(state, -1);
    lua_pop(state, 1);
    lua_pushliteral(state, "source");
    lua_rawget(state, -2);
    lua_pushliteral(state, "line");
    lua_rawget(state, -3);
    if (lua_isstring(state, -2) && lua_isnumber(state, -1)) {
      place = ", on " + std::string(lua::bytes_at(state, -2)) + ":" +
              std::to_string(truncate(lua_tonumber(state, -1))) + ".";
    }
    lua_pop(state, 2);
  } else if (lua_isstring(state, -1)) {
    line = "ERR " + std::string(lua::bytes_at(state, -1));
  }
  reply_.error(line + " script: " + program_.name + place);
  failed_ = true;
}

}  // namespace miniredis::engine
