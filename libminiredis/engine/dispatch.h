// From words to a reply: find the command, check that it may run, run it, keep the books.
//
// Threads: under the node's lock, after NodeRuntime::begin_batch.
#pragma once

#include <array>
#include <cstdint>

#include "engine/call.h"
#include "engine/command_table.h"

namespace miniredis::engine {

enum class Outcome : std::uint8_t {
  kDone,       // the reply is in client.out
  kSuspended,  // a long command goes on: NodeRuntime::step_long_run; then the owner is resumed
  kMustWait,   // nothing happened: show the same words again when the owner is resumed
};

// `words` has the command's name first and is not empty.
Outcome dispatch(NodeRuntime& node, Client& client, Arguments words);

// Answers an error to a command that may not run, with what follows for its transaction.
void refuse_unrun(NodeRuntime& node, Client& client, Arguments words, Bytes line);

// Fetches into the cache what the commands of a batch will look up, in two steps: look_ahead() as
// each is read, fetch_ahead() before the first of them runs.
struct Lookahead {
  static constexpr std::size_t kMost = 16;
  std::array<std::uint64_t, kMost> hashes;
  std::size_t count = 0;
};
void look_ahead(const NodeRuntime& node, unsigned database, Lookahead& keys,
                Arguments words) noexcept;
void fetch_ahead(const NodeRuntime& node, unsigned database, const Lookahead& keys) noexcept;

// Runs one command inside another (EXEC): no checks but memory, no waiting. A task that it leaves
// is in call.rest.
void run_nested(Call& call, const CommandEntry& entry, Arguments words);

// Runs one command inside a script, to its end, in the slices of call.sliced. No checks.
void run_scripted(Call& call, const CommandEntry& entry, Arguments words);

// Runs again a command that waited for a key, with the words that it left.
void run_waited(NodeRuntime& node, Client& client, Arguments words);
// Ends the wait of a client whose reply stands in its output from `start` on.
// Returns what it waited with: the words that were run are views into it.
std::unique_ptr<Blocked> finish_waited(NodeRuntime& node, Client& client, std::size_t start,
                                       bool failed);

// The first word of an HTTP request: a browser that was lured here. Its connection is closed
// without a word, as Redis does, lest a command hide in its body.
bool is_http(Bytes name) noexcept;

// One step of a task, with the exceptions that memory causes turned into an error; true: done.
bool step_guarded(commands::Context& context, commands::LongTask& task,
                  const commands::Budget& budget);
// Hands the reply of a long command to its client and keeps the books.
void finish_long_run(NodeRuntime& node, LongRun& run);

// "ERR unknown command 'foo', with args beginning with: 'a' 'b' "
std::string unknown_command(Arguments words);

}  // namespace miniredis::engine
