// INFO: the node's state and figures, in Redis' sections and names.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <set>
#include <string>

#include "engine/call.h"
#include "engine/command_table.h"
#include "engine/groups.h"
#include "engine/host.h"
#include "engine/version.h"
#include "memory/allocator.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

class Lines {
 public:
  void section(const char* title) {
    if (!text_.empty()) text_ += "\r\n";
    text_ += std::string("# ") + title + "\r\n";
  }
  void add(const std::string& name, const std::string& value) {
    text_ += name + ":" + value + "\r\n";
  }
  void add(const std::string& name, std::uint64_t n) { add(name, std::to_string(n)); }
  void add_fixed(const std::string& name, double value, int digits = 2) {
    char out[64];
    std::snprintf(out, sizeof out, "%.*f", digits, value);
    add(name, std::string(out));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void server(Lines& out, NodeRuntime& node) {
  utsname system{};
  uname(&system);
  const std::int64_t now_ms = node.keyspace.now_ms();
  const auto uptime = static_cast<std::uint64_t>((now_ms - node.created_ms) / 1000);
  out.add("redis_version", std::string(kRedisVersion));
  out.add("miniredis_version", std::string(kVersion));
  out.add("redis_mode", "standalone");
  out.add("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  out.add("arch_bits", 64);
  out.add("multiplexing_api", "epoll");
  out.add("process_id", static_cast<std::uint64_t>(getpid()));
  out.add("run_id", node.host.run_id());
  out.add("node_id", node.id);
  out.add("tcp_port", node.endpoint_port.load());
  out.add("server_time_usec", static_cast<std::uint64_t>(node.clock().unix_us()));
  out.add("uptime_in_seconds", uptime);
  out.add("uptime_in_days", uptime / 86400);
  out.add("shard", node.shard.load());
  out.add("config_file", node.config_file.substr(node.config_file.rfind('/') + 1));
}

void clients(Lines& out, NodeRuntime& node) {
  std::uint64_t pubsub = 0;
  std::uint64_t watching = 0;
  std::uint64_t largest_in = 0;
  std::uint64_t largest_out = 0;
  for (const Client* client : node.clients) {
    pubsub += client->subscription_count() > 0 ? 1 : 0;
    watching += client->watcher != nullptr ? 1 : 0;
    largest_in = std::max<std::uint64_t>(largest_in, client->query_bytes);
    largest_out = std::max<std::uint64_t>(largest_out, client->out.capacity());
  }
  out.add("connected_clients", node.clients.size());
  out.add("cluster_connections", 0);
  out.add("maxclients", node.settings.max_clients);
  out.add("client_recent_max_input_buffer", largest_in);
  out.add("client_recent_max_output_buffer", largest_out);
  out.add("blocked_clients", node.blocking.clients());
  out.add("tracking_clients", node.tracking == nullptr ? 0 : node.tracking->clients());
  out.add("pubsub_clients", pubsub);
  out.add("watching_clients", watching);
  out.add("clients_in_timeout_table", 0);
  out.add("total_watched_keys", node.keyspace.has_watches() ? node.keyspace.watches().size() : 0);
  out.add("total_blocking_keys", 0);
}

void script_memory(Lines& out, const NodeRuntime& node) {
  const Scripts* const scripts = node.scripts.get();
  const Functions* const functions = node.functions.get();
  const std::uint64_t of_scripts = scripts == nullptr ? 0 : scripts->lua_bytes();
  const std::uint64_t of_functions = functions == nullptr ? 0 : functions->lua_bytes();
  out.add("used_memory_vm_eval", of_scripts);
  out.add("used_memory_lua", of_scripts);
  out.add("used_memory_lua_human", base::format_memory_human(of_scripts));
  out.add("number_of_cached_scripts", scripts == nullptr ? 0 : scripts->count());
  out.add("number_of_functions", functions == nullptr ? 0 : functions->count());
  out.add("number_of_libraries", functions == nullptr ? 0 : functions->libraries().size());
  out.add("used_memory_vm_functions", of_functions);
  out.add("used_memory_vm_total", of_scripts + of_functions);
  out.add("used_memory_vm_total_human", base::format_memory_human(of_scripts + of_functions));
}

void memory_section(Lines& out, NodeRuntime& node) {
  const std::uint64_t used = node.account.used();
  const std::uint64_t peak = node.account.peak();
  const std::uint64_t limit = node.account.limit();
  std::uint64_t tables = 0;
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) tables += node.keyspace.table_bytes(i);
  const std::uint64_t overhead =
      tables + static_cast<std::uint64_t>(std::max<std::int64_t>(0, node.client_bytes)) +
      sizeof(NodeRuntime);
  const auto pair = [&](const std::string& name, std::uint64_t bytes) {
    out.add(name, bytes);
    out.add(name + "_human", base::format_memory_human(bytes));
  };
  pair("used_memory", used);
  // The process is shared by all nodes: its resident memory is not this node's.
  out.add("used_memory_rss", used);
  out.add("used_memory_rss_human", base::format_memory_human(used));
  pair("used_memory_peak", peak);
  out.add_fixed("used_memory_peak_perc",
                peak == 0 ? 0 : 100.0 * static_cast<double>(used) / static_cast<double>(peak));
  out.add("used_memory_overhead", overhead);
  out.add("used_memory_startup", sizeof(NodeRuntime));
  out.add("used_memory_dataset", used > overhead ? used - overhead : 0);
  out.add("process_memory_rss", memory::resident_bytes());
  pair("maxmemory", limit);
  out.add("maxmemory_policy", std::string(to_string(node.settings.eviction.policy)));
  script_memory(out, node);
  out.add_fixed("mem_fragmentation_ratio", 1.0);
  out.add("mem_clients_normal",
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, node.client_bytes)));
  out.add("mem_allocator", memory::allocator_name());
  out.add("lazyfree_pending_objects", node.keyspace.garbage_keys());
}

void persistence(Lines& out, NodeRuntime& node) {
  out.add("loading", 0);
  out.add("async_loading", 0);
  out.add("rdb_changes_since_last_save", node.keyspace.stats.changes);
  out.add("rdb_bgsave_in_progress", 0);
  out.add("rdb_last_save_time", static_cast<std::uint64_t>(node.created_ms / 1000));
  out.add("rdb_last_bgsave_status", "ok");
  out.add("aof_enabled", 0);
  out.add("aof_rewrite_in_progress", 0);
}

void stats(Lines& out, NodeRuntime& node) {
  Statistics& counted = node.statistics;
  counted.sample(node.keyspace.now_ms());
  const keyspace::KeyspaceStats& keys = node.keyspace.stats;
  out.add("total_connections_received", counted.connections);
  out.add("total_commands_processed", counted.commands);
  out.add("instantaneous_ops_per_sec",
          static_cast<std::uint64_t>(counted.ops_per_second(node.keyspace.now_ms())));
  out.add("total_net_input_bytes", counted.net_input);
  out.add("total_net_output_bytes", counted.net_output);
  out.add_fixed("instantaneous_input_kbps", counted.input_per_second() / 1024);
  out.add_fixed("instantaneous_output_kbps", counted.output_per_second() / 1024);
  out.add("rejected_connections", counted.rejected_connections);
  out.add("throttled_commands", counted.throttled);
  out.add("quota_waits", counted.quota_waits);
  out.add("quota_wait_ms", counted.quota_wait_ns / 1'000'000);
  out.add("expired_subkeys", keys.expired_fields);
  out.add("expired_keys", keys.expired);
  out.add("evicted_keys", keys.evicted);
  out.add("keyspace_hits", keys.hits);
  out.add("keyspace_misses", keys.misses);
  out.add("pubsub_channels", node.pubsub.channels().size());
  out.add("pubsub_patterns", node.pubsub.patterns().size());
  out.add("latest_fork_usec", 0);
  const Tracking* const tracking = node.tracking.get();
  out.add("tracking_total_keys", tracking == nullptr ? 0 : tracking->keys());
  out.add("tracking_total_items", tracking == nullptr ? 0 : tracking->items());
  out.add("tracking_total_prefixes", tracking == nullptr ? 0 : tracking->prefixes());
  out.add("total_error_replies", counted.errors);
  const auto refused = [&](Refused what) { return counted.refused[static_cast<unsigned>(what)]; };
  out.add("acl_access_denied_auth", refused(Refused::kLogin));
  out.add("acl_access_denied_cmd", refused(Refused::kCommand));
  out.add("acl_access_denied_key", refused(Refused::kKey));
  out.add("acl_access_denied_channel", refused(Refused::kChannel));
  out.add("client_query_buffer_limit_disconnections", counted.query_limit_closes);
  out.add("client_output_buffer_limit_disconnections", counted.output_limit_closes);
}

void replication(Lines& out, NodeRuntime& node) {
  out.add("role", "master");
  out.add("connected_slaves", 0);
  out.add("master_failover_state", "no-failover");
  out.add("master_replid", node.host.run_id());
  out.add("master_repl_offset", 0);
  out.add("second_repl_offset", "-1");
  out.add("repl_backlog_active", 0);
}

// Processor time of this node's commands and background work; the process' own is every tenant's.
void cpu(Lines& out, NodeRuntime& node) {
  out.add_fixed("used_cpu_user", static_cast<double>(node.statistics.cpu_ns) / 1e9, 6);
  out.add_fixed("used_cpu_sys", 0, 6);
}

void commandstats(Lines& out, NodeRuntime& node) {
  for (const CommandEntry& entry : CommandTable::get().all()) {
    const CommandCounters* counters = node.statistics.find(entry.index);
    if (counters == nullptr) continue;
    const double us = static_cast<double>(counters->nanoseconds) / 1000;
    char line[192];
    std::snprintf(line, sizeof line,
                  "calls=%llu,usec=%.0f,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
                  static_cast<unsigned long long>(counters->calls), us,
                  counters->calls == 0 ? 0 : us / static_cast<double>(counters->calls),
                  static_cast<unsigned long long>(counters->rejected),
                  static_cast<unsigned long long>(counters->failed));
    out.add(std::string("cmdstat_") + entry.command->name, line);
  }
}

void errorstats(Lines& out, NodeRuntime& node) {
  for (const auto& [code, count] : node.statistics.errors_by_code()) {
    out.add("errorstat_" + std::string(code), "count=" + std::to_string(count));
  }
}

void latencystats(Lines& out, NodeRuntime& node) {
  for (const CommandEntry& entry : CommandTable::get().all()) {
    const CommandCounters* counters = node.statistics.find(entry.index);
    if (counters == nullptr || counters->durations.count() == 0) continue;
    char line[128];
    std::snprintf(line, sizeof line, "p50=%.3f,p99=%.3f,p99.9=%.3f",
                  counters->durations.quantile_us(0.5), counters->durations.quantile_us(0.99),
                  counters->durations.quantile_us(0.999));
    out.add(std::string("latency_percentiles_usec_") + entry.command->name, line);
  }
}

void modules(Lines&, NodeRuntime&) {}
void cluster(Lines& out, NodeRuntime&) {
  out.add("cluster_enabled", 0);
}

void keyspace_section(Lines& out, NodeRuntime& node) {
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) {
    if (node.keyspace.size(i) == 0) continue;
    out.add("db" + std::to_string(i),
            "keys=" + std::to_string(node.keyspace.size(i)) +
                ",expires=" + std::to_string(node.keyspace.with_expiry(i)) +
                ",avg_ttl=" + std::to_string(node.keyspace.average_ttl_ms(i)));
  }
}

struct Section {
  const char* name;
  const char* title;
  void (*write)(Lines& out, NodeRuntime& node);
  bool by_default;
};
constexpr Section kSections[] = {
    {"server", "Server", server, true},
    {"clients", "Clients", clients, true},
    {"memory", "Memory", memory_section, true},
    {"persistence", "Persistence", persistence, true},
    {"stats", "Stats", stats, true},
    {"replication", "Replication", replication, true},
    {"cpu", "CPU", cpu, true},
    {"modules", "Modules", modules, true},
    {"commandstats", "Commandstats", commandstats, false},
    {"errorstats", "Errorstats", errorstats, true},
    {"latencystats", "Latencystats", latencystats, false},
    {"cluster", "Cluster", cluster, true},
    {"keyspace", "Keyspace", keyspace_section, true},
};

struct InfoArgs {
  Arguments sections;
};
constexpr Arg kInfoArgs[] = {optional(multiple(string("section", into<&InfoArgs::sections>)))};

void run_info(Call& call, const InfoArgs& args) {
  Lines out;
  for (const Section& section : kSections) {
    bool wanted = args.sections.empty() && section.by_default;
    for (const Bytes name : args.sections) {
      wanted |= base::equals_ignore_case(name, section.name) ||
                base::equals_ignore_case(name, "all") ||
                base::equals_ignore_case(name, "everything") ||
                (base::equals_ignore_case(name, "default") && section.by_default);
    }
    if (!wanted) continue;
    out.section(section.title);
    section.write(out, call.node);
  }
  call.reply.verbatim("txt", out.take());
}
constexpr Command kInfo = engine_command<InfoArgs, kInfoArgs, run_info>(
    "info",
    {"Returns information and statistics about the node.", "1.0.0", "O(1)", Group::kServer,
     "INFO memory", "# Memory ..."},
    kLoading | kStale | kDangerous);

}  // namespace

CommandGroup info_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kInfo};
  return kCommands;
}

}  // namespace miniredis::engine
