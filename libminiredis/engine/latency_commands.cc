// LATENCY: spikes and histograms of the node.
#include <string>
#include <vector>

#include "commands/help.h"
#include "engine/call.h"
#include "engine/command_table.h"
#include "engine/groups.h"
#include "engine/latency_report.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

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
    kAdministration);

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
    kAdministration);

struct HistogramArgs {
  Arguments names;
};
constexpr Arg kResetArgs[] = {optional(multiple(string("event", into<&HistogramArgs::names>)))};

void run_latency_reset(Call& call, const HistogramArgs& args) {
  std::size_t count = 0;
  if (args.names.empty()) count = call.node.latency.reset_all();
  for (const Bytes name : args.names) count += call.node.latency.reset(name) ? 1 : 0;
  call.reply.integer(static_cast<std::int64_t>(count));
}
constexpr Command kReset = engine_command<HistogramArgs, kResetArgs, run_latency_reset>(
    "latency|reset",
    {"Resets the latency data for one or more events.", "2.8.13",
     "O(N) where N is the number of events", Group::kServer, "LATENCY RESET", "(integer) 0"},
    kAdministration);

// HISTOGRAM: how many calls took no longer than so many microseconds.

constexpr Arg kHistogramArgs[] = {
    optional(multiple(string("command", into<&HistogramArgs::names>)))};

void reply_histogram(Call& call, const CommandEntry& entry, const DurationHistogram& durations) {
  call.reply.bulk(entry.command->name);
  call.reply.map(2);
  call.reply.bulk("calls");
  call.reply.integer(static_cast<std::int64_t>(durations.count()));
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
    call.reply.integer(static_cast<std::int64_t>(DurationHistogram::longest_us(i)));
    call.reply.integer(cumulative);
  }
}

void run_histogram(Call& call, const HistogramArgs& args) {
  const CommandTable& table = CommandTable::get();
  std::vector<const CommandEntry*> shown;
  const auto show = [&](const CommandEntry& entry) {
    const CommandCounters* counters = call.node.statistics.find(entry.index);
    if (counters != nullptr && counters->durations.count() > 0) shown.push_back(&entry);
  };
  if (args.names.empty()) {
    for (const CommandEntry& entry : table.all()) show(entry);
  }
  for (const Bytes name : args.names) {
    const CommandEntry* entry = table.find_full(name);
    if (entry == nullptr) continue;
    show(*entry);
    for (const Command* sub : entry->command->subcommands) show(*table.find_full(sub->name));
  }
  call.reply.map(shown.size());
  for (const CommandEntry* entry : shown) {
    reply_histogram(call, *entry, call.node.statistics.find(entry->index)->durations);
  }
}
constexpr Command kHistogram = engine_command<HistogramArgs, kHistogramArgs, run_histogram>(
    "latency|histogram",
    {"Returns the cumulative distribution of latencies of a subset or all commands.", "7.0.0",
     "O(N) where N is the number of commands", Group::kServer, "LATENCY HISTOGRAM get",
     "1) \"get\" ..."},
    kAdministration);

void run_graph(Call& call, const EventArgs& args) {
  const auto& events = call.node.latency.events();
  const auto at = events.find(args.event);
  if (at == events.end()) {
    call.fail("ERR No samples available for event '" + std::string(args.event) + "'");
  } else {
    call.reply.verbatim("txt", latency_graph(args.event, at->second, call.now_ms() / 1000));
  }
}
constexpr Command kGraph = engine_command<EventArgs, kEventArgs, run_graph>(
    "latency|graph",
    {"Returns a latency graph for an event.", "2.8.13", "O(N) where N is the number of samples",
     Group::kServer, "LATENCY GRAPH command", "\"command - high 12 ms, low 1 ms ...\""},
    kAdministration);

void run_doctor(Call& call) {
  call.reply.verbatim("txt", latency_report(call.node));
}
constexpr Command kDoctor = engine_plain_command<run_doctor>(
    "latency|doctor",
    {"Returns a human-readable latency analysis report.", "2.8.13",
     "O(N) where N is the number of events", Group::kServer, "LATENCY DOCTOR", "\"...\""},
    kAdministration);

constexpr const char* kLatencyHelpLines[] = {
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTOGRAM [COMMAND ...]",
    "    Return how many calls of the commands took no longer than so many",
    "    microseconds. (default: all commands that were called)",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: of all)",
};
constexpr Command kLatencyHelp =
    help_command<kLatencyHelpLines>("latency|help", Group::kServer, "2.8.13");

constexpr const Command* kLatencySubcommands[] = {&kDoctor,  &kGraph,  &kLatencyHelp, &kHistogram,
                                                  &kHistory, &kLatest, &kReset};
constexpr Command kLatency =
    container("latency",
              {"A container for latency diagnostics commands.", "2.8.13", "Depends on subcommand.",
               Group::kServer, "LATENCY HELP", ""},
              kLatencySubcommands);

}  // namespace

CommandGroup latency_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kLatency};
  return kCommands;
}

}  // namespace miniredis::engine
