// What the gateway answers itself. Every role answers the first two.
#include "api/operation_tables.h"

namespace miniredis::service {
namespace {

constexpr Owner kGateway = Owner::kGateway;

constexpr Operation kGatewayOperations[] = {
    {.id = "getLiveness",
     .owner = kGateway,
     .method = "GET",
     .pattern = "/healthz",
     .summary = "Tells whether the platform serves, in one word.",
     .reply = "Liveness",
     .access = RouteAccess::kOpen},
    {.id = "getReadiness",
     .owner = kGateway,
     .method = "GET",
     .pattern = "/readyz",
     .summary = "Tells whether this process is ready for requests.",
     .reply = "Liveness",
     .access = RouteAccess::kOpen},
    {.id = "getHealth",
     .owner = kGateway,
     .method = "GET",
     .pattern = "/v1/health",
     .summary = "Tells how each part of the platform does.",
     .scope = Scope::kPlatform,
     .reply = "Health"},
    {.id = "whoAmI",
     .owner = kGateway,
     .method = "GET",
     .pattern = "/v1/whoami",
     .summary = "Tells what the presented token or key was taken for.",
     .reply = "Identity"},
    {.id = "getOpenApi",
     .owner = kGateway,
     .method = "GET",
     .pattern = "/openapi.json",
     .summary = "Gives this document.",
     .reply = "OpenApi",
     .access = RouteAccess::kOpen},
};

}  // namespace

std::span<const Operation> gateway_operations() {
  return kGatewayOperations;
}

}  // namespace miniredis::service
