"""The HTTP server and its manners: tokens, bad requests, hostile peers, Prometheus."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.service.daemon import Daemon, wait_until


def raw(daemon: Daemon, data: bytes, timeout: float = 5) -> bytes:
    """Send bytes, read to the end."""
    with socket.create_connection(("127.0.0.1", daemon.http_port), timeout=timeout) as peer:
        peer.sendall(data)
        received = b""
        while chunk := peer.recv(65536):
            received += chunk
        return received


def test_the_token_is_required_for_all_but_health(daemon: Daemon) -> None:
    daemon.make_node("guarded")
    calls = [
        ("GET", "/v1/tenants"), ("POST", "/v1/tenants"), ("GET", "/v1/tenants/acme"),
        ("PATCH", "/v1/tenants/acme"), ("DELETE", "/v1/tenants/acme"), ("GET", "/v1/nodes"),
        ("POST", "/v1/nodes"), ("GET", "/v1/nodes/guarded"), ("PATCH", "/v1/nodes/guarded"),
        ("DELETE", "/v1/nodes/guarded"), ("POST", "/v1/nodes/guarded/start"),
        ("POST", "/v1/nodes/guarded/stop"), ("POST", "/v1/nodes/guarded/restart"),
        ("POST", "/v1/nodes/guarded/execute"), ("GET", "/v1/nodes/guarded/metrics"),
        ("GET", "/v1/capacity"), ("GET", "/metrics"), ("GET", "/v1/anything"),
    ]  # fmt: skip
    for token in ("", "mra_wrong", daemon.token[:-1], daemon.token + "x"):
        for method, path in calls:
            answer = daemon.request(method, path, token=token)
            assert answer.status == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
    assert daemon.request("GET", "/healthz", token="").json == {"status": "ok"}
    assert daemon.request("GET", "/readyz", token="").json == {"status": "ready"}
    assert daemon.get("/v1/nodes/guarded")["state"] == "running"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b"[]", 400, "malformed-json"),
        (b'{"name": "x",}', 400, "malformed-json"),
        (b'{"name": "\xff"}', 400, "malformed-json"),
        (b'{"name": "x", "name": "y"}', 400, "malformed-json"),
        (b'{"tenant":"acme","name":"x","max_clients":1e999}', 400, "malformed-json"),
        (b"[" * 100_000, 400, "malformed-json"),
        (b'{"tenant":"acme","name":"x","colour":"red"}', 400, "unknown-field"),
        (b'{"tenant":"acme"}', 422, "invalid-argument"),
        (b'{"name":"x"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":5}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":""}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":".."}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"a b"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"a\\u0000"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"' + b"x" * 65 + b'"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","memory":"1kb"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","memory":"lots"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","memory_limit_bytes":0}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","memory_limit_bytes":-1}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","memory_limit_bytes":1e30}', 422, "invalid-argument"),
        (
            b'{"tenant":"acme","name":"x","memory":"5mb","memory_limit_bytes":5242880}',
            422,
            "invalid-argument",
        ),
        (b'{"tenant":"acme","name":"x","max_clients":0}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","port":0}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","port":70000}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","port":"auto"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","eviction_policy":"lru"}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","config":{"nope":1}}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","config":{"timeout":[]}}', 422, "invalid-argument"),
        (b'{"tenant":"acme","name":"x","shard":256}', 422, "invalid-argument"),
    ],
)
def test_bad_bodies_are_refused_and_leave_nothing(
    daemon: Daemon, body: bytes, status: int, kind: str
) -> None:
    answer = daemon.request("POST", "/v1/nodes", body)
    assert answer.status == status, answer
    problem = answer.json
    assert problem["type"] == f"urn:miniredis:problem:{kind}"
    assert problem["status"] == status
    assert problem["title"]
    if status == 422 or kind == "unknown-field":
        assert problem["field"]
    assert daemon.get("/v1/nodes")["items"] == []


def test_routes_methods_and_types(daemon: Daemon) -> None:
    assert daemon.request("GET", "/v1/nodez").status == 404
    wrong = daemon.request("PUT", "/v1/nodes")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert daemon.request("DELETE", "/healthz").headers["allow"] == "GET, HEAD"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert daemon.request("POST", "/v1/nodes", b"a=b", form).status == 415
    unknown = daemon.request("GET", "/v1/nodes?lmit=5")
    assert (unknown.status, unknown.json["field"]) == (400, "lmit")
    head = daemon.request("HEAD", "/v1/nodes")
    assert (head.status, head.text) == (200, "")
    assert head.headers["content-length"] == str(len(daemon.request("GET", "/v1/nodes").text))
    for path in (
        "/v1/nodes/..", "/v1/nodes/%2e%2e", "/v1/nodes/../tenants/acme", "/v1//nodes",
        "/v1/nodes/a%2Fb", "/v1/nodes/%00", "/v1/nodes/" + "x" * 5000, "/v1/tenants/%ff",
        "/../etc/passwd", "/v1/nodes/x;y", "/v1/nodes/$(id)",
    ):  # fmt: skip
        assert daemon.request("GET", path).status == 404, path
    assert daemon.request("GET", "/v1/nodes/%zz").status == 400


def test_request_ids_are_echoed_and_logged(daemon: Daemon) -> None:
    answer = daemon.request("GET", "/v1/nodes", headers={"X-Request-Id": "trace-me-17"})
    assert answer.headers["x-request-id"] == "trace-me-17"
    assert "request_id=trace-me-17" in daemon.log()
    made = daemon.request("GET", "/v1/nodes", headers={"X-Request-Id": "evil id"})
    assert re.fullmatch("[0-9a-f]{16}", made.headers["x-request-id"])


def test_nothing_secret_is_logged(daemon: Daemon) -> None:
    daemon.make_node("quiet", password="pass-in-log?")
    daemon.execute("quiet", "SET", "k", "value-in-log?")
    assert daemon.token not in daemon.log()
    assert "in-log?" not in daemon.log()


def test_hostile_bytes_are_never_our_failure(daemon: Daemon) -> None:
    auth = f"Authorization: Bearer {daemon.token}\r\n".encode()
    json_type = b"Content-Type: application/json\r\n"
    for data, allowed in [
        (b"\x00" * 1000, {b"", b"400"}),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000 + b"\r\n", {b"431"}),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", {b"431"}),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", {b"431"}),
        (b"POST /v1/nodes HTTP/1.1\r\n" + auth + json_type
         + b"Content-Length: 9000000\r\n\r\n", {b"413"}),
        (b"POST /v1/nodes HTTP/1.1\r\n" + auth + json_type
         + b"Content-Length: 1000000000000000000000\r\n\r\n", {b"", b"400", b"413"}),
        (b"POST /v1/nodes HTTP/1.1\r\n" + auth + json_type
         + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", {b"", b"400"}),
        (b"CONNECT example.org:443 HTTP/1.1\r\nConnection: close\r\n\r\n", {b"400"}),
        (b"OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n", {b"400"}),
        (b"GET /healthz HTTP/2.0\r\n\r\n", {b"", b"400"}),
    ]:  # fmt: skip
        received = raw(daemon, data)
        assert received[9:12] in allowed, (data[:60], received[:80])
    assert daemon.request("GET", "/healthz").status == 200


def test_requests_in_one_packet_are_answered_in_order(daemon: Daemon) -> None:
    auth = f"Authorization: Bearer {daemon.token}\r\n"
    paths = ["/v1/tenants/acme", "/healthz", "/v1/none", "/readyz"] * 5
    data = "".join(f"GET {path} HTTP/1.1\r\n{auth}\r\n" for path in paths)
    data += "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"
    statuses = re.findall(rb"HTTP/1.1 (\d+)", raw(daemon, data.encode()))
    assert statuses == [b"200", b"200", b"404", b"200"] * 5 + [b"200"]


def is_served(daemon: Daemon) -> bool:
    """Tell whether there is room for a request."""
    try:
        return daemon.request("GET", "/healthz").status == 200
    except ConnectionError:
        return False


def test_slow_peers_and_crowds_do_not_hold_up_others(fresh: Callable[..., Daemon]) -> None:
    flags = ("--http-request-timeout-ms", "300", "--http-idle-timeout-ms", "300")
    with fresh(*flags, "--http-max-connections", "20") as daemon:
        slow = [socket.create_connection(("127.0.0.1", daemon.http_port)) for _ in range(15)]
        for number, peer in enumerate(slow):
            head = b"POST /v1/nodes HTTP/1.1\r\nAuthorization: Bearer " + daemon.token.encode()
            head += b"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            peer.sendall(head[: len(head) - number * 10] if number < 8 else b"")
        assert daemon.request("GET", "/healthz").status == 200
        for peer in slow:
            peer.settimeout(5)
            while peer.recv(4096):
                pass
            peer.close()
        crowd = [socket.create_connection(("127.0.0.1", daemon.http_port)) for _ in range(40)]
        refused = [peer.recv(12) for peer in crowd[25:]]
        assert b"HTTP/1.1 503" in refused
        for peer in crowd:
            peer.close()
        wait_until(lambda: is_served(daemon))


def test_a_long_command_does_not_block_health_and_lists(daemon: Daemon) -> None:
    daemon.make_node("busy", memory="512mb")
    commands = [
        ["MSET", *(part for i in range(2000) for part in (f"key:{batch}:{i}", "v"))]
        for batch in range(100)
    ]
    for start in range(0, 100, 25):
        body = {"commands": commands[start : start + 25]}
        assert daemon.request("POST", "/v1/nodes/busy/execute", body).status == 200
    results: list[Any] = []

    def count_keys() -> None:
        results.append(len(daemon.execute("busy", "KEYS", "*")))

    threads = [threading.Thread(target=count_keys) for _ in range(2)]
    for thread in threads:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        begun = time.monotonic()
        assert daemon.request("GET", "/healthz").status == 200
        slowest = max(slowest, time.monotonic() - begun)
    for thread in threads:
        thread.join()
    assert results == [200_000, 200_000]
    assert slowest < 1


SAMPLE = re.compile(r'^([a-z0-9_]+)(\{([a-z_]+="(\\.|[^"\\])*",?)+\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$')


def test_prometheus_reads_our_metrics(daemon: Daemon) -> None:
    daemon.make_node("m1", port=True)
    daemon.make_node("m2")
    for _ in range(10):
        daemon.execute("m1", "SET", "k", "v")
    before = daemon.request("GET", "/metrics")
    assert before.headers["content-type"].startswith("text/plain; version=0.0.4")
    families: dict[str, str] = {}
    samples: dict[str, float] = {}
    for line in before.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in families
            families[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, line
            assert match[1] in families, line
            assert (families[match[1]] == "counter") == match[1].endswith("_total"), line
            series, value = line.rsplit(" ", 1)
            assert series not in samples
            samples[series] = float(value)
    assert before.text.endswith("\n")
    assert samples["miniredis_nodes"] == 2
    assert samples["miniredis_ports_used"] == 1
    assert samples["miniredis_commands_total"] >= 10
    labels = f'{{tenant="acme",node="m1",id="{daemon.get("/v1/nodes/m1")["id"]}"}}'
    assert samples[f"miniredis_node_commands_total{labels}"] >= 10
    assert samples[f"miniredis_node_keys{labels}"] == 1
    total = samples["miniredis_commands_total"]
    daemon.request("DELETE", "/v1/nodes/m1")
    after = daemon.request("GET", "/metrics").text
    match = re.search(r"^miniredis_commands_total (\d+)$", after, re.M)
    assert match
    assert int(match[1]) >= total


def test_series_of_nodes_are_capped(fresh: Callable[..., Daemon]) -> None:
    with fresh("--log-level", "warning") as daemon:
        daemon.make_tenant()
        for number in range(120):
            daemon.make_node(f"n{number}")
        daemon.execute("n7", "SET", "k", "x" * 100_000)
        capped = daemon.request("GET", "/metrics").text
        assert capped.count("miniredis_node_up{") == 100
        assert 'node="n7"' in capped
        assert daemon.request("GET", "/metrics?nodes=all").text.count("miniredis_node_up{") == 120
        assert daemon.request("GET", "/metrics?nodes=some").status == 422


def test_metrics_may_be_open(fresh: Callable[..., Daemon]) -> None:
    with fresh("--metrics-open") as daemon:
        assert daemon.request("GET", "/metrics", token="").status == 200
        assert daemon.request("GET", "/v1/nodes", token="").status == 401
