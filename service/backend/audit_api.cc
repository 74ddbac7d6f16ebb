// /v1/audit and /v1/hosts
#include <charconv>

#include "backend/backend.h"
#include "common/times.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

using metadata::AuditEntry;
using metadata::Transaction;

Json entry_json(const AuditEntry& entry) {
  Json detail = Json::parse(entry.detail, nullptr, false);
  if (!detail.is_object()) detail = Json::object();
  return {
      {"id", entry.id},           {"at", format_time(entry.at_ms)}, {"actor", entry.actor},
      {"address", entry.address}, {"request_id", entry.request_id}, {"tenant", entry.tenant},
      {"action", entry.action},   {"target", entry.target},         {"detail", std::move(detail)}};
}

std::uint64_t time_parameter(const ApiRequest& request, const char* name) {
  const std::string text = query_value(request, name);
  if (text.empty()) return 0;
  const auto at_ms = parse_time(text);
  if (!at_ms) throw invalid_value(name, "'" + text + "'", "a time such as 2030-01-31T12:00:00Z");
  return *at_ms;
}

HttpReply list_audit(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'a');
  const std::uint64_t before = number_after(list);
  const std::string& own = request.principal().tenant;
  metadata::AuditFilter filter;
  filter.tenant = query_value(request, "tenant");
  if (!own.empty() && !filter.tenant.empty() && filter.tenant != own) {
    return json_answer(list_envelope(Json::array(), false, ""));
  }
  if (!own.empty()) filter.tenant = own;
  filter.actor = query_value(request, "actor");
  filter.action = query_value(request, "action");
  filter.target = query_value(request, "target");
  filter.from_ms = time_parameter(request, "from");
  filter.until_ms = time_parameter(request, "until");
  auto rows = transact(context, [&](Transaction& transaction) {
    return metadata::list_audit(transaction, filter, before, list.limit + 1);
  });
  return page_answer(std::move(rows), list.limit, entry_json,
                     [](const AuditEntry& entry) { return "a" + std::to_string(entry.id); });
}

HttpReply list_hosts(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'h');
  std::vector<Json> rows;
  for (const BackendHost& host : context.hosts) {
    if (host.name <= list.after && !list.after.empty()) continue;
    const HttpReply reply = ask_host(host, "GET", "/v1/capacity", "", &request);
    Json capacity;
    if (reply.status == 200) capacity = Json::parse(reply.body, nullptr, false);
    rows.push_back({{"name", host.name},
                    {"url", host.url.empty() ? Json() : Json(host.url)},
                    {"reachable", reply.status == 200},
                    {"capacity", capacity.is_object() ? capacity : Json()}});
    if (rows.size() > list.limit) break;
  }
  return page_answer(
      std::move(rows), list.limit, [](const Json& row) { return row; },
      [](const Json& row) { return "h" + row["name"].get<std::string>(); });
}

}  // namespace

std::uint64_t number_after(const ListRequest& list) {
  std::uint64_t number = 0;
  const char* end = list.after.data() + list.after.size();
  const auto [rest, failure] = std::from_chars(list.after.data(), end, number);
  if (!list.after.empty() && (failure != std::errc() || rest != end || number == 0)) {
    throw invalid_value("cursor", "'" + list.after + "'",
                        "the next_cursor of an earlier answer of this list");
  }
  return number;
}

void add_audit_routes(Router& router, BackendContext& context) {
  add_route(router, Owner::kBackend, "listAudit", over(context, list_audit));
  add_route(router, Owner::kBackend, "listHosts", over(context, list_hosts));
}

}  // namespace miniredis::service
