// A listening socket on one loop: accepts connections for a node, or for the router.
// Threads: the loop's.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "engine/node.h"
#include "server/event_loop.h"

namespace miniredis::server {

class Frontend;

class Listener final : public Handler {
 public:
  // Without a node its connections go to the lobby. `tls` null: plain.
  Listener(Frontend& frontend, Descriptor socket, std::weak_ptr<engine::NodeRuntime> node,
           bool for_router, SSL_CTX* tls, std::string unix_path);
  ~Listener() override;

  void join(EventLoop& loop);
  void leave() noexcept;
  void on_events(std::uint32_t events) override;
  std::uint16_t port() const noexcept { return port_of(socket_); }

 private:
  Frontend& frontend_;
  Descriptor socket_;
  const std::weak_ptr<engine::NodeRuntime> node_;
  const bool for_router_;
  SSL_CTX* const tls_;
  const std::string unix_path_;
  EventLoop* loop_ = nullptr;
  Descriptor spare_;  // given up for a moment to turn a client away when descriptors run out
};

}  // namespace miniredis::server
