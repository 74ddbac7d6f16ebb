// What an idle node costs: makes many in one process and prints the growth of resident memory and
// the time each took, as JSON. With --ports each node listens on a port of its own; without, nodes
// are reached through the router. Then every node must answer PING.
//
//   idle_nodes --nodes 10000 [--ports] [--first-port 20000]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "miniredis/engine.h"
#include "miniredis/server.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  int nodes = 10'000;
  bool ports = false;
  int first_port = 20'000;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--ports") {
      arguments.ports = true;
    } else if (flag == "--nodes" && i + 1 < argc) {
      arguments.nodes = std::atoi(argv[++i]);
    } else if (flag == "--first-port" && i + 1 < argc) {
      arguments.first_port = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "unknown: %s; known: --nodes N, --ports, --first-port N\n", argv[i]);
      std::exit(2);
    }
  }
  return arguments;
}

long resident_bytes() {
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

template <typename T>
T checked(miniredis::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Returns how many of the ports answer PING, asking some hundred at a time.
int answer_ping(const std::vector<std::uint16_t>& ports) {
  constexpr std::size_t kAtOnce = 250;
  int answered = 0;
  for (std::size_t begin = 0; begin < ports.size(); begin += kAtOnce) {
    std::vector<int> sockets;
    for (std::size_t i = begin; i < std::min(begin + kAtOnce, ports.size()); ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(ports[i]);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const bool sent =
          connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
          send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6;
      if (!sent) std::perror("connect");
      sockets.push_back(fd);
    }
    for (const int fd : sockets) {
      char reply[7] = {};
      answered += recv(fd, reply, 7, MSG_WAITALL) == 7 && std::memcmp(reply, "+PONG\r\n", 7) == 0;
      close(fd);
    }
  }
  return answered;
}

// A free port at or after `next`; ports that others hold are passed over.
std::uint16_t listen_on(miniredis::Server& server, const miniredis::Node& node, int& next) {
  while (next < 65'536) {
    const auto port = server.listen(node, static_cast<std::uint16_t>(next++));
    if (port.ok()) return *port;
  }
  std::fprintf(stderr, "no free ports are left\n");
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  raise_file_limit();
  const auto engine = checked(miniredis::Engine::open({.shards = 1}));
  auto server = checked(miniredis::Server::start(engine, {.router_port = 0}));
  const auto tenant = checked(engine.create_tenant({.name = "bench"}));
  // What the first node builds for all is not a cost of the others.
  const auto first = checked(tenant.create_node({.name = "first"}));
  if (arguments.ports) checked(server.listen(first, 0));
  first.execute({"PING"});

  std::vector<miniredis::Node> nodes;
  std::vector<std::uint16_t> ports;
  nodes.reserve(static_cast<std::size_t>(arguments.nodes));
  ports.reserve(nodes.capacity());
  const long before = resident_bytes();
  double creating = 0;
  double listening = 0;
  int next_port = arguments.first_port;
  for (int i = 0; i < arguments.nodes; ++i) {
    auto begun = Clock::now();
    nodes.push_back(checked(tenant.create_node({.name = "node-" + std::to_string(i)})));
    creating += seconds_since(begun);
    begun = Clock::now();
    if (arguments.ports) ports.push_back(listen_on(server, nodes.back(), next_port));
    listening += seconds_since(begun);
  }
  const long after = resident_bytes();

  const auto begun = Clock::now();
  int answered = 0;
  if (arguments.ports) {
    answered = answer_ping(ports);
  } else {
    for (miniredis::Node& node : nodes) answered += node.execute({"PING"}).text() == "PONG";
  }
  const double pinging = seconds_since(begun);
  std::printf(
      "{\"nodes\": %d, \"bytes_each\": %.1f, \"create_us_each\": %.2f, \"listen_us_each\": %.2f, "
      "\"answered\": %d, \"ping_seconds\": %.3f}\n",
      arguments.nodes, static_cast<double>(after - before) / arguments.nodes,
      creating / arguments.nodes * 1e6, listening / arguments.nodes * 1e6, answered, pinging);
  return answered == arguments.nodes ? 0 : 1;
}
