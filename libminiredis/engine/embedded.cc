#include "engine/embedded.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "engine/shard.h"
#include "resp/decoder.h"

namespace miniredis::engine {

namespace wire = commands::wire;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kOperatorPatience = std::chrono::seconds(1);
// Copying more than this takes longer than a brief command should.
constexpr std::size_t kBriefBytes = 16U << 10;
constexpr std::size_t kBriefWords = 32;

// The owner of clients that no socket stands behind.
class QuietOwner : public ClientOwner {
 public:
  void wake() override {}
  void resume() override {}
};

// Runs one command to its end, if quotas let it; false when it was given up before it began. The
// lock is held on entry and on return, and given up in between while another command or a pause is
// in the way.
bool run_to_end(NodeRuntime& node, Client& client, Arguments words,
                std::unique_lock<std::mutex>& guard, Caller caller) {
  client.is_operator = caller == Caller::kOperator;
  if (!client.is_operator && node.throttle != nullptr && !node.throttle->pass(client, words))
    return true;
  Clock::time_point give_up = Clock::time_point::max();
  for (;;) {
    if (client.node == nullptr || node.state.load() != NodeState::kRunning) return true;
    const Outcome outcome = dispatch(node, client, words);
    if (outcome == Outcome::kDone) return true;
    if (client.is_operator && give_up == Clock::time_point::max()) {
      give_up = Clock::now() + kOperatorPatience;
    }
    while (client.node != nullptr && node.state.load() == NodeState::kRunning &&
           (client.suspended || client.stalled)) {
      const bool idle = node.long_run == nullptr || node.long_run_rests_ms() > 0;
      if (!idle) node.step_long_run(engine::kSliceNs);
      node.schedule();  // a time-out may be what it waits for
      guard.unlock();
      // A long command is helped along; a pause or another's write can only be waited for.
      if (idle) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      guard.lock();
      node.begin_batch();
      const bool free = node.long_run == nullptr && (client.is_operator || !node.is_paused(true));
      const bool too_late = give_up < Clock::now();
      if (client.stalled && (free || too_late)) {
        std::erase(node.waiting, &client);
        client.stalled = false;
        if (!free) return false;
      }
    }
    if (outcome == Outcome::kSuspended) return true;
  }
}

// The client that the node keeps for this, or one for calls of other threads that overlap.
std::unique_ptr<Client> take_client(NodeRuntime& node) {
  static QuietOwner owner;
  std::unique_ptr<Client> client = std::move(node.embedded);
  if (client == nullptr) {
    client = std::make_unique<Client>(owner);
    client->peer = "embedded";
    client->listed = false;
    client->protocol = resp::Protocol::kResp3;
  }
  if (client->node == nullptr) node.attach(*client);
  client->database = 0;
  return client;
}

// Runs the command and calls `take` with the client whose output holds the reply, or gives the
// error that stands in its stead.
template <typename Take>
Bytes run_and_take(NodeRuntime& node, Arguments words, std::unique_lock<std::mutex>& guard,
                   Caller caller, Take&& take) {
  if (words.empty()) return "ERR empty command";
  const NodeState state = node.state.load();
  if (state == NodeState::kStopped) return wire::kNodeStopped;
  if (state != NodeState::kRunning) return wire::kNodeGone;
  // It is ours until the end: a node that is deleted in the middle takes its own along.
  std::unique_ptr<Client> client = take_client(node);
  ++node.embedded_calls;
  const bool ran = run_to_end(node, *client, words, guard, caller);
  --node.embedded_calls;
  const NodeState after = node.state.load();
  if (after == NodeState::kStopped) return wire::kNodeStopped;
  if (after != NodeState::kRunning || client->node == nullptr) return wire::kNodeGone;
  if (ran) take(*client);
  if (node.embedded == nullptr) node.embedded = std::move(client);
  return ran ? Bytes() : wire::kNodeBusy;
}

// An amount that says how long the command will work.
bool is_much(Bytes word) noexcept {
  return word.size() > 2 && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
}

}  // namespace

Value error_value(Bytes line) {
  return Value::text_of(Value::Kind::kError, std::string(line));
}

std::vector<Value> drain(Client& client) {
  const bool limited = client.node != nullptr && client.node->throttle != nullptr;
  const std::size_t before = client.out.size();
  std::vector<Value> values;
  std::size_t at = 0;
  while (auto decoded = resp::decode(client.out.view().substr(at))) {
    at += decoded->consumed;
    values.push_back(std::move(decoded->value));
  }
  client.out.consume(at);
  if (limited) client.node->throttle->spend_bytes(client, before - client.out.size());
  if (client.out.empty() && client.out.capacity() > (64U << 10)) client.out.reset();
  return values;
}

void drain_bytes(Client& client, resp::Buffer& into) {
  if (client.node != nullptr && client.node->throttle != nullptr) [[unlikely]] {
    client.node->throttle->spend_bytes(client, client.out.size());
  }
  if (client.out.size() > (4U << 10) && into.empty()) {
    std::swap(client.out, into);
    client.out.reset();
    return;
  }
  into.append(client.out.view());
  client.out.clear();
  if (client.out.capacity() > (64U << 10)) client.out.reset();
}

Value run_embedded(NodeRuntime& node, Arguments words, std::unique_lock<std::mutex>& guard,
                   Caller caller) {
  std::vector<Value> values;
  const Bytes error =
      run_and_take(node, words, guard, caller, [&](Client& client) { values = drain(client); });
  if (!error.empty()) return error_value(error);
  return values.empty() ? Value() : std::move(values.front());
}

void run_embedded(NodeRuntime& node, Arguments words, std::unique_lock<std::mutex>& guard,
                  resp::Buffer& into) {
  const std::size_t before = into.size();
  const Bytes error = run_and_take(node, words, guard, Caller::kClient,
                                   [&](Client& client) { drain_bytes(client, into); });
  resp::Writer writer(into, resp::Protocol::kResp3);
  if (!error.empty())
    writer.error(error);
  else if (into.size() == before)
    writer.null();
}

bool is_brief_now(const NodeRuntime& node, Arguments words) noexcept {
  if (words.empty() || words.size() > kBriefWords || node.long_run != nullptr ||
      node.pause.until_ms != 0 || node.embedded_calls > 0 || node.account.excess() > 0) {
    return false;
  }
  std::size_t bytes = 0;
  for (const Bytes word : words) bytes += word.size();
  if (bytes > kBriefBytes) return false;
  const CommandEntry* entry = node.embedded == nullptr ? nullptr : node.embedded->last_command;
  if (entry == nullptr || entry->name_words != 1 ||
      !base::equals_ignore_case(words[0], entry->name)) {
    entry = CommandTable::get().find(words[0]);
  }
  if (entry == nullptr || entry->brevity == Brevity::kLong) return false;
  if (entry->brevity == Brevity::kBrief) return true;
  for (const Bytes word : words.subspan(std::min<std::size_t>(words.size(), 2))) {
    if (is_much(word)) return false;
  }
  return true;
}

}  // namespace miniredis::engine
