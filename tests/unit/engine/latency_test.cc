// Durations by bucket, the graph, and what the report says of what was seen.
#include "engine/latency.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/latency_report.h"
#include "fixture.h"

namespace miniredis::engine {
namespace {

std::string report_of(Fixture& f) {
  return latency_report(*f.node);
}

TEST_CASE("buckets end where Redis' do") {
  const auto bucket_of = [](std::uint64_t nanoseconds) {
    DurationHistogram histogram;
    histogram.add(nanoseconds);
    unsigned bucket = 0;
    while (histogram.in_bucket(bucket) == 0) ++bucket;
    return bucket;
  };
  CHECK(bucket_of(0) == 0);
  for (unsigned i = 0; i + 1 < DurationHistogram::kBuckets; ++i) {
    CAPTURE(i);
    const std::uint64_t end = DurationHistogram::kFirstEndNs << i;
    CHECK(bucket_of(end - 1) == i);
    CHECK(bucket_of(end) == i + 1);
  }
  CHECK(bucket_of(UINT64_MAX / 2) == DurationHistogram::kBuckets - 1);
  // As LATENCY HISTOGRAM of redis-server 7.0 shows them.
  const std::uint64_t shown[] = {1,     2,     4,     8,      16,     33,    66,
                                 132,   264,   528,   1056,   2113,   4227,  8454,
                                 16908, 33816, 67633, 135266, 270532, 541065};
  for (unsigned i = 0; i < std::size(shown); ++i) {
    CAPTURE(i);
    CHECK(DurationHistogram::longest_us(i) == shown[i]);
  }
}

TEST_CASE("quantiles lie within their bucket") {
  DurationHistogram histogram;
  for (int i = 0; i < 90; ++i) histogram.add(20'000);
  for (int i = 0; i < 10; ++i) histogram.add(900'000);
  CHECK(histogram.quantile_us(0.5) > 16.5);
  CHECK(histogram.quantile_us(0.5) < 33.1);
  CHECK(histogram.quantile_us(0.99) > 528);
  CHECK(histogram.quantile_us(0.99) < 1057);
}

TEST_CASE("the graph has a column a sample and its age below") {
  Fixture f;
  LatencyMonitor& monitor = f.node->latency;
  monitor.add("command", 1000, 100);
  monitor.add("command", 4000, 200);
  monitor.add("command", 7570, 800);
  monitor.add("command", 7590, 450);
  const std::string graph =
      latency_graph("command", monitor.events().begin()->second, 1000 + 2 * 3600 - 600);
  CHECK(graph == "command - high 800 ms, low 100 ms (all time high 800 ms)\n" +
                     std::string(80, '-') +
                     "\n"
                     "  #\n"
                     "  #\n"
                     "  #\n"
                     "  #\n"
                     "  ##\n"
                     "  ##\n"
                     " ###\n"
                     "####\n"
                     "\n"
                     "1131\n"
                     "hh00\n"
                     "  ss\n");
}

TEST_CASE("the graph shows the newest eighty") {
  Fixture f;
  for (int i = 0; i < 100; ++i) f.node->latency.add("command", 1000 + i, 500);
  const std::string graph =
      latency_graph("command", f.node->latency.events().begin()->second, 1100);
  CHECK(graph.find("\n" + std::string(80, '#') + "\n") != std::string::npos);
}

TEST_CASE("the report says what was seen and what can be done") {
  Fixture f;
  CHECK(report_of(f).find("not watched") != std::string::npos);
  TestClient client(*f.node);
  CHECK(client.run({"CONFIG", "SET", "latency-monitor-threshold", "100"}) == "+OK\r\n");
  CHECK(report_of(f).find("Nothing in this node took 100 ms or longer") != std::string::npos);
  f.node->latency.add("command", 1000, 100);
  f.node->latency.add("command", 1010, 300);
  f.node->latency.add("expire-cycle", 1000, 150);
  const std::string report = report_of(f);
  CHECK(report.find("1. command: 2 spikes of 200.0 ms on average (mean deviation 100.0 ms), one "
                    "every 10.0 s; the longest ever took 300 ms.\n"
                    "2. expire-cycle: 1 spike of 150.0 ms; the longest ever took 150 ms.\n") !=
        std::string::npos);
  CHECK(report.find("SLOWLOG GET") != std::string::npos);
  CHECK(report.find("slowlog-log-slower-than") == std::string::npos);
  CHECK(report.find("times to live") == std::string::npos);
  CHECK(report.find("Times to live") != std::string::npos);
  CHECK(report.find("evict") == std::string::npos);
  client.run({"CONFIG", "SET", "slowlog-log-slower-than", "-1"});
  CHECK(report_of(f).find("CONFIG SET slowlog-log-slower-than 100000 ") != std::string::npos);
}

}  // namespace
}  // namespace miniredis::engine
