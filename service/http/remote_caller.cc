#include "http/remote_caller.h"

#include "http/problem.h"

namespace miniredis::service {

OutgoingRequest outgoing(const HttpRequest& request, const std::string& token) {
  OutgoingRequest sent;
  // HEAD is answered from what GET would: its length is known by the body alone.
  sent.method = request.method == "HEAD" ? "GET" : request.method;
  sent.target = request.target;
  sent.body = request.body;
  const ConnectionHeaders dropped(request.headers);
  for (const auto& [name, value] : request.headers) {
    const bool ours = dropped.has(name) || is_same_header(name, kPrincipalHeader) ||
                      is_same_header(name, "Host") || is_same_header(name, "X-Request-Id") ||
                      is_same_header(name, "Cookie");
    if (!ours) sent.headers.emplace_back(name, value);
  }
  if (!request.content_type.empty()) {
    sent.headers.emplace_back("Content-Type", request.content_type);
  }
  if (!request.request_id.empty()) sent.headers.emplace_back("X-Request-Id", request.request_id);
  sent.headers.emplace_back("Authorization", "Bearer " + token);
  if (request.principal != nullptr) {
    Principal principal = *request.principal;
    if (principal.address.empty()) principal.address = request.peer;
    sent.headers.emplace_back(kPrincipalHeader, encode(principal));
  }
  return sent;
}

HttpReply answer_of(Outcome<HttpReply> outcome) {
  if (!outcome) return reply_of(problem_of(outcome.failure()));
  HttpReply reply = std::move(*outcome);
  std::erase_if(reply.headers, [](const auto& header) {
    return is_same_header(header.first, "Date") || is_same_header(header.first, "Server") ||
           is_same_header(header.first, "X-Request-Id");
  });
  return reply;
}

}  // namespace miniredis::service
