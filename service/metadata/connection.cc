#include "metadata/connection.h"

#include <utility>

namespace miniredis::service::metadata {
namespace {

// Filters of lists make a few dozen texts; the cap is against a mistake of ours.
constexpr std::size_t kMostStatements = 512;

}  // namespace

// SOCI reads and writes through addresses that are bound once, so the slots never move.
struct Connection::Statement {
  struct Slot {
    std::string text;
    long long number = 0;
    soci::indicator indicator = soci::i_ok;
  };

  Statement(soci::session& session, const std::string& sql, std::size_t columns,
            const Values& values)
      : statement(session), in(values.size()), out(columns) {
    statement.alloc();
    statement.prepare(sql);
    for (Slot& slot : out) statement.exchange(soci::into(slot.text, slot.indicator));
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (values[i].type() == Value::Type::kText) {
        statement.exchange(soci::use(in[i].text, in[i].indicator));
      } else {
        statement.exchange(soci::use(in[i].number, in[i].indicator));
      }
    }
    statement.define_and_bind();
  }

  void set(const Values& values) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      in[i].indicator = values[i].null() ? soci::i_null : soci::i_ok;
      in[i].text = values[i].text();
      in[i].number = static_cast<long long>(values[i].number());
    }
  }

  Row row() const {
    Row row;
    row.reserve(out.size());
    for (const Slot& slot : out) {
      row.push_back(slot.indicator == soci::i_null ? std::nullopt : std::optional(slot.text));
    }
    return row;
  }

  // After a failure SOCI keeps the buffers it made for the call: binding anew frees them. The
  // statement stays prepared, for PostgreSQL lets none be dropped in a failed transaction.
  void recover() {
    statement.undefine_and_bind();
    statement.define_and_bind();
  }

  soci::statement statement;
  std::vector<Slot> in;
  std::vector<Slot> out;
};

Connection::Statement& Connection::prepared(const std::string& sql, std::size_t columns,
                                            const Values& values) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return *known->second;
  if (statements_.size() >= kMostStatements) statements_.clear();
  auto made = std::make_shared<Statement>(session_, sql, columns, values);
  return *statements_.emplace(sql, std::move(made)).first->second;
}

template <typename Use>
auto Connection::execute(const std::string& sql, std::size_t columns, const Values& values,
                         Use&& use) {
  struct Waiting {
    explicit Waiting(Connection& c) : connection(c) { connection.about_to_wait(); }
    ~Waiting() { connection.waited(); }
    Connection& connection;
  };
  try {
    const Waiting waiting(*this);
    Statement& statement = prepared(sql, columns, values);
    statement.set(values);
    try {
      return use(statement, statement.statement.execute(true));
    } catch (const soci::soci_error&) {
      statement.recover();
      throw;
    }
  } catch (const soci::soci_error& error) {
    throw explained(error);
  }
}

std::vector<Row> Connection::select(const std::string& sql, std::size_t columns,
                                    const Values& values) {
  return execute(sql, columns, values, [](Statement& statement, bool found) {
    std::vector<Row> rows;
    // To the very end, or SQLite keeps the read under way.
    for (; found; found = statement.statement.fetch()) rows.push_back(statement.row());
    return rows;
  });
}

std::size_t Connection::change(const std::string& sql, const Values& values) {
  return execute(sql, 0, values, [](Statement& statement, bool) {
    const long long changed = statement.statement.get_affected_rows();
    return changed > 0 ? static_cast<std::size_t>(changed) : std::size_t{0};
  });
}

}  // namespace miniredis::service::metadata
