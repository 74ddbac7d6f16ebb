#include "http/router.h"

#include <algorithm>
#include <set>

#include "common/log.h"
#include "common/units.h"
#include "http/problem.h"

namespace miniredis::service {
namespace {

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::size_t end = type.find_last_not_of(" \t");
  return end != std::string_view::npos &&
         equals_ignoring_case(type.substr(0, end + 1), "application/json");
}

// Fills `path` with what stands in the places of {..}.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments,
          std::vector<std::string>& path) {
  const bool open_end = pattern.back().starts_with("{*");
  const std::size_t fixed = pattern.size() - (open_end ? 1 : 0);
  if (open_end ? segments.size() < fixed : segments.size() != fixed) return false;
  for (std::size_t i = 0; i < fixed; ++i) {
    if (pattern[i].starts_with('{')) {
      if (segments[i].empty()) return false;
      path.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return false;
    }
  }
  for (std::size_t i = fixed; i < segments.size(); ++i) path.push_back(segments[i]);
  return true;
}

bool needs_token(const Target& target) {
  return target.segments.front() == "v1" || target.segments.front() == "redis";
}

HttpReply method_not_allowed(std::set<std::string> allowed) {
  std::string list;
  if (allowed.contains("GET")) allowed.insert("HEAD");
  for (const std::string& name : allowed) list += (list.empty() ? "" : ", ") + name;
  HttpReply reply = reply_of({problem_kinds::kMethodNotAllowed, "allowed: " + list, ""});
  reply.headers.emplace_back("Allow", list);
  return reply;
}

std::optional<HttpReply> check_query(const Route& route, const Target& target) {
  if (route.any_query) return std::nullopt;
  for (const auto& [name, value] : target.query) {
    if (std::ranges::find(route.query, name) != route.query.end()) continue;
    const auto nearest = nearest_of(name, route.query);
    return reply_of(
        {problem_kinds::kUnknownParameter,
         "unknown query parameter" + (nearest ? "; did you mean " + *nearest + "?" : std::string()),
         name});
  }
  return std::nullopt;
}

template <typename Work>
auto guarded(const HttpRequest& request, Work&& work)
    -> std::variant<std::invoke_result_t<Work&>, HttpReply> {
  try {
    return std::variant<std::invoke_result_t<Work&>, HttpReply>(std::in_place_index<0>, work());
  } catch (const Problem& problem) {
    return std::variant<std::invoke_result_t<Work&>, HttpReply>(std::in_place_index<1>,
                                                                reply_of(problem));
  } catch (Refused& refused) {
    return std::variant<std::invoke_result_t<Work&>, HttpReply>(std::in_place_index<1>,
                                                                std::move(refused.reply));
  } catch (const std::bad_alloc&) {
    return std::variant<std::invoke_result_t<Work&>, HttpReply>(
        std::in_place_index<1>,
        reply_of({problem_kinds::kMemoryExhausted, "the daemon has no memory left", ""}));
  } catch (const std::exception& failure) {
    log::error("a request's handler failed",
               {{"request_id", request.request_id}, {"reason", failure.what()}});
    return std::variant<std::invoke_result_t<Work&>, HttpReply>(
        std::in_place_index<1>,
        reply_of({problem_kinds::kInternal, "see the daemon's log for this request", ""}));
  }
}

}  // namespace

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size() ||
      !equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  return authorization.substr(kScheme.size());
}

Authenticator::Verdict TokenAuthenticator::resolve(const HttpRequest& head) const {
  if (head.principal != nullptr) return head.principal;
  const std::string_view token = bearer_token(head.authorization);
  if (token.empty() || !check_(token)) {
    return reply_of({problem_kinds::kUnauthorized,
                     "send the header `Authorization: Bearer <admin token>`", ""});
  }
  const std::string_view spoken_for = head.header(kPrincipalHeader);
  if (spoken_for.empty()) return administrator_;
  auto principal = decode_principal(spoken_for);
  if (!principal) {
    return reply_of({problem_kinds::kBadRequest,
                     std::string(kPrincipalHeader) + " is not what a gateway writes", ""});
  }
  return std::make_shared<const Principal>(std::move(*principal));
}

Router::Router(std::shared_ptr<const Authenticator> authenticator, Gate gate)
    : authenticator_(std::move(authenticator)), gate_(std::move(gate)) {
  fallback_.method = "GET";
  fallback_.access = RouteAccess::kOpen;
  fallback_.any_query = true;
}

void Router::add(Route route) {
  std::vector<std::string> segments = parse_target(route.pattern).value().segments;
  entries_.push_back(std::make_unique<const Entry>(std::move(route), std::move(segments)));
}

RouteSearch Router::search(const HttpRequest& head, bool has_body) const {
  auto target = parse_target(head.target);
  if (!target) {
    // A query may name a parameter twice where any query goes; nothing else about it matters here.
    target = parse_target(std::string_view(head.target).substr(0, head.target.find('?')));
    if (target) target->query.emplace("\n", "");
  }
  if (!target) {
    return {false, reply_of({problem_kinds::kBadRequest,
                             "the target must be an absolute path with well-formed escapes", ""})};
  }
  const std::string_view method = head.method == "HEAD" ? "GET" : std::string_view(head.method);
  std::set<std::string> allowed;
  const Route* found = nullptr;
  std::vector<std::string> path;
  for (const auto& entry : entries_) {
    std::vector<std::string> parameters;
    if (!fits(entry->segments, target->segments, parameters)) continue;
    if (entry->route.method == method) {
      found = &entry->route;
      path = std::move(parameters);
      break;
    }
    allowed.insert(entry->route.method);
  }
  if (found == nullptr && allowed.empty() && fallback_.handler && !needs_token(*target)) {
    found = &fallback_;
    if (method != "GET") return {false, method_not_allowed({"GET"})};
  }
  // Without the token nobody learns which paths there are.
  RouteSearch search;
  search.secret = found != nullptr ? found->access == RouteAccess::kToken : needs_token(*target);
  if (found == nullptr && allowed.empty()) {
    search.result = reply_of({problem_kinds::kNotFound, "no such path", ""});
  } else if (found == nullptr) {
    search.result = method_not_allowed(std::move(allowed));
  } else if (!found->any_query && target->query.contains("\n")) {
    search.result =
        reply_of({problem_kinds::kBadRequest,
                  "the query must have well-formed escapes and no parameter twice", ""});
  } else if (auto refused = check_query(*found, *target)) {
    search.result = std::move(*refused);
  } else if (has_body && !found->any_body && method != "GET" && method != "DELETE" &&
             !is_json(head.content_type)) {
    search.result = reply_of({problem_kinds::kUnsupportedMedia,
                              "given '" + head.content_type + "'; allowed: application/json", ""});
  } else {
    search.result = RouteMatch{found, std::move(path), std::move(target->query)};
  }
  return search;
}

std::optional<HttpReply> Router::refusal(const RouteMatch& match,
                                         const Principal* principal) const {
  if (match.route->access == RouteAccess::kOpen) return std::nullopt;
  if (auto closed = gate_()) return closed;
  if (principal == nullptr || !principal->may(match.route->scope)) {
    return reply_of({problem_kinds::kForbidden,
                     std::string("the scope '") + to_string(match.route->scope) + "' is needed",
                     ""});
  }
  return std::nullopt;
}

HttpReply Router::run(const RouteMatch& match, const HttpRequest& request) {
  auto result = guarded(request, [&] {
    return match.route->handler({request, match.path, match.query});
  });
  return result.index() == 0 ? std::move(std::get<0>(result)) : std::move(std::get<1>(result));
}

std::variant<std::unique_ptr<StreamHandler>, HttpReply> Router::open(
    const RouteMatch& match, const HttpRequest& request, const std::shared_ptr<StreamSink>& sink) {
  return guarded(request, [&] {
    return match.route->open_stream({request, match.path, match.query}, sink);
  });
}

HttpReply Router::call(const HttpRequest& request) const {
  const RouteSearch search = this->search(request, !request.body.empty());
  if (const auto* answer = std::get_if<HttpReply>(&search.result)) return *answer;
  const auto& match = std::get<RouteMatch>(search.result);
  if (auto refused = refusal(match, request.principal.get())) return std::move(*refused);
  if (!match.route->handler) {
    return reply_of({problem_kinds::kBadRequest, "this is a stream: open it as one", ""});
  }
  return run(match, request);
}

}  // namespace miniredis::service
