// The sockets behind MIGRATE: each transfer has a thread of its own while it lasts, for few are
// ever under way. One whose time is over while its name is being looked up is answered then, and
// counts as under way until the resolver gives up.
//
// Threads: start() and allowed() from any. Destroying it ends the transfers that are under way, but
// waits for names that are being looked up.
#pragma once

#include <netdb.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/transfer.h"
#include "server/sockets.h"

namespace miniredis::server {

class Transfers final : public engine::TransferService {
 public:
  using LookUp = std::function<int(const char* host, const char* port, const addrinfo* hints,
                                   addrinfo** found)>;
  // `targets`: patterns of "host:port". `look_up` is called by many threads at once.
  explicit Transfers(std::vector<std::string> targets, LookUp look_up = ::getaddrinfo);
  ~Transfers() override;
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void start(engine::Transfer transfer, std::function<void(engine::TransferResult)> done) override;
  std::string allowed() const override;

 private:
  struct Worker {
    engine::Transfer transfer;
    std::function<void(engine::TransferResult)> done;
    std::thread thread;
    std::atomic<bool> finished{false};
  };

  // Whether there is a point in looking the name up.
  bool may_be_allowed(const engine::Transfer& transfer) const;
  void join_finished();
  void work(Worker& worker) noexcept;

  const std::vector<std::string> targets_;
  const LookUp look_up_;
  const Descriptor stop_;  // readable once the transfers are to end
  std::mutex lock_;
  std::list<Worker> workers_;
};

}  // namespace miniredis::server
