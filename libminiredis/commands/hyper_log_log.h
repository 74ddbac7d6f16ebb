// How commands come to a HyperLogLog.
#pragma once

#include <array>
#include <optional>

#include "commands/string_value.h"
#include "types/hyper_log_log.h"

namespace miniredis::commands {

// True, with the error answered, when the entry is there and holds something else.
inline bool is_no_hyper_log_log(Context& context, const Entry* entry) {
  using namespace types::hyper_log_log;  // NOLINT(google-build-using-namespace)
  if (wrong_type(context, entry)) return true;
  char scratch[base::kMaxIntChars];
  if (entry == nullptr || form_of(entry->text(scratch)) != Form::kNone) return false;
  context.fail(wire::kNotHyperLogLog);
  return true;
}

// A HyperLogLog open for change. A sparse one is changed apart from its key until store(); a dense
// one, which cannot turn out to be corrupt, where it is.
class OpenHyperLogLog {
 public:
  OpenHyperLogLog(Context& context, Bytes key);
  // False, with the error answered, when the key holds something else; nothing else is of use then.
  bool is_one() const noexcept { return is_one_; }

  enum class Outcome : std::uint8_t { kSame, kRaised, kCorrupt };
  Outcome raise(const types::hyper_log_log::Update& update);
  // False when it is corrupt.
  [[nodiscard]] bool become_dense();
  // Keeps what has been changed, whose count is out of date from now on, and tells of `event`.
  void store(keyspace::Event event);
  bool existed() const noexcept { return existed_; }

 private:
  char* own_dense();

  keyspace::WriteScope scope_;
  Bytes key_;
  keyspace::WriteScope::Place place_;
  std::uint64_t max_sparse_;
  bool existed_;
  Bytes dense_;           // under the key
  char* data_ = nullptr;  // the same for writing
  std::optional<types::hyper_log_log::Sparse> sparse_;
  std::optional<std::array<char, types::hyper_log_log::kDenseBytes>> made_dense_;
  bool too_long_ = false;
  bool is_one_ = false;
};

}  // namespace miniredis::commands
