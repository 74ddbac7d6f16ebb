// The table of parameters: what CONFIG GET shows and CONFIG SET takes.
#include <algorithm>
#include <limits>

#include "base/numbers.h"
#include "tenants/names.h"
#include "tenants/settings.h"

namespace miniredis::tenants {
namespace {

constexpr std::int64_t kMaxInt = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMinInt = std::numeric_limits<std::int32_t>::min();

template <typename T>
struct MemberType;
template <typename C, typename M>
struct MemberType<M C::*> {
  using Type = M;
};

// A whole number between two bounds in a member of Settings.
template <auto Member>
std::string get_number(const Settings& settings) {
  return std::to_string(settings.*Member);
}
template <auto Member, std::int64_t Least, std::int64_t Most>
std::string set_number(Settings& settings, Bytes value) {
  const auto n = base::parse_int(value);
  if (!n) return "argument couldn't be parsed into an integer";
  if (*n < Least || *n > Most) {
    return "argument must be between " + std::to_string(Least) + " and " + std::to_string(Most) +
           " inclusive";
  }
  settings.*Member = static_cast<typename MemberType<decltype(Member)>::Type>(*n);
  return {};
}
template <auto Member, std::int64_t Least, std::int64_t Most>
constexpr Parameter number(const char* name) {
  return {name, get_number<Member>, set_number<Member, Least, Most>};
}

// The same in a member of one of the structs that Settings holds.
template <auto Group, auto Member, std::int64_t Least, std::int64_t Most>
constexpr Parameter grouped_number(const char* name) {
  return {name, [](const Settings& s) { return std::to_string(s.*Group.*Member); },
          [](Settings& s, Bytes value) -> std::string {
            const auto n = base::parse_int(value);
            if (!n) return "argument couldn't be parsed into an integer";
            if (*n < Least || *n > Most) {
              return "argument must be between " + std::to_string(Least) + " and " +
                     std::to_string(Most) + " inclusive";
            }
            s.*Group.*Member = static_cast<typename MemberType<decltype(Member)>::Type>(*n);
            return {};
          }};
}
template <auto Member, std::int64_t Least, std::int64_t Most>
constexpr Parameter eviction_number(const char* name) {
  return grouped_number<&Settings::eviction, Member, Least, Most>(name);
}
template <auto Member, std::int64_t Least = 0,
          std::int64_t Most = std::numeric_limits<std::int64_t>::max()>
constexpr Parameter limit_number(const char* name) {
  return grouped_number<&Settings::limits, Member, Least, Most>(name);
}

constexpr Parameter alias(Parameter parameter, const char* name) {
  parameter.alias_of = name;
  return parameter;
}

// What Redis shows for a feature that a node has one fixed answer to.
template <typename Text>
constexpr Parameter fixed(const char* name, Text) {
  return {name, [](const Settings&) -> std::string { return Text{}(); }, nullptr};
}
#define MINIREDIS_FIXED_TEXT(text) [] { return std::string(text); }

std::string get_maxmemory(const Settings& s) {
  const std::uint64_t limit = s.memory_limit();
  return limit >= kMaxMemoryBytes ? "0" : std::to_string(limit);
}
std::string set_maxmemory(Settings& s, Bytes value) {
  const auto bytes = base::parse_memory_size(value);
  if (!bytes) return "argument must be a memory value";
  if (*bytes > s.memory_cap) {
    return "argument must be at most " + std::to_string(s.memory_cap) +
           ", the node's memory limit (0: that limit)";
  }
  s.maxmemory = *bytes;
  return {};
}

std::string set_policy(Settings& s, Bytes value) {
  const auto policy = eviction_policy_from(std::string(value));
  if (!policy) {
    return "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, "
           "volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction";
  }
  s.eviction.policy = *policy;
  return {};
}

std::string set_notify(Settings& s, Bytes value) {
  const auto flags = parse_notify_flags(value);
  if (!flags) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  s.notify = *flags;
  return {};
}

std::string set_output_limits(Settings& s, Bytes value) {
  const auto limits = parse_output_limits(value, s.effective_output_limits());
  if (!limits) {
    return "Invalid output buffer limits: groups of <normal|slave|pubsub> <hard> <soft> <seconds>";
  }
  s.output_limits = *limits;
  return {};
}

std::string set_query_limit(Settings& s, Bytes value) {
  const auto bytes = base::parse_memory_size(value);
  if (!bytes) return "argument must be a memory value";
  if (*bytes < (1U << 20) || *bytes > (std::uint64_t{1} << 40)) {
    return "argument must be between 1048576 and 1099511627776 inclusive";
  }
  s.query_buffer_limit = *bytes;
  return {};
}

std::string set_bulk_limit(Settings& s, Bytes value) {
  const auto bytes = base::parse_memory_size(value);
  if (!bytes) return "argument must be a memory value";
  if (*bytes < (1U << 20) || *bytes > keyspace::Entry::kMaxString) {
    return "argument must be between 1048576 and 536870912 inclusive";
  }
  s.max_bulk_bytes = *bytes;
  return {};
}

template <auto Member>
std::optional<std::string> saved_limit(const Settings& s) {
  return s.*Member ? std::optional(std::to_string(*(s.*Member))) : std::nullopt;
}

std::string set_tracking(Settings& s, Bytes value) {
  const bool yes = base::equals_ignore_case(value, "yes");
  if (!yes && !base::equals_ignore_case(value, "no")) return "argument must be 'yes' or 'no'";
  s.latency_tracking = yes;
  return {};
}

std::string set_acl_default(Settings& s, Bytes value) {
  const bool all = base::equals_ignore_case(value, "allchannels");
  if (!all && !base::equals_ignore_case(value, "resetchannels")) {
    return "argument(s) must be one of the following: allchannels, resetchannels";
  }
  s.acl_open_channels = all;
  return {};
}

constexpr Parameter kParameters[] = {
    {"acl-pubsub-default",
     [](const Settings& s) {
       return std::string(s.acl_open_channels ? "allchannels" : "resetchannels");
     },
     set_acl_default},
    {"aclfile", [](const Settings& s) { return s.acl_file; }, nullptr},
    number<&Settings::acl_log_max_len, 0, 10'000>("acllog-max-len"),
    fixed("appendonly", MINIREDIS_FIXED_TEXT("no")),
    number<&Settings::busy_reply_threshold_ms, 0, kMaxInt>("busy-reply-threshold"),
    {"client-output-buffer-limit",
     [](const Settings& s) { return to_text(s.effective_output_limits()); }, set_output_limits,
     [](const Settings& s) {
       return s.output_limits ? std::optional(to_text(*s.output_limits)) : std::nullopt;
     }},
    {"client-query-buffer-limit",
     [](const Settings& s) { return std::to_string(s.effective_query_buffer_limit()); },
     set_query_limit, saved_limit<&Settings::query_buffer_limit>},
    number<&Settings::command_time_limit_ms, 0, kMaxInt>("command-time-limit"),
    fixed("databases", MINIREDIS_FIXED_TEXT(std::to_string(keyspace::kDatabases))),
    fixed("enable-debug-command", MINIREDIS_FIXED_TEXT("yes")),
    limit_number<&types::Limits::hash_max_packed_entries>("hash-max-listpack-entries"),
    limit_number<&types::Limits::hash_max_packed_value>("hash-max-listpack-value"),
    alias(limit_number<&types::Limits::hash_max_packed_entries>("hash-max-ziplist-entries"),
          "hash-max-listpack-entries"),
    alias(limit_number<&types::Limits::hash_max_packed_value>("hash-max-ziplist-value"),
          "hash-max-listpack-value"),
    limit_number<&types::Limits::hyper_log_log_max_sparse>("hll-sparse-max-bytes"),
    number<&Settings::latency_threshold_ms, 0, std::numeric_limits<std::int64_t>::max()>(
        "latency-monitor-threshold"),
    {"latency-tracking",
     [](const Settings& s) { return std::string(s.latency_tracking ? "yes" : "no"); },
     set_tracking},
    fixed("lazyfree-lazy-eviction", MINIREDIS_FIXED_TEXT("yes")),
    fixed("lazyfree-lazy-expire", MINIREDIS_FIXED_TEXT("yes")),
    fixed("lazyfree-lazy-server-del", MINIREDIS_FIXED_TEXT("yes")),
    fixed("lazyfree-lazy-user-del", MINIREDIS_FIXED_TEXT("yes")),
    fixed("lazyfree-lazy-user-flush", MINIREDIS_FIXED_TEXT("yes")),
    eviction_number<&keyspace::EvictionSettings::lfu_decay_minutes, 0, kMaxInt>("lfu-decay-time"),
    eviction_number<&keyspace::EvictionSettings::lfu_log_factor, 0, kMaxInt>("lfu-log-factor"),
    limit_number<&types::Limits::list_max_packed_size, kMinInt, kMaxInt>("list-max-listpack-size"),
    alias(limit_number<&types::Limits::list_max_packed_size, kMinInt, kMaxInt>(
              "list-max-ziplist-size"),
          "list-max-listpack-size"),
    alias(number<&Settings::busy_reply_threshold_ms, 0, kMaxInt>("lua-time-limit"),
          "busy-reply-threshold"),
    number<&Settings::max_clients, 1, kMaxClients>("maxclients"),
    {"maxmemory", get_maxmemory, set_maxmemory,
     [](const Settings& s) { return std::optional(std::to_string(s.maxmemory)); }},
    {"maxmemory-policy",
     [](const Settings& s) { return std::string(to_string(s.eviction.policy)); }, set_policy},
    eviction_number<&keyspace::EvictionSettings::samples, 1, 64>("maxmemory-samples"),
    {"notify-keyspace-events", [](const Settings& s) { return notify_flags_text(s.notify); },
     set_notify},
    {"proto-max-bulk-len",
     [](const Settings& s) { return std::to_string(s.effective_max_bulk_bytes()); }, set_bulk_limit,
     saved_limit<&Settings::max_bulk_bytes>},
    {"requirepass",
     // Only a digest is kept, so the password itself cannot be shown.
     [](const Settings& s) { return std::string(s.credentials.has_password() ? "********" : ""); },
     [](Settings& s, Bytes value) {
       s.credentials.set_password(value);
       ++s.password_changes;
       return std::string();
     },
     [](const Settings& s) {
       const auto& digest = s.credentials.digest();
       return std::optional(digest ? base::hex_of(*digest) : std::string());
     }},
    fixed("save", MINIREDIS_FIXED_TEXT("")),
    limit_number<&types::Limits::set_max_integers>("set-max-intset-entries"),
    limit_number<&types::Limits::set_max_packed_entries>("set-max-listpack-entries"),
    limit_number<&types::Limits::set_max_packed_value>("set-max-listpack-value"),
    number<&Settings::slowlog_slower_than_us, -1, std::numeric_limits<std::int64_t>::max()>(
        "slowlog-log-slower-than"),
    number<&Settings::slowlog_max_len, 0, 1'000'000>("slowlog-max-len"),
    limit_number<&types::Limits::stream_node_max_bytes>("stream-node-max-bytes"),
    limit_number<&types::Limits::stream_node_max_entries>("stream-node-max-entries"),
    number<&Settings::tcp_keepalive_seconds, 0, kMaxInt>("tcp-keepalive"),
    number<&Settings::timeout_seconds, 0, kMaxInt>("timeout"),
    number<&Settings::tracking_table_max_keys, 0, std::numeric_limits<std::int64_t>::max()>(
        "tracking-table-max-keys"),
    limit_number<&types::Limits::sorted_set_max_packed_entries>("zset-max-listpack-entries"),
    limit_number<&types::Limits::sorted_set_max_packed_value>("zset-max-listpack-value"),
    alias(limit_number<&types::Limits::sorted_set_max_packed_entries>("zset-max-ziplist-entries"),
          "zset-max-listpack-entries"),
    alias(limit_number<&types::Limits::sorted_set_max_packed_value>("zset-max-ziplist-value"),
          "zset-max-listpack-value"),
};
#undef MINIREDIS_FIXED_TEXT

static_assert(std::is_sorted(std::begin(kParameters), std::end(kParameters),
                             [](const Parameter& a, const Parameter& b) {
                               return Bytes(a.name) < Bytes(b.name);
                             }));

}  // namespace

std::span<const Parameter> parameters() noexcept {
  return kParameters;
}

}  // namespace miniredis::tenants
