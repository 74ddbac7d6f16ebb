// One connection to an engine, with the statements prepared on it. Internal to this folder.
//
// Used by one thread at a time. What an engine refuses is thrown as EngineError, which goes no
// further than transaction.cc and database.cc.
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "metadata/database.h"

namespace miniredis::service::metadata {

using Deadline = std::chrono::steady_clock::time_point;

// What an engine's refusal means, whichever engine it is.
enum class Trouble : std::uint8_t {
  kUnique,
  kForeignKey,
  kTooLong,
  kFull,
  kLost,         // against another transaction; the same work may succeed now
  kUnavailable,  // cannot be reached, locked for too long, ended in mid-work
  kOther,
};

struct EngineError {
  Trouble trouble;
  std::string code;  // SQLSTATE, or the number of SQLite's result
  std::string text;  // for the log alone
};

// A value for a placeholder. A view: what it was made from outlives the call it is passed to.
class Value {
 public:
  enum class Type : std::uint8_t { kText, kNumber };

  Value(std::string_view text) : text_(text) {}    // NOLINT
  Value(const std::string& text) : text_(text) {}  // NOLINT
  Value(const char* text) : text_(text) {}         // NOLINT
  template <std::unsigned_integral Number>
  Value(Number number) : type_(Type::kNumber), number_(number) {}  // NOLINT
  Value(const std::optional<std::uint64_t>& number)                // NOLINT
      : type_(Type::kNumber), null_(!number), number_(number.value_or(0)) {}
  static Value null_when_empty(std::string_view text) {
    Value value(text);
    value.null_ = text.empty();
    return value;
  }

  Type type() const { return type_; }
  bool null() const { return null_; }
  std::string_view text() const { return text_; }
  std::uint64_t number() const { return number_; }

 private:
  Type type_ = Type::kText;
  bool null_ = false;
  std::string_view text_;
  std::uint64_t number_ = 0;
};

using Values = std::vector<Value>;

// A row as text, column by column; nothing where it is NULL.
using Row = std::vector<std::optional<std::string>>;

class Connection {
 public:
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `exclusive`: no other writes until the end, where the engine has such a thing.
  virtual void begin(Deadline deadline, bool exclusive) = 0;
  virtual void commit() = 0;
  // Leaves the connection outside of any transaction, or not usable.
  virtual void roll_back() noexcept = 0;
  // Several statements without values.
  virtual void run_script(const char* sql) = 0;
  // Waits until no other process migrates, and keeps it so until the transaction ends.
  virtual void lock_migrations() = 0;
  // False when it broke: it cannot be repaired, only replaced.
  virtual bool usable() const = 0;
  // Asks the engine for a sign of life, for at most so long.
  virtual bool answers(std::chrono::milliseconds timeout) = 0;

  std::vector<Row> select(const std::string& sql, std::size_t columns, const Values& values);
  // Returns how many rows it changed.
  std::size_t change(const std::string& sql, const Values& values);

 protected:
  Connection(const soci::backend_factory& factory, const std::string& where)
      : session_(factory, where) {}
  virtual EngineError explained(const soci::soci_error& error) = 0;
  // Around everything that waits for the engine.
  virtual void about_to_wait() {}
  virtual void waited() {}

  soci::session session_;

 private:
  struct Statement;
  Statement& prepared(const std::string& sql, std::size_t columns, const Values& values);
  template <typename Use>
  auto execute(const std::string& sql, std::size_t columns, const Values& values, Use&& use);

  std::unordered_map<std::string, std::shared_ptr<Statement>> statements_;
};

// Ends what begin() began, unless it was committed.
class RollBackAtEnd {
 public:
  explicit RollBackAtEnd(Connection& connection) : connection_(connection) {}
  RollBackAtEnd(const RollBackAtEnd&) = delete;
  RollBackAtEnd& operator=(const RollBackAtEnd&) = delete;
  ~RollBackAtEnd() { connection_.roll_back(); }

 private:
  Connection& connection_;
};

}  // namespace miniredis::service::metadata
