// What commands about clients and nodes are given: a Context that also knows who calls and where.
#pragma once

#include "commands/command.h"
#include "engine/client.h"
#include "engine/node.h"

namespace miniredis::engine {

// What a command runs in that has a stack of its own: it can pause between two steps.
class Slicer {
 public:
  virtual ~Slicer() = default;
  // Whether the slice is over, and the pause that is due then.
  virtual bool slice_over() const noexcept = 0;
  virtual void pause() = 0;
  // The same until the task, which goes on in the slice, has something to do.
  virtual void pause_for(const commands::LongTask& task) = 0;
  // Time that the command has worked so far.
  virtual std::uint64_t worked_ns() const noexcept = 0;
};

class Call final : public commands::Context {
 public:
  Call(NodeRuntime& called_node, Client& caller, resp::Writer& writer)
      : Context(called_node.keyspace, writer, caller.database), node(called_node), client(caller) {}

  NodeRuntime& node;
  Client& client;
  const CommandEntry* entry = nullptr;  // what runs, and its words with the name
  Arguments words;
  bool may_slice = false;    // whoever runs the command sees to `rest`
  Slicer* sliced = nullptr;  // the command runs in it

  bool may_read_all_keys() override;

 private:
  void check_limits() override;
  void need_slices() override;
  void pass_turn() override;
};

// The engine is the only one who makes a Context, and always makes a Call.
inline Call& call_of(commands::Context& context) noexcept {
  return static_cast<Call&>(context);
}

namespace detail {
template <typename Args, auto Handler>
void run_with_call(commands::Context& context, const Args& args) {
  Handler(call_of(context), args);
}
template <auto Handler>
void run_plain_with_call(commands::Context& context, Arguments) {
  Handler(call_of(context));
}
}  // namespace detail

// As commands::command, for handlers that take a Call.
template <typename Args, const auto& Grammar, auto Handler>
consteval commands::Command engine_command(const char* name, commands::Doc doc, std::uint32_t flags,
                                           commands::Uses uses = {}) {
  return commands::command<Args, Grammar, &detail::run_with_call<Args, Handler>>(name, doc, flags,
                                                                                 uses);
}
template <auto Handler>
consteval commands::Command engine_plain_command(const char* name, commands::Doc doc,
                                                 std::uint32_t flags) {
  return commands::plain_command(name, doc, flags, &detail::run_plain_with_call<Handler>);
}

}  // namespace miniredis::engine
