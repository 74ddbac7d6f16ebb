#include "api/operations.h"

#include <cstdio>
#include <cstdlib>

#include "api/operation_tables.h"

namespace miniredis::service {

std::span<const Operation> operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> joined;
    for (const auto table :
         {node_manager_operations(), backend_operations(), gateway_operations()}) {
      joined.insert(joined.end(), table.begin(), table.end());
    }
    return joined;
  }();
  return all;
}

const Operation& operation(Owner owner, std::string_view id) {
  for (const Operation& known : operations()) {
    if (known.owner == owner && known.id == id) return known;
  }
  std::fprintf(stderr, "miniredisd: no operation is called %s\n", std::string(id).c_str());
  std::abort();
}

std::vector<std::string> query_parameters(const Operation& operation) {
  std::vector<std::string> names;
  std::string_view rest = operation.query;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    names.emplace_back(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return names;
}

Route route_of(const Operation& operation) {
  Route route;
  route.method = operation.method;
  route.pattern = operation.pattern;
  route.access = operation.access;
  route.query = query_parameters(operation);
  route.scope = operation.scope;
  route.any_query = operation.any_query;
  route.any_body = operation.any_body;
  route.stream = operation.stream;
  return route;
}

void add_route(Router& router, Owner owner, std::string_view id, Handler handler) {
  Route route = route_of(operation(owner, id));
  route.handler = std::move(handler);
  router.add(std::move(route));
}

void add_stream(Router& router, Owner owner, std::string_view id, StreamOpener opener) {
  Route route = route_of(operation(owner, id));
  route.open_stream = std::move(opener);
  router.add(std::move(route));
}

}  // namespace miniredis::service
