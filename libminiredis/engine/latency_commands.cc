// LATENCY: spikes and histograms of the node.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/help.h"
#include "engine/call.h"
#include "engine/command_table.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

constexpr std::uint32_t kFlags = kAdmin | kDangerous | kNoScript | kLoading | kStale;

struct EventArgs {
  Bytes event;
};
constexpr Arg kEventArgs[] = {string("event", into<&EventArgs::event>)};

void run_history(Call& call, const EventArgs& args) {
  const auto& events = call.node.latency.events();
  const auto at = events.find(args.event);
  call.reply.array(at == events.end() ? 0 : at->second.samples.size());
  if (at == events.end()) return;
  for (const LatencySample& sample : at->second.samples) {
    call.reply.array(2);
    call.reply.integer(sample.unix_seconds);
    call.reply.integer(sample.milliseconds);
  }
}
constexpr Command kHistory = engine_command<EventArgs, kEventArgs, run_history>(
    "latency|history",
    {"Returns timestamp-latency samples for an event.", "2.8.13",
     "O(N) where N is the number of samples", Group::kServer, "LATENCY HISTORY command",
     "(empty array)"},
    kFlags);

void run_latest(Call& call) {
  const auto& events = call.node.latency.events();
  call.reply.array(events.size());
  for (const auto& [name, series] : events) {
    call.reply.array(4);
    call.reply.bulk(name);
    call.reply.integer(series.samples.back().unix_seconds);
    call.reply.integer(series.samples.back().milliseconds);
    call.reply.integer(series.longest_ms);
  }
}
constexpr Command kLatest = engine_plain_command<run_latest>(
    "latency|latest",
    {"Returns the latest latency samples for all events.", "2.8.13",
     "O(N) where N is the number of events", Group::kServer, "LATENCY LATEST", "(empty array)"},
    kFlags);

struct NamesArgs {
  Arguments names;
};
constexpr Arg kResetArgs[] = {optional(multiple(string("event", into<&NamesArgs::names>)))};

void run_reset(Call& call, const NamesArgs& args) {
  std::size_t count = 0;
  if (args.names.empty()) count = call.node.latency.reset_all();
  for (const Bytes name : args.names) count += call.node.latency.reset(name) ? 1 : 0;
  call.reply.integer(static_cast<std::int64_t>(count));
}
constexpr Command kReset = engine_command<NamesArgs, kResetArgs, run_reset>(
    "latency|reset",
    {"Resets the latency data for one or more events.", "2.8.13",
     "O(N) where N is the number of events", Group::kServer, "LATENCY RESET", "(integer) 0"},
    kFlags);

// HISTOGRAM: cumulative counts by powers of two of a microsecond.

constexpr Arg kHistogramArgs[] = {optional(multiple(string("command", into<&NamesArgs::names>)))};

void reply_histogram(Call& call, const CommandEntry& entry, const CommandCounters& counters) {
  const DurationHistogram& durations = counters.durations;
  call.reply.bulk(entry.command->name);
  call.reply.map(2);
  call.reply.bulk("calls");
  call.reply.integer(static_cast<std::int64_t>(counters.calls));
  call.reply.bulk("histogram_usec");
  std::size_t filled = 0;
  for (unsigned i = 0; i < DurationHistogram::kBuckets; ++i) {
    filled += durations.in_bucket(i) != 0 ? 1 : 0;
  }
  call.reply.map(filled);
  std::int64_t cumulative = 0;
  for (unsigned i = 0; i < DurationHistogram::kBuckets; ++i) {
    if (durations.in_bucket(i) == 0) continue;
    cumulative += durations.in_bucket(i);
    call.reply.integer(std::int64_t{1} << i);
    call.reply.integer(cumulative);
  }
}

void run_histogram(Call& call, const NamesArgs& args) {
  const CommandTable& table = CommandTable::get();
  std::vector<const CommandEntry*> shown;
  const auto show = [&](const CommandEntry& entry) {
    const CommandCounters* counters = call.node.statistics.find(entry.index);
    if (counters != nullptr && counters->calls > 0) shown.push_back(&entry);
  };
  if (args.names.empty()) {
    for (const CommandEntry& entry : table.all()) show(entry);
  }
  for (const Bytes name : args.names) {
    const CommandEntry* entry = table.find(name);
    if (entry == nullptr) continue;
    show(*entry);
    const std::string prefix = std::string(entry->command->name) + "|";
    for (const CommandEntry& sub : table.all()) {
      if (Bytes(sub.command->name).starts_with(prefix)) show(sub);
    }
  }
  call.reply.map(shown.size());
  for (const CommandEntry* entry : shown) {
    reply_histogram(call, *entry, *call.node.statistics.find(entry->index));
  }
}
constexpr Command kHistogram = engine_command<NamesArgs, kHistogramArgs, run_histogram>(
    "latency|histogram",
    {"Returns the cumulative distribution of latencies of a subset or all commands.", "7.0.0",
     "O(N) where N is the number of commands", Group::kServer, "LATENCY HISTOGRAM get",
     "1) \"get\" ..."},
    kFlags);

// GRAPH: a column a sample, eight rows, the newest on the right.
std::string graph_of(Bytes event, const LatencySeries& series) {
  constexpr int kRows = 8;
  std::uint32_t low = UINT32_MAX;
  std::uint32_t high = 0;
  for (const LatencySample& sample : series.samples) {
    low = std::min(low, sample.milliseconds);
    high = std::max(high, sample.milliseconds);
  }
  std::string out = std::string(event) + " - high " + std::to_string(high) + " ms, low " +
                    std::to_string(low) + " ms (all time high " +
                    std::to_string(series.longest_ms) + " ms)\n" + std::string(80, '-') + "\n";
  for (int row = kRows; row > 0; --row) {
    for (const LatencySample& sample : series.samples) {
      const std::uint64_t above = std::uint64_t{sample.milliseconds - low} * (kRows - 1);
      const std::uint64_t height = high == low ? kRows : 1 + above / (high - low);
      out += height >= static_cast<std::uint64_t>(row) ? '#' : ' ';
    }
    out += '\n';
  }
  return out;
}

void run_graph(Call& call, const EventArgs& args) {
  const auto& events = call.node.latency.events();
  const auto at = events.find(args.event);
  if (at == events.end()) {
    call.fail("ERR No samples available for event '" + std::string(args.event) + "'");
  } else {
    call.reply.verbatim("txt", graph_of(args.event, at->second));
  }
}
constexpr Command kGraph = engine_command<EventArgs, kEventArgs, run_graph>(
    "latency|graph",
    {"Returns a latency graph for an event.", "2.8.13", "O(N) where N is the number of samples",
     Group::kServer, "LATENCY GRAPH command", "\"command - high 12 ms, low 1 ms ...\""},
    kFlags);

void run_doctor(Call& call) {
  const auto& events = call.node.latency.events();
  std::string report;
  if (call.node.settings.latency_threshold_ms == 0) {
    report =
        "Latency monitoring is off in this node. CONFIG SET latency-monitor-threshold "
        "<milliseconds> turns it on.\n";
  } else if (events.empty()) {
    report = "No latency spike has been seen in this node.\n";
  } else {
    report = "Latency spikes of this node, over " +
             std::to_string(call.node.settings.latency_threshold_ms) + " ms:\n";
    for (const auto& [name, series] : events) {
      report += "- " + std::string(name) + ": " + std::to_string(series.samples.size()) +
                " samples, worst " + std::to_string(series.longest_ms) + " ms\n";
    }
    report += "SLOWLOG GET shows which commands they were.\n";
  }
  call.reply.verbatim("txt", report);
}
constexpr Command kDoctor = engine_plain_command<run_doctor>(
    "latency|doctor",
    {"Returns a human-readable latency analysis report.", "2.8.13",
     "O(N) where N is the number of events", Group::kServer, "LATENCY DOCTOR", "\"...\""},
    kFlags);

constexpr const char* kHelpLines[] = {
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of commands latencies.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
};
constexpr Command kHelp = help_command<kHelpLines>("latency|help", Group::kServer, "2.8.13");

constexpr const Command* kSubcommands[] = {&kDoctor,  &kGraph,  &kHelp, &kHistogram,
                                           &kHistory, &kLatest, &kReset};
constexpr Command kLatency =
    container("latency",
              {"A container for latency diagnostics commands.", "2.8.13", "Depends on subcommand.",
               Group::kServer, "LATENCY HELP", ""},
              kSubcommands);

constexpr const Command* kCommands[] = {&kLatency};

}  // namespace

CommandGroup latency_commands() noexcept {
  return kCommands;
}

}  // namespace miniredis::engine
