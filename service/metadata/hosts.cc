#include "metadata/queries.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {

template <>
struct Columns<Host> {
  static constexpr const char* names = "name, url, seen_at_ms, created_at_ms";
  static constexpr std::size_t count = 4;
  static Host read(RowReader& row) { return {row.text(), row.text(), row.number(), row.number()}; }
};

Outcome<void> upsert_host(Transaction& transaction, const Host& host) {
  auto done = transaction.change(
      "INSERT INTO hosts (name, url, seen_at_ms, created_at_ms)"
      " VALUES (:name, :url, :seen_at_ms, :created_at_ms)"
      " ON CONFLICT (name) DO UPDATE SET url = excluded.url, seen_at_ms = excluded.seen_at_ms",
      {host.name, host.url, host.seen_at_ms, host.created_at_ms});
  if (!done) return done.failure();
  return {};
}

Outcome<std::optional<Host>> find_host(Transaction& transaction, const std::string& name) {
  return select_record<Host>(transaction, "FROM hosts WHERE name = :name", {name});
}

Outcome<std::vector<Host>> list_hosts(Transaction& transaction, const std::string& after,
                                      std::size_t limit) {
  Conditions where;
  if (!after.empty()) where.add("name > :after", after);
  return select_records<Host>(transaction,
                              "FROM hosts " + where.sql() + " ORDER BY name LIMIT :most",
                              where.values_and_limit(limit));
}

}  // namespace miniredis::service::metadata
