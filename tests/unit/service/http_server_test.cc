#include "http/http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/files.h"
#include "common/log.h"

namespace miniredis::service {
namespace {

// A socket that speaks whatever bytes a test likes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // Reads until `count` occurrences of `mark` are there, or the end, or five seconds passed.
  std::string read_until(std::string_view mark, int count = 1) {
    while (occurrences(mark) < count && !ended_) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 5000) != 1) break;
      char chunk[4096];
      const ssize_t length = ::recv(socket_.get(), chunk, sizeof chunk, 0);
      if (length <= 0) {
        ended_ = true;
      } else {
        received_.append(chunk, static_cast<std::size_t>(length));
      }
    }
    return received_;
  }
  std::string read_to_end() { return read_until("\x01never\x01"); }
  bool ended() const { return ended_; }

 private:
  int occurrences(std::string_view mark) const {
    int count = 0;
    for (std::size_t at = 0; (at = received_.find(mark, at)) != std::string::npos; ++at) ++count;
    return count;
  }

  Descriptor socket_;
  std::string received_;
  bool ended_ = false;
};

class ServerFixture {
 public:
  ServerFixture()
      : router(std::make_shared<TokenAuthenticator>(
                   [](std::string_view token) { return token == "secret"; }),
               [] { return std::nullopt; }) {
    log::configure("off", "text");
    router.add({"POST", "/v1/length", [](const ApiRequest& request) {
                  HttpReply reply;
                  reply.body = "<" + std::to_string(request.http.body.size()) + ">";
                  return reply;
                }});
    router.add({.method = "GET",
                .pattern = "/say/{word}",
                .handler =
                    [](const ApiRequest& request) {
                      HttpReply reply;
                      reply.body = "<" + request.path[0] + ">";
                      return reply;
                    },
                .access = RouteAccess::kOpen});
    router.add({.method = "GET",
                .pattern = "/wait",
                .handler =
                    [this](const ApiRequest&) {
                      std::unique_lock lock(mutex);
                      ++waiting;
                      changed.notify_all();
                      changed.wait(lock, [this] { return released; });
                      return HttpReply{.body = "<waited>"};
                    },
                .access = RouteAccess::kOpen});
    router.add({.method = "GET",
                .pattern = "/now",
                .handler = [](const ApiRequest&) { return HttpReply{.body = "<now>"}; },
                .access = RouteAccess::kOpen,
                .immediate = true});
    options.max_connections = 8;
    options.idle_timeout_ms = 300;
    options.request_timeout_ms = 300;
  }
  ~ServerFixture() { release(); }

  RawClient client() {
    if (!server) {
      auto started = HttpServer::start(options, router, counters);
      if (!started) FAIL(started.failure().detail);
      server = std::move(*started);
    }
    return RawClient(server->port());
  }

  std::string ask(const std::string& bytes) {
    RawClient raw = client();
    raw.send(bytes);
    return raw.read_to_end();
  }

  void await_waiting(int count) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return waiting >= count; }));
  }
  void release() {
    const std::lock_guard lock(mutex);
    released = true;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool released = false;
  Router router;
  HttpCounters counters;
  HttpServerOptions options;
  std::unique_ptr<HttpServer> server;
};

const std::string kToken = "Authorization: Bearer secret\r\n";
const std::string kJson = "Content-Type: application/json\r\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.") && answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

}  // namespace

TEST_CASE_FIXTURE(ServerFixture, "requests sent in one go are answered in order") {
  RawClient raw = client();
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    bytes += "GET /say/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  REQUIRE(raw.send(bytes));
  const std::string answers = raw.read_until("HTTP/1.1 200", 50);
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("<" + std::to_string(i) + ">", at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE_FIXTURE(ServerFixture, "HEAD tells the length and sends nothing") {
  const std::string answer =
      ask("HEAD /say/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(status_of(answer) == 200);
  CHECK(contains(answer, "Content-Length: 7\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE_FIXTURE(ServerFixture, "the request id is echoed when sound, and made otherwise") {
  CHECK(contains(ask("GET /say/x HTTP/1.0\r\nX-Request-Id: abc-1.2_3\r\n\r\n"),
                 "X-Request-Id: abc-1.2_3\r\n"));
  const std::string made = ask("GET /say/x HTTP/1.0\r\nX-Request-Id: a b\"c\r\n\r\n");
  CHECK(contains(made, "X-Request-Id: "));
  CHECK_FALSE(contains(made, "a b"));
}

TEST_CASE_FIXTURE(ServerFixture, "bodies arrive by length, in chunks, and after 100-continue") {
  CHECK(contains(ask("POST /v1/length HTTP/1.1\r\nConnection: close\r\n" + kToken + kJson +
                     "Content-Length: 5\r\n\r\nhello"),
                 "<5>"));
  CHECK(contains(ask("POST /v1/length HTTP/1.1\r\nConnection: close\r\n" + kToken + kJson +
                     "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"),
                 "<7>"));
  RawClient raw = client();
  raw.send("POST /v1/length HTTP/1.1\r\n" + kToken + kJson +
           "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  REQUIRE(contains(raw.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue"));
  raw.send("ab");
  CHECK(contains(raw.read_until("<2>"), "<2>"));
}

TEST_CASE_FIXTURE(ServerFixture, "without the token a body is not asked for") {
  const std::string answer =
      ask("POST /v1/length HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n");
  CHECK(status_of(answer) == 401);
  CHECK(contains(answer, "Connection: close"));
}

TEST_CASE_FIXTURE(ServerFixture, "too much is refused with the right words") {
  const std::string big(20'000, 'a');
  CHECK(status_of(ask("GET /say/x HTTP/1.1\r\nX: " + big + "\r\n\r\n")) == 431);
  CHECK(status_of(ask("GET /" + big + " HTTP/1.1\r\n\r\n")) == 431);
  std::string many = "GET /say/x HTTP/1.1\r\n";
  for (int i = 0; i < 5000; ++i) many += "X: y\r\n";
  CHECK(status_of(ask(many + "\r\n")) == 431);
  CHECK(status_of(ask("POST /v1/length HTTP/1.1\r\n" + kToken + kJson +
                      "Content-Length: 8388609\r\n\r\n")) == 413);
  CHECK(status_of(ask("POST /v1/length HTTP/1.1\r\n" + kToken + kJson +
                      "Content-Length: 99999999999999\r\n\r\n")) == 413);
  // More than the limit, in chunks, all of it sent before the answer is read.
  std::string chunked =
      "POST /v1/length HTTP/1.1\r\n" + kToken + kJson + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 9; ++i) chunked += "100000\r\n" + std::string(0x100000, 'x') + "\r\n";
  options.request_timeout_ms = 5000;
  server.reset();
  CHECK(status_of(ask(chunked)) == 413);
}

TEST_CASE_FIXTURE(ServerFixture, "the largest body allowed is taken") {
  options.request_timeout_ms = 5000;
  CHECK(contains(ask("POST /v1/length HTTP/1.1\r\nConnection: close\r\n" + kToken + kJson +
                     "Content-Length: 8388608\r\n\r\n" + std::string(8388608, ' ')),
                 "<8388608>"));
}

TEST_CASE_FIXTURE(ServerFixture,
                  "bytes that make no sense get 400 or a closed connection, never 5xx") {
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("GET /say/x HTTP/9.9\r\n\r\n"), std::string("GET /say/x\r\n\r\n"),
        std::string("GET /say/x HTTP/1.1\r\nBad Header: x\r\n\r\n"),
        std::string("GET /say/x HTTP/1.1\r\n: x\r\n\r\n"),
        std::string("GET /say/x HTTP/1.1\r\nA: \x01\x02\r\n\r\n"),
        std::string("POST /v1/length HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST /v1/length HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        "POST /v1/length HTTP/1.1\r\n" + kToken + kJson +
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/length HTTP/1.1\r\n" + kToken + kJson +
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        std::string("\x16\x03\x01\x02\x00\x01", 6), std::string(100, '\0')}) {
    CAPTURE(bytes);
    const std::string answer = ask(bytes);
    const int status = status_of(answer);
    CHECK((answer.empty() || status == 400));
  }
  CHECK(status_of(ask("GET /say/x HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "slow and silent peers are let go") {
  RawClient silent = client();
  RawClient slow_head = client();
  slow_head.send("GET /say/x HT");
  RawClient slow_body = client();
  slow_body.send("POST /v1/length HTTP/1.1\r\n" + kToken + kJson + "Content-Length: 50\r\n\r\nabc");
  CHECK(silent.read_to_end().empty());
  CHECK(silent.ended());
  slow_head.read_to_end();
  CHECK(slow_head.ended());
  slow_body.read_to_end();
  CHECK(slow_body.ended());
}

TEST_CASE_FIXTURE(ServerFixture, "connections have a limit, and come back") {
  options.idle_timeout_ms = 60'000;
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 8; ++i) {
    held.push_back(std::make_unique<RawClient>(client()));
    held.back()->send("GET /say/x HTTP/1.1\r\n\r\n");
    REQUIRE(contains(held.back()->read_until("<x>"), "<x>"));
  }
  RawClient one_too_many = client();
  CHECK(status_of(one_too_many.read_to_end()) == 503);
  CHECK(counters.connections_rejected == 1);
  held.clear();
  for (int i = 0; i < 100 && counters.connections != 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(status_of(ask("GET /say/x HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "slow handlers do not hold up what is immediate") {
  RawClient first = client();
  RawClient second = client();
  first.send("GET /wait HTTP/1.1\r\n\r\n");
  second.send("GET /wait HTTP/1.1\r\n\r\n");
  await_waiting(2);
  CHECK(contains(ask("GET /now HTTP/1.0\r\n\r\n"), "<now>"));
  release();
  CHECK(contains(first.read_until("<waited>"), "<waited>"));
  CHECK(contains(second.read_until("<waited>"), "<waited>"));
}

TEST_CASE_FIXTURE(ServerFixture, "draining lets requests under way finish and idle peers go") {
  options.idle_timeout_ms = 60'000;
  RawClient idle = client();
  RawClient busy = client();
  busy.send("GET /wait HTTP/1.1\r\n\r\n");
  await_waiting(1);
  CHECK_FALSE(server->drain(50));
  idle.read_to_end();
  CHECK(idle.ended());
  release();
  CHECK(server->drain(5000));
  const std::string answer = busy.read_to_end();
  CHECK(contains(answer, "<waited>"));
  CHECK(contains(answer, "Connection: close"));
}

TEST_CASE_FIXTURE(ServerFixture,
                  "a server may end with a request under way and with bytes unread") {
  RawClient busy = client();
  busy.send("GET /wait HTTP/1.1\r\n\r\n");
  await_waiting(1);
  RawClient half = client();
  half.send("POST /v1/length HTTP/1.1\r\nContent-Le");
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    release();
  });
  server.reset();
  later.join();
  half.read_to_end();
  CHECK(half.ended());
}

TEST_CASE_FIXTURE(ServerFixture, "a port in use is an error that names it") {
  client();
  HttpServerOptions same = options;
  same.port = server->port();
  auto second = HttpServer::start(same, router, counters);
  REQUIRE_FALSE(second.ok());
  CHECK(contains(second.failure().detail, std::to_string(same.port)));
}

}  // namespace miniredis::service
