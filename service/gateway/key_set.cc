#include "gateway/key_set.h"

#include <condition_variable>
#include <exception>
#include <mutex>

namespace miniredis::service {

struct KeySet::State : std::enable_shared_from_this<State> {
  State(KeySetOptions chosen, Fetch how, Background where, SteadyClock time)
      : options(std::move(chosen)),
        fetch(std::move(how)),
        background(std::move(where)),
        clock(std::move(time)) {}

  // What follows needs the lock; it is given back while the background is asked.
  std::shared_ptr<const PublicKey> lookup(std::string_view id, SignatureAlgorithm algorithm) const {
    for (const auto& key : keys) {
      if (key->id() == id && key->algorithm() == algorithm) return key;
    }
    return nullptr;
  }
  void start_fetch(std::unique_lock<std::mutex>& lock);
  void drop_what_is_too_old();

  // Without the lock.
  void run_fetch();
  void end_fetch(Outcome<PublicKeys> outcome);

  const KeySetOptions options;
  const Fetch fetch;
  const Background background;
  const SteadyClock clock;

  mutable std::mutex mutex;
  std::condition_variable ended;
  PublicKeys keys;  // empty: no set
  SteadyTime fetched_at;
  std::optional<SteadyTime> tried_at;
  std::uint64_t fetches = 0;
  std::string last_failure;
  bool fetching = false;
};

void KeySet::State::start_fetch(std::unique_lock<std::mutex>& lock) {
  const SteadyTime now = clock();
  const auto pause = keys.empty() ? options.first_pause : options.pause;
  if (fetching || (tried_at && now - *tried_at < pause)) return;
  fetching = true;
  tried_at = now;
  lock.unlock();
  try {
    background([self = shared_from_this()] { self->run_fetch(); });
  } catch (const std::exception& failure) {
    end_fetch(Failure{FailureKind::kUnavailable, failure.what(), ""});
  }
  lock.lock();
}

void KeySet::State::drop_what_is_too_old() {
  if (!keys.empty() && clock() - fetched_at >= options.keep) keys.clear();
}

void KeySet::State::run_fetch() {
  try {
    auto text = fetch(options.url);
    end_fetch(text ? parse_key_set(*text) : Outcome<PublicKeys>(text.failure()));
  } catch (const std::exception& failure) {
    end_fetch(Failure{FailureKind::kUnavailable, failure.what(), ""});
  }
}

void KeySet::State::end_fetch(Outcome<PublicKeys> outcome) {
  const std::lock_guard lock(mutex);
  fetching = false;
  ++fetches;
  if (outcome) {
    keys = std::move(*outcome);
    fetched_at = clock();
    last_failure.clear();
  } else {
    last_failure = outcome.failure().detail;
  }
  ended.notify_all();
}

KeySet::KeySet(KeySetOptions options, Fetch fetch, Background background, SteadyClock clock)
    : state_(std::make_shared<State>(std::move(options), std::move(fetch), std::move(background),
                                     std::move(clock))) {}

KeySet::Found KeySet::find(std::string_view id, SignatureAlgorithm algorithm) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.drop_what_is_too_old();
  if (state.keys.empty()) {
    state.start_fetch(lock);
    state.ended.wait_for(lock, state.options.first_wait, [&state] { return !state.fetching; });
    if (state.keys.empty()) return Miss::kUnavailable;
  } else if (state.clock() - state.fetched_at >= state.options.max_age) {
    state.start_fetch(lock);
  }
  if (auto key = state.lookup(id, algorithm)) return key;
  state.start_fetch(lock);
  if (auto key = state.lookup(id, algorithm)) return key;
  return state.fetching ? Miss::kPending : Miss::kUnknownKey;
}

KeySet::Figures KeySet::figures() const {
  const std::lock_guard lock(state_->mutex);
  Figures figures{.keys = state_->keys.size(),
                  .fetches = state_->fetches,
                  .last_failure = state_->last_failure};
  if (figures.keys > 0) {
    const auto age = state_->clock() - state_->fetched_at;
    figures.age_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(age).count());
  }
  return figures;
}

}  // namespace miniredis::service
