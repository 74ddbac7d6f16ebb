// Every query of the control plane's database, on each engine there is.
#include <doctest/doctest.h>

#include "metadata_database.h"

namespace miniredis::service::metadata {
namespace {

using std::uint64_t;

TEST_CASE("plans: insert, find, list, update, delete") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);

    const auto standard = ask(*database, find_plan, std::string("standard")).value();
    REQUIRE(standard.has_value());
    CHECK(standard->memory_bytes == 0);
    CHECK(standard->max_nodes == 0);
    CHECK_FALSE(ask(*database, find_plan, std::string("none")).value().has_value());

    const Plan small = a_plan("small");
    REQUIRE(ask(*database, insert_plan, small).ok());
    CHECK(ask(*database, find_plan, std::string("small")).value() == small);
    CHECK(kind_of(ask(*database, insert_plan, small)) == FailureKind::kNameTaken);

    Plan wider = small;
    wider.max_nodes = 0xffff'ffff;
    wider.memory_bytes = 0x7fff'ffff'ffff'ffff;
    const Plan updated = ask(*database, update_plan, wider).value();
    CHECK(updated.version == 2);
    CHECK(ask(*database, find_plan, std::string("small")).value() == updated);
    CHECK(kind_of(ask(*database, update_plan, wider)) == FailureKind::kWrongState);
    CHECK(kind_of(ask(*database, update_plan, a_plan("none"))) == FailureKind::kNotFound);

    REQUIRE(ask(*database, insert_tenant, a_tenant("acme", "small")).ok());
    CHECK(kind_of(ask(*database, delete_plan, std::string("small"))) == FailureKind::kWrongState);
    CHECK(kind_of(ask(*database, delete_plan, std::string("none"))) == FailureKind::kNotFound);
    REQUIRE(ask(*database, delete_tenant, std::string("acme")).ok());
    REQUIRE(ask(*database, delete_plan, std::string("small")).ok());
    const auto left = ask(*database, list_plans, std::string(), std::size_t{10}).value();
    REQUIRE(left.size() == 1);
    CHECK(left[0].name == "standard");
  });
}

TEST_CASE("tenants: insert, find, lock, update, delete") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);

    Tenant acme = a_tenant("acme");
    REQUIRE(ask(*database, insert_tenant, acme).ok());
    CHECK(ask(*database, find_tenant, acme.name).value() == acme);
    CHECK(ask(*database, lock_tenant, acme.name).value() == acme);
    CHECK_FALSE(ask(*database, lock_tenant, std::string("none")).value().has_value());
    CHECK(kind_of(ask(*database, insert_tenant, acme)) == FailureKind::kNameTaken);
    const auto planless = ask(*database, insert_tenant, a_tenant("beta", "none"));
    CHECK(kind_of(planless) == FailureKind::kNotFound);
    CHECK(planless.failure().field == "plan");

    acme.state = TenantState::kDeleting;
    acme.purge_at_ms = 5'000;
    acme.display_name = "";
    const Tenant updated = ask(*database, update_tenant, acme).value();
    CHECK(updated.version == 2);
    CHECK(ask(*database, find_tenant, acme.name).value() == updated);
    CHECK(kind_of(ask(*database, update_tenant, acme)) == FailureKind::kWrongState);
    CHECK(kind_of(ask(*database, update_tenant, a_tenant("none"))) == FailureKind::kNotFound);
    Tenant planless_now = updated;
    planless_now.plan = "none";
    const auto refused = ask(*database, update_tenant, planless_now);
    CHECK(kind_of(refused) == FailureKind::kNotFound);
    CHECK(refused.failure().field == "plan");

    CHECK(kind_of(ask(*database, delete_tenant, std::string("none"))) == FailureKind::kNotFound);
    REQUIRE(ask(*database, delete_tenant, acme.name).ok());
    CHECK_FALSE(ask(*database, find_tenant, acme.name).value().has_value());
  });
}

TEST_CASE("a tenant goes with its keys and not with its nodes, and its history stays") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    fill(*database);
    REQUIRE(ask(*database, insert_api_key, an_api_key("k1", "acme")).ok());
    REQUIRE(ask(*database, insert_api_key, an_api_key("k2", "beta")).ok());
    REQUIRE(ask(*database, insert_node_token, a_node_token("t1", "0001", "acme")).ok());
    REQUIRE(ask(*database, insert_audit, an_audit_entry("acme", 1)).ok());
    NodeEvent event{0, "0001", "acme", 70, "", "creating", "created", "user:ada"};
    REQUIRE(ask(*database, insert_node_event, event).ok());

    CHECK(kind_of(ask(*database, delete_tenant, std::string("acme"))) == FailureKind::kWrongState);
    CHECK(ask(*database, find_api_key, std::string("k1")).value().has_value());

    REQUIRE(ask(*database, delete_node, std::string("0001")).ok());
    CHECK_FALSE(ask(*database, find_node_token, std::string("t1")).value().has_value());
    REQUIRE(ask(*database, delete_tenant, std::string("acme")).ok());
    CHECK_FALSE(ask(*database, find_api_key, std::string("k1")).value().has_value());
    CHECK(ask(*database, find_api_key, std::string("k2")).value().has_value());
    CHECK(ask(*database, list_node_events, std::string("0001"), uint64_t{0}, std::size_t{9})
              .value()
              .size() == 1);
    AuditFilter of_acme;
    of_acme.tenant = "acme";
    CHECK(ask(*database, list_audit, of_acme, uint64_t{0}, std::size_t{9}).value().size() == 1);
  });
}

TEST_CASE("tenants to purge: those that are deleting and due, earliest first") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    const auto add = [&](const std::string& name, TenantState state,
                         std::optional<uint64_t> purge_at_ms) {
      Tenant tenant = a_tenant(name);
      tenant.state = state;
      tenant.purge_at_ms = purge_at_ms;
      REQUIRE(ask(*database, insert_tenant, tenant).ok());
    };
    add("later", TenantState::kDeleting, 200);
    add("sooner", TenantState::kDeleting, 100);
    add("not-yet", TenantState::kDeleting, 201);
    add("suspended", TenantState::kSuspended, 50);
    add("active", TenantState::kActive, std::nullopt);
    const auto due = ask(*database, tenants_to_purge, uint64_t{200}, std::size_t{10}).value();
    REQUIRE(due.size() == 2);
    CHECK(due[0].name == "sooner");
    CHECK(due[1].name == "later");
    CHECK(ask(*database, tenants_to_purge, uint64_t{200}, std::size_t{1}).value().size() == 1);
    CHECK(ask(*database, tenants_to_purge, uint64_t{99}, std::size_t{10}).value().empty());
  });
}

TEST_CASE("hosts: inserted once, updated afterwards, listed by name") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    REQUIRE(ask(*database, upsert_host, Host{"b", "", 1, 1}).ok());
    REQUIRE(ask(*database, upsert_host, Host{"a", "http://a", 2, 2}).ok());
    REQUIRE(ask(*database, upsert_host, Host{"b", "http://b", 9, 9}).ok());
    const auto b = ask(*database, find_host, std::string("b")).value();
    REQUIRE(b.has_value());
    CHECK(b->url == "http://b");
    CHECK(b->seen_at_ms == 9);
    CHECK(b->created_at_ms == 1);
    CHECK_FALSE(ask(*database, find_host, std::string("c")).value().has_value());
    const auto all = ask(*database, list_hosts, std::string(), std::size_t{10}).value();
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "a");
    CHECK(ask(*database, list_hosts, std::string("a"), std::size_t{10}).value().size() == 1);
  });
}

TEST_CASE("nodes: insert, find by id and by name, update, delete") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    fill(*database);
    const NodeRow node = a_node("0001", "acme");
    CHECK(ask(*database, find_node, node.id).value() == node);
    CHECK(ask(*database, find_node, node.name).value() == node);
    CHECK_FALSE(ask(*database, find_node, std::string("0002")).value().has_value());

    // An id comes before a name that reads the same.
    NodeRow impostor = a_node("0002", "beta");
    impostor.name = "0001";
    REQUIRE(ask(*database, insert_node, impostor).ok());
    CHECK(ask(*database, find_node, std::string("0001")).value() == node);

    CHECK(kind_of(ask(*database, insert_node, node)) == FailureKind::kNameTaken);
    NodeRow namesake = a_node("0003", "acme");
    namesake.name = node.name;
    CHECK(kind_of(ask(*database, insert_node, namesake)) == FailureKind::kNameTaken);
    CHECK(kind_of(ask(*database, insert_node, a_node("0004", "none"))) == FailureKind::kNotFound);
    CHECK(kind_of(ask(*database, insert_node, a_node("0004", "acme", "none"))) ==
          FailureKind::kNotFound);

    NodeRow changed = node;
    changed.state = NodeRowState::kDeleting;
    changed.memory_limit_bytes = 0;
    const NodeRow updated = ask(*database, update_node, changed).value();
    CHECK(updated.version == 2);
    CHECK(ask(*database, find_node, node.id).value() == updated);
    CHECK(kind_of(ask(*database, update_node, changed)) == FailureKind::kWrongState);
    CHECK(kind_of(ask(*database, update_node, a_node("none", "acme"))) == FailureKind::kNotFound);
    NodeRow renamed = updated;
    renamed.name = impostor.name;
    CHECK(kind_of(ask(*database, update_node, renamed)) == FailureKind::kNameTaken);

    REQUIRE(ask(*database, delete_node, node.id).ok());
    CHECK(kind_of(ask(*database, delete_node, node.id)) == FailureKind::kNotFound);
  });
}

TEST_CASE("nodes: totals of a filter, in range whatever the limits are") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    fill(*database);
    CHECK(ask(*database, node_totals, NodeFilter{.tenant = "beta", .host = {}, .state = {}})
              .value()
              .nodes == 0);
    NodeRow second = a_node("0002", "acme");
    second.memory_limit_bytes = 3;
    REQUIRE(ask(*database, insert_node, second).ok());
    const auto acme =
        ask(*database, node_totals, NodeFilter{.tenant = "acme", .host = {}, .state = {}}).value();
    CHECK(acme.nodes == 2);
    CHECK(acme.memory_limit_bytes == (40U << 20) + 3);
    for (const char* id : {"0003", "0004", "0005"}) {
      NodeRow huge = a_node(id, "beta");
      huge.memory_limit_bytes = 0x7fff'ffff'ffff'ffff;
      REQUIRE(ask(*database, insert_node, huge).ok());
    }
    const auto beta =
        ask(*database, node_totals, NodeFilter{.tenant = "beta", .host = {}, .state = {}}).value();
    CHECK(beta.nodes == 3);
    CHECK(beta.memory_limit_bytes == 0xffff'ffff'ffff'ffff);
    CHECK(ask(*database, node_totals, NodeFilter{}).value().nodes == 5);
  });
}

TEST_CASE("API keys: of tenants and of the platform, revoked once, touched forward only") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    fill(*database);
    ApiKey key = an_api_key("k1", "acme");
    ApiKey own = an_api_key("k2", "");
    own.scopes = {};
    own.expires_at_ms = 99;
    REQUIRE(ask(*database, insert_api_key, key).ok());
    REQUIRE(ask(*database, insert_api_key, own).ok());
    CHECK(ask(*database, find_api_key, key.id).value() == key);
    CHECK(ask(*database, find_api_key, own.id).value() == own);
    CHECK_FALSE(ask(*database, find_api_key, std::string("none")).value().has_value());
    CHECK(kind_of(ask(*database, insert_api_key, key)) == FailureKind::kNameTaken);
    const auto homeless = ask(*database, insert_api_key, an_api_key("k3", "none"));
    CHECK(kind_of(homeless) == FailureKind::kNotFound);
    CHECK(homeless.failure().field == "tenant");

    const auto of_acme =
        ask(*database, list_api_keys, std::string("acme"), std::string(), std::size_t{9}).value();
    REQUIRE(of_acme.size() == 1);
    CHECK(of_acme[0].id == "k1");
    const auto of_platform =
        ask(*database, list_api_keys, std::string(), std::string(), std::size_t{9}).value();
    REQUIRE(of_platform.size() == 1);
    CHECK(of_platform[0].id == "k2");

    REQUIRE(ask(*database, touch_api_key, key.id, uint64_t{100}).ok());
    REQUIRE(ask(*database, touch_api_key, key.id, uint64_t{90}).ok());
    CHECK(ask(*database, find_api_key, key.id).value()->last_used_at_ms == 100);
    CHECK(ask(*database, revoke_api_key, key.id, uint64_t{200}).value().revoked_at_ms == 200);
    CHECK(ask(*database, revoke_api_key, key.id, uint64_t{300}).value().revoked_at_ms == 200);
    CHECK(kind_of(ask(*database, revoke_api_key, std::string("none"), uint64_t{1})) ==
          FailureKind::kNotFound);
  });
}

TEST_CASE("tokens of nodes: insert, find, list, touch, revoke") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    fill(*database);
    const NodeToken token = a_node_token("t1", "0001", "acme");
    NodeToken full = a_node_token("t2", "0001", "acme");
    full.read_only = false;
    REQUIRE(ask(*database, insert_node_token, token).ok());
    REQUIRE(ask(*database, insert_node_token, full).ok());
    CHECK(ask(*database, find_node_token, token.id).value() == token);
    CHECK(ask(*database, find_node_token, full.id).value() == full);
    CHECK(kind_of(ask(*database, insert_node_token, token)) == FailureKind::kNameTaken);
    CHECK(kind_of(ask(*database, insert_node_token, a_node_token("t3", "none", "acme"))) ==
          FailureKind::kNotFound);
    CHECK(ask(*database, list_node_tokens, std::string("0001"), std::string(), std::size_t{9})
              .value()
              .size() == 2);
    CHECK(ask(*database, list_node_tokens, std::string("0001"), std::string("t1"), std::size_t{9})
              .value()
              .size() == 1);
    REQUIRE(ask(*database, touch_node_token, token.id, uint64_t{7}).ok());
    CHECK(ask(*database, find_node_token, token.id).value()->last_used_at_ms == 7);
    CHECK(ask(*database, revoke_node_token, token.id, uint64_t{8}).value().revoked_at_ms == 8);
    CHECK(kind_of(ask(*database, revoke_node_token, std::string("none"), uint64_t{8})) ==
          FailureKind::kNotFound);
  });
}

TEST_CASE("history of nodes: newest first, page by page") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    for (uint64_t i = 0; i < 5; ++i) {
      const NodeEvent event{0, i == 2 ? "other" : "0001", "acme", i, "", "running", "", "system"};
      REQUIRE(ask(*database, insert_node_event, event).ok());
    }
    const std::string node = "0001";
    const auto first = ask(*database, list_node_events, node, uint64_t{0}, std::size_t{3}).value();
    REQUIRE(first.size() == 3);
    CHECK(first[0].at_ms == 4);
    CHECK(first[2].at_ms == 1);
    CHECK(first[0].id > first[1].id);
    CHECK(first[0].to_state == "running");
    const auto rest = ask(*database, list_node_events, node, first[2].id, std::size_t{3}).value();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].at_ms == 0);
  });
}

TEST_CASE("audit log: newest first, by each filter") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    for (uint64_t i = 1; i <= 6; ++i) {
      AuditEntry entry = an_audit_entry(i % 2 == 0 ? "acme" : "beta", i * 100);
      if (i == 3) entry.actor = "system";
      if (i == 4) entry.action = "key.revoke";
      if (i == 5) entry.target = "tenant/beta";
      REQUIRE(ask(*database, insert_audit, entry).ok());
    }
    const auto times = [&](const AuditFilter& filter, uint64_t before = 0, std::size_t limit = 10) {
      std::vector<uint64_t> found;
      const auto entries = ask(*database, list_audit, filter, before, limit).value();
      for (const AuditEntry& entry : entries) found.push_back(entry.at_ms);
      return found;
    };
    using Times = std::vector<uint64_t>;
    AuditFilter filter;
    CHECK(times(filter) == Times{600, 500, 400, 300, 200, 100});
    filter.tenant = "acme";
    CHECK(times(filter) == Times{600, 400, 200});
    filter.action = "key.revoke";
    CHECK(times(filter) == Times{400});
    filter = {};
    filter.actor = "system";
    CHECK(times(filter) == Times{300});
    filter = {};
    filter.target = "tenant/beta";
    CHECK(times(filter) == Times{500});
    filter = {};
    filter.from_ms = 200;
    filter.until_ms = 400;
    CHECK(times(filter) == Times{300, 200});
    filter = {};
    const auto newest = ask(*database, list_audit, filter, uint64_t{0}, std::size_t{2}).value();
    REQUIRE(newest.size() == 2);
    CHECK(newest[0].detail == "{}");
    CHECK(newest[0].request_id == "request-1");
    CHECK(times(filter, newest[1].id, 2) == Times{400, 300});
  });
}

TEST_CASE("idempotent answers: taken, finished, replayed, freed, purged") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    IdempotentAnswer answer = an_answer("key:1", "k");
    CHECK_FALSE(ask(*database, begin_idempotent, answer).value().has_value());
    const auto holder = ask(*database, begin_idempotent, an_answer("key:1", "k")).value();
    REQUIRE(holder.has_value());
    CHECK(holder->status == 0);
    CHECK_FALSE(ask(*database, begin_idempotent, an_answer("key:2", "k")).value().has_value());
    CHECK(ask(*database, open_idempotent, uint64_t{61}, std::size_t{9}).value().size() == 2);
    CHECK(ask(*database, open_idempotent, uint64_t{60}, std::size_t{9}).value().empty());

    answer.status = 201;
    answer.headers = R"({"ETag":"\"1\""})";
    answer.body = R"({"id":"0001"})";
    answer.target = "node/0001";
    REQUIRE(ask(*database, finish_idempotent, answer).ok());
    const auto replayed = ask(*database, begin_idempotent, an_answer("key:1", "k")).value();
    REQUIRE(replayed.has_value());
    CHECK(replayed->status == 201);
    CHECK(replayed->headers == answer.headers);
    CHECK(replayed->body == answer.body);
    CHECK(replayed->target == answer.target);
    CHECK(replayed->fingerprint == "fingerprint");
    CHECK(kind_of(ask(*database, finish_idempotent, an_answer("none", "k"))) ==
          FailureKind::kNotFound);

    REQUIRE(ask(*database, drop_idempotent, std::string("key:2"), std::string("k")).ok());
    CHECK_FALSE(ask(*database, begin_idempotent, an_answer("key:2", "k")).value().has_value());
    // Only what is finished is forgotten.
    CHECK(ask(*database, purge_idempotent, uint64_t{60}, std::size_t{9}).value() == 0);
    CHECK(ask(*database, purge_idempotent, uint64_t{61}, std::size_t{9}).value() == 1);
    CHECK(ask(*database, open_idempotent, uint64_t{61}, std::size_t{9}).value().size() == 1);
    CHECK_FALSE(ask(*database, begin_idempotent, answer).value().has_value());
  });
}

}  // namespace
}  // namespace miniredis::service::metadata
