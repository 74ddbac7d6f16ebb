// RESP over sockets for the nodes of an engine: a port per node, and one port shared by all.
//
//   auto server = miniredis::Server::start(engine, {.router_port = 6379}).value();
//   server.listen(node, 7001);            // redis-cli -p 7001
//                                         // redis-cli -p 6379 --user cache --pass secret
//
// The server runs one event loop per shard of the engine and takes over the engine's background
// work. Any thread may call; calls return when done. Destroying the last handle closes everything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "miniredis/engine.h"

namespace miniredis {

namespace server {
class Frontend;
}

struct ServerStats {
  std::uint64_t connections = 0;
  std::uint64_t unauthenticated = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
};

class Server {
 public:
  // kIo when an address is taken or not ours; kInvalidArgument for options that contradict.
  static Result<Server> start(const Engine& engine, ServerOptions options);

  // Opens a port for `node` on the server's address and returns the port it got. 0: any free one.
  // A node has at most one port and one unix socket. Stopping the node closes it, starting it opens
  // the same one again. kAlreadyExists when the node has one; kIo when it is taken.
  Result<std::uint16_t> listen(const Node& node, std::uint16_t port);
  Result<void> listen_unix(const Node& node, const std::string& path);
  // Closes the node's endpoints. Connections that came in through them are closed.
  Result<void> unlisten(const Node& node);

  int router_port() const;      // -1: none
  int router_tls_port() const;  // -1: none
  ServerStats stats() const;

  // Stops accepting, lets replies that are under way drain for at most `drain_ms`, closes.
  void stop(std::uint32_t drain_ms = 1000);

 private:
  explicit Server(std::shared_ptr<server::Frontend> frontend) : frontend_(std::move(frontend)) {}
  std::shared_ptr<server::Frontend> frontend_;
};

}  // namespace miniredis
