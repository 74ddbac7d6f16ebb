#include "http/http_client.h"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <optional>

#include "scripted_server.h"
#include "temporary_directory.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Asker {
  Asker() : work(io.get_executor()), thread([this] { io.run(); }) {
    options.name = "auth";
    request.timeouts = {
        .queue_ms = 2000, .connect_ms = 2000, .first_byte_ms = 2000, .total_ms = 4000};
  }
  ~Asker() {
    client.reset();
    work.reset();
    thread.join();
  }
  void serve(ScriptedServer::Script script) {
    server.emplace(std::move(script));
    client.emplace(io, HttpUpstream{.host = "127.0.0.1", .port = server->port()}, options);
  }
  Outcome<HttpReply> get(const std::string& target) {
    request.target = target;
    return client->call(request);
  }
  FailureKind kind_of(const std::string& target) {
    auto outcome = get(target);
    REQUIRE_FALSE(outcome.ok());
    CAPTURE(outcome.failure().detail);
    CHECK(has(outcome.failure().detail, "auth: "));
    return outcome.failure().kind;
  }
  std::future<void> in_background(std::function<void()> work_to_do) {
    return std::async(std::launch::async, std::move(work_to_do));
  }
  template <typename Done>
  void await(Done done) {
    for (int i = 0; i < 500 && !done(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    REQUIRE(done());
  }

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::thread thread;
  HttpClientOptions options;
  OutgoingRequest request;
  std::optional<ScriptedServer> server;
  std::optional<HttpClient> client;
};

// Answers each request with its own text, for as long as the client likes.
void echo(ScriptedPeer& peer) {
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    peer.reply(request, "Content-Type: text/plain\r\n");
  }
}

}  // namespace

TEST_CASE_FIXTURE(Asker, "a request goes out as asked and the answer comes back whole") {
  std::string seen;
  serve([&](ScriptedPeer& peer) {
    seen = peer.read_request();
    peer.send(
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nETag: \"5\"\r\n"
        "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n");
  });
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Request-Id", "r1"},
                     {"Host", "evil"},
                     {"Content-Length", "99"},
                     {"Expect", "100-continue"}};
  request.body = "{}";
  auto outcome = get("/v1/users?page=2");
  REQUIRE(outcome.ok());
  CHECK(outcome->status == 201);
  CHECK(outcome->content_type == "application/json");
  CHECK(outcome->body == "[1,2]");
  CHECK(outcome->headers ==
        HttpHeaders{{"ETag", "\"5\""}, {"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}});
  const std::string port = std::to_string(server->port());
  server.reset();
  CHECK(has(seen, "POST /v1/users?page=2 HTTP/1.1\r\n"));
  CHECK(has(seen, "Host: 127.0.0.1:" + port + "\r\n"));
  CHECK(has(seen, "X-Request-Id: r1\r\n"));
  CHECK(has(seen, "Content-Length: 2\r\n"));
  CHECK(has(seen, "\r\n\r\n{}"));
  for (const char* word : {"evil", "99", "Expect"}) CHECK_FALSE(has(seen, word));
}

TEST_CASE_FIXTURE(Asker, "headers of one connection pass in neither direction") {
  serve([](ScriptedPeer& peer) {
    const std::string asked = peer.read_request();
    peer.reply(asked,
               "Connection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n"
               "Proxy-Authenticate: Basic\r\nTrailer: X\r\nX-Kept: 1\r\n");
  });
  request.headers = {{"connection", "keep-alive, X-Drop ,,\tX-Other"},
                     {"X-Drop", "secret"},
                     {"x-other", "secret"},
                     {"TE", "trailers"},
                     {"Transfer-Encoding", "chunked"},
                     {"Upgrade", "websocket"},
                     {"Proxy-Authorization", "secret"},
                     {"Keep-Alive", "5"},
                     {"X-Stays", "yes"}};
  auto outcome = get("/");
  REQUIRE(outcome.ok());
  CHECK(outcome->headers == HttpHeaders{{"X-Kept", "1"}});
  CHECK(has(outcome->body, "X-Stays: yes\r\n"));
  for (const char* word : {"secret", "TE:", "chunked", "websocket", "onnection", "Keep-Alive"}) {
    CAPTURE(word);
    CHECK_FALSE(has(outcome->body, word));
  }
}

TEST_CASE_FIXTURE(Asker, "what would smuggle a line or a request is not sent") {
  serve(echo);
  const std::vector<std::pair<std::string, std::string>> bad_headers = {
      {"X", "a\r\nY: b"},
      {"X", "a\nb"},
      {"X", std::string("a\0b", 3)},
      {"", "a"},
      {"X Y", "a"},
      {"X:", "a"},
      {"X\r\n", "a"},
      {"X", std::string(20'000, 'a')},
      {std::string(70'000, 'X'), "a"}};
  for (const auto& header : bad_headers) {
    request.headers = {header};
    CHECK(get("/").failure().kind == FailureKind::kInvalidValue);
  }
  request.headers.clear();
  for (const char* target : {"", "x", "/a b", "/a\r\nX: y", "/\t", "*", "http://other/"}) {
    CHECK(get(target).failure().field == "target");
  }
  CHECK(get(std::string(20'000, '/')).failure().field == "target");
  CHECK(get(std::string("/a\0b", 4)).failure().field == "target");
  for (const char* method : {"", "GET ", "GET /x HTTP/1.1\r\n\r\n", "CONNECT"}) {
    request.method = method;
    CHECK(get("/").failure().field == "method");
  }
  CHECK(server->connections() == 0);
  CHECK(client->figures().failures == bad_headers.size() + 7 + 2 + 4);
}

TEST_CASE_FIXTURE(Asker, "connections are kept and used again, and dropped when idle for long") {
  options.idle_timeout_ms = 1000;
  serve(echo);
  for (int i = 0; i < 20; ++i) REQUIRE(get("/" + std::to_string(i)).ok());
  CHECK(client->figures().connects == 1);
  CHECK(client->figures().idle == 1);
  await([this] { return client->figures().idle == 0; });
  REQUIRE(get("/").ok());
  CHECK(client->figures().connects == 2);
}

TEST_CASE_FIXTURE(Asker, "an answer that ends with the connection, and HTTP/1.0, are understood") {
  serve([](ScriptedPeer& peer) {
    peer.read_request();
    if (peer.number == 0) peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    if (peer.number == 1) peer.send("HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    if (peer.number == 2) peer.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  CHECK(get("/")->body == "hello");
  auto missing = get("/");
  CHECK(missing->status == 404);
  CHECK(missing->body == "no");
  CHECK(get("/")->status == 204);
  CHECK(client->figures().connects == 3);
}

TEST_CASE_FIXTURE(Asker, "HEAD has no body whatever its length says, and the connection goes on") {
  options.max_body_bytes = 100;
  serve([](ScriptedPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
    peer.read_request();
    peer.reply("second");
  });
  request.method = "HEAD";
  auto head = get("/");
  REQUIRE(head.ok());
  CHECK(head->body.empty());
  request.method = "GET";
  CHECK(get("/")->body == "second");
  CHECK(server->connections() == 1);
}

TEST_CASE_FIXTURE(Asker, "interim answers are passed over, but not for ever") {
  serve([](ScriptedPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    peer.reply("real");
    peer.read_request();
    for (int i = 0; i < 100; ++i) peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  });
  CHECK(get("/")->body == "real");
  CHECK(kind_of("/") == FailureKind::kBadAnswer);
}

TEST_CASE_FIXTURE(Asker, "a connection its peer has closed is noticed before a request is lost") {
  std::atomic<int> closed{0};
  serve([&](ScriptedPeer& peer) {
    peer.read_request();
    peer.reply("once");
    peer.close();
    ++closed;
  });
  request.method = "POST";
  for (int i = 0; i < 10; ++i) {
    CHECK(get("/").ok());
    await([&] { return closed == i + 1; });
  }
  CHECK(client->figures().retries == 0);
  CHECK(client->figures().connects == 10);
}

TEST_CASE_FIXTURE(Asker, "a stale connection costs a second try only where that does no harm") {
  // The first connection takes a second request and ends without a word.
  std::atomic<int> requests{0};
  serve([&](ScriptedPeer& peer) {
    for (int i = 0; i < 2 || peer.number > 0; ++i) {
      if (peer.read_request().empty()) return;
      ++requests;
      if (peer.number == 0 && i == 1) return peer.reset();
      peer.reply(std::to_string(peer.number));
    }
  });
  REQUIRE(get("/")->body == "0");
  SUBCASE("safe") {
    CHECK(get("/")->body == "1");
    CHECK(requests == 3);
    CHECK(client->figures().retries == 1);
  }
  SUBCASE("not safe") {
    request.method = "POST";
    CHECK(kind_of("/") == FailureKind::kNoAnswer);
    CHECK(requests == 2);
    CHECK(client->figures().retries == 0);
  }
  SUBCASE("said to be harmless") {
    request.method = "POST";
    request.idempotent = true;
    CHECK(get("/")->body == "1");
    CHECK(requests == 3);
  }
}

TEST_CASE_FIXTURE(Asker, "a fresh connection that fails, or an answer begun, is not tried again") {
  std::atomic<int> requests{0};
  serve([&](ScriptedPeer& peer) {
    for (int i = 0; i < 2; ++i) {
      if (peer.read_request().empty()) return;
      ++requests;
      if (peer.number == 0) return;
      if (i == 0) peer.reply("fine");
      if (i == 1) peer.send("HTTP/1.1 200 OK\r\nContent-");
    }
  });
  CHECK(kind_of("/") == FailureKind::kNoAnswer);
  CHECK(requests == 1);
  CHECK(get("/")->body == "fine");
  CHECK(kind_of("/") == FailureKind::kNoAnswer);
  CHECK(requests == 3);
  CHECK(client->figures().retries == 0);
}

TEST_CASE_FIXTURE(Asker, "bytes nobody asked for never become the answer to the next request") {
  std::atomic<bool> poisoned{false};
  serve([&](ScriptedPeer& peer) {
    peer.read_request();
    peer.reply("mine", "");
    if (peer.number == 0) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
      poisoned = true;
    }
    if (!peer.read_request().empty()) peer.reply("mine again");
  });
  CHECK(get("/")->body == "mine");
  await([&] { return poisoned.load(); });
  CHECK(get("/")->body == "mine");
  CHECK(server->connections() == 2);
}

TEST_CASE_FIXTURE(Asker, "answers that make no sense or are too large are refused") {
  options.max_header_bytes = 4096;
  options.max_body_bytes = 1000;
  const std::vector<std::string> bad = {
      std::string("nonsense\r\n\r\n"),
      std::string("HTTP/1.1 two OK\r\n\r\n"),
      std::string("HTTP/2 200 OK\r\n\r\n"),
      std::string(300, '\0'),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n") + std::string(1001, 'a'),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n"),
      std::string("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n") + std::string(2000, 'a'),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d1\r\n" + std::string(2001, 'a'),
      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      "HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'a') + "\r\n\r\n",
      std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")};
  const std::vector<std::string> broken = {
      std::string(), std::string("HTTP/1.1 200"),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")};
  serve([&](ScriptedPeer& peer) {
    const auto number = static_cast<std::size_t>(peer.number);
    peer.read_request();
    peer.send(number < bad.size() ? bad[number] : broken[number - bad.size()]);
  });
  for (const std::string& answer : bad) {
    CAPTURE(answer.substr(0, 80));
    CHECK(kind_of("/") == FailureKind::kBadAnswer);
  }
  for (const std::string& answer : broken) {
    CAPTURE(answer);
    CHECK(kind_of("/") == FailureKind::kNoAnswer);
  }
  CHECK(client->figures().idle == 0);
  CHECK(client->figures().in_use == 0);
  server.reset();
}

TEST_CASE_FIXTURE(Asker, "each step has its time") {
  std::atomic<bool> done{false};
  serve([&](ScriptedPeer& peer) {
    const std::string asked = peer.read_request();
    if (has(asked, "/drip")) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      while (!done && peer.send("a")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    peer.read_to_end();
  });
  request.timeouts.first_byte_ms = 100;
  auto silent = get("/silent");
  CHECK(silent.failure().kind == FailureKind::kNoAnswer);
  CHECK(has(silent.failure().detail, "no answer in time"));
  request.timeouts.total_ms = 200;
  auto drip = get("/drip");
  CHECK(drip.failure().kind == FailureKind::kNoAnswer);
  CHECK(has(drip.failure().detail, "did not end in time"));
  request.timeouts.first_byte_ms = 10'000;
  CHECK(kind_of("/silent") == FailureKind::kNoAnswer);
  done = true;
}

TEST_CASE_FIXTURE(Asker, "nobody there, no such name, and no such file are kUnavailable") {
  std::uint16_t port = 0;
  {
    const ScriptedServer gone(echo);
    port = gone.port();
  }
  client.emplace(io, HttpUpstream{.host = "127.0.0.1", .port = port}, options);
  CHECK(kind_of("/") == FailureKind::kUnavailable);
  client.emplace(io, HttpUpstream{.unix_path = "/nowhere/at/all.sock"}, options);
  CHECK(kind_of("/") == FailureKind::kUnavailable);
  client.emplace(io, HttpUpstream{.host = "no.such.name.invalid", .port = 80}, options);
  CHECK(kind_of("/") == FailureKind::kUnavailable);
}

TEST_CASE_FIXTURE(Asker, "names and socket files lead to the service too") {
  serve(echo);
  client.emplace(io, HttpUpstream{.host = "localhost", .port = server->port()}, options);
  auto named = get("/");
  REQUIRE(named.ok());
  CHECK(has(named->body, "Host: localhost:"));
  const TemporaryDirectory directory;
  const ScriptedServer on_file(echo, directory.file("s"));
  client.emplace(io, HttpUpstream{.unix_path = directory.file("s")}, options);
  auto filed = get("/");
  REQUIRE(filed.ok());
  CHECK(has(filed->body, "Host: localhost\r\n"));
  client.reset();
}

TEST_CASE_FIXTURE(Asker, "connections have a limit, and those who wait are served in turn") {
  options.max_connections = 2;
  options.max_waiting = 3;
  std::atomic<bool> released{false};
  std::mutex mutex;
  int most = 0;
  int now = 0;
  serve([&](ScriptedPeer& peer) {
    while (!peer.read_request().empty()) {
      {
        const std::lock_guard lock(mutex);
        most = std::max(most, ++now);
      }
      for (int i = 0; i < 500 && !released; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      {
        const std::lock_guard lock(mutex);
        --now;
      }
      peer.reply("done");
    }
  });
  std::vector<std::future<void>> callers;
  std::atomic<int> good{0};
  for (int i = 0; i < 5; ++i) {
    callers.push_back(in_background([this, &good] {
      if (client->call(request).ok()) ++good;
    }));
  }
  await([this] { return client->figures().waiting == 3; });
  CHECK(kind_of("/") == FailureKind::kUnavailable);  // the queue is full
  released = true;
  for (auto& caller : callers) caller.get();
  CHECK(good == 5);
  {
    const std::lock_guard lock(mutex);
    CHECK(most == 2);
  }
  CHECK(client->figures().connects == 2);
  CHECK(client->figures().waiting == 0);
}

TEST_CASE_FIXTURE(Asker, "waiting for a connection ends in time") {
  options.max_connections = 1;
  std::atomic<bool> released{false};
  serve([&](ScriptedPeer& peer) {
    while (!peer.read_request().empty()) {
      for (int i = 0; i < 500 && !released; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      peer.reply("done");
    }
  });
  auto first = in_background([this, copy = request] { CHECK(client->call(copy).ok()); });
  await([this] { return client->figures().in_use == 1; });
  request.timeouts.queue_ms = 50;
  CHECK(kind_of("/") == FailureKind::kUnavailable);
  released = true;
  first.get();
  CHECK(get("/").ok());
}

TEST_CASE_FIXTURE(Asker, "a large body goes both ways, and a refusal of one is heard") {
  serve([](ScriptedPeer& peer) {
    if (peer.number == 0) {
      peer.reply(peer.read_request().substr(200));
    } else {
      peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      peer.read_to_end();
    }
  });
  request.method = "POST";
  request.body.assign(4'000'000, 'x');
  auto outcome = get("/");
  REQUIRE(outcome.ok());
  CHECK(outcome->body.size() > 3'999'000);
  client.emplace(io, HttpUpstream{.host = "127.0.0.1", .port = server->port()}, options);
  auto refused = get("/");
  REQUIRE(refused.ok());
  CHECK(refused->status == 413);
}

TEST_CASE_FIXTURE(Asker, "the end of a client breaks off what is under way") {
  serve([](ScriptedPeer& peer) { peer.read_to_end(); });
  options.max_connections = 1;
  client.emplace(io, HttpUpstream{.host = "127.0.0.1", .port = server->port()}, options);
  const auto ask = [this]() -> asio::awaitable<FailureKind> {
    auto outcome = co_await client->send(request);
    co_return outcome.failure().kind;
  };
  auto sent = asio::co_spawn(io, ask, asio::use_future);
  await([this] { return server->connections() == 1; });
  auto waiting = asio::co_spawn(io, ask, asio::use_future);
  await([this] { return client->figures().waiting == 1; });
  client.reset();
  CHECK(sent.get() == FailureKind::kNoAnswer);
  CHECK(waiting.get() == FailureKind::kShuttingDown);
}

TEST_CASE_FIXTURE(Asker, "a blocking call from the context's own thread is refused") {
  serve(echo);
  const auto ask = [this]() -> asio::awaitable<FailureKind> {
    auto outcome = client->call(request);
    co_return outcome.failure().kind;
  };
  CHECK(asio::co_spawn(io, ask, asio::use_future).get() == FailureKind::kInternal);
}

TEST_CASE_FIXTURE(Asker, "many coroutines of another context share the client") {
  options.max_connections = 4;
  serve(echo);
  asio::io_context other;
  std::atomic<int> good{0};
  const auto ask = [&]() -> asio::awaitable<void> {
    OutgoingRequest mine = request;
    mine.target = "/" + std::to_string(good);
    auto outcome = co_await client->send(mine);
    if (outcome.ok() && has(outcome->body, "GET " + mine.target + " ")) ++good;
  };
  for (int i = 0; i < 200; ++i) {
    asio::co_spawn(other, ask, [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
  }
  other.run();
  CHECK(good == 200);
  CHECK(client->figures().connects <= 4);
}

TEST_CASE_FIXTURE(Asker, "an upgraded connection is the caller's, with what came behind") {
  std::string seen;
  options.max_tunnels = 1;
  serve([&](ScriptedPeer& peer) {
    seen = peer.read_request();
    if (peer.number == 1) {
      peer.send(
          "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
      return;
    }
    if (peer.number == 2) {
      peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
      return;
    }
    peer.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
        "Sec-WebSocket-Accept: abc\r\n\r\nearly");
    peer.send(peer.read_to_end());
  });
  request.headers = {{"Sec-WebSocket-Key", "k"}, {"Connection", "Upgrade"}, {"Upgrade", "other"}};
  asio::io_context other;
  int steps = 0;
  const auto use = [&]() -> asio::awaitable<void> {
    const std::string protocol = "websocket";
    auto outcome = co_await client->open_tunnel(request, protocol);
    REQUIRE(outcome.ok());
    REQUIRE(std::holds_alternative<HttpTunnel>(*outcome));
    HttpTunnel tunnel = std::move(std::get<HttpTunnel>(*outcome));
    CHECK(tunnel.reply.status == 101);
    CHECK(header_value(tunnel.reply.headers, "sec-websocket-accept") == "abc");
    CHECK(client->figures().tunnels == 1);
    std::string received = tunnel.leftover;
    received.resize(5);
    const auto rest =
        asio::buffer(received.data() + tunnel.leftover.size(), 5 - tunnel.leftover.size());
    co_await asio::async_read(tunnel.socket, rest, asio::use_awaitable);
    CHECK(received == "early");
    co_await asio::async_write(tunnel.socket, asio::buffer("\x81\x02hi", 4), asio::use_awaitable);
    tunnel.socket.shutdown(asio::socket_base::shutdown_send);
    std::string back(4, '\0');
    co_await asio::async_read(tunnel.socket, asio::buffer(back), asio::use_awaitable);
    CHECK(back == "\x81\x02hi");
    ++steps;
    auto too_many = co_await client->open_tunnel(request, protocol);
    CHECK(too_many.failure().kind == FailureKind::kUnavailable);
    tunnel.place.reset();
    CHECK(client->figures().tunnels == 0);
    auto refused = co_await client->open_tunnel(request, protocol);
    REQUIRE(refused.ok());
    CHECK(std::get<HttpReply>(*refused).status == 403);
    CHECK(std::get<HttpReply>(*refused).body == "no");
    auto other_protocol = co_await client->open_tunnel(request, protocol);
    CHECK(other_protocol.failure().kind == FailureKind::kBadAnswer);
    const std::string bad = "web\r\nsocket";
    auto smuggled = co_await client->open_tunnel(request, bad);
    CHECK(smuggled.failure().kind == FailureKind::kInvalidValue);
    ++steps;
  };
  asio::co_spawn(other, use, [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
  other.run();
  CHECK(steps == 2);
  server.reset();
  CHECK(has(seen, "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  CHECK(has(seen, "Sec-WebSocket-Key: k\r\n"));
  CHECK_FALSE(has(seen, "other"));
  CHECK(client->figures().tunnels == 0);
}

}  // namespace miniredis::service
