// What may be a value, and what pages of lists look like, on each engine there is.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "metadata_database.h"

namespace miniredis::service::metadata {
namespace {

using std::uint64_t;

const std::vector<std::string> kOddTexts = {
    "",
    " ",
    "'",
    "\"",
    "''; DROP TABLE tenants; --",
    "x' OR '1'='1",
    ":name $1 ?1 @x %s %n",
    "\\'; SELECT pg_sleep(9); --",
    "$$ $x$ E'\\x00'",
    "a\nb\r\n\tc\x01\x7f",
    "{\"json\": [1, \"\\u0000\"]}",
    "\u00fc\u4e2d\U0001f980\U0010ffff",
    "e\u0301\u202e\ufeff",
    "NULL",
    "0x10",
    "1e5",
    "0012",
};

TEST_CASE("text comes back byte for byte, whatever it looks like") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    fill(*database);
    for (const std::string& text : kOddTexts) {
      CAPTURE(text);
      Tenant tenant = a_tenant("t" + text);
      tenant.display_name = text;
      REQUIRE(ask(*database, insert_tenant, tenant).ok());
      CHECK(ask(*database, find_tenant, tenant.name).value() == tenant);
      ApiKey key = an_api_key("k" + text, tenant.name);
      key.name = text;
      key.scopes = {text, "b"};
      REQUIRE(ask(*database, insert_api_key, key).ok());
      CHECK(ask(*database, find_api_key, key.id).value() == key);
      IdempotentAnswer answer = an_answer(text, text);
      answer.body = text;
      answer.headers = text;
      CHECK_FALSE(ask(*database, begin_idempotent, answer).value().has_value());
      CHECK(ask(*database, begin_idempotent, answer).value()->body == text);
      AuditEntry entry = an_audit_entry(text, 1);
      entry.detail = text;
      entry.target = "target" + text;
      REQUIRE(ask(*database, insert_audit, entry).ok());
      AuditFilter filter;
      filter.target = entry.target;
      const auto found = ask(*database, list_audit, filter, uint64_t{0}, std::size_t{9}).value();
      REQUIRE(found.size() == 1);
      CHECK(found[0].detail == text);
      CHECK(found[0].tenant == text);
    }
    CHECK(ask(*database, list_tenants, TenantFilter{}, std::string(), std::size_t{99})
              .value()
              .size() == kOddTexts.size() + 2);
  });
}

TEST_CASE("text that is not UTF-8 or holds a NUL reaches no engine") {
  using std::string_literals::operator""s;
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    for (const std::string& text :
         {"a\0b"s, "\0"s, "\x80"s, "\xc3"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x80\x80"s,
          "\xed\xa0\x80"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s, "\xf8\x88\x80\x80\x80"s,
          "\xff"s, "abc\xe4\xb8"s}) {
      Tenant tenant = a_tenant("acme");
      tenant.display_name = text;
      CHECK(kind_of(ask(*database, insert_tenant, tenant)) == FailureKind::kInvalidValue);
      CHECK(kind_of(ask(*database, find_tenant, text)) == FailureKind::kInvalidValue);
      ApiKey key = an_api_key("k", "");
      key.scopes = {text};
      CHECK(kind_of(ask(*database, insert_api_key, key)) == FailureKind::kInvalidValue);
    }
    CHECK(ask(*database, list_tenants, TenantFilter{}, std::string(), std::size_t{9})
              .value()
              .empty());
  });
}

TEST_CASE("numbers go up to 2^63 - 1 and not beyond") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    Plan plan = a_plan("big");
    plan.memory_bytes = uint64_t{1} << 63;
    CHECK(kind_of(ask(*database, insert_plan, plan)) == FailureKind::kInvalidValue);
    plan.memory_bytes = std::numeric_limits<std::int64_t>::max();
    plan.version = std::numeric_limits<std::int64_t>::max();
    REQUIRE(ask(*database, insert_plan, plan).ok());
    CHECK(ask(*database, find_plan, plan.name).value() == plan);
    CHECK(kind_of(ask(*database, update_plan, plan)) == FailureKind::kInvalidValue);
    CHECK(ask(*database, find_plan, plan.name).value() == plan);
    const std::size_t all = std::numeric_limits<std::size_t>::max();
    CHECK(ask(*database, list_plans, std::string(), all).value().size() == 2);
    CHECK(ask(*database, list_plans, std::string(), std::size_t{0}).value().empty());
    CHECK(kind_of(ask(*database, list_audit, AuditFilter{}, ~uint64_t{0}, std::size_t{1})) ==
          FailureKind::kInvalidValue);
  });
}

TEST_CASE("long text is kept, or refused where it is a key") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    IdempotentAnswer answer = an_answer("p", "k");
    answer.body.assign(std::size_t{4} << 20, 'x');
    CHECK_FALSE(ask(*database, begin_idempotent, answer).value().has_value());
    CHECK(ask(*database, begin_idempotent, answer).value()->body == answer.body);

    // PostgreSQL holds a third of a page in an index, after packing; this does not pack.
    std::string name;
    uint64_t state = 88'172'645'463'325'252;
    while (name.size() < 20'000) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      name += static_cast<char>('!' + state % 90);
    }
    const auto long_named = ask(*database, insert_tenant, a_tenant(name));
    if (engine == Engine::kPostgresql) {
      CHECK(kind_of(long_named) == FailureKind::kInvalidValue);
    } else {
      CHECK(long_named.ok());
    }
  });
}

TEST_CASE("pages: all rows once, by the bytes of their keys") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    std::vector<std::string> names = {"a",  "B",  "A",   "b",  "_x",        "-y",
                                      "Z",  "aa", "a-b", "ab", "\u00e4",    "z",
                                      "10", "9",  "a b", "~",  "\U0001f980"};
    for (const std::string& name : names) {
      REQUIRE(ask(*database, insert_tenant, a_tenant(name)).ok());
    }
    std::sort(names.begin(), names.end());
    for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
      CAPTURE(limit);
      std::vector<std::string> found;
      std::string after;
      while (found.size() <= names.size()) {
        const auto page = ask(*database, list_tenants, TenantFilter{}, after, limit).value();
        CHECK(page.size() <= limit);
        if (page.empty()) break;
        for (const Tenant& tenant : page) found.push_back(tenant.name);
        after = found.back();
      }
      CHECK(found == names);
    }
  });
}

TEST_CASE("filters of tenants and nodes, alone and together") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    REQUIRE(ask(*database, insert_plan, a_plan("small")).ok());
    REQUIRE(ask(*database, upsert_host, a_host("host-1")).ok());
    REQUIRE(ask(*database, upsert_host, a_host("host-2")).ok());
    // Every third is suspended, every second has the plan "small"; nodes likewise.
    for (int i = 0; i < 12; ++i) {
      Tenant tenant = a_tenant("t" + std::to_string(10 + i), i % 2 == 0 ? "small" : "standard");
      if (i % 3 == 0) tenant.state = TenantState::kSuspended;
      REQUIRE(ask(*database, insert_tenant, tenant).ok());
      NodeRow node = a_node("n" + std::to_string(10 + i), i < 6 ? "t10" : tenant.name,
                            i % 2 == 0 ? "host-1" : "host-2");
      if (i % 3 == 0) node.state = NodeRowState::kCreating;
      REQUIRE(ask(*database, insert_node, node).ok());
    }
    const auto tenants = [&](const TenantFilter& filter) {
      return ask(*database, list_tenants, filter, std::string(), std::size_t{99}).value().size();
    };
    CHECK(tenants({}) == 12);
    CHECK(tenants({.state = TenantState::kSuspended, .plan = ""}) == 4);
    CHECK(tenants({.state = {}, .plan = "small"}) == 6);
    CHECK(tenants({.state = TenantState::kSuspended, .plan = "small"}) == 2);
    CHECK(tenants({.state = TenantState::kDeleting, .plan = ""}) == 0);
    const auto nodes = [&](const NodeFilter& filter) {
      const auto listed =
          ask(*database, list_nodes, filter, std::string(), std::size_t{99}).value().size();
      CHECK(ask(*database, node_totals, filter).value().nodes == listed);
      return listed;
    };
    CHECK(nodes({}) == 12);
    CHECK(nodes({.tenant = "t10", .host = "", .state = {}}) == 6);
    CHECK(nodes({.tenant = "t10", .host = "host-1", .state = {}}) == 3);
    CHECK(nodes({.tenant = "t10", .host = "host-1", .state = NodeRowState::kCreating}) == 1);
    CHECK(nodes({.tenant = "t10", .host = "", .state = NodeRowState::kCreating}) == 2);
    CHECK(nodes({.tenant = "", .host = "host-2", .state = NodeRowState::kCreating}) == 2);
    CHECK(nodes({.tenant = "", .host = "host-2", .state = {}}) == 6);
    CHECK(nodes({.tenant = "", .host = "", .state = NodeRowState::kReady}) == 8);
    const auto second_page =
        ask(*database, list_nodes, NodeFilter{}, std::string("n15"), std::size_t{2}).value();
    REQUIRE(second_page.size() == 2);
    CHECK(second_page[0].id == "n16");
    CHECK(second_page[1].id == "n17");
  });
}

TEST_CASE("a row that someone else has damaged is said to be so") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    REQUIRE(ask(*database, insert_api_key, an_api_key("k", "")).ok());
    REQUIRE(execute(*database, "UPDATE api_keys SET scopes = :scopes", {"not json"}).ok());
    CHECK(kind_of(ask(*database, find_api_key, std::string("k"))) == FailureKind::kInternal);
    REQUIRE(execute(*database, "UPDATE api_keys SET scopes = :scopes", {"[1]"}).ok());
    CHECK(kind_of(ask(*database, find_api_key, std::string("k"))) == FailureKind::kInternal);
    // The schema keeps states to those there are.
    CHECK_FALSE(
        execute(*database, "INSERT INTO tenants VALUES ('x', '', 'standard', 'odd', NULL, 1, 1, 1)")
            .ok());
  });
}

}  // namespace
}  // namespace miniredis::service::metadata
