// Commands of callers that stand behind no socket: what Node::execute and sessions share.
//
// Threads: under the node's lock, after NodeRuntime::begin_batch.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "miniredis/value.h"

namespace miniredis::engine {

// Quotas and pauses hold clients; an operator waits for nothing but a long command, and not long.
enum class Caller : std::uint8_t { kClient, kOperator };

Value error_value(Bytes line);

// Takes the replies off a client's output, as values or as the bytes that they are, which are put
// behind those of `into`.
std::vector<Value> drain(Client& client);
void drain_bytes(Client& client, resp::Buffer& into);

// Runs one command as the user `default` in database 0. The lock is given up while another command
// or a pause is in the way. The second form puts the reply behind what stands in `into`.
Value run_embedded(NodeRuntime& node, Arguments words, std::unique_lock<std::mutex>& guard,
                   Caller caller = Caller::kClient);
void run_embedded(NodeRuntime& node, Arguments words, std::unique_lock<std::mutex>& guard,
                  resp::Buffer& into);

// Whether run_embedded() would answer the command at once, in some microseconds: nothing is in the
// way, and the command is brief by its declaration and by its words.
bool is_brief_now(const NodeRuntime& node, Arguments words) noexcept;

}  // namespace miniredis::engine
