// The HTTP API, declared once: every operation with its path, who owns it, what it needs and what
// it answers. From it come the routers of all roles, what the gateway lets through, and the OpenAPI
// document. A handler is bound to an operation by its id; nothing of this is said again beside it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/router.h"

namespace miniredis::service {

// The part of the control plane that carries an operation out.
enum class Owner : std::uint8_t { kNodeManager, kBackend, kGateway };

struct Operation {
  const char* id;  // "createNode": the OpenAPI operationId
  Owner owner;
  const char* method;
  const char* pattern;
  const char* summary;
  Scope scope = Scope::kNone;
  const char* request = nullptr;  // schema of the body, by its name in schemas.json; none: no body
  const char* reply = nullptr;    // schema of the answer; none: no content
  int status = 200;               // of the answer
  const char* query = "";         // parameters that it takes, with commas
  RouteAccess access = RouteAccess::kToken;
  StreamKind stream = StreamKind::kNone;
  const char* content_type = "application/json";  // of the answer
  bool at_gateway = true;                         // false: only between roles
  bool idempotency_key = false;                   // the header is required at the gateway
  bool if_match = false;                          // honours If-Match, answers with an ETag
  bool any_query = false;
  bool any_body = false;
  bool body_optional = false;
};

// All of them. Lives for ever.
std::span<const Operation> operations();
// The operation of that owner and id; a bug of ours when there is none.
const Operation& operation(Owner owner, std::string_view id);
std::vector<std::string> query_parameters(const Operation& operation);

// The route of an operation, but for what answers it.
Route route_of(const Operation& operation);
// Adds the route to the router.
void add_route(Router& router, Owner owner, std::string_view id, Handler handler);
void add_stream(Router& router, Owner owner, std::string_view id, StreamOpener opener);

// The OpenAPI 3.1 document of what the gateway serves, as JSON.
std::string openapi_document();

}  // namespace miniredis::service
