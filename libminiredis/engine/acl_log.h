// What users were refused: ACL LOG. Memory is bounded: texts are cut, and entries are not added to
// a node that is full.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::engine {

enum class Refused : std::uint8_t { kCommand, kKey, kChannel, kLogin };
enum class RefusedIn : std::uint8_t { kTopLevel, kTransaction, kScript };
const char* name_of(Refused what) noexcept;
const char* name_of(RefusedIn where) noexcept;

struct AclLogEntry {
  std::uint64_t id;
  std::uint64_t count;
  Refused reason;
  RefusedIn context;
  memory::String object;
  memory::String user;
  memory::String client;  // as CLIENT LIST had it the last time
  std::int64_t created_ms;
  std::int64_t updated_ms;
};

class AclLog {
 public:
  explicit AclLog(memory::Account& account)
      : account_(account), entries_(memory::AccountedAllocator<AclLogEntry>(account)) {}

  // Joins an entry of the last minute about the same thing, or makes one; keeps the newest
  // `max_length`.
  void add(Refused reason, RefusedIn context, Bytes object, Bytes user, Bytes client,
           std::int64_t now_ms, std::size_t max_length);
  // Newest first.
  const memory::List<AclLogEntry>& entries() const noexcept { return entries_; }
  void trim(std::size_t max_length) noexcept;
  void reset() noexcept { entries_.clear(); }

 private:
  memory::Account& account_;
  memory::List<AclLogEntry> entries_;
  std::uint64_t next_id_ = 0;
};

}  // namespace miniredis::engine
