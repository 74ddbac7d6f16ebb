// What can be configured of a node, by Redis' CONFIG names.
//
// Settings is the plain data; parameters() is the one table that says of each its name, how it
// reads and how it is set. Threads: one at a time (the node's lock).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "keyspace/keyspace.h"
#include "tenants/credentials.h"
#include "tenants/output_limits.h"

namespace miniredis::tenants {

struct Settings {
  // The operator's cap, which the tenant cannot pass, and what the tenant set below it (0: the
  // cap).
  std::uint64_t memory_cap = kDefaultNodeMemoryBytes;
  std::uint64_t maxmemory = 0;
  keyspace::EvictionSettings eviction;
  types::Limits limits;  // of the packed forms of collections
  // What requirepass said last, and how often it was said: the user `default` has it from here.
  Credentials credentials;
  std::uint32_t password_changes = 0;
  std::string acl_file;            // its name, without its folder; empty: the node has none
  bool acl_open_channels = false;  // what new users may listen to: all channels, or none
  std::uint64_t acl_log_max_len = 128;
  std::uint32_t max_clients = 1000;
  std::uint32_t timeout_seconds = 0;  // idle clients; 0: never
  std::uint32_t tcp_keepalive_seconds = 300;
  std::int64_t slowlog_slower_than_us = 10'000;
  std::uint64_t slowlog_max_len = 128;
  std::uint64_t latency_threshold_ms = 0;
  std::uint64_t busy_reply_threshold_ms = 5000;  // a script that runs for longer; 0: never
  std::uint64_t command_time_limit_ms = 0;       // for one command over large collections; 0: none
  std::uint64_t tracking_table_max_keys = 1'000'000;  // 0: no limit
  std::uint32_t notify = 0;                           // EventClass bits and the two below
  std::optional<std::uint64_t> query_buffer_limit;    // nothing: follows the memory limit
  std::optional<std::uint64_t> max_bulk_bytes;
  std::optional<OutputLimits> output_limits;
  bool latency_tracking = true;

  static constexpr std::uint32_t kNotifyKeyspace = 1U << 30;  // K
  static constexpr std::uint32_t kNotifyKeyevent = 1U << 31;  // E

  std::uint64_t memory_limit() const noexcept {
    return maxmemory == 0 || maxmemory > memory_cap ? memory_cap : maxmemory;
  }
  // Scaled to the memory limit unless set: one request or reply may be as large as the node.
  std::uint64_t effective_query_buffer_limit() const noexcept;
  std::uint64_t effective_max_bulk_bytes() const noexcept;
  OutputLimits effective_output_limits() const noexcept;
};

struct Parameter {
  const char* name;
  std::string (*get)(const Settings& settings);
  // Returns what is wrong and what is allowed; empty when it was set. Null: can't be changed.
  std::string (*set)(Settings& settings, Bytes value);
  // What a config file keeps of it where that is not what `get` returns; nothing: it was never set.
  std::optional<std::string> (*saved)(const Settings& settings) = nullptr;
  const char* alias_of = nullptr;  // the other name, under which it is kept
};

std::span<const Parameter> parameters() noexcept;      // sorted by name
const Parameter* find_parameter(Bytes name) noexcept;  // any case

// "KEA" and the like; nothing for an unknown letter.
std::optional<std::uint32_t> parse_notify_flags(Bytes text) noexcept;
std::string notify_flags_text(std::uint32_t flags);

}  // namespace miniredis::tenants
