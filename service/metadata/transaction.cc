#include "metadata/transaction.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "common/log.h"
#include "common/utf8.h"

namespace miniredis::service::metadata {
namespace {

constexpr std::uint64_t kMostNumber = std::numeric_limits<std::int64_t>::max();

std::optional<Failure> unfit(const Values& values) {
  for (const Value& value : values) {
    if (value.null()) continue;
    if (value.type() == Value::Type::kNumber && value.number() > kMostNumber) {
      return Failure{FailureKind::kInvalidValue, "a number must not be above 2^63 - 1", ""};
    }
    if (value.type() == Value::Type::kText && !is_storable(value.text())) {
      return Failure{FailureKind::kInvalidValue, "text must be UTF-8 without NUL", ""};
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_storable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

Failure failure_of(const EngineError& error, std::string_view statement) {
  if (error.trouble == Trouble::kTooLong) {
    return {FailureKind::kInvalidValue, "a value is too long to be stored", ""};
  }
  const auto log_as = error.trouble == Trouble::kOther ? log::error : log::warning;
  log_as("database refused a statement",
         {{"code", error.code}, {"text", error.text}, {"statement", std::string(statement)}});
  switch (error.trouble) {
    case Trouble::kFull:
      return {FailureKind::kStorageFull, "the disk of the database is full", ""};
    case Trouble::kLost:
    case Trouble::kUnavailable:
      return {FailureKind::kUnavailable, "the database cannot do this now; try again", ""};
    default:
      return {FailureKind::kInternal, "the database refused a statement", ""};
  }
}

Failure Transaction::refused(const EngineError& error, const std::string& sql,
                             const Refusals& refusals) {
  lost_ = error.trouble == Trouble::kLost;
  if (error.trouble == Trouble::kUnique && !refusals.taken.empty()) {
    doom_ = Failure{FailureKind::kNameTaken, refusals.taken, ""};
  } else if (error.trouble == Trouble::kForeignKey && refusals.foreign) {
    doom_ = refusals.foreign;
  } else if (lost_) {
    // Logged when it is not tried again.
    doom_ = Failure{FailureKind::kUnavailable, "other changes were in the way; try again", ""};
  } else {
    doom_ = failure_of(error, sql);
  }
  return *doom_;
}

Outcome<std::vector<Row>> Transaction::select(const std::string& sql, std::size_t columns,
                                              const Values& values) {
  if (doom_) return *doom_;
  if (auto failure = unfit(values)) return *failure;
  last_statement_ = sql;
  try {
    return connection_.select(sql, columns, values);
  } catch (const EngineError& error) {
    return refused(error, sql, {});
  }
}

Outcome<std::size_t> Transaction::change(const std::string& sql, const Values& values,
                                         const Refusals& refusals) {
  if (doom_) return *doom_;
  if (auto failure = unfit(values)) return *failure;
  last_statement_ = sql;
  try {
    return connection_.change(sql, values);
  } catch (const EngineError& error) {
    return refused(error, sql, refusals);
  }
}

std::string RowReader::text() {
  if (next_ >= row_.size()) {
    intact_ = false;
    return "";
  }
  return row_[next_++].value_or("");
}

std::optional<std::uint64_t> RowReader::maybe_number() {
  if (next_ < row_.size() && !row_[next_]) {
    ++next_;
    return std::nullopt;
  }
  const std::string digits = text();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) intact_ = false;
  return number;
}

std::uint64_t RowReader::number() {
  const auto number = maybe_number();
  if (!number) intact_ = false;
  return number.value_or(0);
}

std::uint32_t RowReader::small_number() {
  const std::uint64_t wide = number();
  if (wide > std::numeric_limits<std::uint32_t>::max()) intact_ = false;
  return static_cast<std::uint32_t>(wide);
}

Failure damaged_row(std::string_view columns) {
  log::error("database holds a row that cannot be read", {{"columns", std::string(columns)}});
  return {FailureKind::kInternal, "the database holds a row that cannot be read", ""};
}

Values Conditions::values_and_limit(std::size_t limit) const {
  Values all = values_;
  all.emplace_back(std::min<std::uint64_t>(limit, kMostNumber));
  return all;
}

}  // namespace miniredis::service::metadata
