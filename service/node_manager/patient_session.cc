#include "node_manager/patient_session.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace miniredis::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kNotRun =
    "BUSY the node is paused or at work on a long command: this one was not run, try again later";
constexpr std::string_view kGoesOn =
    "BUSY the command takes longer than a request may: it may still be carried out, and its reply "
    "is lost";

Value busy(std::string_view why) {
  return Value::text_of(Value::Kind::kError, std::string(why));
}

std::vector<std::string_view> views_of(const CommandWords& words) {
  return {words.begin(), words.end()};
}

}  // namespace

WaitingSeats::WaitingSeats(std::size_t threads) noexcept
    : of_all_(std::max<std::size_t>(threads / 2, 1)),
      of_tenant_(std::max<std::size_t>(of_all_ / 2, 1)) {}

bool WaitingSeats::take(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  if (taken_ == of_all_) return false;
  std::size_t& of_this = by_tenant_[tenant];
  if (of_this == of_tenant_) return false;
  ++of_this;
  ++taken_;
  return true;
}

void WaitingSeats::give_back(const std::string& tenant) noexcept {
  const std::lock_guard lock(mutex_);
  const auto row = by_tenant_.find(tenant);
  if (--row->second == 0) by_tenant_.erase(row);
  --taken_;
}

PatientSession::PatientSession(Session session, WaitingSeats& seats, std::string tenant)
    : session_(std::move(session)), seats_(seats), tenant_(std::move(tenant)) {}

Value PatientSession::execute(const CommandWords& words) {
  if (given_up_) return busy(kNotRun);
  std::optional<Value> reply = session_.start(views_of(words));
  if (reply) return *std::move(reply);
  const auto leave = [this](WaitingSeats* seats) { seats->give_back(tenant_); };
  const bool needs_seat = session_.waits_for_time();
  const std::unique_ptr<WaitingSeats, decltype(leave)> seat(
      needs_seat && seats_.take(tenant_) ? &seats_ : nullptr, leave);
  const auto patience = (needs_seat && !seat ? kShortPatience : kLongPatience) - waited_;
  const Clock::time_point begun = Clock::now();
  reply = session_.wait(static_cast<std::uint64_t>(std::max<std::int64_t>(patience.count(), 1)));
  waited_ += std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
  return reply ? *std::move(reply) : give_up();
}

std::optional<Session> PatientSession::release() {
  (void)execute({"PING"});
  if (given_up_) return std::nullopt;
  return std::move(session_);
}

Value PatientSession::give_up() {
  given_up_ = true;
  return busy(session_.cancel() ? kNotRun : kGoesOn);
}

Value PatientSession::execute_without_waiting(const CommandWords& words) {
  const Value begun = execute({"MULTI"});
  // In a transaction already: there nothing waits.
  if (begun.is_error()) return execute(words);
  const Value queued = execute(words);
  if (queued.is_error()) {
    (void)execute({"DISCARD"});
    return queued;
  }
  const Value replies = execute({"EXEC"});
  return replies.items().empty() ? replies : replies.items().front();
}

}  // namespace miniredis::service
