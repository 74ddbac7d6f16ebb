#include "tenants/settings.h"

#include <doctest/doctest.h>

#include <string>

namespace miniredis::tenants {
namespace {

// Sets a parameter; returns what was wrong, "" when it was set.
std::string set(Settings& settings, Bytes name, Bytes value) {
  const Parameter* parameter = find_parameter(name);
  REQUIRE(parameter != nullptr);
  REQUIRE((parameter->set != nullptr));
  return parameter->set(settings, value);
}

std::string get(const Settings& settings, Bytes name) {
  const Parameter* parameter = find_parameter(name);
  REQUIRE(parameter != nullptr);
  return parameter->get(settings);
}

TEST_CASE("parameters are found in any case, and what every one shows can be set again") {
  CHECK(find_parameter("MaxMemory") == find_parameter("maxmemory"));
  CHECK(find_parameter("nonesuch") == nullptr);
  CHECK(find_parameter("") == nullptr);
  for (const Parameter& parameter : parameters()) {
    CAPTURE(parameter.name);
    if (parameter.set == nullptr || Bytes(parameter.name) == "requirepass") continue;
    Settings settings;
    const std::string shown = parameter.get(settings);
    CHECK(parameter.set(settings, shown) == "");
    CHECK(parameter.get(settings) == shown);
  }
}

TEST_CASE("a refused value changes nothing") {
  for (const Parameter& parameter : parameters()) {
    CAPTURE(parameter.name);
    if (parameter.set == nullptr || Bytes(parameter.name) == "requirepass") continue;
    Settings settings;
    const std::string before = parameter.get(settings);
    CHECK(parameter.set(settings, "\x01 no such value") != "");
    CHECK(parameter.get(settings) == before);
  }
}

TEST_CASE("numbers keep to their bounds, which the refusal names") {
  Settings settings;
  CHECK(set(settings, "maxmemory-samples", "64") == "");
  CHECK(settings.eviction.samples == 64);
  CHECK(set(settings, "maxmemory-samples", "65") == "argument must be between 1 and 64 inclusive");
  CHECK(set(settings, "maxmemory-samples", "0") != "");
  CHECK(set(settings, "maxclients", "0") != "");
  CHECK(set(settings, "timeout", "2147483648") != "");
  CHECK(set(settings, "timeout", "99999999999999999999") ==
        "argument couldn't be parsed into an integer");
  CHECK(set(settings, "slowlog-log-slower-than", "-1") == "");
  CHECK(set(settings, "slowlog-log-slower-than", "-2") != "");
  CHECK(settings.slowlog_slower_than_us == -1);
}

TEST_CASE("maxmemory stays below the operator's cap; 0 is the cap") {
  Settings settings;
  settings.memory_cap = 40 << 20;
  CHECK(get(settings, "maxmemory") == "41943040");
  CHECK(set(settings, "maxmemory", "10mb") == "");
  CHECK(settings.memory_limit() == 10U << 20);
  CHECK(set(settings, "maxmemory", "41mb") ==
        "argument must be at most 41943040, the node's memory limit (0: that limit)");
  CHECK(settings.memory_limit() == 10U << 20);
  CHECK(set(settings, "maxmemory", "0") == "");
  CHECK(settings.memory_limit() == 40U << 20);
  CHECK(set(settings, "maxmemory", "18446744073709551616") == "argument must be a memory value");
  CHECK(set(settings, "maxmemory", "99999999999gb") == "argument must be a memory value");

  // An operator who lowers the cap lowers what the tenant has set.
  CHECK(set(settings, "maxmemory", "30mb") == "");
  settings.memory_cap = 20 << 20;
  CHECK(settings.memory_limit() == 20U << 20);
}

TEST_CASE("query, bulk and output limits follow the memory limit until they are set") {
  Settings small;
  small.memory_cap = 8 << 20;
  Settings large;
  large.memory_cap = std::uint64_t{4} << 30;
  CHECK(small.effective_query_buffer_limit() < large.effective_query_buffer_limit());
  CHECK(small.effective_max_bulk_bytes() < large.effective_max_bulk_bytes());
  for (const ClientClass c : {ClientClass::kNormal, ClientClass::kReplica, ClientClass::kPubSub}) {
    // Finite for every class, or one client that reads nothing would take the node's memory.
    CHECK(small.effective_output_limits().for_class(c).hard_bytes > 0);
    CHECK(small.effective_output_limits().for_class(c).hard_bytes <=
          large.effective_output_limits().for_class(c).hard_bytes);
  }
  CHECK(set(small, "client-query-buffer-limit", "2mb") == "");
  CHECK(small.effective_query_buffer_limit() == 2U << 20);
  CHECK(set(small, "client-query-buffer-limit", "1000") != "");
  CHECK(set(small, "proto-max-bulk-len", "1gb") != "");
}

TEST_CASE("output limits are read in groups of four, for any of the classes") {
  const OutputLimits base = {{{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}};
  const auto one = parse_output_limits("pubsub 1mb 0 60", base);
  REQUIRE(one);
  CHECK(one->for_class(ClientClass::kPubSub) == OutputLimit{1 << 20, 0, 60});
  CHECK(one->for_class(ClientClass::kNormal) == OutputLimit{1, 2, 3});
  const auto two = parse_output_limits("  replica 10 9 8  NORMAL 3 2 1 ", base);
  REQUIRE(two);
  CHECK(two->for_class(ClientClass::kReplica) == OutputLimit{10, 9, 8});
  CHECK(parse_output_limits(to_text(*two), base) == two);
  for (const char* bad : {"", "normal", "normal 1 2", "normal 1 2 3 pubsub", "other 1 2 3",
                          "normal -1 2 3", "normal 1 2 -3", "normal 1 x 3"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_output_limits(bad, base));
  }
}

TEST_CASE("event flags are read and shown as Redis does") {
  CHECK(parse_notify_flags("") == 0U);
  CHECK_FALSE(parse_notify_flags("Kq"));
  const auto all = parse_notify_flags("KEA");
  REQUIRE(all);
  CHECK(notify_flags_text(*all) == "AKE");
  const auto some = parse_notify_flags("Ex$");
  REQUIRE(some);
  CHECK(parse_notify_flags(notify_flags_text(*some)) == some);
  // A stands for no misses and no new keys.
  const auto with_misses = parse_notify_flags("KEAm");
  REQUIRE(with_misses);
  CHECK(*with_misses != *all);
}

}  // namespace
}  // namespace miniredis::tenants
