#include "http/router.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "http/problem.h"

namespace miniredis::service {
namespace {

class RouterFixture {
 public:
  RouterFixture()
      : router(std::make_shared<TokenAuthenticator>(
                   [](std::string_view token) { return token == "secret"; }),
               [this] { return closed ? std::optional(HttpReply{.status = 503}) : std::nullopt; }) {
    const auto echo = [](const ApiRequest& request) {
      HttpReply reply;
      for (const std::string& part : request.path) reply.body += part + ";";
      for (const auto& [name, value] : request.query) reply.body += name + "=" + value + ";";
      return reply;
    };
    router.add({"GET", "/v1/nodes/{id}", echo});
    router.add({"PATCH", "/v1/nodes/{id}", echo});
    router.add({.method = "GET", .pattern = "/v1/nodes", .handler = echo, .query = {"limit"}});
    router.add({"POST", "/v1/nodes", [](const ApiRequest&) -> HttpReply {
                  throw Problem{problem_kinds::kNameTaken, "taken", "name"};
                }});
    router.add({"POST", "/v1/fail",
                [](const ApiRequest&) -> HttpReply { throw std::runtime_error("inside"); }});
    router.add(
        {.method = "GET", .pattern = "/healthz", .handler = echo, .access = RouteAccess::kOpen});
  }

  HttpReply ask(const std::string& method, const std::string& target,
                const std::string& authorization = "Bearer secret",
                const std::string& content_type = "application/json", bool has_body = true) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.authorization = authorization;
    request.content_type = content_type;
    auto found = router.search(request, has_body);
    if (found.secret) {
      auto verdict = router.authenticator().resolve(request);
      if (auto* refused = std::get_if<HttpReply>(&verdict)) return *refused;
      request.principal = std::get<PrincipalPointer>(verdict);
    }
    if (auto* refused = std::get_if<HttpReply>(&found.result)) return *refused;
    const auto& match = std::get<RouteMatch>(found.result);
    if (auto refused = router.refusal(match, request.principal.get())) return *refused;
    return Router::run(match, request);
  }

  bool closed = false;
  Router router;
};

}  // namespace

TEST_CASE_FIXTURE(RouterFixture, "routes are found, and their places filled") {
  CHECK(ask("GET", "/v1/nodes/a%2Fb").body == "a/b;");
  CHECK(ask("HEAD", "/v1/nodes/x").body == "x;");
  CHECK(ask("GET", "/v1/nodes?limit=5").body == "limit=5;");
  CHECK(ask("GET", "http://example.org/v1/nodes/x").body == "x;");
  CHECK(ask("GET", "/v1/nodes/%00").body == std::string("\0;", 2));
}

TEST_CASE_FIXTURE(RouterFixture, "what is not there is not found, whatever the path looks like") {
  for (const char* path : {"/", "/v1", "/v1/", "/v1/nodes/", "//v1/nodes", "/v1//nodes",
                           "/v1/nodes/x/", "/v1/../v1/nodes", "/v1/./nodes", "/V1/nodes",
                           "/v1/nodes/x/y", "/v1%2Fnodes", "/etc/passwd", "/healthz/"}) {
    CAPTURE(path);
    CHECK(ask("GET", path).status == 404);
  }
  for (const char* path :
       {"", "*", "v1/nodes", "https://x/", "/v1/nodes/%", "/v1/nodes/%4", "/v1/nodes/%zz",
        "/v1/nodes/%-1", "/v1/nodes?limit=1&limit=2", "/v1/nodes?limit=%g1"}) {
    CAPTURE(path);
    CHECK(ask("GET", path).status == 400);
  }
}

TEST_CASE_FIXTURE(RouterFixture, "the token comes before everything but open routes") {
  for (const char* authorization : {"", "Bearer", "Bearer ", "Bearer wrong", "Basic secret",
                                    "secret", "Bearer  secret", "Bearer secret "}) {
    CAPTURE(authorization);
    for (const char* path : {"/v1/nodes", "/v1/nothing", "/v1/nodes?nope=1"}) {
      const HttpReply reply = ask("GET", path, authorization);
      CHECK(reply.status == 401);
      CHECK(reply.headers.at(0).first == "WWW-Authenticate");
    }
    CHECK(ask("DELETE", "/v1/nodes", authorization).status == 401);
    CHECK(ask("GET", "/healthz", authorization).status == 200);
  }
  CHECK(ask("GET", "/v1/nodes", "bearer secret").status == 200);
}

TEST_CASE_FIXTURE(RouterFixture, "other methods are told which are allowed") {
  const HttpReply reply = ask("DELETE", "/v1/nodes/x");
  CHECK(reply.status == 405);
  CHECK(reply.headers.at(0) == std::pair<std::string, std::string>("Allow", "GET, HEAD, PATCH"));
  CHECK(ask("BREW", "/healthz", "").status == 405);
}

TEST_CASE_FIXTURE(RouterFixture, "query and content type are checked") {
  CHECK(ask("GET", "/v1/nodes?limt=5").status == 400);
  CHECK(ask("POST", "/v1/nodes", "Bearer secret", "text/plain").status == 415);
  CHECK(ask("POST", "/v1/nodes", "Bearer secret", "").status == 415);
  CHECK(ask("POST", "/v1/nodes", "Bearer secret", "application/json; charset=utf-8").status == 409);
  CHECK(ask("POST", "/v1/nodes", "Bearer secret", "APPLICATION/JSON").status == 409);
  CHECK(ask("POST", "/v1/nodes", "Bearer secret", "", false).status == 409);
}

TEST_CASE_FIXTURE(RouterFixture, "what handlers throw becomes a problem that tells no secrets") {
  const HttpReply inside = ask("POST", "/v1/fail");
  CHECK(inside.status == 500);
  CHECK(inside.body.find("inside") == inside.body.rfind("inside"));
  CHECK(nlohmann::json::parse(inside.body)["type"] == "urn:miniredis:problem:internal");
}

TEST_CASE_FIXTURE(RouterFixture, "a closed gate stops all but open routes") {
  closed = true;
  CHECK(ask("GET", "/v1/nodes").status == 503);
  CHECK(ask("GET", "/v1/nodes", "").status == 401);
  CHECK(ask("GET", "/healthz").status == 200);
}

}  // namespace miniredis::service
