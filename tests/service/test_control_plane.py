"""The control plane through its gateway: tenants, plans, nodes, keys, tokens, audit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.service.daemon import Answer, RespClient, wait_until
from tests.service.plane import Caller, control_plane


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Start one control plane for the module."""
    with control_plane(tmp_path_factory.mktemp("plane") / "data", range_size=32) as admin:
        yield admin


@pytest.fixture
def tenant(plane: Caller) -> Iterator[str]:
    """Make a tenant, and delete it with all its nodes afterwards."""
    name = f"t{time.monotonic_ns()}"
    plane.post("/v1/tenants", {"name": name})
    yield name
    plane.request("DELETE", f"/v1/tenants/{name}?grace_seconds=0")
    wait_until(lambda: plane.request("GET", f"/v1/tenants/{name}").status == 404)


def problem(answer: Answer) -> tuple[int, str]:
    """Return the status and the last part of the problem's type."""
    return answer.status, answer.json["type"].rsplit(":", 1)[1]


def test_the_document_is_a_document(plane: Caller) -> None:
    document = plane.contract.document
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    ids = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids)) > 50


def test_a_tenant_lives_and_is_deleted(plane: Caller) -> None:
    made = plane.post("/v1/tenants", {"name": "lively", "display_name": "Lively & Söhne"})
    assert (made["state"], made["plan"], made["version"]) == ("active", "standard", 1)
    node = plane.post("/v1/nodes", {"tenant": "lively", "name": "lively-1", "port": False})
    assert plane.execute(node["id"], "SET", "k", "v") == "OK"
    assert plane.get("/v1/tenants/lively")["nodes"] == 1

    assert plane.post("/v1/tenants/lively/suspend", None, 200)["state"] == "suspended"
    assert plane.get(f"/v1/nodes/{node['id']}")["state"] == "stopped"
    answer = plane.request("POST", f"/v1/nodes/{node['id']}/start")
    assert problem(answer) == (409, "wrong-state")
    answer = plane.request("POST", "/v1/nodes", {"tenant": "lively", "name": "lively-2"})
    assert problem(answer) == (409, "wrong-state")
    assert plane.post("/v1/tenants/lively/resume", None, 200)["state"] == "active"
    assert plane.execute(node["id"], "GET", "k") == "v"

    gone = plane.request("DELETE", "/v1/tenants/lively?grace_seconds=3600")
    assert (gone.status, gone.json["state"]) == (202, "deleting")
    assert gone.json["purge_at"] > gone.json["updated_at"]
    assert plane.get(f"/v1/nodes/{node['id']}")["state"] == "stopped"
    plane.post("/v1/tenants/lively/resume", None, 200)
    assert plane.execute("lively-1", "GET", "k") == "v"

    assert plane.request("DELETE", "/v1/tenants/lively?grace_seconds=0").status == 202
    wait_until(lambda: plane.request("GET", "/v1/tenants/lively").status == 404)
    assert plane.request("GET", f"/v1/nodes/{node['id']}").status == 404
    history = plane.get(f"/v1/nodes/{node['id']}/history")["items"]
    assert history[0]["to"] == "deleted"
    actions = [entry["action"] for entry in plane.get("/v1/audit?tenant=lively")["items"]]
    assert actions[0] == "tenant.purge"
    assert {"tenant.create", "tenant.suspend", "tenant.resume", "node.create"} <= set(actions)


def test_plans_limit_tenants(plane: Caller) -> None:
    plan = {"name": "small", "memory_bytes": "64mb", "max_nodes": 2}
    assert plane.post("/v1/plans", plan)["memory_bytes"] == 64 << 20
    plane.post("/v1/tenants", {"name": "frugal", "plan": "small"})

    def make(name: str, memory: str) -> Answer:
        body = {"tenant": "frugal", "name": name, "memory": memory, "port": False}
        return plane.request("POST", "/v1/nodes", body)

    assert problem(make("frugal-1", "65mb")) == (409, "limit-reached")
    assert make("frugal-1", "40mb").status == 201
    answer = make("frugal-2", "25mb")
    assert problem(answer) == (409, "limit-reached")
    assert answer.json["field"] == "memory_limit_bytes"
    assert make("frugal-2", "24mb").status == 201
    assert problem(make("frugal-3", "1mb")) == (409, "limit-reached")
    answer = plane.request("PATCH", "/v1/nodes/frugal-2", {"memory": "25mb"})
    assert problem(answer) == (409, "limit-reached")
    assert plane.request("PATCH", "/v1/nodes/frugal-2", {"memory": "10mb"}).status == 200
    assert plane.request("PATCH", "/v1/nodes/frugal-1", {"memory": "54mb"}).status == 200
    assert problem(plane.request("DELETE", "/v1/plans/small"))[0] == 409
    assert plane.request("PATCH", "/v1/plans/small", {"max_nodes": 3}).json["version"] == 2
    assert make("frugal-3", "1mb").status == 409  # the memory, still
    plane.request("DELETE", "/v1/tenants/frugal?grace_seconds=0")
    wait_until(lambda: plane.request("GET", "/v1/tenants/frugal").status == 404)
    assert plane.request("DELETE", "/v1/plans/small").status == 204


def test_nodes_are_changed_through_the_gateway(plane: Caller, tenant: str) -> None:
    body = {"tenant": tenant, "name": "changing", "password": "s3cret", "memory": "2mb"}
    node = plane.post("/v1/nodes", body)
    path = f"/v1/nodes/{node['id']}"
    with RespClient(node["port"]) as client:
        assert client.call("AUTH", "s3cret") == "OK"
    etag = plane.request("GET", path).headers["etag"]
    answer = plane.request("PATCH", path, {"memory": "3mb", "name": "changed"}, {"If-Match": etag})
    assert (answer.status, answer.json["memory_limit_bytes"]) == (200, 3 << 20)
    assert answer.headers["etag"] != etag
    answer = plane.request("PATCH", path, {"memory": "4mb"}, {"If-Match": etag})
    assert problem(answer) == (412, "precondition-failed")
    assert plane.get(path)["memory_limit_bytes"] == 3 << 20
    answer = plane.request("DELETE", path, headers={"If-Match": etag})
    assert problem(answer) == (412, "precondition-failed")
    assert plane.get("/v1/nodes/changed")["state"] == "running"
    for verb, state in (("stop", "stopped"), ("start", "running"), ("restart", "running")):
        assert plane.post(f"{path}/{verb}", None, 200)["state"] == state
    states = [event["to"] for event in reversed(plane.get(f"{path}/history")["items"])]
    assert states == ["creating", "running", "stopped", "running", "running"]
    detail = plane.get(f"/v1/audit?target=node/{node['id']}")["items"]
    assert "s3cret" not in str(detail)
    assert plane.request("DELETE", path).status == 204
    assert plane.request("DELETE", path).status == 404


def test_creations_happen_once(plane: Caller, tenant: str) -> None:
    body = {"tenant": tenant, "name": "once", "port": False}
    key = {"Idempotency-Key": f"once-{tenant}"}
    first = plane.request("POST", "/v1/nodes", body, key)
    again = plane.request("POST", "/v1/nodes", body, key)
    assert (first.status, again.status, again.text) == (201, 201, first.text)
    assert again.headers["idempotency-replayed"] == "true"
    other = plane.request("POST", "/v1/nodes", {**body, "name": "twice"}, key)
    assert problem(other) == (422, "idempotency-key-reused")
    missing = plane.request("POST", "/v1/nodes", body, {"Idempotency-Key": ""})
    assert problem(missing) == (400, "idempotency-key-required")
    # A refusal is not kept: the same key may be used again when the reason is gone.
    refused = plane.request(
        "POST", "/v1/nodes", {**body, "name": "bad name"}, {"Idempotency-Key": f"b-{tenant}"}
    )
    assert refused.status == 422
    assert plane.get(f"/v1/tenants/{tenant}")["nodes"] == 1

    def create(_: int) -> Answer:
        return plane.request(
            "POST", "/v1/nodes", {**body, "name": "many"}, {"Idempotency-Key": f"m-{tenant}"}
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(16)))
    # Those that come while the first is under way are told so.
    assert {answer.status for answer in answers} <= {201, 409}
    made = [answer.json["id"] for answer in answers if answer.status == 201]
    assert len(set(made)) == 1
    assert create(0).json["id"] == made[0]


def test_secrets_are_shown_once(plane: Caller, tenant: str) -> None:
    key = {"Idempotency-Key": f"secret-{tenant}"}
    first = plane.request("POST", f"/v1/tenants/{tenant}/keys", {"name": "ci"}, key)
    assert first.json["secret"].startswith("mrk_")
    again = plane.request("POST", f"/v1/tenants/{tenant}/keys", {"name": "ci"}, key)
    assert again.json == {**first.json, "secret": None}
    listed = plane.get(f"/v1/tenants/{tenant}/keys")["items"]
    assert [item["id"] for item in listed] == [first.json["id"]]
    assert "secret" not in listed[0]
    secret = first.json["secret"].split("_")[2]
    assert secret not in plane.daemon.log()
    database = plane.daemon.data / "main.db"
    for file in (database, database.with_suffix(".db-wal")):
        assert secret.encode() not in file.read_bytes()


def test_keys_do_what_their_scopes_say(plane: Caller, tenant: str) -> None:
    plane.post("/v1/nodes", {"tenant": tenant, "name": "scoped", "port": False})
    reader = plane.with_key(tenant, scopes=["nodes:read", "commands:read"])
    assert reader.execute("scoped", "GET", "k") is None
    assert "NOPERM" in str(reader.execute("scoped", "SET", "k", "v"))
    assert [item["name"] for item in reader.get("/v1/nodes")["items"]] == ["scoped"]
    for method, path, body in (
        ("POST", "/v1/nodes", {"name": "more"}),
        ("DELETE", "/v1/nodes/scoped", None),
        ("POST", f"/v1/tenants/{tenant}/keys", {}),
        ("GET", "/v1/audit", None),
        ("GET", "/v1/capacity", None),
        ("POST", "/v1/tenants", {"name": "x"}),
        ("GET", "/metrics", None),
    ):
        assert problem(reader.request(method, path, body)) == (403, "permission-denied"), path
    giver = plane.with_key(tenant, scopes=["keys:write", "nodes:read"])
    answer = giver.request("POST", f"/v1/tenants/{tenant}/keys", {"scopes": ["commands:write"]})
    assert problem(answer) == (403, "permission-denied")
    identity = giver.get("/v1/whoami")
    assert (identity["tenant"], identity["scopes"]) == (tenant, ["nodes:read", "keys:write"])


def test_a_revoked_key_opens_nothing(plane: Caller, tenant: str) -> None:
    made = plane.post(f"/v1/tenants/{tenant}/keys", {})
    caller = plane.with_token(made["secret"])
    assert caller.get("/v1/nodes")["items"] == []
    path = f"/v1/tenants/{tenant}/keys/{made['id']}"
    assert plane.get(path)["last_used_at"] is not None
    assert plane.request("DELETE", path).status == 204
    assert caller.request("GET", "/v1/nodes").status in {401, 429}
    assert plane.get(path)["revoked_at"] is not None
    suspended = plane.with_key(tenant)
    assert suspended.request("GET", "/v1/nodes").status == 200
    plane.post(f"/v1/tenants/{tenant}/suspend", None, 200)
    assert suspended.request("GET", "/v1/nodes").status in {401, 429}
    plane.post(f"/v1/tenants/{tenant}/resume", None, 200)
    assert suspended.request("GET", "/v1/nodes").status == 200


@pytest.mark.parametrize("change", ["mistyped", "cut", "other secret"])
def test_a_wrong_key_is_refused(plane: Caller, tenant: str, change: str) -> None:
    secret = plane.post(f"/v1/tenants/{tenant}/keys", {})["secret"]
    other = plane.post(f"/v1/tenants/{tenant}/keys", {})["secret"]
    wrong = {
        "mistyped": secret[:25] + ("a" if secret[25] != "a" else "b") + secret[26:],
        "cut": secret[:-1],
        "other secret": secret[:20] + other[20:],
    }[change]
    guesser = plane.with_token(wrong)
    wait_until(lambda: problem(guesser.request("GET", "/v1/nodes")) == (401, "unauthorized"))


def test_a_key_that_ends(plane: Caller, tenant: str) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    answer = plane.request("POST", f"/v1/tenants/{tenant}/keys", {"expires_at": at})
    assert problem(answer) == (422, "invalid-argument")
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    made = plane.post(f"/v1/tenants/{tenant}/keys", {"expires_at": later})
    caller = plane.with_token(made["secret"])
    assert caller.request("GET", "/v1/nodes").status == 200
    wait_until(lambda: caller.request("GET", "/v1/nodes").status == 401)


def routes_of_another(tenant: str, node: str, key: str, token: str) -> list[tuple[str, str, Any]]:
    """Return a request for every operation that names a thing of a tenant."""
    one = f"/v1/nodes/{node}"
    owner = f"/v1/tenants/{tenant}"
    return [
        ("GET", one, None),
        ("GET", f"{one}/metrics", None),
        ("POST", f"{one}/execute", {"command": ["PING"]}),
        ("GET", f"{one}/history", None),
        ("PATCH", one, {"memory": "2mb"}),
        ("DELETE", one, None),
        ("POST", f"{one}/start", None),
        ("POST", f"{one}/stop", None),
        ("POST", f"{one}/restart", None),
        ("POST", f"{one}/tokens", {}),
        ("GET", f"{one}/tokens", None),
        ("DELETE", f"{one}/tokens/{token}", None),
        ("GET", owner, None),
        ("PATCH", owner, {"display_name": "mine"}),
        ("POST", f"{owner}/keys", {}),
        ("GET", f"{owner}/keys", None),
        ("GET", f"{owner}/keys/{key}", None),
        ("DELETE", f"{owner}/keys/{key}", None),
        ("POST", "/v1/nodes", {"tenant": tenant, "name": "planted"}),
        ("POST", f"/redis/{node}", ["PING"]),
        ("GET", f"/redis/{node}/ping", None),
        ("POST", f"/redis/{node}/pipeline", [["PING"]]),
        ("POST", f"/redis/{node}/multi-exec", [["PING"]]),
    ]


def test_others_things_are_not_there(plane: Caller, tenant: str) -> None:
    other = f"{tenant}-other"
    plane.post("/v1/tenants", {"name": other})
    node = plane.post("/v1/nodes", {"tenant": tenant, "name": f"n-{tenant}", "port": False})
    key = plane.post(f"/v1/tenants/{tenant}/keys", {})
    token = plane.post(f"/v1/nodes/{node['id']}/tokens", {})
    stranger = plane.with_key(other)
    for method, path, body in routes_of_another(tenant, node["id"], key["id"], token["id"]):
        answer = stranger.request(method, path, body)
        assert problem(answer) == (404, "not-found"), (method, path, answer)
    assert stranger.get("/v1/nodes")["items"] == []
    assert stranger.get(f"/v1/nodes?tenant={tenant}")["items"] == []
    assert stranger.get("/v1/metrics")["items"] == []
    assert [item["name"] for item in stranger.get("/v1/tenants")["items"]] == [other]
    assert all(item["tenant"] == other for item in stranger.get("/v1/audit")["items"])
    assert stranger.get(f"/v1/audit?tenant={tenant}")["items"] == []
    assert plane.get(f"/v1/nodes/{node['id']}")["state"] == "running"
    plane.request("DELETE", f"/v1/tenants/{other}?grace_seconds=0")


def test_a_node_token_opens_its_node_alone(plane: Caller, tenant: str) -> None:
    first = plane.post("/v1/nodes", {"tenant": tenant, "name": f"a-{tenant}", "port": False})
    second = plane.post("/v1/nodes", {"tenant": tenant, "name": f"b-{tenant}", "port": False})
    made = plane.post(f"/v1/nodes/{first['id']}/tokens", {"name": "app"})
    full = plane.with_token(made["secret"])
    reads = plane.with_token(
        plane.post(f"/v1/nodes/{first['id']}/tokens", {"read_only": True})["secret"]
    )
    assert full.post(f"/redis/{first['name']}", ["SET", "k", "v"], 200) == {"result": "OK"}
    assert reads.get(f"/redis/{first['name']}/get/k") == {"result": "v"}
    answer = reads.request("GET", f"/redis/{first['name']}/set/k/w")
    assert (answer.status, answer.json["error"][:6]) == (400, "NOPERM")
    answer = reads.request("POST", f"/redis/{first['name']}/multi-exec", [["SET", "k", "w"]])
    assert answer.status == 400
    assert problem(full.request("POST", f"/redis/{second['name']}", ["PING"])) == (404, "not-found")
    assert problem(full.request("GET", "/v1/nodes")) == (403, "permission-denied")
    assert full.execute(first["id"], "GET", "k") == "v"
    plane.request("DELETE", f"/v1/nodes/{first['id']}/tokens/{made['id']}")
    assert full.request("POST", f"/redis/{first['name']}", ["PING"]).status in {401, 429}


def test_lists_go_on_where_they_stopped(plane: Caller, tenant: str) -> None:
    names = [f"{tenant}-{number}" for number in range(7)]
    for name in names:
        plane.post("/v1/nodes", {"tenant": tenant, "name": name, "port": False})
    for path, field in (
        (f"/v1/nodes?tenant={tenant}", "name"),
        (f"/v1/metrics?tenant={tenant}", "name"),
        (f"/v1/audit?tenant={tenant}", "id"),
    ):
        seen: list[Any] = []
        cursor = ""
        for _ in range(20):
            page = plane.get(f"{path}&limit=3{cursor}")
            assert len(page["items"]) <= 3
            seen += [item[field] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert len(seen) == len(set(seen)) >= 7, path
    answer = plane.request("GET", "/v1/audit?cursor=nonsense")
    assert problem(answer) == (422, "invalid-argument")


def test_what_is_done_at_the_node_manager_is_followed(plane: Caller) -> None:
    daemon = plane.daemon
    daemon.make_tenant("direct")
    node = daemon.make_node("direct-1", "direct")
    wait_until(lambda: plane.request("GET", "/v1/tenants/direct").status == 200)
    assert plane.get(f"/v1/nodes/{node['id']}/history")["items"][0]["cause"] == "adopted"
    answer = plane.request("PATCH", "/v1/nodes/direct-1", {"memory": "2mb"})
    assert answer.status == 200
    assert daemon.request("DELETE", f"/v1/nodes/{node['id']}").status == 204
    wait_until(lambda: plane.get("/v1/tenants/direct")["nodes"] == 0)
    body = {"tenant": "direct", "name": "direct-1", "port": False}
    assert plane.post("/v1/nodes", body)["state"] == "running"
    plane.request("DELETE", "/v1/tenants/direct?grace_seconds=0")
    wait_until(lambda: plane.request("GET", "/v1/tenants/direct").status == 404)


def test_a_quota_that_is_used_up_says_when_to_try_again(plane: Caller) -> None:
    plane.post("/v1/plans", {"name": "slow", "ops_per_second": 1})
    plane.post("/v1/tenants", {"name": "patient", "plan": "slow"})
    plane.post("/v1/nodes", {"tenant": "patient", "name": "patient-1", "port": False})
    before = plane.get("/v1/tenants/patient/metrics")
    assert (before["tenant"], before["nodes"], before["throttled"]) == ("patient", 1, 0)
    answers = [plane.request("POST", "/redis/patient-1", ["PING"]) for _ in range(6)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    for answer in refused:
        assert answer.json["error"].startswith("THROTTLED tenant quota, 1 ops/s; try again in ")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    after = plane.get("/v1/tenants/patient/metrics")
    assert after["throttled"] == len(refused)
    assert after["memory_promised_bytes"] == 40 << 20
    assert 0 < after["memory_used_bytes"] < 1 << 20
    plane.post("/v1/tenants", {"name": "idle"})
    assert plane.get("/v1/tenants/idle/metrics")["memory_used_bytes"] == 0
    assert plane.with_key("idle").request("GET", "/v1/tenants/patient/metrics").status == 404
    for name in ("patient", "idle"):
        plane.request("DELETE", f"/v1/tenants/{name}?grace_seconds=0")
    wait_until(lambda: plane.request("DELETE", "/v1/plans/slow").status == 204)


def test_every_operation_was_held_against_the_document(plane: Caller) -> None:
    # Streams are opened elsewhere.
    streams = {"streamNodes", "streamNode", "openShell"}
    rest = {
        *("restSubscribe", "restSubscribePost", "restSubscribePattern"),
        *("restSubscribePatternPost", "restMonitor", "restMonitorPost"),
    }
    for path in ("/healthz", "/readyz", "/v1/health", "/v1/hosts", "/v1/capacity", "/metrics"):
        assert plane.request("GET", path).status == 200
    assert plane.get("/openapi.json") == plane.contract.document
    assert plane.get("/v1/plans")["items"][0]["name"] == "standard"
    assert plane.get("/v1/plans/standard")["max_nodes"] == 0
    all_of_them = {
        operation["operationId"]
        for methods in plane.contract.document["paths"].values()
        for operation in methods.values()
    }
    assert all_of_them - streams - rest - plane.contract.checked == set()
