// mredis platform health|capacity|hosts|audit|whoami
#include <iostream>

#include "control.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

// Members of members stand in lines of their own: "memory.used_bytes".
Json flat(const Json& object) {
  Json lines = Json::object();
  for (const auto& [name, value] : object.items()) {
    if (!value.is_object()) {
      lines[name] = value;
      continue;
    }
    const Json inner = flat(value);
    for (const auto& [rest, one] : inner.items()) lines[name + "." + rest] = one;
  }
  return lines;
}

int show(const ControlCall& call, const char* path) {
  const Json answer = call.http.request("GET", path);
  print_object(call.json ? answer : flat(answer), call.json);
  return kExitOk;
}

int health(const ControlCall& call) {
  const Json answer = call.http.request("GET", "/v1/health");
  print_object(call.json ? answer : flat(answer), call.json);
  return member_text(answer, "status") == "ok" ? kExitOk : kExitErrorReply;
}

int hosts(const ControlCall& call) {
  return print_list(call, "/v1/hosts",
                    {{"NAME", "name"}, {"URL", "url"}, {"REACHABLE", "reachable"}});
}

int audit(const ControlCall& call) {
  const std::uint64_t most = call.flags.number("limit", 1, 1000).value_or(50);
  std::string path = with_query(call, "/v1/audit", {"tenant", "actor", "action", "from", "until"});
  path += (path.find('?') == std::string::npos ? "?limit=" : "&limit=") + std::to_string(most);
  const Json page = call.http.request("GET", path);
  const Json items = page.is_object() && page.contains("items") ? page["items"] : Json::array();
  if (call.json) {
    std::cout << items.dump(2) << "\n";
    return kExitOk;
  }
  std::vector<Row> rows;
  for (const Json& item : items) {
    Row& row = rows.emplace_back();
    for (const char* member : {"at", "actor", "address", "tenant", "action", "target", "detail"}) {
      row.push_back(member_text(item, member));
    }
  }
  std::cout << draw_table({"AT", "ACTOR", "FROM", "TENANT", "ACTION", "TARGET", "DETAIL"}, rows);
  return kExitOk;
}

}  // namespace

const std::vector<ControlAction>& platform_actions() {
  static const std::vector<ControlAction> actions = {
      {"health",
       "",
       "how each part does; exit status 1 when one does not",
       0,
       0,
       kAnywhere,
       {},
       health},
      {"capacity",
       "",
       "ports and memory: used, promised, free",
       0,
       0,
       kAnywhere,
       {},
       [](const ControlCall& call) { return show(call, "/v1/capacity"); }},
      {"hosts", "", "the hosts that nodes are placed on", 0, 0, kAnywhere, {}, hosts},
      {"whoami",
       "",
       "what the token is taken for",
       0,
       0,
       kAnywhere,
       {},
       [](const ControlCall& call) { return show(call, "/v1/whoami"); }},
      {"audit",
       "",
       "who changed what, newest first",
       0,
       0,
       kAnywhere,
       {{"", "tenant", "TENANT", "of this tenant only"},
        {"", "actor", "ACTOR", "by this one only"},
        {"", "action", "ACTION", "this only, e.g. node.create"},
        {"", "from", "TIME", "not before it, RFC 3339"},
        {"", "until", "TIME", "before it"},
        {"", "limit", "N", "lines (50)"}},
       audit},
  };
  return actions;
}

}  // namespace miniredis::mredis
