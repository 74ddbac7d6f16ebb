// The commands of a node that took longest: SLOWLOG. Memory is bounded as in Redis: 32 words an
// entry, 128 bytes a word.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "memory/containers.h"
#include "miniredis/engine.h"

namespace miniredis::engine {

struct SlowLogEntry {
  std::uint64_t id;
  std::int64_t unix_seconds;
  std::uint64_t duration_us;
  memory::Vector<memory::String> words;
  memory::String peer;
  memory::String client_name;
};

class SlowLog {
 public:
  explicit SlowLog(memory::Account& account);
  // Keeps the newest `max_length` entries.
  void add(std::int64_t unix_seconds, std::uint64_t duration_us, Arguments words, Bytes peer,
           Bytes client_name, std::size_t max_length);
  // Newest first.
  const memory::List<SlowLogEntry>& entries() const noexcept { return entries_; }
  void trim(std::size_t max_length) noexcept;
  void reset() noexcept { entries_.clear(); }

 private:
  memory::Account& account_;
  memory::List<SlowLogEntry> entries_;
  std::uint64_t next_id_ = 0;
};

}  // namespace miniredis::engine
