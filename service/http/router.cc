#include "http/router.h"

#include <algorithm>
#include <set>

#include "common/log.h"
#include "common/units.h"
#include "http/problem.h"

namespace miniredis::service {
namespace {

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
  });
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::size_t end = type.find_last_not_of(" \t");
  return end != std::string_view::npos &&
         equals_ignoring_case(type.substr(0, end + 1), "application/json");
}

// Fills `path` with what stands in the places of {..}.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments,
          std::vector<std::string>& path) {
  if (pattern.size() != segments.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].starts_with('{')) {
      if (segments[i].empty()) return false;
      path.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

bool needs_token(const Target& target) {
  return target.segments.front() == "v1";
}

}  // namespace

Router::Router(TokenCheck token_check, Gate gate)
    : token_check_(std::move(token_check)), gate_(std::move(gate)) {}

void Router::add(Route route) {
  std::vector<std::string> segments = parse_target(route.pattern).value().segments;
  entries_.push_back({std::move(route), std::move(segments)});
}

bool Router::authorized(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.size() > kScheme.size() &&
         equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme) &&
         token_check_(authorization.substr(kScheme.size()));
}

std::variant<RouteMatch, HttpReply> Router::match(const HttpRequest& head, bool has_body) const {
  auto target = parse_target(head.target);
  if (!target) {
    return reply_of({problem_kinds::kBadRequest,
                     "the target must be an absolute path with well-formed escapes and no query "
                     "parameter twice",
                     ""});
  }
  const std::string& method = head.method == "HEAD" ? "GET" : head.method;
  std::set<std::string> allowed;
  const Route* found = nullptr;
  std::vector<std::string> path;
  for (const Entry& entry : entries_) {
    std::vector<std::string> parameters;
    if (!fits(entry.segments, target->segments, parameters)) continue;
    allowed.insert(entry.route.method);
    if (entry.route.method != method) continue;
    found = &entry.route;
    path = std::move(parameters);
  }
  // Without the token nobody learns which paths there are.
  const bool secret =
      found != nullptr ? found->access == RouteAccess::kToken : needs_token(*target);
  if (secret && !authorized(head.authorization)) {
    return reply_of({problem_kinds::kUnauthorized,
                     "send the header `Authorization: Bearer <admin token>`", ""});
  }
  if (found == nullptr && allowed.empty()) {
    return reply_of({problem_kinds::kNotFound, "no such path", ""});
  }
  if (found == nullptr) {
    std::string list;
    if (allowed.contains("GET")) allowed.insert("HEAD");
    for (const std::string& name : allowed) list += (list.empty() ? "" : ", ") + name;
    HttpReply reply = reply_of({problem_kinds::kMethodNotAllowed, "allowed: " + list, ""});
    reply.headers.emplace_back("Allow", list);
    return reply;
  }
  for (const auto& [name, value] : target->query) {
    if (std::ranges::find(found->query, name) != found->query.end()) continue;
    const auto nearest = nearest_of(name, found->query);
    return reply_of(
        {problem_kinds::kUnknownParameter,
         "unknown query parameter" + (nearest ? "; did you mean " + *nearest + "?" : std::string()),
         name});
  }
  if (has_body && method != "GET" && method != "DELETE" && !is_json(head.content_type)) {
    return reply_of({problem_kinds::kUnsupportedMedia,
                     "given '" + head.content_type + "'; allowed: application/json", ""});
  }
  if (found->access == RouteAccess::kToken) {
    if (auto closed = gate_()) return std::move(*closed);
  }
  return RouteMatch{found, std::move(path), std::move(target->query)};
}

HttpReply Router::run(const RouteMatch& match, const HttpRequest& request) {
  try {
    return match.route->handler({request, match.path, match.query});
  } catch (const Problem& problem) {
    return reply_of(problem);
  } catch (const std::bad_alloc&) {
    return reply_of({problem_kinds::kMemoryExhausted, "the daemon has no memory left", ""});
  } catch (const std::exception& failure) {
    log::error("a request's handler failed",
               {{"request_id", request.request_id}, {"reason", failure.what()}});
    return reply_of({problem_kinds::kInternal, "see the daemon's log for this request", ""});
  }
}

}  // namespace miniredis::service
