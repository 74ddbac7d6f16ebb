#include "common/json.h"
#include "metadata/queries.h"
#include "metadata/row_change.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {
namespace {

// Scopes are a JSON array in one column: they are only ever read together.
std::string scopes_text(const std::vector<std::string>& scopes) {
  // Bytes that are not UTF-8 are passed on, to be refused where all text is checked.
  Json list = Json::array();
  for (const std::string& scope : scopes) {
    if (!is_storable(scope)) return scope;
    list.push_back(scope);
  }
  return list.dump();
}

std::vector<std::string> scopes_from(const std::string& text, RowReader& row) {
  std::vector<std::string> scopes;
  const Json list = Json::parse(text, nullptr, false);
  if (!list.is_array()) {
    row.reject();
    return scopes;
  }
  for (const Json& scope : list) {
    if (scope.is_string()) {
      scopes.push_back(scope.get<std::string>());
    } else {
      row.reject();
    }
  }
  return scopes;
}

Outcome<void> touch(Transaction& transaction, const std::string& table, const std::string& id,
                    std::uint64_t at_ms) {
  auto done =
      transaction.change("UPDATE " + table +
                             " SET last_used_at_ms = :at_ms WHERE id = :id"
                             " AND (last_used_at_ms IS NULL OR last_used_at_ms < :at_ms_too)",
                         {at_ms, id, at_ms});
  if (!done) return done.failure();
  return {};
}

template <typename Record>
Outcome<Record> revoke(Transaction& transaction, const std::string& table, const std::string& id,
                       std::uint64_t at_ms, const std::string& what) {
  auto done = transaction.change(
      "UPDATE " + table + " SET revoked_at_ms = :at_ms WHERE id = :id AND revoked_at_ms IS NULL",
      {at_ms, id});
  if (!done) return done.failure();
  auto now = select_record<Record>(transaction, "FROM " + table + " WHERE id = :id", {id});
  if (!now) return now.failure();
  if (!now->has_value()) return missing(what);
  return std::move(**now);
}

}  // namespace

template <>
struct Columns<ApiKey> {
  static constexpr const char* names =
      "id, tenant, name, secret_hash, scopes, created_by, created_at_ms, expires_at_ms,"
      " last_used_at_ms, revoked_at_ms";
  static constexpr std::size_t count = 10;
  static ApiKey read(RowReader& row) {
    return {row.text(),
            row.text(),
            row.text(),
            row.text(),
            scopes_from(row.text(), row),
            row.text(),
            row.number(),
            row.maybe_number(),
            row.maybe_number(),
            row.maybe_number()};
  }
};

template <>
struct Columns<NodeToken> {
  static constexpr const char* names =
      "id, node, tenant, name, secret_hash, read_only, created_by, created_at_ms, expires_at_ms,"
      " last_used_at_ms, revoked_at_ms";
  static constexpr std::size_t count = 11;
  static NodeToken read(RowReader& row) {
    return {row.text(),         row.text(),         row.text(),        row.text(),
            row.text(),         row.number() != 0,  row.text(),        row.number(),
            row.maybe_number(), row.maybe_number(), row.maybe_number()};
  }
};

Outcome<void> insert_api_key(Transaction& transaction, const ApiKey& key) {
  const std::string scopes = scopes_text(key.scopes);
  auto done = transaction.change(
      std::string("INSERT INTO api_keys (") + Columns<ApiKey>::names +
          ") VALUES (:id, :tenant, :name, :secret_hash, :scopes, :created_by, :created_at_ms,"
          " :expires_at_ms, :last_used_at_ms, :revoked_at_ms)",
      {key.id, Value::null_when_empty(key.tenant), key.name, key.secret_hash, scopes,
       key.created_by, key.created_at_ms, key.expires_at_ms, key.last_used_at_ms,
       key.revoked_at_ms},
      {.taken = "an API key with this id exists already",
       .foreign = Failure{FailureKind::kNotFound, "the tenant does not exist", "tenant"}});
  if (!done) return done.failure();
  return {};
}

Outcome<std::optional<ApiKey>> find_api_key(Transaction& transaction, const std::string& id) {
  return select_record<ApiKey>(transaction, "FROM api_keys WHERE id = :id", {id});
}

Outcome<std::vector<ApiKey>> list_api_keys(Transaction& transaction, const std::string& tenant,
                                           const std::string& after, std::size_t limit) {
  Conditions where;
  if (tenant.empty()) {
    where.add("tenant IS NULL");
  } else {
    where.add("tenant = :tenant", tenant);
  }
  if (!after.empty()) where.add("id > :after", after);
  return select_records<ApiKey>(transaction,
                                "FROM api_keys " + where.sql() + " ORDER BY id LIMIT :most",
                                where.values_and_limit(limit));
}

Outcome<ApiKey> revoke_api_key(Transaction& transaction, const std::string& id,
                               std::uint64_t at_ms) {
  return revoke<ApiKey>(transaction, "api_keys", id, at_ms, "the API key");
}

Outcome<void> touch_api_key(Transaction& transaction, const std::string& id, std::uint64_t at_ms) {
  return touch(transaction, "api_keys", id, at_ms);
}

Outcome<void> insert_node_token(Transaction& transaction, const NodeToken& token) {
  auto done = transaction.change(
      std::string("INSERT INTO node_tokens (") + Columns<NodeToken>::names +
          ") VALUES (:id, :node, :tenant, :name, :secret_hash, :read_only, :created_by,"
          " :created_at_ms, :expires_at_ms, :last_used_at_ms, :revoked_at_ms)",
      {token.id, token.node, token.tenant, token.name, token.secret_hash, token.read_only ? 1U : 0U,
       token.created_by, token.created_at_ms, token.expires_at_ms, token.last_used_at_ms,
       token.revoked_at_ms},
      {.taken = "a token with this id exists already",
       .foreign = Failure{FailureKind::kNotFound, "the node does not exist", "node"}});
  if (!done) return done.failure();
  return {};
}

Outcome<std::optional<NodeToken>> find_node_token(Transaction& transaction, const std::string& id) {
  return select_record<NodeToken>(transaction, "FROM node_tokens WHERE id = :id", {id});
}

Outcome<std::vector<NodeToken>> list_node_tokens(Transaction& transaction, const std::string& node,
                                                 const std::string& after, std::size_t limit) {
  Conditions where;
  where.add("node = :node", node);
  if (!after.empty()) where.add("id > :after", after);
  return select_records<NodeToken>(transaction,
                                   "FROM node_tokens " + where.sql() + " ORDER BY id LIMIT :most",
                                   where.values_and_limit(limit));
}

Outcome<NodeToken> revoke_node_token(Transaction& transaction, const std::string& id,
                                     std::uint64_t at_ms) {
  return revoke<NodeToken>(transaction, "node_tokens", id, at_ms, "the token");
}

Outcome<void> touch_node_token(Transaction& transaction, const std::string& id,
                               std::uint64_t at_ms) {
  return touch(transaction, "node_tokens", id, at_ms);
}

}  // namespace miniredis::service::metadata
