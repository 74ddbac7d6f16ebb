// Replays commands against one server: reads them as RESP from standard input, sends them in
// pipelines over many connections, as often as told, and prints as JSON how long it took and how
// many replies were errors. redis-benchmark can vary a command only by one padded random number;
// here every command may differ from every other.
//
//   replay --port P --pipeline 16 --connections 50 --times 4 <commands
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Arguments {
  std::uint16_t port = 0;
  std::size_t pipeline = 16;
  std::size_t connections = 50;
  std::size_t times = 1;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view word = argv[i];
    const auto number = static_cast<std::size_t>(std::atoll(argv[i + 1]));
    if (word == "--port") arguments.port = static_cast<std::uint16_t>(number);
    if (word == "--pipeline") arguments.pipeline = number;
    if (word == "--connections") arguments.connections = number;
    if (word == "--times") arguments.times = number;
  }
  if (arguments.port == 0 || arguments.pipeline == 0 || arguments.connections == 0) {
    std::fprintf(stderr, "replay --port P --pipeline N --connections N --times N <commands\n");
    std::exit(2);
  }
  return arguments;
}

std::string read_all() {
  std::string text;
  std::array<char, 1 << 16> piece;
  ssize_t n = 0;
  while ((n = read(STDIN_FILENO, piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return text;
}

struct Batch {
  std::string_view bytes;
  std::size_t commands = 0;
};

// Cuts the text into runs of `pipeline` commands.
std::vector<Batch> cut(const std::string& text, std::size_t pipeline) {
  std::vector<Batch> batches;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&at] {  // of a line like *3 or $5
    const long value = std::strtol(at + 1, nullptr, 10);
    at = static_cast<const char*>(std::strchr(at, '\n')) + 1;
    return value;
  };
  while (at != end) {
    const char* const from = at;
    std::size_t commands = 0;
    for (; at != end && commands < pipeline; ++commands) {
      for (long words = number(); words > 0; --words) {
        const long size = number();
        at += size + 2;
      }
    }
    batches.push_back({{from, static_cast<std::size_t>(at - from)}, commands});
  }
  return batches;
}

// Counts whole RESP2 replies in a stream that comes in pieces.
class ReplyCounter {
 public:
  std::size_t feed(const char* data, std::size_t size) {
    std::size_t replies = 0;
    for (std::size_t i = 0; i < size;) {
      if (skip_ > 0) {
        const std::size_t step = std::min(skip_, size - i);
        skip_ -= step;
        i += step;
        if (skip_ == 0) replies += element(0);
        continue;
      }
      const auto* newline = static_cast<const char*>(std::memchr(data + i, '\n', size - i));
      const std::size_t stop =
          newline == nullptr ? size : static_cast<std::size_t>(newline - data) + 1;
      line_.append(data + i, stop - i);
      i = stop;
      if (newline == nullptr) break;
      replies += line();
      line_.clear();
    }
    return replies;
  }
  std::size_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  std::size_t line() {
    const long number = std::strtol(line_.c_str() + 1, nullptr, 10);
    switch (line_[0]) {
      case '$':
        if (number < 0) return element(0);
        skip_ = static_cast<std::size_t>(number) + 2;
        return 0;
      case '*':
        return element(number < 0 ? 0 : static_cast<std::size_t>(number));
      case '-':
        if (errors_++ == 0) first_error_ = line_.substr(0, line_.size() - 2);
        return element(0);
      default:
        return element(0);
    }
  }
  // One element is there and `inside` more belong to it; returns whether that ends a reply.
  std::size_t element(std::size_t inside) {
    awaited_ += inside;
    if (--awaited_ > 0) return 0;
    awaited_ = 1;
    return 1;
  }

  std::string line_;
  std::string first_error_;
  std::size_t skip_ = 0;
  std::size_t awaited_ = 1;
  std::size_t errors_ = 0;
};

struct Connection {
  int fd = -1;
  std::size_t awaited = 0;
  ReplyCounter counter;
};

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

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) give_up("send");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  const std::string text = read_all();
  const std::vector<Batch> batches = cut(text, arguments.pipeline);
  const std::size_t most = batches.size() * arguments.times;

  std::vector<Connection> connections(arguments.connections);
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < connections.size(); ++i) {
    connections[i].fd = connect_to(arguments.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poller, EPOLL_CTL_ADD, connections[i].fd, &event);
  }

  const auto begun = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  std::size_t under_way = 0;
  std::size_t operations = 0;
  const auto send_next = [&](Connection& connection) {
    if (sent == most) return;
    const Batch& batch = batches[sent++ % batches.size()];
    connection.awaited = batch.commands;
    ++under_way;
    send_all(connection.fd, batch.bytes);
  };
  for (Connection& connection : connections) send_next(connection);

  std::array<epoll_event, 64> events;
  std::vector<char> input(1 << 18);
  while (under_way > 0) {
    const int ready = epoll_wait(poller, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t n = recv(connection.fd, input.data(), input.size(), 0);
      if (n <= 0) give_up("recv");
      const std::size_t replies =
          connection.counter.feed(input.data(), static_cast<std::size_t>(n));
      operations += replies;
      connection.awaited -= replies;
      if (connection.awaited == 0 && replies > 0) {
        --under_way;
        send_next(connection);
      }
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begun;
  std::size_t errors = 0;
  std::string first;
  for (const Connection& connection : connections) {
    errors += connection.counter.errors();
    if (first.empty()) first = connection.counter.first_error();
  }
  if (errors > 0) std::fprintf(stderr, "%zu errors, the first: %s\n", errors, first.c_str());
  std::printf("{\"operations\": %zu, \"seconds\": %.6f, \"errors\": %zu}\n", operations,
              elapsed.count(), errors);
  return 0;
}
