// One transaction as queries see it: statements with values, and rows read back. Internal to this
// folder and its tests.
//
// Once an engine has refused a statement, every later one fails as that one did and nothing is
// kept: PostgreSQL goes on with no failed transaction, and both engines are to behave alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/failure.h"
#include "metadata/connection.h"

namespace miniredis::service::metadata {

// What a refusal by a constraint means for the one who asked.
struct Refusals {
  std::string taken;               // detail of kNameTaken, when a key is there already
  std::optional<Failure> foreign;  // when a row that is named is missing, or is still named
};

class Transaction {
 public:
  explicit Transaction(Connection& connection, Engine engine)
      : connection_(connection), engine_(engine) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // `sql` has a placeholder `:name` for each value, in their order, each name once. kInvalidValue,
  // with nothing asked, for text that is not UTF-8 or holds a NUL, and for a number above 2^63 - 1.
  Outcome<std::vector<Row>> select(const std::string& sql, std::size_t columns,
                                   const Values& values);
  // Returns how many rows it changed.
  Outcome<std::size_t> change(const std::string& sql, const Values& values,
                              const Refusals& refusals = {});

  Engine engine() const { return engine_; }
  // Why the transaction can only be rolled back.
  const std::optional<Failure>& doom() const { return doom_; }
  // The same work may succeed when it is done again.
  bool lost() const { return lost_; }
  // The text of the last statement that was asked.
  const std::string& last_statement() const { return last_statement_; }

 private:
  Failure refused(const EngineError& error, const std::string& sql, const Refusals& refusals);

  Connection& connection_;
  Engine engine_;
  std::optional<Failure> doom_;
  bool lost_ = false;
  std::string last_statement_;
};

// What an engine's error is to the caller of the database; logged where the words don't tell all.
Failure failure_of(const EngineError& error, std::string_view statement);

// Whether `text` may be given to an engine: UTF-8 as RFC 3629 has it, and no NUL.
bool is_storable(std::string_view text);

// Takes a row apart, column by column.
class RowReader {
 public:
  explicit RowReader(const Row& row) : row_(row) {}
  std::string text();  // empty when NULL
  std::uint64_t number();
  std::uint32_t small_number();
  std::optional<std::uint64_t> maybe_number();
  // Whether all columns were there and were what was asked for. If not, someone else wrote the row.
  bool intact() const { return intact_ && next_ == row_.size(); }
  void reject() { intact_ = false; }

 private:
  const Row& row_;
  std::size_t next_ = 0;
  bool intact_ = true;
};

// A record's columns, said once: Columns<Plan>::names, ::count and ::read(RowReader&).
template <typename Record>
struct Columns;

Failure damaged_row(std::string_view columns);

// The records of "SELECT <columns> `rest`".
template <typename Record>
Outcome<std::vector<Record>> select_records(Transaction& transaction, const std::string& rest,
                                            const Values& values) {
  using Shape = Columns<Record>;
  auto rows =
      transaction.select(std::string("SELECT ") + Shape::names + " " + rest, Shape::count, values);
  if (!rows) return rows.failure();
  std::vector<Record> records;
  records.reserve(rows->size());
  for (const Row& row : *rows) {
    RowReader reader(row);
    records.push_back(Shape::read(reader));
    if (!reader.intact()) return damaged_row(Shape::names);
  }
  return records;
}

template <typename Record>
Outcome<std::optional<Record>> select_record(Transaction& transaction, const std::string& rest,
                                             const Values& values) {
  auto records = select_records<Record>(transaction, rest, values);
  if (!records) return records.failure();
  if (records->empty()) return std::optional<Record>();
  return std::optional<Record>(std::move(records->front()));
}

// The WHERE of a list, grown filter by filter. Text is ours, values are bound.
class Conditions {
 public:
  void add(std::string_view condition, const Value& value) {
    add(condition);
    values_.push_back(value);
  }
  void add(std::string_view condition) {
    sql_ += sql_.empty() ? "WHERE " : " AND ";
    sql_ += condition;
  }
  const std::string& sql() const { return sql_; }
  // With the number of rows that are wanted, for a last placeholder of LIMIT.
  Values values_and_limit(std::size_t limit) const;
  const Values& values() const { return values_; }

 private:
  std::string sql_;
  Values values_;
};

}  // namespace miniredis::service::metadata
