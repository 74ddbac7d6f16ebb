#include "gateway/gateway_authenticator.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/credential.h"
#include "common/secure_bytes.h"
#include "common/units.h"

using namespace miniredis::service;

namespace {

// A backend that says what the test wants, and counts how often it was asked.
class SayingBackend : public Caller {
 public:
  HttpReply call(const HttpRequest&) const override {
    ++asked;
    return reply;
  }

  HttpReply reply;
  mutable int asked = 0;
};

std::string new_key() {
  return make_credential(CredentialKind::kApiKey, random_bytes).text;
}

struct AuthenticatorFixture {
  SteadyTime now{};
  std::uint64_t unix_ms = 1'800'000'000'000;
  SayingBackend backend;
  GatewayAuthenticator authenticator{
      {},
      [](std::string_view token) { return token == "the-admin"; },
      [this](std::string_view) -> Outcome<PrincipalPointer> { return user; },
      backend,
      [this] { return now; },
      [this] { return unix_ms; }};
  PrincipalPointer user;

  void pass(std::uint64_t ms) {
    now += std::chrono::milliseconds(ms);
    unix_ms += ms;
  }

  // The status that one who shows the token would be answered with; 0: let in.
  int knock(const std::string& token) {
    HttpRequest head;
    head.peer = "127.0.0.1";
    head.authorization = "Bearer " + token;
    auto verdict = authenticator.known(head);
    if (!verdict) verdict = authenticator.resolve(head);
    const auto* refused = std::get_if<HttpReply>(&*verdict);
    return refused == nullptr ? 0 : refused->status;
  }

  void say_valid(const nlohmann::json& expires_at) {
    backend.reply.status = 200;
    backend.reply.body =
        nlohmann::json{{"valid", true}, {"actor", "key:1"},         {"tenant", "acme"},
                       {"node", ""},    {"scopes", {"nodes:read"}}, {"expires_at", expires_at}}
            .dump();
  }
};

}  // namespace

TEST_CASE("a key is asked for once in five seconds, and believed while the backend is away") {
  AuthenticatorFixture f;
  const std::string key = new_key();
  f.say_valid(nullptr);
  CHECK(f.knock(key) == 0);
  CHECK(f.knock(key) == 0);
  CHECK(f.backend.asked == 1);
  f.pass(5'001);
  CHECK(f.knock(key) == 0);
  CHECK(f.backend.asked == 2);
  f.backend.reply.status = 503;
  f.pass(200'000);
  CHECK(f.knock(key) == 0);
  f.pass(200'000);
  CHECK(f.knock(key) == 503);
}

TEST_CASE("no verdict outlives its key") {
  AuthenticatorFixture f;
  const std::string key = new_key();
  f.say_valid(format_time(f.unix_ms + 2'000));
  CHECK(f.knock(key) == 0);
  f.pass(1'999);
  CHECK(f.knock(key) == 0);
  CHECK(f.backend.asked == 1);
  f.pass(1);
  f.backend.reply.body = R"({"valid":false,"reason":"expired"})";
  CHECK(f.knock(key) == 401);
  CHECK(f.backend.asked == 2);
}

TEST_CASE("an expired key is not believed while the backend is away") {
  AuthenticatorFixture f;
  const std::string key = new_key();
  f.say_valid(format_time(f.unix_ms + 60'000));
  CHECK(f.knock(key) == 0);
  f.backend.reply.status = 503;
  f.pass(59'999);
  CHECK(f.knock(key) == 0);
  f.pass(1);
  CHECK(f.knock(key) == 503);
}

TEST_CASE("an access token is checked anew when it has expired") {
  AuthenticatorFixture f;
  Principal user;
  user.actor = "user:1";
  user.expires_at_ms = f.unix_ms + 1'000;
  f.user = std::make_shared<const Principal>(user);
  CHECK(f.knock("a.b.c") == 0);
  f.user = nullptr;
  CHECK(f.knock("a.b.c") == 0);
  f.pass(1'000);
  CHECK(f.knock("a.b.c") == 401);
}

TEST_CASE("a verdict with an expiry that makes no sense opens nothing") {
  AuthenticatorFixture f;
  f.say_valid("soon");
  CHECK(f.knock(new_key()) == 401);
}
