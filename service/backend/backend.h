// The backend: who owns what. Tenants, plans, keys, tokens, audit and history are rows of its
// database; nodes are rows that say on which host they are, and the host's node manager has them.
//
// A change of a node is two steps in two places, in this order: the database notes what is to be,
// the host does it. Whoever finds a row in the state creating or deleting that nobody works on ends
// the work (Reconciler), so that after a crash at any moment there is a whole node or none.
//
// Any thread may call; calls block on the database and on hosts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/operations.h"
#include "http/caller.h"
#include "http/json_api.h"
#include "metadata/database.h"
#include "metadata/queries.h"
#include "settings/configuration.h"

namespace miniredis::service {

// A host that nodes can be placed on.
struct BackendHost {
  std::string name;
  std::string url;  // empty: in this process
  std::shared_ptr<const Caller> manager;
};

// Rows that a request of this process works on: the reconciler leaves them alone.
class WorkUnderWay {
 public:
  class Claim {
   public:
    Claim(WorkUnderWay& work, std::string id) : work_(work), id_(std::move(id)) {}
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    WorkUnderWay& work_;
    const std::string id_;
  };
  // Nothing when somebody works on it already.
  std::unique_ptr<Claim> claim(const std::string& id);

 private:
  std::mutex mutex_;
  std::set<std::string> ids_;
};

// What handlers work on; outlives the router.
struct BackendContext {
  const Configuration& configuration;
  metadata::Database& database;
  std::vector<BackendHost> hosts;      // at least one
  std::shared_ptr<const Caller> auth;  // null: there is no auth service
  WorkUnderWay under_way = {};
  // Called after a change that credentials depend on: who keeps verdicts forgets them.
  std::function<void()> credentials_changed = [] {};
  std::function<void()> wake_reconciler = [] {};

  const BackendHost* host(const std::string& name) const;
};

void add_tenant_routes(Router& router, BackendContext& context);
void add_plan_routes(Router& router, BackendContext& context);
void add_owned_node_routes(Router& router, BackendContext& context);
void add_key_routes(Router& router, BackendContext& context);
void add_node_token_routes(Router& router, BackendContext& context);
void add_credential_route(Router& router, BackendContext& context);
void add_audit_routes(Router& router, BackendContext& context);

template <typename Function>
Handler over(BackendContext& context, Function function) {
  return [&context, function](const ApiRequest& request) { return function(context, request); };
}

// The value of a transaction, or its failure thrown as a Problem.
template <typename Work>
auto transact(BackendContext& context, Work&& work) {
  return value_or_throw(context.database.transact(std::forward<Work>(work)));
}

// An entry for what this request changes; the caller adds target and detail.
metadata::AuditEntry audit_entry(const ApiRequest& request, const std::string& action,
                                 const std::string& tenant, const std::string& target,
                                 const Json& detail = Json::object());

// The tenant of that name as whoever asks may see it; not found otherwise.
metadata::Tenant visible_tenant(BackendContext& context, const ApiRequest& request,
                                const std::string& name);
// The row of the node that the path names, and that whoever asks may see.
metadata::NodeRow visible_row(BackendContext& context, const ApiRequest& request,
                              const std::string& id_or_name);

// Asks a host on behalf of the system, with the given body ("" for none).
HttpReply ask_host(const BackendHost& host, const std::string& method, const std::string& target,
                   const std::string& body, const ApiRequest* on_behalf = nullptr,
                   const std::string& if_match = "");
// What a host is told of a tenant.
Json host_tenant_json(const metadata::Tenant& tenant, const metadata::Plan& plan);
// Has one host know the tenant that the body describes.
bool tell_host(const BackendHost& host, const std::string& tenant, const Json& body);
// Has every host know the tenant as its rows say. False when one could not be told now.
bool push_tenant(BackendContext& context, const metadata::Tenant& tenant,
                 const metadata::Plan& plan);

metadata::NodeEvent node_event(const metadata::NodeRow& row, const std::string& from,
                               const std::string& to, const std::string& cause,
                               const std::string& actor);

// The number behind the letter of a cursor of a list by number; 0 when there is no cursor.
std::uint64_t number_after(const ListRequest& list);

// A page of what a query gave with one row more than asked for.
template <typename Row, typename ToJson, typename CursorOf>
HttpReply page_answer(std::vector<Row> rows, std::size_t limit, ToJson&& to_json,
                      CursorOf&& cursor_of) {
  const bool more = rows.size() > limit;
  if (more) rows.resize(limit);
  Json items = Json::array();
  for (const Row& row : rows) items.push_back(to_json(row));
  return json_answer(
      list_envelope(std::move(items), more, rows.empty() ? "" : cursor_of(rows.back())));
}

}  // namespace miniredis::service
