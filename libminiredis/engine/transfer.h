// What a node asks of another server (MIGRATE): requests in one go, and what each answer says. The
// engine knows no sockets: the server does it, where there is one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace miniredis::engine {

struct Transfer {
  std::string tenant;  // on whose behalf
  std::string host;
  std::uint16_t port = 0;
  std::string requests;         // encoded
  std::size_t answers = 0;      // each a status or an error
  std::int64_t timeout_ms = 0;  // without any progress
  // Set by who asked, from any thread, when nobody waits for the end any more.
  std::shared_ptr<std::atomic<bool>> given_up = std::make_shared<std::atomic<bool>>(false);
};

struct TransferResult {
  enum class End : std::uint8_t {
    kAll,         // all answers have come
    kNotAllowed,  // nothing was sent: the target is not among those that nodes may talk to
    kTooMany,     // nothing was sent: others are under way, of the tenant or in all
    kNoConnection,
    kNotWritten,
    kNotRead,
  };
  End end = End::kAll;
  std::vector<bool> accepted;  // of the answers that came, whether it is no error
  std::string first_error;     // its line, cut to a length that fits a reply
};

class TransferService {
 public:
  virtual ~TransferService() = default;
  // Does not wait. `done` is called once, from any thread, at once or later.
  virtual void start(Transfer transfer, std::function<void(TransferResult)> done) = 0;
  // Which targets are allowed, as its configuration says it.
  virtual std::string allowed() const = 0;
};

}  // namespace miniredis::engine
