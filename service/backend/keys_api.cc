// /v1/tenants/{tenant}/keys, /v1/nodes/{node}/tokens and the check of both.
#include "backend/backend.h"
#include "backend/idempotency.h"
#include "common/credential.h"
#include "common/secure_bytes.h"
#include "common/times.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

using metadata::ApiKey;
using metadata::NodeToken;
using metadata::Transaction;

constexpr std::size_t kMostLabelBytes = 100;

Json optional_time(const std::optional<std::uint64_t>& at_ms) {
  return at_ms ? Json(format_time(*at_ms)) : Json();
}

Json key_json(const ApiKey& key) {
  return {{"id", key.id},
          {"tenant", key.tenant},
          {"name", key.name},
          {"scopes", key.scopes},
          {"created_by", key.created_by},
          {"created_at", format_time(key.created_at_ms)},
          {"expires_at", optional_time(key.expires_at_ms)},
          {"last_used_at", optional_time(key.last_used_at_ms)},
          {"revoked_at", optional_time(key.revoked_at_ms)}};
}

Json token_json(const NodeToken& token) {
  return {{"id", token.id},
          {"node", token.node},
          {"tenant", token.tenant},
          {"name", token.name},
          {"read_only", token.read_only},
          {"created_by", token.created_by},
          {"created_at", format_time(token.created_at_ms)},
          {"expires_at", optional_time(token.expires_at_ms)},
          {"last_used_at", optional_time(token.last_used_at_ms)},
          {"revoked_at", optional_time(token.revoked_at_ms)}};
}

std::string label_of(Fields& fields) {
  std::string label = fields.text("name").value_or("");
  if (label.size() > kMostLabelBytes) {
    throw invalid_value("name", std::to_string(label.size()) + " bytes",
                        "at most " + std::to_string(kMostLabelBytes) + " bytes");
  }
  return label;
}

std::optional<std::uint64_t> expiry_of(Fields& fields) {
  const auto text = fields.text("expires_at");
  if (!text) return std::nullopt;
  const auto at_ms = parse_time(*text);
  if (!at_ms || *at_ms <= now_unix_ms()) {
    throw invalid_value("expires_at", shown(*text), "a time to come, such as 2030-01-31T12:00:00Z");
  }
  return at_ms;
}

// Nobody hands on what they do not have.
std::vector<std::string> scopes_of(const Json* value, const Principal& giver) {
  const Scopes all_of_tenant = kAllScopes & ~bits(Scope::kPlatform);
  Scopes scopes = 0;
  if (value == nullptr) {
    scopes = giver.scopes & all_of_tenant;
    return scope_names(scopes);
  }
  if (!value->is_array() || value->empty()) {
    throw invalid_value("scopes", shown(*value), "an array of one scope or more");
  }
  for (const Json& item : *value) {
    const auto scope =
        item.is_string() ? scope_from(item.get_ref<const std::string&>()) : std::nullopt;
    if (!scope || (bits(*scope) & all_of_tenant) == 0) {
      std::string known;
      for (const std::string& name : scope_names(all_of_tenant)) {
        known += (known.empty() ? "" : ", ") + name;
      }
      throw invalid_value("scopes", shown(item), known);
    }
    if (!giver.may(*scope)) {
      throw Problem{problem_kinds::kForbidden,
                    std::string("scopes: you do not have '") + to_string(*scope) + "' yourself",
                    "scopes"};
    }
    scopes = scopes | *scope;
  }
  return scope_names(scopes);
}

// The answer with the secret, and the one without that is given when the request is repeated.
Made made_credential(Json json, const std::string& secret, const std::string& location) {
  Json shown_now = json;
  shown_now["secret"] = secret;
  json["secret"] = nullptr;
  HttpReply reply = json_answer(shown_now, 201);
  reply.headers.emplace_back("Location", location);
  return {std::move(reply), json_answer(json).body};
}

HttpReply create_key(BackendContext& context, const ApiRequest& request) {
  const metadata::Tenant tenant = visible_tenant(context, request, request.path[0]);
  const Json body = parse_body(request.http);
  Fields fields(body);
  ApiKey key;
  key.tenant = tenant.name;
  key.name = label_of(fields);
  key.scopes = scopes_of(fields.find("scopes"), request.principal());
  key.expires_at_ms = expiry_of(fields);
  fields.finish();
  const NewCredential fresh = make_credential(CredentialKind::kApiKey, random_bytes);
  key.id = fresh.id;
  key.secret_hash = fresh.secret_hash;
  key.created_by = request.principal().actor;
  key.created_at_ms = now_unix_ms();
  return make_once(context, request, [&](Transaction& transaction) -> Outcome<Made> {
    if (auto made = metadata::insert_api_key(transaction, key); !made) return made.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "key.create", key.tenant, "key/" + key.id,
                                 {{"name", key.name}, {"scopes", key.scopes}}));
    if (!noted) return noted.failure();
    return made_credential(key_json(key), fresh.text,
                           "/v1/tenants/" + key.tenant + "/keys/" + key.id);
  });
}

HttpReply list_keys(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'k');
  const metadata::Tenant tenant = visible_tenant(context, request, request.path[0]);
  auto rows = transact(context, [&](Transaction& transaction) {
    return metadata::list_api_keys(transaction, tenant.name, list.after, list.limit + 1);
  });
  return page_answer(std::move(rows), list.limit, key_json,
                     [](const ApiKey& key) { return "k" + key.id; });
}

Outcome<ApiKey> key_of_tenant(Transaction& transaction, const ApiRequest& request) {
  auto key = metadata::find_api_key(transaction, request.path[1]);
  if (!key) return key.failure();
  if (key->has_value() && (*key)->tenant == request.path[0]) return std::move(**key);
  return Failure{FailureKind::kNotFound, "there is no key '" + request.path[1] + "'", ""};
}

HttpReply get_key(BackendContext& context, const ApiRequest& request) {
  (void)visible_tenant(context, request, request.path[0]);
  return json_answer(key_json(transact(
      context, [&](Transaction& transaction) { return key_of_tenant(transaction, request); })));
}

HttpReply revoke_key(BackendContext& context, const ApiRequest& request) {
  (void)visible_tenant(context, request, request.path[0]);
  transact(context, [&](Transaction& transaction) -> Outcome<bool> {
    auto key = key_of_tenant(transaction, request);
    if (!key) return key.failure();
    if (key->revoked_at_ms) return true;
    auto revoked = metadata::revoke_api_key(transaction, key->id, now_unix_ms());
    if (!revoked) return revoked.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "key.revoke", key->tenant, "key/" + key->id));
    if (!noted) return noted.failure();
    return true;
  });
  context.credentials_changed();
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

HttpReply create_token(BackendContext& context, const ApiRequest& request) {
  const metadata::NodeRow row = visible_row(context, request, request.path[0]);
  const Json body = parse_body(request.http);
  Fields fields(body);
  NodeToken token;
  token.node = row.id;
  token.tenant = row.tenant;
  token.name = label_of(fields);
  token.read_only = fields.boolean("read_only").value_or(false);
  token.expires_at_ms = expiry_of(fields);
  fields.finish();
  const Scope needed = token.read_only ? Scope::kCommandsRead : Scope::kCommandsWrite;
  if (!request.principal().may(needed)) {
    throw Problem{problem_kinds::kForbidden,
                  std::string("you do not have '") + to_string(needed) + "' yourself", ""};
  }
  const NewCredential fresh = make_credential(CredentialKind::kNodeToken, random_bytes);
  token.id = fresh.id;
  token.secret_hash = fresh.secret_hash;
  token.created_by = request.principal().actor;
  token.created_at_ms = now_unix_ms();
  return make_once(context, request, [&](Transaction& transaction) -> Outcome<Made> {
    if (auto made = metadata::insert_node_token(transaction, token); !made) return made.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "token.create", token.tenant, "token/" + token.id,
                                 {{"node", token.node}, {"read_only", token.read_only}}));
    if (!noted) return noted.failure();
    return made_credential(token_json(token), fresh.text,
                           "/v1/nodes/" + token.node + "/tokens/" + token.id);
  });
}

HttpReply list_tokens(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'k');
  const metadata::NodeRow row = visible_row(context, request, request.path[0]);
  auto rows = transact(context, [&](Transaction& transaction) {
    return metadata::list_node_tokens(transaction, row.id, list.after, list.limit + 1);
  });
  return page_answer(std::move(rows), list.limit, token_json,
                     [](const NodeToken& token) { return "k" + token.id; });
}

HttpReply revoke_token(BackendContext& context, const ApiRequest& request) {
  const metadata::NodeRow row = visible_row(context, request, request.path[0]);
  transact(context, [&](Transaction& transaction) -> Outcome<bool> {
    auto token = metadata::find_node_token(transaction, request.path[1]);
    if (!token) return token.failure();
    if (!token->has_value() || (*token)->node != row.id) {
      return Failure{FailureKind::kNotFound, "there is no token '" + request.path[1] + "'", ""};
    }
    if ((*token)->revoked_at_ms) return true;
    auto revoked = metadata::revoke_node_token(transaction, request.path[1], now_unix_ms());
    if (!revoked) return revoked.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "token.revoke", row.tenant, "token/" + request.path[1]));
    if (!noted) return noted.failure();
    return true;
  });
  context.credentials_changed();
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

Json refused(const char* reason) {
  return {{"valid", false}, {"reason", reason}};
}

struct Lifetime {
  std::optional<std::uint64_t> expires_at_ms;
  std::optional<std::uint64_t> revoked_at_ms;
};

// Why it opens nothing now; nullptr when it does.
const char* dead_because(const Lifetime& life, const std::optional<metadata::Tenant>& tenant) {
  if (life.revoked_at_ms) return "revoked";
  if (life.expires_at_ms && *life.expires_at_ms <= now_unix_ms()) return "expired";
  if (!tenant || tenant->state != metadata::TenantState::kActive) return "tenant not active";
  return nullptr;
}

Json verdict_json(const Principal& principal, const Lifetime& life) {
  return {{"valid", true},
          {"actor", principal.actor},
          {"tenant", principal.tenant},
          {"node", principal.node},
          {"scopes", scope_names(principal.scopes)},
          {"expires_at", optional_time(life.expires_at_ms)}};
}

Outcome<Json> check_key(Transaction& transaction, const Credential& credential) {
  auto key = metadata::find_api_key(transaction, credential.id);
  if (!key) return key.failure();
  // An id that is not there costs a comparison too.
  const bool right =
      proves(credential, key->has_value() ? (*key)->secret_hash : credential_hash("nothing"));
  if (!key->has_value() || !right) return refused("unknown");
  const ApiKey& row = **key;
  auto tenant = metadata::find_tenant(transaction, row.tenant);
  if (!tenant) return tenant.failure();
  const Lifetime life{row.expires_at_ms, row.revoked_at_ms};
  if (const char* reason = dead_because(life, *tenant)) return refused(reason);
  if (auto touched = metadata::touch_api_key(transaction, row.id, now_unix_ms()); !touched) {
    return touched.failure();
  }
  Principal principal;
  principal.actor = "key:" + row.id;
  principal.tenant = row.tenant;
  for (const std::string& name : row.scopes) {
    if (const auto scope = scope_from(name)) principal.scopes = principal.scopes | *scope;
  }
  return verdict_json(principal, life);
}

Outcome<Json> check_token(Transaction& transaction, const Credential& credential) {
  auto token = metadata::find_node_token(transaction, credential.id);
  if (!token) return token.failure();
  const bool right =
      proves(credential, token->has_value() ? (*token)->secret_hash : credential_hash("nothing"));
  if (!token->has_value() || !right) return refused("unknown");
  const NodeToken& row = **token;
  auto tenant = metadata::find_tenant(transaction, row.tenant);
  if (!tenant) return tenant.failure();
  const Lifetime life{row.expires_at_ms, row.revoked_at_ms};
  if (const char* reason = dead_because(life, *tenant)) return refused(reason);
  if (auto touched = metadata::touch_node_token(transaction, row.id, now_unix_ms()); !touched) {
    return touched.failure();
  }
  Principal principal;
  principal.actor = "token:" + row.id;
  principal.tenant = row.tenant;
  principal.node = row.node;
  principal.scopes = bits(Scope::kCommandsRead);
  if (!row.read_only) principal.scopes = principal.scopes | Scope::kCommandsWrite;
  return verdict_json(principal, life);
}

HttpReply verify_credential(BackendContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  const std::string text = fields.required_text("credential");
  fields.finish();
  const auto parsed = parse_credential(text);
  if (const auto* fault = std::get_if<CredentialFault>(&parsed)) {
    return json_answer(refused(describe(*fault)));
  }
  const auto& credential = std::get<Credential>(parsed);
  return json_answer(transact(context, [&](Transaction& transaction) -> Outcome<Json> {
    return credential.kind == CredentialKind::kApiKey ? check_key(transaction, credential)
                                                      : check_token(transaction, credential);
  }));
}

}  // namespace

void add_key_routes(Router& router, BackendContext& context) {
  constexpr Owner kOwner = Owner::kBackend;
  add_route(router, kOwner, "createApiKey", over(context, create_key));
  add_route(router, kOwner, "listApiKeys", over(context, list_keys));
  add_route(router, kOwner, "getApiKey", over(context, get_key));
  add_route(router, kOwner, "revokeApiKey", over(context, revoke_key));
}

void add_node_token_routes(Router& router, BackendContext& context) {
  constexpr Owner kOwner = Owner::kBackend;
  add_route(router, kOwner, "createNodeToken", over(context, create_token));
  add_route(router, kOwner, "listNodeTokens", over(context, list_tokens));
  add_route(router, kOwner, "revokeNodeToken", over(context, revoke_token));
}

void add_credential_route(Router& router, BackendContext& context) {
  add_route(router, Owner::kBackend, "verifyCredential", over(context, verify_credential));
}

}  // namespace miniredis::service
