// The keys of whoever issues access tokens, fetched when needed and kept.
//
// While a set is there, nobody waits for another: a set past its age is still used while its
// successor is fetched in the background, and so is the last good one, for a day, when the issuer
// cannot be reached. A key id that is not known may be a new one, so it has the set fetched again,
// but not more often than `pause`: tokens with made-up ids must not become requests to the issuer.
// At most one fetch is under way. Any thread may call.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/clock.h"
#include "gateway/json_web_key.h"

namespace miniredis::service {

struct KeySetOptions {
  std::string url;  // handed to the fetch function as it is
  std::chrono::milliseconds max_age = std::chrono::minutes(10);
  std::chrono::milliseconds pause = std::chrono::seconds(10);       // between fetches
  std::chrono::milliseconds first_pause = std::chrono::seconds(1);  // while there is no set
  std::chrono::milliseconds keep = std::chrono::hours(24);  // the last good set, without another
  // While there is no set: what a caller waits for one.
  std::chrono::milliseconds first_wait = std::chrono::seconds(2);
};

class KeySet {
 public:
  // May take its time, but must end.
  using Fetch = std::function<Outcome<std::string>(const std::string& url)>;
  // Has the work done on another thread, soon.
  using Background = std::function<void(std::function<void()> work)>;

  enum class Miss : std::uint8_t {
    kUnknownKey,
    kPending,      // not in the set that is there; another is being fetched
    kUnavailable,  // no set
  };
  using Found = std::variant<std::shared_ptr<const PublicKey>, Miss>;

  struct Figures {
    std::size_t keys = 0;       // 0: no set
    std::uint64_t age_ms = 0;   // since the set was fetched
    std::uint64_t fetches = 0;  // ended, good or not
    std::string last_failure;   // empty: the last fetch was good, or there was none
  };

  KeySet(KeySetOptions options, Fetch fetch, Background background, SteadyClock clock);

  Found find(std::string_view id, SignatureAlgorithm algorithm);

  Figures figures() const;

 private:
  // Shared with a fetch under way, which may outlive the KeySet.
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace miniredis::service
