// Finds what answers a request, finds out who asks, and checks what can be checked before the body
// is read.
//
// Built once, then immutable: any thread may call.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/http_message.h"
#include "http/principal.h"
#include "http/stream.h"

namespace miniredis::service {

struct ApiRequest {
  const HttpRequest& http;
  std::vector<std::string> path;             // what stood in the places of {..}, in order
  std::map<std::string, std::string> query;  // only parameters that the route knows

  const Principal& principal() const { return *http.principal; }
};

using Handler = std::function<HttpReply(const ApiRequest&)>;
// Answers later, from any thread, exactly once; what it is given lives until then.
using AsyncHandler = std::function<void(const ApiRequest&, std::function<void(HttpReply)> answer)>;
// Opens a stream, or throws a Problem, which is answered instead. Both may keep the sink.
using StreamOpener = std::function<std::unique_ptr<StreamHandler>(
    const ApiRequest&, const std::shared_ptr<StreamSink>&)>;

enum class RouteAccess : unsigned char {
  kOpen,   // for everyone, at any time
  kToken,  // for who is known, when the daemon is ready
};

struct Route {
  std::string method;
  // "/v1/nodes/{id}/start"; a last segment "{*name}" stands for any number of segments, none too.
  std::string pattern;
  Handler handler;
  RouteAccess access = RouteAccess::kToken;
  std::vector<std::string> query = {};  // parameters it takes
  // Answered on the thread that reads requests: for what takes microseconds and must not wait.
  bool immediate = false;
  Scope scope = Scope::kNone;  // that is needed
  bool any_query = false;      // takes any parameters; they are not parsed
  bool any_body = false;       // takes bodies of any content type
  StreamKind stream = StreamKind::kNone;
  StreamOpener open_stream = {};    // of a stream, in place of the handler
  AsyncHandler async_handler = {};  // in place of the handler: for what waits for another service
};

// Thrown by handlers and openers: an answer that is whole already, such as another role's.
struct Refused {
  HttpReply reply;
};

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};

// What a request's head leads to, before it is known who asks.
struct RouteSearch {
  bool secret = false;  // nothing but "who are you" may be answered before that is known
  std::variant<RouteMatch, HttpReply> result;
};

// Finds out who asks.
class Authenticator {
 public:
  using Verdict = std::variant<PrincipalPointer, HttpReply>;
  virtual ~Authenticator() = default;
  // What can be said without waiting; nothing when resolve() has to be asked, on a worker.
  virtual std::optional<Verdict> known(const HttpRequest& head) const = 0;
  virtual Verdict resolve(const HttpRequest& head) const = 0;
};

// The text behind "Bearer " in an Authorization header; empty when there is none.
std::string_view bearer_token(std::string_view authorization);

// Knows one token, that of the administrator, who may speak for another (kPrincipalHeader).
class TokenAuthenticator : public Authenticator {
 public:
  using TokenCheck = std::function<bool(std::string_view presented)>;
  explicit TokenAuthenticator(TokenCheck check) : check_(std::move(check)) {}
  std::optional<Verdict> known(const HttpRequest& head) const override { return resolve(head); }
  Verdict resolve(const HttpRequest& head) const override;

 private:
  TokenCheck check_;
  PrincipalPointer administrator_ = administrator();
};

class Router {
 public:
  // What stands in the way of any route that wants the token; nothing when the daemon is ready.
  using Gate = std::function<std::optional<HttpReply>()>;
  // Sees every answer before it leaves.
  using Finish = std::function<void(const HttpRequest&, HttpReply&)>;

  Router(std::shared_ptr<const Authenticator> authenticator, Gate gate);
  void add(Route route);
  // What answers paths that no route has; GET and HEAD only.
  void set_fallback(Handler handler) { fallback_.handler = std::move(handler); }
  void set_finish(Finish finish) { finish_ = std::move(finish); }

  // `head` needs method, target and content type. HEAD finds GET routes.
  RouteSearch search(const HttpRequest& head, bool has_body) const;
  const Authenticator& authenticator() const { return *authenticator_; }
  // The answer that stands in the way of a route, now that `principal` is known; nothing: go on.
  std::optional<HttpReply> refusal(const RouteMatch& match, const Principal* principal) const;
  void finish(const HttpRequest& request, HttpReply& reply) const {
    if (finish_) finish_(request, reply);
  }

  // The handler's answer; what it throws becomes a problem.
  static HttpReply run(const RouteMatch& match, const HttpRequest& request);
  // The same for streams: the handler, or what is answered instead.
  static std::variant<std::unique_ptr<StreamHandler>, HttpReply> open(
      const RouteMatch& match, const HttpRequest& request, const std::shared_ptr<StreamSink>& sink);

  // All of it at once, for callers in this process: whoever `request.principal` says may be
  // believed.
  HttpReply call(const HttpRequest& request) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };

  std::shared_ptr<const Authenticator> authenticator_;
  Gate gate_;
  Finish finish_;
  std::vector<std::unique_ptr<const Entry>> entries_;
  Route fallback_;
};

}  // namespace miniredis::service
