// mredis key create|list|revoke and mredis token create|list|revoke
#include <iostream>

#include "control.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

Json wishes(const ControlCall& call) {
  Json body = Json::object();
  if (const auto name = call.flags.text("name")) body["name"] = *name;
  if (const auto expires = call.flags.text("expires-at")) body["expires_at"] = *expires;
  return body;
}

// Whatever it is, its secret is seen this once.
int print_created(const ControlCall& call, const Json& created) {
  print_object(created, call.json);
  if (!call.json) std::cerr << "The secret is shown only this once.\n";
  return kExitOk;
}

int create_key(const ControlCall& call) {
  Json body = wishes(call);
  if (const auto scopes = call.flags.text("scopes")) {
    Json list = Json::array();
    std::size_t at = 0;
    while (at <= scopes->size()) {
      const std::size_t end = std::min(scopes->find(',', at), scopes->size());
      list.push_back(scopes->substr(at, end - at));
      at = end + 1;
    }
    body["scopes"] = std::move(list);
  }
  return print_created(call, call.http.create(path_of(call, "tenants") + "/keys", body));
}

int create_token(const ControlCall& call) {
  Json body = wishes(call);
  if (call.flags.has("read-only")) body["read_only"] = true;
  return print_created(call, call.http.create(path_of(call, "nodes") + "/tokens", body));
}

int list_keys(const ControlCall& call) {
  return print_list(call, path_of(call, "tenants") + "/keys",
                    {{"ID", "id"},
                     {"NAME", "name"},
                     {"SCOPES", "scopes"},
                     {"CREATED", "created_at"},
                     {"EXPIRES", "expires_at"},
                     {"LAST USED", "last_used_at"},
                     {"REVOKED", "revoked_at"}});
}

int list_tokens(const ControlCall& call) {
  return print_list(call, path_of(call, "nodes") + "/tokens",
                    {{"ID", "id"},
                     {"NAME", "name"},
                     {"READ ONLY", "read_only"},
                     {"CREATED", "created_at"},
                     {"EXPIRES", "expires_at"},
                     {"LAST USED", "last_used_at"},
                     {"REVOKED", "revoked_at"}});
}

int revoke(const ControlCall& call, const char* collection, const char* kind) {
  const std::string& id = call.flags.words()[1];
  call.http.request("DELETE", path_of(call, collection) + "/" + kind + "/" + url_quoted(id));
  if (!call.json) std::cout << id << ": revoked\n";
  return kExitOk;
}

std::vector<Flag> flags_with(Flag own) {
  return {{"", "name", "TEXT", "what it is for"},
          {"", "expires-at", "TIME", "RFC 3339, e.g. 2030-01-01T00:00:00Z (never)"},
          std::move(own)};
}

}  // namespace

const std::vector<ControlAction>& key_actions() {
  static const std::vector<ControlAction> actions = {
      {"create", "TENANT", "create a key", 1, 1, kAnywhere,
       flags_with({"", "scopes", "LIST", "with commas, e.g. nodes:read,commands:write (all)"}),
       create_key},
      {"list", "TENANT", "its keys", 1, 1, kAnywhere, {}, list_keys},
      {"revoke",
       "TENANT KEY",
       "refuse a key from now on",
       2,
       2,
       kAnywhere,
       {},
       [](const ControlCall& call) { return revoke(call, "tenants", "keys"); }},
  };
  return actions;
}

const std::vector<ControlAction>& token_actions() {
  static const std::vector<ControlAction> actions = {
      {"create", "NODE", "create a token", 1, 1, kAnywhere,
       flags_with({"", "read-only", "", "for commands that change nothing"}), create_token},
      {"list", "NODE", "its tokens", 1, 1, kAnywhere, {}, list_tokens},
      {"revoke",
       "NODE TOKEN",
       "refuse a token from now on",
       2,
       2,
       kAnywhere,
       {},
       [](const ControlCall& call) { return revoke(call, "nodes", "tokens"); }},
  };
  return actions;
}

}  // namespace miniredis::mredis
