// Requests that are passed on: operations to the role that owns them, paths to other services.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "gateway/gateway.h"
#include "gateway/remote_stream.h"
#include "http/json_request.h"
#include "http/remote_caller.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;

AsyncHandler passed_on(const ForwardTarget& target) {
  return [&target](const ApiRequest& request, std::function<void(HttpReply)> answer) {
    target.client->start(outgoing(request.http, target.token),
                         [answer = std::move(answer)](Outcome<HttpReply> outcome) {
                           answer(answer_of(std::move(outcome)));
                         });
  };
}

// A stream of a role in this process is opened by that role itself.
StreamOpener opened_locally(const Router& router) {
  return [&router](const ApiRequest& request, const std::shared_ptr<StreamSink>& sink) {
    const RouteSearch found = router.search(request.http, false);
    const auto* match = std::get_if<RouteMatch>(&found.result);
    if (match == nullptr) throw Problem{problem_kinds::kNotFound, "no such path", ""};
    if (auto refused = router.refusal(*match, request.http.principal.get()))
      throw Refused{*refused};
    return match->route->open_stream({request.http, match->path, match->query}, sink);
  };
}

Route forwarded(GatewayContext& context, const Operation& operation, const ForwardTarget& target) {
  Route route = route_of(operation);
  if (operation.stream != StreamKind::kNone) {
    route.open_stream = target.local != nullptr ? opened_locally(*target.local)
                                                : opened_remotely(context.io, target);
  } else if (target.local != nullptr) {
    route.handler = [router = target.local](const ApiRequest& request) {
      return router->call(request.http);
    };
  } else {
    route.async_handler = passed_on(target);
  }
  return route;
}

HttpReply unreachable(const ProxiedService& service) {
  return reply_of({problem_kinds::kUnavailable,
                   "the " + service.name + " service does not answer; it will be tried again", ""});
}

asio::awaitable<void> ask_service(ProxiedService& service, OutgoingRequest request,
                                  std::function<void(HttpReply)> answer) {
  auto permit = service.breaker->enter();
  if (!permit) {
    answer(unreachable(service));
    co_return;
  }
  Outcome<HttpReply> outcome = co_await service.client->send(request);
  const bool works =
      outcome.ok() && outcome->status != 502 && outcome->status != 503 && outcome->status != 504;
  if (works) {
    permit->succeeded();
  } else {
    permit->failed();
  }
  answer(answer_of(std::move(outcome)));
}

// Its own paths, its own checks of who asks: the gateway adds who it is talking for.
OutgoingRequest for_service(const HttpRequest& request, const ProxiedService& service) {
  OutgoingRequest sent = outgoing(request, "");
  std::erase_if(sent.headers, [](const auto& header) {
    return is_same_header(header.first, "Authorization") ||
           is_same_header(header.first, "X-Forwarded-For") ||
           is_same_header(header.first, "X-Forwarded-Host") ||
           is_same_header(header.first, "X-Forwarded-Prefix");
  });
  for (const auto& [name, value] : request.headers) {
    if (is_same_header(name, "Cookie")) sent.headers.emplace_back(name, value);
  }
  if (!request.authorization.empty()) {
    sent.headers.emplace_back("Authorization", request.authorization);
  }
  sent.headers.emplace_back("X-Forwarded-For", request.peer);
  // What the page's origin is held against: Host is the service's own by now.
  sent.headers.emplace_back("X-Forwarded-Host", std::string(request.header("Host")));
  sent.headers.emplace_back("X-Forwarded-Prefix", service.prefix);
  return sent;
}

}  // namespace

void add_forwarded_operations(Router& router, GatewayContext& context) {
  for (const Operation& operation : operations()) {
    if (!operation.at_gateway || operation.owner == Owner::kGateway) continue;
    const ForwardTarget& target =
        operation.owner == Owner::kNodeManager ? context.node_manager : context.backend;
    router.add(forwarded(context, operation, target));
  }
}

void add_proxied_services(Router& router, GatewayContext& context) {
  for (const auto& owned : context.services) {
    ProxiedService* const service = owned.get();
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      Route route;
      route.method = method;
      route.pattern = service->prefix + "/{*path}";
      route.access = service->open ? RouteAccess::kOpen : RouteAccess::kToken;
      route.any_query = true;
      route.any_body = true;
      route.async_handler = [&io = context.io, service](const ApiRequest& request,
                                                        std::function<void(HttpReply)> answer) {
        asio::co_spawn(io, ask_service(*service, for_service(request.http, *service), answer),
                       asio::detached);
      };
      router.add(std::move(route));
    }
  }
}

}  // namespace miniredis::service
