// The text of config files: what is read, what is refused, what is written.
#include "tenants/config_file.h"

#include <doctest/doctest.h>

#include <string>

namespace miniredis::tenants {
namespace {

std::string fault_of(Bytes text) {
  Settings settings;
  const auto done = apply_config_file(settings, text, "node.conf");
  return done.ok() ? "" : done.error().detail;
}

std::string rewritten(Bytes text, const Settings& settings, const Settings& original = {}) {
  return rewritten_config_file(text, saved_parameters(settings, original));
}

TEST_CASE("lines, comments, quotes and aliases are read") {
  Settings settings;
  const auto done = apply_config_file(settings,
                                      "# It's a comment\n"
                                      "\n"
                                      "  timeout 30\r\n"
                                      "MAXCLIENTS \"7\"\n"
                                      "save \"\"\n"
                                      "databases 16\n"
                                      "lua-time-limit 99\n"
                                      "client-output-buffer-limit pubsub 1mb 0 60\n"
                                      "timeout 31",
                                      "node.conf");
  REQUIRE(done.ok());
  CHECK(settings.timeout_seconds == 31);  // the last one counts
  CHECK(settings.max_clients == 7);
  CHECK(settings.busy_reply_threshold_ms == 99);
  REQUIRE(settings.output_limits);
  CHECK(settings.output_limits->for_class(ClientClass::kPubSub) == OutputLimit{1 << 20, 0, 60});
}

TEST_CASE("what is wrong is named with file, line and what is allowed") {
  CHECK(fault_of("timeout 1\n\ntimeot 2\n") ==
        "config_file: node.conf:3: timeot: there is no such parameter; allowed: those that CONFIG "
        "SET takes, and requirepass-sha256");
  CHECK(fault_of("maxclients 0") ==
        "config_file: node.conf:1: maxclients: argument must be between 1 and 1000000 inclusive");
  CHECK(fault_of("timeout") ==
        "config_file: node.conf:1: timeout has no value; allowed: name "
        "value");
  CHECK(fault_of("timeout \"1") ==
        "config_file: node.conf:1: its quotes are not closed; allowed: name value");
  CHECK(fault_of("databases 17") ==
        "config_file: node.conf:1: databases: it cannot be changed; allowed: 16");
  CHECK(fault_of("appendonly yes") ==
        "config_file: node.conf:1: appendonly: it cannot be changed; allowed: no");
  CHECK(fault_of("requirepass-sha256 abc").starts_with("config_file: node.conf:1: "));
}

TEST_CASE("what differs is written, and nothing else") {
  Settings settings;
  CHECK(rewritten("", settings).empty());
  settings.timeout_seconds = 5;
  settings.max_clients = 20;
  const std::string text = rewritten("", settings);
  CHECK(text == "# Written by CONFIG REWRITE\nmaxclients 20\ntimeout 5\n");
  CHECK(rewritten(text, settings) == text);
  // What is as it was before has a line if there is one already.
  settings.timeout_seconds = 0;
  CHECK(rewritten(text, settings) == "# Written by CONFIG REWRITE\nmaxclients 20\ntimeout 0\n");
}

TEST_CASE("what differs is told from what the node would have without a file") {
  Settings original;
  original.max_clients = 50;
  Settings settings = original;
  CHECK(rewritten("", settings, original).empty());
  settings.max_clients = Settings().max_clients;
  CHECK(rewritten("", settings, original) == "# Written by CONFIG REWRITE\nmaxclients 1000\n");
}

TEST_CASE("comments, blank lines and what is not known are kept in their places") {
  Settings settings;
  settings.timeout_seconds = 9;
  settings.busy_reply_threshold_ms = 7;
  CHECK(rewritten("# about time-outs\n"
                  "Timeout 1\n"
                  "\n"
                  "some-future-thing \"a b\n"
                  "lua-time-limit 1\n"
                  "timeout 2\n"
                  "databases 16\n"
                  "# the end",
                  settings) ==
        "# about time-outs\n"
        "timeout 9\n"
        "\n"
        "some-future-thing \"a b\n"
        "busy-reply-threshold 7\n"
        "databases 16\n"
        "# the end\n");
}

TEST_CASE("of a password the digest is kept, never the password") {
  Settings settings;
  settings.credentials.set_password("secret");
  const std::string digest = base::hex_of(base::sha256("secret"));
  CHECK(rewritten("", settings) ==
        "# Written by CONFIG REWRITE\nrequirepass-sha256 " + digest + "\n");
  CHECK(rewritten("requirepass secret\n", settings) == "requirepass-sha256 " + digest + "\n");

  Settings read;
  REQUIRE(apply_config_file(read, "requirepass-sha256 " + digest, "f").ok());
  CHECK(read.credentials.accepts("secret"));
  CHECK(read.password_changes == 1);
  REQUIRE(apply_config_file(read, "requirepass other", "f").ok());
  CHECK(read.credentials.accepts("other"));
  // A password that was taken away stays away.
  CHECK(rewritten("requirepass-sha256 " + digest + "\n", Settings()) == "requirepass \"\"\n");
  CHECK(rewritten("", Settings(), settings) == "# Written by CONFIG REWRITE\nrequirepass \"\"\n");
  REQUIRE(apply_config_file(read, "requirepass \"\"", "f").ok());
  CHECK_FALSE(read.credentials.has_password());
}

TEST_CASE("what follows the memory limit is not fixed by being written") {
  Settings original;
  Settings settings;
  settings.memory_cap = original.memory_cap / 2;
  CHECK(rewritten("", settings, original).empty());
  settings.maxmemory = 2 << 20;
  settings.query_buffer_limit = 3 << 20;
  const std::string text = rewritten("", settings, original);
  CHECK(text ==
        "# Written by CONFIG REWRITE\nclient-query-buffer-limit 3145728\nmaxmemory 2097152\n");
  // An operator may have lowered the cap since.
  Settings small;
  small.memory_cap = 1 << 20;
  REQUIRE(apply_config_file(small, text, "f").ok());
  CHECK(small.maxmemory == 2 << 20);
  CHECK(small.memory_limit() == 1 << 20);
  CHECK(small.memory_cap == 1 << 20);
}

TEST_CASE("every parameter that can be set is read back as it was written") {
  Settings settings;
  for (const Parameter& parameter : parameters()) {
    if (parameter.set == nullptr || Bytes(parameter.name) == "requirepass") continue;
    CAPTURE(parameter.name);
    CHECK(parameter.set(settings, parameter.get(settings)) == "");
    if (parameter.alias_of != nullptr) {
      const Parameter* other = find_parameter(parameter.alias_of);
      REQUIRE(other != nullptr);
      CHECK(other->alias_of == nullptr);
      CHECK(other->get(settings) == parameter.get(settings));
    }
  }
  settings.notify = *parse_notify_flags("KEA");
  settings.eviction.policy = EvictionPolicy::kAllKeysLfu;
  settings.slowlog_slower_than_us = -1;
  settings.limits.list_max_packed_size = -4;
  settings.latency_tracking = false;
  settings.acl_open_channels = true;
  const std::string text = rewritten("", settings);
  Settings read;
  REQUIRE(apply_config_file(read, text, "f").ok());
  for (const Parameter& parameter : parameters()) {
    CAPTURE(parameter.name);
    CHECK(parameter.get(read) == parameter.get(settings));
  }
}

}  // namespace
}  // namespace miniredis::tenants
