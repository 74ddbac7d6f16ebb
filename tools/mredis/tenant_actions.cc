// mredis tenant create|list|get|delete
#include <iostream>

#include "control.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

constexpr auto kAnywhere = FlagTable::Words::kAnywhere;

std::string tenant_path(const ControlCall& call) {
  return "/v1/tenants/" + url_quoted(call.flags.words()[0]);
}

int create_tenant(const ControlCall& call) {
  Json body = {{"name", call.flags.words()[0]}};
  if (const auto memory = call.flags.text("memory")) body["memory"] = *memory;
  if (const auto nodes = call.flags.number("max-nodes", 0, 0xffff'ffff)) body["max_nodes"] = *nodes;
  print_object(call.http.request("POST", "/v1/tenants", body), call.json);
  return kExitOk;
}

int list_tenants(const ControlCall& call) {
  const Json tenants = fetch_all(call.http, "/v1/tenants");
  if (call.json) {
    std::cout << tenants.dump(2) << "\n";
    return kExitOk;
  }
  std::vector<Row> rows;
  for (const Json& tenant : tenants) {
    const auto or_none = [&](const char* name) {
      return member_number(tenant, name) == 0 ? "-" : member_text(tenant, name);
    };
    rows.push_back({member_text(tenant, "name"), member_text(tenant, "nodes"), or_none("max_nodes"),
                    member_text(tenant, "memory_used_bytes"), or_none("memory_limit_bytes"),
                    member_text(tenant, "created_at")});
  }
  std::cout << draw_table({"NAME", "NODES", "MOST", "MEMORY", "LIMIT", "CREATED"}, rows);
  return kExitOk;
}

int get_tenant(const ControlCall& call) {
  print_object(call.http.request("GET", tenant_path(call)), call.json);
  return kExitOk;
}

int delete_tenant(const ControlCall& call) {
  const bool with_nodes = call.flags.has("with-nodes");
  confirm(call.flags, "Tenant " + call.flags.words()[0] + " will be deleted" +
                          (with_nodes ? " with all its nodes and their data." : "."));
  call.http.request("DELETE", tenant_path(call) + (with_nodes ? "?nodes=delete" : ""));
  if (!call.json) std::cout << call.flags.words()[0] << ": deleted\n";
  return kExitOk;
}

}  // namespace

const std::vector<ControlAction>& tenant_actions() {
  static const std::vector<ControlAction> actions = {
      {"create",
       "NAME",
       "create a tenant",
       1,
       1,
       kAnywhere,
       {{"", "memory", "SIZE", "limit of all its nodes together, e.g. 1gb (none)"},
        {"", "max-nodes", "N", "nodes it may have (any number)"}},
       create_tenant},
      {"list", "", "all tenants", 0, 0, kAnywhere, {}, list_tenants},
      {"get", "NAME", "one tenant", 1, 1, kAnywhere, {}, get_tenant},
      {"delete",
       "NAME",
       "delete a tenant",
       1,
       1,
       kAnywhere,
       {{"", "with-nodes", "", "and its nodes; without this a tenant that has nodes stays"},
        {"y", "yes", "", "do not ask"}},
       delete_tenant},
  };
  return actions;
}

}  // namespace miniredis::mredis
