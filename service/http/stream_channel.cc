#include "http/stream_channel.h"

namespace miniredis::service {
bool StreamChannel::send(std::string message) {
  bool kept = true;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (waiting_ + message.size() > kMostWaiting && !messages_.empty()) {
      closed_ = true;
      code_ = close_codes::kPolicyViolation;
      reason_ = "too slow a reader";
      messages_.clear();
      waiting_ = 0;
      kept = false;
    } else {
      waiting_ += message.size();
      messages_.push_back(std::move(message));
      if (messages_.size() > 1) return true;  // whoever was woken for the first takes this too
    }
  }
  wake();
  return kept;
}

void StreamChannel::close(std::uint16_t code, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    code_ = code;
    reason_ = std::move(reason);
  }
  wake();
}

StreamChannel::Taken StreamChannel::take() {
  const std::lock_guard lock(mutex_);
  Taken taken{std::move(messages_), closed_, code_, reason_};
  messages_.clear();
  waiting_ = 0;
  return taken;
}

void StreamChannel::detach() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wake_ = nullptr;
  messages_.clear();
  waiting_ = 0;
}

void StreamChannel::wake() {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

}  // namespace miniredis::service
