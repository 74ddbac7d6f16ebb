// What the changes of versioned rows have in common. Internal to this folder.
#pragma once

#include <string>

#include "metadata/transaction.h"

namespace miniredis::service::metadata {

inline Failure missing(const std::string& what) {
  return {FailureKind::kNotFound, what + " does not exist", ""};
}

// `row` with the version it has now that an UPDATE ... WHERE version = row.version changed
// `changed` rows; why it did not, when it changed none. `probe` finds the row by its key.
template <typename Record>
Outcome<Record> updated(Transaction& transaction, Outcome<std::size_t> changed, const Record& row,
                        const std::string& probe, const std::string& key, const std::string& what) {
  if (!changed.ok()) return changed.failure();
  Record now = row;
  now.version = row.version + 1;
  if (*changed > 0) return now;
  auto found = transaction.select(probe, 1, {key});
  if (!found) return found.failure();
  if (found->empty()) return missing(what);
  return Failure{FailureKind::kWrongState, what + " was changed by someone else meanwhile", ""};
}

}  // namespace miniredis::service::metadata
