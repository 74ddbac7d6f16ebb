// Session of include/miniredis/engine.h: a client without a socket.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>

#include "engine/embedded.h"
#include "engine/host.h"
#include "miniredis/engine.h"
#include "resp/buffer.h"

namespace miniredis {

using engine::drain;
using engine::error_value;
using engine::NodeRuntime;
using engine::Outcome;
using Clock = std::chrono::steady_clock;

namespace {

// How long a wait goes on before the node's work is looked at again, for engines without threads.
constexpr std::int64_t kTurnMs = 100;
constexpr Bytes kClosed = "ERR the session is closed";

}  // namespace

struct Session::Impl final : engine::ClientOwner, std::enable_shared_from_this<Session::Impl> {
  explicit Impl(std::shared_ptr<NodeRuntime> session_node)
      : node(std::move(session_node)), client(*this) {}

  // The session's holders are gone. A change that is under way goes on to its end, and keeps us.
  void leave() {
    const std::shared_ptr<NodeRuntime> last = std::move(node);
    const std::lock_guard guard(last->lock);
    notify = nullptr;
    if (client.node != nullptr) client.node->detach(client);
  }
  std::shared_ptr<void> keep() override { return weak_from_this().lock(); }
  void wake() override {
    changed.notify_all();
    if (notify) notify();
  }
  void resume() override { wake(); }

  bool is_closed() const noexcept {
    return client.node == nullptr || client.closing || client.close_after_reply;
  }
  // Sorts what came out of band from replies. MONITOR's lines are out of band though they look like
  // replies: those that were there before a command are.
  void collect(std::vector<Value> values) {
    for (Value& value : values) pushes.push_back(std::move(value));
  }
  std::optional<Value> begin(Arguments arguments);
  void go_on();
  bool step(std::unique_lock<std::mutex>& guard, Clock::time_point until);
  Value take_reply();

  std::shared_ptr<NodeRuntime> node;
  engine::Client client;
  std::vector<Value> pushes;
  resp::Protocol protocol = resp::Protocol::kResp3;
  std::function<void()> notify;
  std::condition_variable changed;  // with the node's lock
  bool under_way = false;
  std::vector<std::string> held_back;  // words to be shown again when the node is free
};

// Why the command can't begin, or its reply if it is over already.
std::optional<Value> Session::Impl::begin(Arguments arguments) {
  if (arguments.empty()) return error_value("ERR empty command");
  if (is_closed()) return error_value(kClosed);
  if (under_way) return error_value("ERR the session has a command under way");
  node->begin_batch();
  collect(drain(client));
  client.protocol = protocol;
  client.last_active_ms = node->keyspace.now_ms();
  const bool runs = node->throttle == nullptr || node->throttle->pass(client, arguments);
  const Outcome outcome = runs ? dispatch(*node, client, arguments) : Outcome::kDone;
  protocol = client.protocol;  // HELLO may have chosen another
  if (outcome == Outcome::kDone) return take_reply();
  under_way = true;
  if (outcome == Outcome::kMustWait) held_back.assign(arguments.begin(), arguments.end());
  node->schedule();
  return std::nullopt;
}

// Shows the words again that were held back.
void Session::Impl::go_on() {
  const std::vector<std::string_view> words(held_back.begin(), held_back.end());
  node->begin_batch();
  if (dispatch(*node, client, words) != Outcome::kMustWait) held_back.clear();
  node->schedule();
}

// Waits for a change until then, or works towards it; whether the command is over.
bool Session::Impl::step(std::unique_lock<std::mutex>& guard, Clock::time_point until) {
  if (client.node == nullptr || client.closing) return true;
  if (!client.suspended && !client.stalled) {
    if (held_back.empty()) return true;
    go_on();
    return held_back.empty() && !client.suspended;
  }
  const Clock::time_point now = Clock::now();
  if (now >= until) return false;
  const std::int64_t rests_ms = node->long_run_rests_ms();
  if (node->long_run != nullptr && rests_ms == 0) {
    node->step_long_run(engine::kSliceNs);
    node->schedule();
    guard.unlock();  // others get their turn
    guard.lock();
  } else {
    const auto turn_ms = rests_ms == 0 ? kTurnMs : std::min(kTurnMs, rests_ms);
    changed.wait_until(guard, std::min(until, now + std::chrono::milliseconds(turn_ms)));
  }
  if (client.node == nullptr) return true;
  node->begin_batch();
  if (client.stalled && node->long_run == nullptr && !node->is_paused(true)) {
    std::erase(node->waiting, &client);
    client.stalled = false;
  }
  return false;
}

Value Session::Impl::take_reply() {
  std::vector<Value> values = drain(client);
  client.settle_buffers();
  node->schedule();
  if (values.empty()) return is_closed() ? error_value(kClosed) : Value();
  // A message to oneself (PUBLISH to an own channel) comes before the reply; several confirmations
  // (SUBSCRIBE a b) come as several.
  auto reply = std::find_if(values.begin(), values.end(),
                            [](const Value& value) { return value.kind() != Value::Kind::kPush; });
  if (reply == values.end()) reply = values.begin();
  Value result = std::move(*reply);
  values.erase(reply);
  collect(std::move(values));
  return result;
}

std::optional<Value> Session::start(Arguments arguments) {
  const std::lock_guard guard(impl_->node->lock);
  return impl_->begin(arguments);
}

std::optional<Value> Session::wait(std::uint64_t patience_ms) {
  Impl& self = *impl_;
  // Beyond a day, the clock's own range would be the next limit.
  constexpr std::uint64_t kMostMs = 86'400'000;
  const auto until =
      Clock::now() + std::chrono::milliseconds(std::min<std::uint64_t>(patience_ms, kMostMs));
  std::unique_lock guard(self.node->lock);
  if (!self.under_way) return error_value("ERR the session has no command under way");
  while (!self.step(guard, until)) {
    if (Clock::now() >= until && (self.client.suspended || self.client.stalled)) {
      return std::nullopt;
    }
  }
  self.under_way = false;
  self.held_back.clear();
  return self.take_reply();
}

bool Session::waits_for_time() const {
  Impl& self = *impl_;
  const std::lock_guard guard(self.node->lock);
  if (!self.under_way || self.client.node == nullptr) return false;
  return self.node->long_run == nullptr ? self.client.stalled : self.node->long_run_rests_ms() > 0;
}

bool Session::cancel() {
  Impl& self = *impl_;
  const std::lock_guard guard(self.node->lock);
  if (!self.under_way) return true;
  if (self.client.node != nullptr) {
    if (self.client.blocked != nullptr) {
      self.client.node->blocking.take(self.client);
    } else if (!self.held_back.empty()) {
      std::erase(self.client.node->waiting, &self.client);
      self.client.stalled = false;
    } else {
      return false;
    }
  }
  self.under_way = false;
  self.held_back.clear();
  return true;
}

Value Session::execute(Arguments arguments) {
  std::optional<Value> reply = start(arguments);
  while (!reply) reply = wait(kTurnMs * 100);
  return std::move(*reply);
}

Value Session::execute(std::initializer_list<std::string_view> arguments) {
  return execute(Arguments(arguments.begin(), arguments.size()));
}

void Session::execute_batch(std::span<const Arguments> commands, ReplyBytes& replies) {
  Impl& self = *impl_;
  replies.clear();
  std::unique_lock guard(self.node->lock);
  self.node->begin_batch();
  self.collect(drain(self.client));
  resp::Writer writer(*replies.buffer_, resp::Protocol::kResp3);
  for (const Arguments command : commands) {
    const std::size_t before = replies.buffer_->size();
    if (command.empty() || self.is_closed() || self.under_way) {
      writer.error(command.empty() ? Bytes("ERR empty command") : kClosed);
      continue;
    }
    self.client.protocol = resp::Protocol::kResp3;
    self.client.last_active_ms = self.node->keyspace.now_ms();
    if (self.node->throttle == nullptr || self.node->throttle->pass(self.client, command)) {
      Outcome outcome = dispatch(*self.node, self.client, command);
      self.under_way = outcome != Outcome::kDone;
      if (outcome == Outcome::kMustWait) self.held_back.assign(command.begin(), command.end());
      while (self.under_way && !self.step(guard, Clock::time_point::max())) continue;
      self.under_way = false;
      self.held_back.clear();
    }
    engine::drain_bytes(self.client, *replies.buffer_);
    if (replies.buffer_->size() == before) writer.null();
  }
  self.client.settle_buffers();
  self.node->schedule();
}

std::vector<Value> Session::take_pushes() {
  const std::lock_guard guard(impl_->node->lock);
  if (!impl_->under_way) impl_->collect(drain(impl_->client));
  impl_->client.settle_buffers();
  return std::exchange(impl_->pushes, {});
}

void Session::on_push(std::function<void()> wake) {
  const std::lock_guard guard(impl_->node->lock);
  impl_->notify = std::move(wake);
}

void Session::close() {
  const std::lock_guard guard(impl_->node->lock);
  impl_->client.closing = true;
  impl_->wake();
}

bool Session::closed() const {
  const std::lock_guard guard(impl_->node->lock);
  return impl_->is_closed();
}

Result<Session> Node::open_session(unsigned database, unsigned protocol) const {
  if (protocol != 2 && protocol != 3) {
    return Error{ErrorCode::kInvalidArgument,
                 "protocol " + std::to_string(protocol) + " is out of range: 2 or 3"};
  }
  if (database >= keyspace::kDatabases) {
    return Error{ErrorCode::kInvalidArgument, "database " + std::to_string(database) +
                                                  " is out of range: 0 to " +
                                                  std::to_string(keyspace::kDatabases - 1)};
  }
  const auto body = std::make_shared<Session::Impl>(runtime_);
  // What its holders share: they leave, and the body may stay for a command's sake.
  std::shared_ptr<Session::Impl> impl(body.get(), [body](Session::Impl* left) { left->leave(); });
  const std::lock_guard guard(runtime_->lock);
  runtime_->begin_batch();
  impl->client.peer = impl->client.local = "embedded";
  impl->protocol = protocol == 2 ? resp::Protocol::kResp2 : resp::Protocol::kResp3;
  impl->client.protocol = impl->protocol;
  impl->client.database = static_cast<std::uint8_t>(database);
  if (const auto refused = runtime_->attach(impl->client)) {
    const bool full =
        *refused == commands::wire::kMaxClients || *refused == commands::wire::kMaxTenantClients;
    return Error{full ? ErrorCode::kLimitReached : ErrorCode::kWrongState,
                 std::string(refused->substr(4))};
  }
  become(impl->client, runtime_->acl.users.default_user());
  return Session(std::move(impl));
}

}  // namespace miniredis
