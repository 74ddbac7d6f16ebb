// mredis tenant create|list|get|update|suspend|resume|delete and mredis plan
// create|list|get|update|delete
#include <iostream>

#include "control.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

constexpr std::uint64_t kMostCount = 9'007'199'254'740'992;  // 2^53: JSON's whole numbers

Json tenant_wishes(const ControlCall& call) {
  Json body = Json::object();
  if (const auto plan = call.flags.text("plan")) body["plan"] = *plan;
  if (const auto name = call.flags.text("display-name")) body["display_name"] = *name;
  return body;
}

int create_tenant(const ControlCall& call) {
  Json body = tenant_wishes(call);
  body["name"] = call.flags.words()[0];
  print_object(call.http.create("/v1/tenants", body), call.json);
  return kExitOk;
}

int list_tenants(const ControlCall& call) {
  return print_list(call, with_query(call, "/v1/tenants", {"state"}),
                    {{"NAME", "name"},
                     {"STATE", "state"},
                     {"PLAN", "plan"},
                     {"NODES", "nodes"},
                     {"PROMISED", "memory_promised_bytes"},
                     {"CREATED", "created_at"}});
}

int get_tenant(const ControlCall& call) {
  print_object(call.http.request("GET", path_of(call, "tenants")), call.json);
  return kExitOk;
}

int update_tenant(const ControlCall& call) {
  print_object(call.http.request("PATCH", path_of(call, "tenants"), tenant_wishes(call)),
               call.json);
  return kExitOk;
}

int change_tenant(const ControlCall& call, const char* action) {
  const Json tenant = call.http.request("POST", path_of(call, "tenants") + "/" + action);
  if (call.json) {
    std::cout << tenant.dump(2) << "\n";
  } else {
    std::cout << member_text(tenant, "name") << ": " << member_text(tenant, "state") << "\n";
  }
  return kExitOk;
}

int delete_tenant(const ControlCall& call) {
  const auto grace = call.flags.number("grace-seconds", 0, kMostCount);
  confirm(call.flags, "Tenant " + call.flags.words()[0] +
                          " will be deleted with all its nodes and their data.");
  const Json tenant = call.http.request(
      "DELETE", path_of(call, "tenants") +
                    (grace ? "?grace_seconds=" + std::to_string(*grace) : std::string()));
  if (call.json) {
    std::cout << tenant.dump(2) << "\n";
  } else {
    std::cout << call.flags.words()[0] << ": " << member_text(tenant, "state") << ", gone at "
              << member_text(tenant, "purge_at") << "\n";
  }
  return kExitOk;
}

Json plan_wishes(const ControlCall& call) {
  Json body = Json::object();
  if (const auto memory = call.flags.text("memory")) body["memory_bytes"] = *memory;
  if (const auto bytes = call.flags.text("bandwidth")) body["bytes_per_second"] = *bytes;
  const std::pair<const char*, const char*> numbers[] = {
      {"nodes", "max_nodes"}, {"connections", "max_connections"}, {"ops", "ops_per_second"}};
  for (const auto& [flag, member] : numbers) {
    if (const auto count = call.flags.number(flag, 0, kMostCount)) body[member] = *count;
  }
  return body;
}

int create_plan(const ControlCall& call) {
  Json body = plan_wishes(call);
  body["name"] = call.flags.words()[0];
  print_object(call.http.create("/v1/plans", body), call.json);
  return kExitOk;
}

int list_plans(const ControlCall& call) {
  return print_list(call, "/v1/plans",
                    {{"NAME", "name"},
                     {"MEMORY", "memory_bytes"},
                     {"NODES", "max_nodes"},
                     {"CONNECTIONS", "max_connections"},
                     {"OPS/S", "ops_per_second"},
                     {"BYTES/S", "bytes_per_second"}});
}

int get_plan(const ControlCall& call) {
  print_object(call.http.request("GET", path_of(call, "plans")), call.json);
  return kExitOk;
}

int update_plan(const ControlCall& call) {
  print_object(call.http.request("PATCH", path_of(call, "plans"), plan_wishes(call)), call.json);
  return kExitOk;
}

int delete_plan(const ControlCall& call) {
  call.http.request("DELETE", path_of(call, "plans"));
  if (!call.json) std::cout << call.flags.words()[0] << ": deleted\n";
  return kExitOk;
}

std::vector<Flag> tenant_flags() {
  return {{"", "plan", "PLAN", "what it may have (see mredis plan)"},
          {"", "display-name", "TEXT", "its name for people"}};
}

std::vector<Flag> plan_flags() {
  return {{"", "memory", "SIZE", "memory of all its nodes together, e.g. 1gb; 0: no limit"},
          {"", "nodes", "N", "nodes; 0: any number"},
          {"", "connections", "N", "connections at once; 0: no limit"},
          {"", "ops", "N", "commands a second; 0: no limit"},
          {"", "bandwidth", "SIZE", "bytes a second, in and out; 0: no limit"}};
}

}  // namespace

const std::vector<ControlAction>& tenant_actions() {
  static const std::vector<ControlAction> actions = {
      {"create", "NAME", "create a tenant", 1, 1, kAnywhere, tenant_flags(), create_tenant},
      {"list",
       "",
       "all tenants",
       0,
       0,
       kAnywhere,
       {{"", "state", "STATE", "in this state only: active, suspended, deleting"}},
       list_tenants},
      {"get", "NAME", "one tenant", 1, 1, kAnywhere, {}, get_tenant},
      {"update", "NAME", "change it", 1, 1, kAnywhere, tenant_flags(), update_tenant},
      {"suspend",
       "NAME",
       "stop its nodes and refuse its keys",
       1,
       1,
       kAnywhere,
       {},
       [](const ControlCall& call) { return change_tenant(call, "suspend"); }},
      {"resume",
       "NAME",
       "end a suspension, or take a deletion back",
       1,
       1,
       kAnywhere,
       {},
       [](const ControlCall& call) { return change_tenant(call, "resume"); }},
      {"delete",
       "NAME",
       "stop its nodes now, delete all of it when the grace time has passed",
       1,
       1,
       kAnywhere,
       {{"", "grace-seconds", "N", "until then `resume` takes it back (the platform's)"},
        {"y", "yes", "", "do not ask"}},
       delete_tenant},
  };
  return actions;
}

const std::vector<ControlAction>& plan_actions() {
  static const std::vector<ControlAction> actions = {
      {"create", "NAME", "create a plan", 1, 1, kAnywhere, plan_flags(), create_plan},
      {"list", "", "all plans", 0, 0, kAnywhere, {}, list_plans},
      {"get", "NAME", "one plan", 1, 1, kAnywhere, {}, get_plan},
      {"update", "NAME", "change it, for all who have it", 1, 1, kAnywhere, plan_flags(),
       update_plan},
      {"delete", "NAME", "delete a plan that nobody has", 1, 1, kAnywhere, {}, delete_plan},
  };
  return actions;
}

}  // namespace miniredis::mredis
