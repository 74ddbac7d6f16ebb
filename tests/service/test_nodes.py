"""Tenants and nodes over HTTP: life cycle, ports, changes, lists."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest

from tests.service.daemon import Daemon, RespClient, refuses_connections

RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def test_a_node_lives_and_is_deleted(daemon: Daemon) -> None:
    answer = daemon.request(
        "POST",
        "/v1/nodes",
        {
            "tenant": "acme",
            "name": "cache",
            "memory": "64mb",
            "eviction_policy": "allkeys-lru",
            "password": "s3cret",
            "max_clients": 77,
            "port": True,
            "config": {"timeout": 300},
        },
    )
    assert answer.status == 201, answer
    node = answer.json
    assert re.fullmatch("[0-9a-f]{16}", node["id"])
    assert answer.headers["location"] == f"/v1/nodes/{node['id']}"
    assert RFC_3339.match(node["created_at"])
    expected = {
        "name": "cache",
        "tenant": "acme",
        "state": "running",
        "host": "127.0.0.1",
        "port": daemon.first_port,
        "router": {"port": daemon.router_port, "tls_port": None, "user": "cache"},
        "memory_limit_bytes": 64 << 20,
        "eviction_policy": "allkeys-lru",
        "max_clients": 77,
        "config": {"timeout": "300"},
        "password_set": True,
    }
    assert {key: node[key] for key in expected} == expected
    assert isinstance(node["shard"], int)
    assert "s3cret" not in answer.text

    with RespClient(node["port"]) as client:
        assert client.call("GET", "k").startswith("-NOAUTH")  # type: ignore[union-attr]
        assert client.call("AUTH", "s3cret") == "OK"
        assert client.call("SET", "k", "v") == "OK"
    with RespClient(daemon.router_port) as client:
        assert client.call("AUTH", "cache", "s3cret") == "OK"
        assert client.call("GET", "k") == "v"
    assert daemon.get("/v1/nodes/cache") == daemon.get(f"/v1/nodes/{node['id']}")

    stopped = daemon.request("POST", "/v1/nodes/cache/stop")
    assert (stopped.status, stopped.json["state"]) == (200, "stopped")
    assert refuses_connections(node["port"])
    assert daemon.request("POST", "/v1/nodes/cache/stop").status == 409
    execute = daemon.request("POST", "/v1/nodes/cache/execute", {"command": ["PING"]})
    assert execute.status == 409
    assert execute.json["type"] == "urn:miniredis:problem:wrong-state"
    assert daemon.get("/v1/nodes/cache/metrics")["state"] == "stopped"
    assert [n["name"] for n in daemon.get("/v1/nodes?state=stopped")["items"]] == ["cache"]
    assert daemon.get("/v1/nodes?state=running")["items"] == []

    started = daemon.request("POST", "/v1/nodes/cache/start", {})
    assert (started.status, started.json["state"]) == (200, "running")
    assert daemon.execute("cache", "GET", "k") == "v"
    assert daemon.request("POST", "/v1/nodes/cache/start").status == 409
    assert daemon.request("POST", "/v1/nodes/cache/restart").status == 200
    with RespClient(node["port"]) as client:
        assert client.call("AUTH", "s3cret") == "OK"
        assert client.call("GET", "k") == "v"

    deleted = daemon.request("DELETE", "/v1/nodes/cache")
    assert (deleted.status, deleted.text) == (204, "")
    assert refuses_connections(node["port"])
    assert daemon.request("GET", "/v1/nodes/cache").status == 404
    assert daemon.request("DELETE", "/v1/nodes/cache").status == 404


def test_defaults_of_a_node(daemon: Daemon) -> None:
    answer = daemon.request("POST", "/v1/nodes", {"tenant": "acme", "name": "plain"})
    assert answer.status == 201
    node = answer.json
    assert node["port"] == daemon.first_port
    assert node["memory_limit_bytes"] == 40 << 20
    assert node["eviction_policy"] == "noeviction"
    assert node["password_set"] is False
    assert node["config"] == {}


def test_ports_run_out_and_come_back(daemon: Daemon) -> None:
    names = [f"p{i}" for i in range(daemon.range_size)]
    ports = [daemon.make_node(name, port=True)["port"] for name in names]
    assert ports == list(range(daemon.first_port, daemon.first_port + daemon.range_size))
    capacity = daemon.get("/v1/capacity")["ports"]
    assert capacity == {
        "start": ports[0],
        "end": ports[-1],
        "used": daemon.range_size,
        "available": 0,
    }
    body = {"tenant": "acme", "name": "late", "port": True}
    refused = daemon.request("POST", "/v1/nodes", body)
    assert refused.status == 507
    assert refused.json["type"] == "urn:miniredis:problem:ports-exhausted"
    assert refused.json["field"] == "port"
    assert daemon.request("GET", "/v1/nodes/late").status == 404
    daemon.make_node("without-port")
    daemon.request("DELETE", "/v1/nodes/p3")
    assert daemon.request("POST", "/v1/nodes", body).json["port"] == ports[3]
    with RespClient(ports[3]) as client:
        assert client.call("PING") == "PONG"


def test_a_port_may_be_chosen_from_the_range(daemon: Daemon) -> None:
    chosen = daemon.first_port + 5
    assert daemon.make_node("chosen", port=chosen)["port"] == chosen
    body = {"tenant": "acme", "name": "other", "port": chosen}
    taken = daemon.request("POST", "/v1/nodes", body)
    assert (taken.status, taken.json["type"]) == (409, "urn:miniredis:problem:port-taken")
    outside = daemon.request("POST", "/v1/nodes", {**body, "port": 80})
    assert (outside.status, outside.json["field"]) == (422, "port")
    assert str(daemon.first_port) in outside.json["detail"]


def test_a_port_that_another_program_has_is_passed_over(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", daemon.first_port)):
        assert daemon.make_node("second", port=True)["port"] == daemon.first_port + 1
        body = {"tenant": "acme", "name": "first", "port": daemon.first_port}
        taken = daemon.request("POST", "/v1/nodes", body)
        assert (taken.status, taken.json["type"]) == (409, "urn:miniredis:problem:port-taken")
        assert daemon.get("/v1/capacity")["ports"]["used"] == 1


def test_a_port_lost_while_the_node_was_stopped_is_told(daemon: Daemon) -> None:
    port = daemon.make_node("loser", port=True)["port"]
    daemon.request("POST", "/v1/nodes/loser/stop")
    with socket.create_server(("127.0.0.1", port)):
        refused = daemon.request("POST", "/v1/nodes/loser/start")
        assert (refused.status, refused.json["type"]) == (409, "urn:miniredis:problem:port-taken")
        assert daemon.get("/v1/nodes/loser")["state"] == "stopped"
    assert daemon.request("POST", "/v1/nodes/loser/start").status == 200
    with RespClient(port) as client:
        assert client.call("PING") == "PONG"


def test_a_node_is_changed_while_it_serves(daemon: Daemon) -> None:
    node = daemon.make_node("before", password="old", port=True)
    daemon.execute("before", "SET", "k", "v")
    changed = daemon.request(
        "PATCH",
        "/v1/nodes/before",
        {
            "name": "after",
            "memory_limit_bytes": 5 << 20,
            "eviction_policy": "volatile-ttl",
            "max_clients": 5,
            "password": "new",
            "port": daemon.first_port + 3,
            "shard": 0,
            "config": {"timeout": "17", "Notify-Keyspace-Events": "KEA"},
        },
    )
    assert changed.status == 200, changed
    after = changed.json
    assert after["id"] == node["id"]
    assert after["name"] == "after"
    assert after["memory_limit_bytes"] == 5 << 20
    assert after["eviction_policy"] == "volatile-ttl"
    assert after["max_clients"] == 5
    assert after["port"] == daemon.first_port + 3
    assert after["shard"] == 0
    assert daemon.execute("after", "CONFIG", "GET", "timeout") == {"timeout": "17"}
    assert daemon.request("GET", "/v1/nodes/before").status == 404
    assert refuses_connections(node["port"])
    with RespClient(after["port"]) as client:
        assert client.call("AUTH", "new") == "OK"
        assert client.call("GET", "k") == "v"
    assert daemon.request("PATCH", "/v1/nodes/after", {"port": False}).json["port"] is None
    assert refuses_connections(after["port"])
    unset = daemon.request("PATCH", "/v1/nodes/after", {"password": None}).json
    assert unset["password_set"] is False
    assert daemon.get("/v1/capacity")["ports"]["used"] == 0


@pytest.mark.parametrize(
    ("bad", "status", "field"),
    [
        ({"config": {"no-such-parameter": "1"}}, 422, "config.no-such-parameter"),
        ({"config": {"timeout": "soon"}}, 422, "config.timeout"),
        ({"config": {"maxmemory": "5mb"}}, 422, "config.maxmemory"),
        ({"shard": 255}, 422, "shard"),
        ({"port": 80}, 422, "port"),
        ({"name": "taken"}, 409, "name"),
        ({"name": "a/b"}, 422, "name"),
        ({"memory": "1kb"}, 422, "memory"),
    ],
)
def test_a_change_is_all_or_nothing(
    daemon: Daemon, bad: dict[str, object], status: int, field: str
) -> None:
    daemon.make_node("taken")
    daemon.make_node("whole", password="pw", port=True, config={"timeout": 5})
    before = daemon.get("/v1/nodes/whole")
    change = {
        "name": "half",
        "memory_limit_bytes": 9 << 20,
        "eviction_policy": "allkeys-lfu",
        "max_clients": 3,
        "password": "other",
        "config": {"timeout": 6},
        "port": daemon.first_port + 6,
        **bad,
    }
    if "memory" in bad:
        del change["memory_limit_bytes"]
    refused = daemon.request("PATCH", "/v1/nodes/whole", change)
    assert (refused.status, refused.json["field"]) == (status, field), refused
    assert daemon.get("/v1/nodes/whole") == before
    assert daemon.execute("whole", "CONFIG", "GET", "timeout") == {"timeout": "5"}
    with RespClient(before["port"]) as client:
        assert client.call("AUTH", "pw") == "OK"
    assert daemon.get("/v1/capacity")["ports"]["used"] == 1


def test_a_stopped_node_is_renamed_and_not_reconfigured(daemon: Daemon) -> None:
    daemon.make_node("sleeper")
    daemon.request("POST", "/v1/nodes/sleeper/stop")
    assert daemon.request("PATCH", "/v1/nodes/sleeper", {"max_clients": 5}).status == 409
    renamed = daemon.request("PATCH", "/v1/nodes/sleeper", {"name": "dreamer"})
    assert (renamed.status, renamed.json["state"]) == (200, "stopped")


def test_names_are_unique_over_tenants(daemon: Daemon) -> None:
    daemon.make_tenant("second")
    daemon.make_node("mine")
    taken = daemon.request("POST", "/v1/nodes", {"tenant": "second", "name": "mine"})
    assert (taken.status, taken.json["type"]) == (409, "urn:miniredis:problem:already-exists")
    assert taken.json["field"] == "name"
    assert daemon.request("POST", "/v1/tenants", {"name": "second"}).status == 409
    unknown = daemon.request("POST", "/v1/nodes", {"tenant": "nobody", "name": "x"})
    assert (unknown.status, unknown.json["field"]) == (404, "tenant")
    assert daemon.request("DELETE", "/v1/tenants/second").status == 204


def test_tenants_have_quotas_and_are_deleted_with_care(daemon: Daemon) -> None:
    tenant = daemon.make_tenant("small", max_nodes=2, memory="100mb")
    assert tenant["max_nodes"] == 2
    assert tenant["memory_limit_bytes"] == 100 << 20
    assert tenant["nodes"] == 0
    assert RFC_3339.match(tenant["created_at"])
    daemon.make_node("s1", "small", port=True)
    daemon.make_node("s2", "small")
    full = daemon.request("POST", "/v1/nodes", {"tenant": "small", "name": "s3", "port": False})
    assert (full.status, full.json["type"]) == (409, "urn:miniredis:problem:limit-reached")
    changed = daemon.request(
        "PATCH", "/v1/tenants/small", {"max_nodes": 3, "memory_limit_bytes": 0}
    )
    assert (changed.status, changed.json["max_nodes"]) == (200, 3)
    daemon.make_node("s3", "small")
    assert daemon.get("/v1/tenants/small")["nodes"] == 3
    assert len(daemon.get("/v1/nodes?tenant=small")["items"]) == 3
    assert daemon.get("/v1/nodes?tenant=nobody")["items"] == []
    assert daemon.request("DELETE", "/v1/tenants/small").status == 409
    assert daemon.request("DELETE", "/v1/tenants/small?nodes=delete").status == 204
    assert daemon.request("GET", "/v1/tenants/small").status == 404
    assert daemon.request("GET", "/v1/nodes/s1").status == 404
    assert daemon.get("/v1/capacity")["ports"]["used"] == 0


def test_lists_come_in_pages_by_creation(daemon: Daemon) -> None:
    names = [f"n{9 - i}" for i in range(7)]
    for name in names:
        daemon.make_node(name)
    seen: list[str] = []
    path = "/v1/nodes?limit=3"
    pages = 0
    while True:
        page = daemon.get(path)
        assert set(page) == {"items", "next_cursor"}
        seen += [node["name"] for node in page["items"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        daemon.request("DELETE", f"/v1/nodes/{page['items'][-1]['name']}")
        path = f"/v1/nodes?limit=3&cursor={page['next_cursor']}"
    assert seen == names
    assert pages == 3
    for wrong in ("limit=0", "limit=1001", "limit=x", "cursor=zz", "cursor=n", "state=happy"):
        answer = daemon.request("GET", f"/v1/nodes?{wrong}")
        assert (answer.status, answer.json["field"]) == (422, wrong.split("=")[0]), wrong
    for letter in "dbac":
        daemon.make_tenant(f"t-{letter}")
    first = daemon.get("/v1/tenants?limit=3")
    rest = daemon.get(f"/v1/tenants?cursor={first['next_cursor']}")
    assert [t["name"] for t in first["items"] + rest["items"]] == [
        "acme", "t-a", "t-b", "t-c", "t-d",
    ]  # fmt: skip
    for letter in "abcd":
        daemon.request("DELETE", f"/v1/tenants/t-{letter}")


def test_memory_is_promised_up_to_the_limit(fresh: Callable[..., Daemon]) -> None:
    with fresh("--engine-memory-limit", "100mb") as daemon:
        daemon.make_tenant()
        daemon.make_node("a", memory="60mb")
        body = {"tenant": "acme", "name": "b", "memory": "41mb"}
        refused = daemon.request("POST", "/v1/nodes", body)
        assert (refused.status, refused.json["type"]) == (
            507,
            "urn:miniredis:problem:out-of-memory",
        )
        daemon.make_node("b", memory="40mb")
        grown = daemon.request("PATCH", "/v1/nodes/b", {"memory": "41mb"})
        assert grown.status == 507
        memory = daemon.get("/v1/capacity")["memory"]
        assert memory["limit_bytes"] == memory["promised_bytes"] == 100 << 20
        daemon.request("DELETE", "/v1/nodes/a")
        assert daemon.request("PATCH", "/v1/nodes/b", {"memory": "100mb"}).status == 200


def test_a_node_holds_to_its_limit(daemon: Daemon) -> None:
    daemon.make_node("tight", memory="2mb")
    daemon.make_node("roomy")
    value = "x" * 100_000
    replies = [daemon.execute("tight", "SET", f"k{i}", value) for i in range(40)]
    assert replies[0] == "OK"
    assert replies[-1]["error"].startswith("OOM ")
    metrics = daemon.get("/v1/nodes/tight/metrics")
    assert metrics["memory_used_bytes"] <= metrics["memory_limit_bytes"] == 2 << 20
    assert daemon.execute("roomy", "SET", "k", value) == "OK"
    daemon.request("PATCH", "/v1/nodes/tight", {"eviction_policy": "allkeys-lru"})
    assert daemon.execute("tight", "SET", "more", value) == "OK"
    assert daemon.get("/v1/nodes/tight/metrics")["evicted"] > 0
