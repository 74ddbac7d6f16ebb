// A node on a TCP port of its own, for any Redis client.
//
//   example_serve          open a free port, speak to it once, end
//   example_serve 7001     serve on port 7001 until Enter is pressed
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "miniredis/server.h"

namespace {

// What a client does, without a client library.
std::string send_ping(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  char reply[64];
  ssize_t size = -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      write(fd, "PING\r\n", 6) == 6) {
    size = read(fd, reply, sizeof reply);
  }
  close(fd);
  return size < 0 ? "" : std::string(reply, static_cast<std::size_t>(size));
}

}  // namespace

int main(int argc, char** argv) {
  const auto wanted = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const auto engine = miniredis::Engine::open({}).value();
  const auto tenant = engine.create_tenant({.name = "acme"}).value();
  const auto node = tenant.create_node({.name = "cache"}).value();
  auto server = miniredis::Server::start(engine, {}).value();
  const auto port = server.listen(node, wanted);
  if (!port) {
    std::fprintf(stderr, "%s\n", port.error().detail.c_str());
    return 1;
  }
  std::printf("redis-cli -p %d\n", *port);
  if (argc > 1) std::getchar();
  const std::string reply = send_ping(*port);
  std::printf("PING -> %s", reply.c_str());
  server.stop();
  return reply == "+PONG\r\n" ? 0 : 1;
}
