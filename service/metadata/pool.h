// The connections of a database that nobody uses just now, and the room for more. Internal to this
// folder. Any thread may call.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/failure.h"
#include "metadata/connection.h"

namespace miniredis::service::metadata {

class Pool {
 public:
  using Open = std::function<Outcome<std::unique_ptr<Connection>>(Deadline)>;

  // A connection for as long as this lives; afterwards it goes back, if it can still be used.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection, bool fresh)
        : pool_(&pool), connection_(std::move(connection)), fresh_(fresh) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)),
          connection_(std::move(other.connection_)),
          fresh_(other.fresh_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(connection_));
    }
    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }
    // Opened for this lease: that it does not work is no matter of its age.
    bool fresh() const { return fresh_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
    bool fresh_;
  };

  Pool(unsigned most, Open open) : open_(std::move(open)), room_(most) {}

  // Waits for one that is free. kUnavailable at the deadline; what `open` says when it fails.
  Outcome<Lease> take(Deadline deadline);
  // One that is open and free now.
  std::optional<Lease> take_idle();

 private:
  void give_back(std::unique_ptr<Connection> connection);

  const Open open_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t room_;  // for connections that are not open
};

}  // namespace miniredis::service::metadata
