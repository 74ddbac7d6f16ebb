// A load generator for many ports at once, for redis-benchmark drives only one: every connection
// keeps a pipeline of GET and SET under way. Prints operations per second as JSON.
//
//   load --seconds 5 --pipeline 16 --connections 1 PORT...
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Arguments {
  double seconds = 5;
  int pipeline = 16;
  int connections = 1;
  std::vector<std::uint16_t> ports;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--seconds" && i + 1 < argc) {
      arguments.seconds = std::atof(argv[++i]);
    } else if (word == "--pipeline" && i + 1 < argc) {
      arguments.pipeline = std::atoi(argv[++i]);
    } else if (word == "--connections" && i + 1 < argc) {
      arguments.connections = std::atoi(argv[++i]);
    } else {
      arguments.ports.push_back(static_cast<std::uint16_t>(std::atoi(argv[i])));
    }
  }
  if (arguments.ports.empty() || arguments.pipeline < 1) {
    std::fprintf(stderr, "load --seconds S --pipeline P --connections C PORT...\n");
    std::exit(2);
  }
  return arguments;
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// Half GET, half SET over 1,000 keys; several batches, so that connections do not march in step.
std::vector<std::string> make_batches(int pipeline) {
  std::vector<std::string> batches;
  std::uint32_t random = 12345;
  const std::string value(32, 'v');
  for (int b = 0; b < 64; ++b) {
    std::string batch;
    for (int i = 0; i < pipeline; ++i) {
      random = random * 1664525 + 1013904223;
      const std::string key = "key:" + std::to_string(100'000'000'000 + (random >> 16) % 1000);
      batch += i % 2 == 0 ? "*2\r\n" + bulk("GET") + bulk(key)
                          : "*3\r\n" + bulk("SET") + bulk(key) + bulk(value);
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    give_up("connect");
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Counts whole replies of GET and SET in a stream that comes in pieces: a reply is one line, or two
// when the first begins with $ and is not $-1. Values hold no line ends.
class ReplyCounter {
 public:
  int feed(const char* data, std::size_t size) {
    int replies = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const char c = data[i];
      if (at_line_start_) {
        bulk_header_ = !in_value_ && c == '$';
        null_ = false;
        position_ = 0;
      }
      if (position_ == 1 && c == '-') null_ = true;
      ++position_;
      at_line_start_ = c == '\n';
      if (!at_line_start_) continue;
      const bool value_follows = bulk_header_ && !null_;
      if (!value_follows) ++replies;
      in_value_ = value_follows;
    }
    return replies;
  }

 private:
  bool at_line_start_ = true;
  bool bulk_header_ = false;
  bool null_ = false;
  bool in_value_ = false;
  int position_ = 0;
};

struct Connection {
  int fd = -1;
  int awaited = 0;
  std::size_t next_batch = 0;
  ReplyCounter counter;
};

void send_batch(Connection& connection, const std::vector<std::string>& batches, int pipeline) {
  const std::string& batch = batches[connection.next_batch++ % batches.size()];
  if (send(connection.fd, batch.data(), batch.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(batch.size())) {
    give_up("send");
  }
  connection.awaited = pipeline;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  const std::vector<std::string> batches = make_batches(arguments.pipeline);
  std::vector<Connection> connections;
  for (const std::uint16_t port : arguments.ports) {
    for (int i = 0; i < arguments.connections; ++i) {
      connections.push_back({.fd = connect_to(port), .next_batch = connections.size()});
    }
  }
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < connections.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poller, EPOLL_CTL_ADD, connections[i].fd, &event);
    send_batch(connections[i], batches, arguments.pipeline);
  }

  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  std::uint64_t operations = 0;
  std::array<epoll_event, 256> events;
  std::vector<char> input(1 << 18);
  double elapsed = 0;
  while (elapsed < arguments.seconds) {
    const int ready = epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t n = recv(connection.fd, input.data(), input.size(), 0);
      if (n <= 0) give_up("recv");
      const int replies = connection.counter.feed(input.data(), static_cast<std::size_t>(n));
      operations += static_cast<std::uint64_t>(replies);
      connection.awaited -= replies;
      if (connection.awaited <= 0) send_batch(connection, batches, arguments.pipeline);
    }
    elapsed = std::chrono::duration<double>(Clock::now() - begun).count();
  }
  std::printf("{\"operations_per_second\": %.0f}\n", static_cast<double>(operations) / elapsed);
  return 0;
}
