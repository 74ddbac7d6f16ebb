#include "node_manager/push_pump.h"

namespace miniredis::service {

struct PushPump::Follower::Shared {
  std::mutex mutex;
  std::optional<Session> session;
  Listener listener;
  bool ended = false;

  void pass_on() {
    const std::lock_guard lock(mutex);
    if (ended) return;
    for (const Value& push : session->take_pushes()) listener.push(push);
    if (session->closed()) listener.closed();
  }
};

PushPump::Follower::~Follower() {
  const std::lock_guard lock(shared_->mutex);
  shared_->ended = true;
}

Value PushPump::Follower::execute(const std::vector<std::string>& words) {
  Value reply;
  {
    const std::lock_guard lock(shared_->mutex);
    const std::vector<std::string_view> views(words.begin(), words.end());
    if (auto done = shared_->session->start(views)) {
      reply = *std::move(done);
    } else {
      (void)shared_->session->cancel();
      reply = Value::text_of(Value::Kind::kError, "BUSY the node is busy, try again later");
    }
  }
  shared_->pass_on();
  return reply;
}

PushPump::PushPump() : thread_([this] { run(); }) {}

PushPump::~PushPump() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<PushPump::Follower> PushPump::follow(Session session, Listener listener) {
  auto shared = std::make_shared<Follower::Shared>();
  shared->session = std::move(session);
  shared->listener = std::move(listener);
  shared->session->on_push([this, weak = std::weak_ptr<Follower::Shared>(shared)] {
    // The last one to let go must not be we: the session's end takes the lock that is held here.
    if (auto follower = weak.lock()) leave_word(std::move(follower));
  });
  return std::unique_ptr<Follower>(new Follower(std::move(shared)));
}

void PushPump::leave_word(std::shared_ptr<Follower::Shared> follower) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(follower));
    if (waiting_.size() > 1) return;
  }
  changed_.notify_one();
}

void PushPump::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    std::deque<std::shared_ptr<Follower::Shared>> taken = std::move(waiting_);
    waiting_.clear();
    lock.unlock();
    for (const auto& follower : taken) follower->pass_on();
    taken.clear();
    lock.lock();
  }
}

}  // namespace miniredis::service
