#include "engine/latency_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/numbers.h"
#include "engine/node.h"

namespace miniredis::engine {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kRows = 8;

// "45s", "12m", "3h", "9d".
std::string age_text(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    char letter;
  };
  constexpr std::array<Unit, 3> kUnits{{{86'400, 'd'}, {3600, 'h'}, {60, 'm'}}};
  seconds = std::max<std::int64_t>(0, seconds);
  for (const Unit& unit : kUnits) {
    if (seconds >= unit.seconds) return std::to_string(seconds / unit.seconds) + unit.letter;
  }
  return std::to_string(seconds) + "s";
}

void add_line(std::string& out, std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

struct Summary {
  double average_ms = 0;
  double deviation_ms = 0;     // mean of the distances from the average
  double between_seconds = 0;  // 0: of a single spike there is nothing to say
};

Summary summary_of(const LatencySeries& series) {
  Summary summary;
  const auto count = static_cast<double>(series.samples.size());
  for (const LatencySample& sample : series.samples) summary.average_ms += sample.milliseconds;
  summary.average_ms /= count;
  for (const LatencySample& sample : series.samples) {
    summary.deviation_ms += std::abs(sample.milliseconds - summary.average_ms);
  }
  summary.deviation_ms /= count;
  if (series.samples.size() > 1) {
    const auto span = static_cast<double>(series.samples.back().unix_seconds -
                                          series.samples.front().unix_seconds);
    summary.between_seconds = span / (count - 1);
  }
  return summary;
}

std::string rounded(double number) {
  return base::format_fixed(number, 1);
}

std::string line_of(Bytes event, const LatencySeries& series) {
  const Summary summary = summary_of(series);
  const std::size_t count = series.samples.size();
  std::string line = std::string(event) + ": " + std::to_string(count) +
                     (count == 1 ? " spike of " : " spikes of ") + rounded(summary.average_ms) +
                     " ms";
  if (count > 1) {
    line += " on average (mean deviation " + rounded(summary.deviation_ms) + " ms), one every " +
            rounded(summary.between_seconds) + " s";
  }
  return line + "; the longest ever took " + std::to_string(series.longest_ms) + " ms.\n";
}

void add_command_advice(std::string& out, const tenants::Settings& settings) {
  const std::int64_t slower_than_us = settings.slowlog_slower_than_us;
  const auto threshold_us = static_cast<std::int64_t>(settings.latency_threshold_ms * 1000);
  if (slower_than_us < 0 || slower_than_us > threshold_us) {
    out += std::string("- The slow log ") +
           (slower_than_us < 0 ? "is off" : "keeps only commands that take longer still") +
           ". CONFIG SET slowlog-log-slower-than " + std::to_string(threshold_us) +
           " lets it keep all that cause such spikes.\n";
  }
  out +=
      "- SLOWLOG GET names the commands and their arguments. What walks over a whole collection or "
      "all keys (KEYS, SMEMBERS, HGETALL, LRANGE 0 -1, SORT) can often be replaced by SCAN and its "
      "relatives, or by a smaller range.\n"
      "- LATENCY HISTOGRAM tells commands that are always slow from those that are slow at "
      "times.\n";
  if (settings.command_time_limit_ms == 0) {
    out +=
        "- Long commands are cut in slices so that other nodes go on, but this node waits for "
        "their end. CONFIG SET command-time-limit <milliseconds> ends them early, with an error.\n";
  }
}

}  // namespace

std::string latency_graph(Bytes event, const LatencySeries& series, std::int64_t now_seconds) {
  const std::size_t skipped =
      series.samples.size() > kColumns ? series.samples.size() - kColumns : 0;
  const std::vector<LatencySample> shown(
      std::next(series.samples.begin(), static_cast<std::ptrdiff_t>(skipped)),
      series.samples.end());
  const auto [lowest, highest] = std::minmax_element(
      shown.begin(), shown.end(), [](const LatencySample& a, const LatencySample& b) {
        return a.milliseconds < b.milliseconds;
      });
  const std::uint32_t low = lowest->milliseconds;
  const std::uint32_t high = highest->milliseconds;
  std::string out = std::string(event) + " - high " + std::to_string(high) + " ms, low " +
                    std::to_string(low) + " ms (all time high " +
                    std::to_string(series.longest_ms) + " ms)\n" + std::string(kColumns, '-') +
                    "\n";
  for (std::size_t row = kRows; row > 0; --row) {
    std::string line;
    for (const LatencySample& sample : shown) {
      const std::uint64_t above = std::uint64_t{sample.milliseconds - low} * (kRows - 1);
      const std::uint64_t height = high == low ? kRows : 1 + above / (high - low);
      line += height >= row ? '#' : ' ';
    }
    add_line(out, std::move(line));
  }
  out += '\n';
  std::vector<std::string> ages;
  std::size_t longest = 0;
  for (const LatencySample& sample : shown) {
    ages.push_back(age_text(now_seconds - sample.unix_seconds));
    longest = std::max(longest, ages.back().size());
  }
  for (std::size_t i = 0; i < longest; ++i) {
    std::string line;
    for (const std::string& age : ages) line += i < age.size() ? age[i] : ' ';
    add_line(out, std::move(line));
  }
  return out;
}

std::string latency_report(const NodeRuntime& node) {
  const auto& events = node.latency.events();
  const tenants::Settings& settings = node.settings;
  const std::string threshold = std::to_string(settings.latency_threshold_ms);
  if (settings.latency_threshold_ms == 0 && events.empty()) {
    return "Latency is not watched in this node. CONFIG SET latency-monitor-threshold "
           "<milliseconds> lets it keep whatever takes that long; 100 is a good value to begin "
           "with.\n";
  }
  if (events.empty()) {
    return "Nothing in this node took " + threshold +
           " ms or longer since it was last asked to forget.\n";
  }
  std::string out = "What took long in this node";
  out += settings.latency_threshold_ms == 0 ? " (nothing is watched any more):\n\n"
                                            : ", that is, " + threshold + " ms or longer:\n\n";
  std::size_t number = 0;
  for (const auto& [name, series] : events) {
    out += std::to_string(++number) + ". " + line_of(Bytes(name), series);
  }
  out += "\nWhat can be done:\n\n";
  if (events.contains("command")) add_command_advice(out, settings);
  if (events.contains("fast-command")) {
    out +=
        "- Commands that cost little took long: the machine was busy or out of memory then, rather "
        "than this node. Its operator should look at its load, its swap and its other tenants' "
        "quotas.\n";
  }
  if (events.contains("expire-cycle")) {
    out +=
        "- Many keys came to their end at one time. Times to live that are spread by chance, or "
        "fewer large values with one, make such work even.\n";
  }
  if (events.contains("eviction-cycle")) {
    out +=
        "- The node had to evict much at once. A higher limit, or smaller writes, give it time.\n";
  }
  return out;
}

}  // namespace miniredis::engine
