#include "engine/throttle.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "engine/host.h"

namespace miniredis::engine {
namespace {

constexpr std::uint64_t kMsNs = 1'000'000;

// AUTH, HELLO, QUIT and RESET: a node that is busy can be entered and left.
bool is_exempt(Arguments words) noexcept {
  const CommandEntry* entry = CommandTable::get().find(words[0]);
  return entry != nullptr && entry->command->has(commands::kNoAuth);
}

std::string throttled(const tenants::Shortage& shortage) {
  return std::string("THROTTLED ") + (shortage.of_tenant ? "tenant" : "node") + " quota, " +
         std::to_string(shortage.figure) + (shortage.of_bytes ? " bytes/s" : " ops/s") +
         "; try again in " +
         std::to_string(std::max<std::uint64_t>(1, (shortage.wait_ns + kMsNs - 1) / kMsNs)) + " ms";
}

}  // namespace

Throttle::Throttle(NodeRuntime& node) : node_(node), quota_(node.tenant->quota) {
  node_.account.charge(static_cast<std::int64_t>(memory::block_size(sizeof(Throttle))));
}

Throttle::~Throttle() {
  for (Client* client : node_.clients) client->held.reset();
  node_.account.charge(-static_cast<std::int64_t>(memory::block_size(sizeof(Throttle))));
}

void Throttle::configure() {
  const auto all = std::exchange(waiting_, {});
  for (const auto& [due_ns, client] : all) {
    end_wait(*client->held);
    give_back(std::exchange(client->held->commands, 0));
    client->owner.resume();
  }
  quota_.configure(node_.quota, node_.batch_ns);
}

std::size_t Throttle::admit(Client& client, std::size_t wanted) noexcept {
  if (!client.authenticated) return wanted;
  if (!has_bytes(client)) return 0;
  std::size_t n = 0;
  if (client.held != nullptr) {
    n = std::min(client.held->commands, wanted);
    client.held->commands -= n;
  }
  if (n < wanted) {
    n += static_cast<std::size_t>(
        quota_.take_commands(static_cast<std::int64_t>(wanted - n), node_.batch_ns));
  }
  return n;
}

void Throttle::give_back(std::size_t commands) noexcept {
  if (commands > 0) quota_.give_back_commands(static_cast<std::int64_t>(commands));
}

bool Throttle::has_bytes(const Client& client) noexcept {
  return quota_.has_bytes(client.out.size(), node_.batch_ns);
}

void Throttle::spend_bytes(const Client& client, std::size_t n) noexcept {
  if (n > 0 && client.authenticated) quota_.spend_bytes(n, node_.batch_ns);
}

Throttle::Verdict Throttle::refuse(Client& client, Arguments words, std::size_t request_bytes,
                                   const tenants::Shortage& shortage) {
  const std::size_t before = client.out.size();
  refuse_unrun(node_, client, words, throttled(shortage));
  // Whoever asks again too soon pays nothing for the refusal, or it would last as long as he asks.
  const std::size_t grown = client.out.size() > before ? client.out.size() - before : 0;
  quota_.give_back_bytes(grown + request_bytes);
  ++node_.statistics.throttled;
  node_.tenant->throttled.fetch_add(1, std::memory_order_relaxed);
  return Verdict::kRefused;
}

Throttle::Verdict Throttle::hold(Client& client, Arguments words, std::size_t request_bytes,
                                 std::size_t behind) {
  if (is_exempt(words)) {
    quota_.force_command(node_.batch_ns);
    return Verdict::kRun;
  }
  if (admit(client, 1) == 1) return Verdict::kRun;
  const std::uint64_t now_ns = node_.batch_ns;
  if (client.held == nullptr) {
    client.held = std::make_unique<Held>();
    client.held->since_ns = now_ns;
  }
  Held& held = *client.held;
  const std::size_t wanted = held.commands > 0 ? 0 : behind + 1;
  const tenants::Shortage shortage = quota_.reserve(
      static_cast<std::int64_t>(wanted), now_ns - held.since_ns, client.out.size(), now_ns);
  if (shortage.refused) return refuse(client, words, request_bytes, shortage);
  held.commands += static_cast<std::size_t>(shortage.commands);
  held.waiting = true;
  held.wait_began_ns = now_ns;
  held.until_ns = now_ns + shortage.wait_ns;
  waiting_.emplace(held.until_ns, &client);
  ++node_.statistics.quota_waits;
  node_.tenant->quota_waits.fetch_add(1, std::memory_order_relaxed);
  return Verdict::kWait;
}

bool Throttle::pass(Client& client, Arguments words) {
  std::size_t bytes = 0;
  for (const Bytes word : words) bytes += word.size();
  if (is_exempt(words)) {
    quota_.force_command(node_.batch_ns);
  } else if (admit(client, 1) == 0) {
    // As one that has waited for ever: reserved is only what is there by now.
    const tenants::Shortage shortage =
        quota_.reserve(1, UINT64_MAX, client.out.size(), node_.batch_ns);
    if (shortage.refused) {
      refuse(client, words, 0, shortage);
      return false;
    }
  }
  spend_bytes(client, bytes);
  return true;
}

void Throttle::stop_waiting(Client& client) noexcept {
  Held& held = *client.held;
  if (!held.waiting) return;
  auto [at, end] = waiting_.equal_range(held.until_ns);
  while (at != end && at->second != &client) ++at;
  if (at != end) waiting_.erase(at);
  end_wait(held);
}

void Throttle::end_wait(Held& held) noexcept {
  held.waiting = false;
  const std::uint64_t now_ns = node_.batch_ns;
  const std::uint64_t waited_ns = now_ns > held.wait_began_ns ? now_ns - held.wait_began_ns : 0;
  node_.statistics.quota_wait_ns += waited_ns;
  node_.tenant->quota_wait_ns.fetch_add(waited_ns, std::memory_order_relaxed);
}

void Throttle::finish(Client& client) noexcept {
  if (client.held == nullptr) return;
  stop_waiting(client);
  give_back(client.held->commands);
  client.held.reset();
}

void Throttle::resume_due() {
  while (!waiting_.empty() && waiting_.begin()->first <= node_.batch_ns) {
    Client& client = *waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    end_wait(*client.held);
    client.owner.resume();
  }
}

std::optional<std::uint64_t> Throttle::next_due_ns() const noexcept {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

}  // namespace miniredis::engine
