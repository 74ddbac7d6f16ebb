// MEMORY: where a node's bytes are.
#include <optional>
#include <string>

#include "commands/collection.h"
#include "commands/help.h"
#include "engine/call.h"
#include "engine/groups.h"
#include "engine/host.h"
#include "memory/allocator.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

struct UsageArgs {
  Bytes key;
  std::optional<std::int64_t> samples;
};
constexpr Arg kUsageArgs[] = {
    key("key", into<&UsageArgs::key>),
    optional(integer("count", into<&UsageArgs::samples>, "SAMPLES")),
};

void run_usage(Call& call, const UsageArgs& args) {
  if (args.samples && *args.samples < 0) {
    call.fail(wire::kSyntax);
    return;
  }
  const keyspace::Entry* entry = call.read().peek(args.key);
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  constexpr std::int64_t kSamples = 5;
  const auto samples = static_cast<std::size_t>(args.samples.value_or(kSamples));
  if (samples == 0 && entry->type() != types::Type::kString) {
    call.expect_steps(types::size_of(entry->type(), entry->object()));
  }
  const commands::StepsAlong steps(call);
  // The entry's own blocks and its share of the table.
  const std::size_t bytes = call.node.keyspace.allocated_bytes(*entry, samples);
  const std::size_t keys = call.node.keyspace.size(call.database);
  const std::size_t share = call.node.keyspace.table_bytes(call.database) / keys;
  call.reply.integer(static_cast<std::int64_t>(bytes + share));
}
constexpr Command kUsage = engine_command<UsageArgs, kUsageArgs, run_usage>(
    "memory|usage",
    {"Estimates the memory usage of a key: its blocks and its share of the table.", "4.0.0",
     "O(N) where N is the number of samples, and the segments of the table", Group::kServer,
     "MEMORY USAGE greeting", "(integer) 44"},
    kReadOnly, use::keys(use::kLooks));

void run_stats(Call& call) {
  NodeRuntime& node = call.node;
  const auto used = static_cast<std::int64_t>(node.account.used());
  std::int64_t keys = 0;
  std::int64_t tables = 0;
  std::size_t databases = 0;
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) {
    keys += static_cast<std::int64_t>(node.keyspace.size(i));
    tables += static_cast<std::int64_t>(node.keyspace.table_bytes(i));
    databases += node.keyspace.size(i) > 0 ? 1 : 0;
  }
  const std::int64_t overhead =
      tables + node.client_bytes + static_cast<std::int64_t>(sizeof(NodeRuntime));
  const std::int64_t dataset = std::max<std::int64_t>(0, used - overhead);
  const auto pair = [&](Bytes name, std::int64_t n) {
    call.reply.bulk(name);
    call.reply.integer(n);
  };
  call.reply.map(12 + databases);
  pair("peak.allocated", static_cast<std::int64_t>(node.account.peak()));
  pair("total.allocated", used);
  pair("startup.allocated", static_cast<std::int64_t>(sizeof(NodeRuntime)));
  pair("replication.backlog", 0);
  pair("clients.slaves", 0);
  pair("clients.normal", node.client_bytes);
  pair("aof.buffer", 0);
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) {
    if (node.keyspace.size(i) == 0) continue;
    call.reply.bulk("db." + std::to_string(i));
    call.reply.map(2);
    pair("overhead.hashtable.main", static_cast<std::int64_t>(node.keyspace.table_bytes(i)));
    pair("overhead.hashtable.expires",
         static_cast<std::int64_t>(node.keyspace.with_expiry(i) * sizeof(keyspace::ExpiryRecord)));
  }
  pair("overhead.total", overhead);
  pair("keys.count", keys);
  pair("keys.bytes-per-key", keys == 0 ? 0 : dataset / keys);
  pair("dataset.bytes", dataset);
  pair("lazyfree.pending-keys", static_cast<std::int64_t>(node.keyspace.garbage_keys()));
}
constexpr Command kStats = engine_plain_command<run_stats>(
    "memory|stats",
    {"Returns details about memory usage of the node.", "4.0.0", "O(segments of the tables)",
     Group::kServer, "MEMORY STATS", "1) \"peak.allocated\" ..."},
    0);

void run_doctor(Call& call) {
  const NodeRuntime& node = call.node;
  const std::uint64_t used = node.account.used();
  const std::uint64_t limit = node.account.limit();
  std::string report;
  if (limit != 0 && used > limit - limit / 10) {
    report += " * The node uses " + base::format_memory_human(used) + " of its limit of " +
              base::format_memory_human(limit) + ". ";
    report += node.settings.eviction.policy == EvictionPolicy::kNoEviction
                  ? "Without eviction, writes will soon be refused: raise the limit or choose a "
                    "maxmemory-policy.\n"
                  : "Keys are being evicted: a higher limit would keep more of them.\n";
  }
  if (static_cast<std::uint64_t>(std::max<std::int64_t>(0, node.client_bytes)) > used / 4 &&
      node.client_bytes > (1 << 20)) {
    report += " * Clients hold " +
              base::format_memory_human(static_cast<std::uint64_t>(node.client_bytes)) +
              " in buffers: CLIENT LIST shows which do not read their replies.\n";
  }
  if (node.account.peak() > used + used / 2 && node.account.peak() > (10U << 20)) {
    report += " * The peak was " + base::format_memory_human(node.account.peak()) +
              ", well above what is used now: a burst passed, and its memory was given back.\n";
  }
  if (report.empty())
    report = "No memory problem was found in this node.\n";
  else
    report = "Memory problems of this node:\n\n" + report;
  call.reply.verbatim("txt", report);
}
constexpr Command kDoctor = engine_plain_command<run_doctor>(
    "memory|doctor",
    {"Outputs a memory problems report.", "4.0.0", "O(1)", Group::kServer, "MEMORY DOCTOR",
     "\"No memory problem was found in this node.\""},
    0);

void run_purge(Call& call) {
  memory::release_free_memory();
  call.reply.ok();
}
constexpr Command kPurge = engine_plain_command<run_purge>(
    "memory|purge",
    {"Asks the allocator to release memory.", "4.0.0", "Depends on the memory that is free",
     Group::kServer, "MEMORY PURGE", "OK"},
    0);

void run_malloc_stats(Call& call) {
  call.reply.verbatim(
      "txt", std::string("allocator: ") + memory::allocator_name() +
                 "\nbytes of this node: " + std::to_string(call.node.account.used()) + "\n");
}
constexpr Command kMallocStats = engine_plain_command<run_malloc_stats>(
    "memory|malloc-stats",
    {"Returns the allocator statistics that concern the node.", "4.0.0", "O(1)", Group::kServer,
     "MEMORY MALLOC-STATS", "\"allocator: mimalloc-2.0 ...\""},
    0);

constexpr const char* kMemoryHelpLines[] = {
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
};
constexpr Command kMemoryHelp =
    help_command<kMemoryHelpLines>("memory|help", Group::kServer, "4.0.0");

constexpr const Command* kMemorySubcommands[] = {&kDoctor, &kMemoryHelp, &kMallocStats,
                                                 &kPurge,  &kStats,      &kUsage};
constexpr Command kMemory = container("memory",
                                      {"A container for memory diagnostics commands.", "4.0.0",
                                       "Depends on subcommand.", Group::kServer, "MEMORY HELP", ""},
                                      kMemorySubcommands);

}  // namespace

CommandGroup memory_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kMemory};
  return kCommands;
}

}  // namespace miniredis::engine
