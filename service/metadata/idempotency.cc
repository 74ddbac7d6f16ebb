#include "metadata/queries.h"
#include "metadata/row_change.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {
namespace {

// Between "it is there" and reading it, others may free and take a key; hardly this often.
constexpr int kMostTurns = 16;

}  // namespace

template <>
struct Columns<IdempotentAnswer> {
  static constexpr const char* names =
      "principal, request_key, fingerprint, target, status, headers, body, created_at_ms";
  static constexpr std::size_t count = 8;
  static IdempotentAnswer read(RowReader& row) {
    return {row.text(),         row.text(), row.text(), row.text(),
            row.small_number(), row.text(), row.text(), row.number()};
  }
};

Outcome<std::optional<IdempotentAnswer>> begin_idempotent(Transaction& transaction,
                                                          const IdempotentAnswer& answer) {
  for (int turn = 0; turn < kMostTurns; ++turn) {
    // When another transaction is just taking the key, this waits for how that one ends.
    auto taken = transaction.change(
        std::string("INSERT INTO idempotent_answers (") + Columns<IdempotentAnswer>::names +
            ") VALUES (:principal, :request_key, :fingerprint, :target, :status, :headers, :body,"
            " :created_at_ms) ON CONFLICT (principal, request_key) DO NOTHING",
        {answer.principal, answer.key, answer.fingerprint, answer.target, answer.status,
         answer.headers, answer.body, answer.created_at_ms});
    if (!taken) return taken.failure();
    if (*taken > 0) return std::optional<IdempotentAnswer>();
    auto holder = select_record<IdempotentAnswer>(
        transaction,
        "FROM idempotent_answers WHERE principal = :principal AND request_key = :request_key",
        {answer.principal, answer.key});
    if (!holder || holder->has_value()) return holder;
  }
  return Failure{FailureKind::kUnavailable, "the key is taken and freed too often; try again", ""};
}

Outcome<void> finish_idempotent(Transaction& transaction, const IdempotentAnswer& answer) {
  auto changed = transaction.change(
      "UPDATE idempotent_answers SET status = :status, headers = :headers, body = :body,"
      " target = :target WHERE principal = :principal AND request_key = :request_key",
      {answer.status, answer.headers, answer.body, answer.target, answer.principal, answer.key});
  if (!changed) return changed.failure();
  if (*changed == 0) return missing("the record of the request");
  return {};
}

Outcome<void> drop_idempotent(Transaction& transaction, const std::string& principal,
                              const std::string& key) {
  auto done = transaction.change(
      "DELETE FROM idempotent_answers WHERE principal = :principal AND request_key = :request_key",
      {principal, key});
  if (!done) return done.failure();
  return {};
}

Outcome<std::vector<IdempotentAnswer>> open_idempotent(Transaction& transaction,
                                                       std::uint64_t before_ms, std::size_t limit) {
  Conditions where;
  // Literals here and below, for the indexes are over these rows alone.
  where.add("status = 0");
  where.add("created_at_ms < :before", before_ms);
  return select_records<IdempotentAnswer>(
      transaction, "FROM idempotent_answers " + where.sql() + " ORDER BY created_at_ms LIMIT :most",
      where.values_and_limit(limit));
}

Outcome<std::size_t> purge_idempotent(Transaction& transaction, std::uint64_t before_ms,
                                      std::size_t limit) {
  Conditions where;
  where.add("status > 0");
  where.add("created_at_ms < :before", before_ms);
  return transaction.change(
      "DELETE FROM idempotent_answers WHERE (principal, request_key) IN"
      " (SELECT principal, request_key FROM idempotent_answers " +
          where.sql() + " ORDER BY created_at_ms LIMIT :most)",
      where.values_and_limit(limit));
}

}  // namespace miniredis::service::metadata
