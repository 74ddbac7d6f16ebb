"""The gateway under bad input: requests made from its schemas, and bytes that are no requests."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import string
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.plane import Caller, control_plane

ROUNDS = 12


@pytest.fixture(scope="module")
def shared_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Start a control plane whose rate limits do not stand in the way."""
    flags = ("--rate-limit-per-second", "0", "--address-rate-limit-per-second", "0")
    with control_plane(tmp_path_factory.mktemp("hostile") / "data", *flags) as admin:
        admin.post("/v1/tenants", {"name": "acme"})
        admin.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
        yield admin


@pytest.fixture
def plane(shared_plane: Caller) -> Caller:
    """Give the control plane with its node running, whatever the test before made of them."""
    shared_plane.request("POST", "/v1/tenants/acme/resume")
    shared_plane.request("POST", "/v1/nodes/cache/start")
    assert shared_plane.get("/v1/nodes/cache")["state"] == "running"
    return shared_plane


def resolved(plane: Caller, schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    if "$ref" not in schema:
        return schema
    found = plane.contract.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return dict(found)


def fitting(plane: Caller, schema: dict[str, Any], dice: random.Random) -> Any:
    """Make a value that the schema allows, as far as it is simple."""
    schema = resolved(plane, schema)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return fitting(plane, dice.choice(schema[word]), dice)
    if "enum" in schema:
        return dice.choice(schema["enum"])
    kind = schema.get("type", "string")
    kind = dice.choice(kind) if isinstance(kind, list) else kind
    if kind == "object":
        chosen = [
            name
            for name in schema.get("properties", {})
            if name in schema.get("required", []) or dice.random() < 0.5
        ]
        return {name: fitting(plane, schema["properties"][name], dice) for name in chosen}
    if kind == "array":
        return [fitting(plane, schema.get("items", {}), dice) for _ in range(dice.randint(1, 3))]
    if kind in {"integer", "number"}:
        return dice.randint(schema.get("minimum", 0), min(schema.get("maximum", 99), 1 << 40))
    if kind == "boolean":
        return dice.random() < 0.5
    if kind == "null":
        return None
    return "".join(dice.choices(string.ascii_lowercase, k=8))


NONSENSE: list[Any] = [
    None,
    True,
    -1,
    0,
    1 << 63,
    -(1 << 63),
    1e308,
    1.5,
    "",
    "x" * 70_000,
    "\x00",
    "💥",
    "../..",
    "'; DROP TABLE tenants; --",
    "%00",
    "a\r\nX-Injected: 1",
    [],
    {},
    [[[[]]]],
    {"a": {"b": {}}},
    "{{7*7}}",
    "\u202e",
    "-0",
    "NaN",
    " ",
    "null",
]


def broken(value: Any, dice: random.Random) -> Any:
    """Put nonsense somewhere into a value."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        name = dice.choice(list(value))
        return {**value, name: broken(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        return [broken(value[0], dice), *value[1:]]
    if isinstance(value, dict) and dice.random() < 0.3:
        return {**value, dice.choice(["unknown", "__proto__", "id"]): 1}
    return dice.choice(NONSENSE)


def operations(plane: Caller) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and operation of all that is no stream."""
    return [
        (method.upper(), path, operation)
        for path, methods in plane.contract.document["paths"].items()
        for method, operation in methods.items()
        if "101" not in operation["responses"]
        and "text/event-stream" not in str(operation["responses"])
    ]


@pytest.mark.parametrize("seed", range(4))
def test_requests_made_from_the_schemas(plane: Caller, seed: int) -> None:
    dice = random.Random(seed)
    places = ["cache", "acme", "missing", "..", "%2e%2e", "%00", "a%2Fb", "x" * 300, "%F0%9F", "*"]
    for method, path, operation in operations(plane):
        for _ in range(ROUNDS):
            target = path
            while "{" in target:
                start, end = target.index("{"), target.index("}")
                target = target[:start] + dice.choice(places) + target[end + 1 :]
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query" and dice.random() < 0.4:
                    mark = "&" if "?" in target else "?"
                    word = dice.choice(["1", "-1", "0", "x", "%00", "99999999999999999999", ""])
                    target += f"{mark}{parameter['name']}={word}"
            body: bytes | None = None
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                value = fitting(plane, schema, dice)
                if dice.random() < 0.8:
                    value = broken(value, dice)
                body = json.dumps(value).encode()
                if dice.random() < 0.1:
                    body = body[: dice.randint(0, len(body))] + dice.randbytes(5)
            if method == "DELETE" and target.partition("?")[0].endswith(("/cache", "/acme")):
                continue
            headers = {"If-Match": '"999"'} if dice.random() < 0.2 else {}
            answer = plane.request(method, target, body, headers)
            full = answer.status == 507 and "urn:miniredis:problem" in answer.text
            assert answer.status < 500 or full, (method, target, body, answer)
            assert "x-injected" not in answer.headers
    assert plane.get("/healthz") == {"status": "ok"}
    assert plane.get("/v1/tenants/acme")["name"] == "acme"


def raw(plane: Caller, *pieces: bytes, pause: float = 0) -> bytes:
    """Send bytes to the gateway; return what comes until it closes."""
    with socket.create_connection(("127.0.0.1", plane.daemon.gateway_port), timeout=15) as peer:
        try:
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(pause)
            peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        received = b""
        try:
            while chunk := peer.recv(65536):
                received += chunk
        except OSError:
            pass
        return received


def head(plane: Caller, method: str, path: str, *lines: str) -> bytes:
    """Write the head of a request."""
    token = f"Authorization: Bearer {plane.daemon.token}"
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", token, *lines, "", ""]).encode()


def test_bytes_that_are_no_request(plane: Caller) -> None:
    dice = random.Random(7)
    assert raw(plane, b"\x16\x03\x01\x02\x00\x01") is not None
    for _ in range(50):
        answer = raw(plane, dice.randbytes(dice.randint(1, 400)))
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    many = [f"X-{number}: {'y' * 100}" for number in range(2000)]
    assert raw(plane, head(plane, "GET", "/v1/nodes", *many)).startswith(b"HTTP/1.1 431")
    long = "/v1/nodes/" + "z" * 100_000
    assert raw(plane, head(plane, "GET", long))[:12] in {b"HTTP/1.1 431", b"HTTP/1.1 400"}
    huge = head(
        plane,
        "POST",
        "/v1/nodes/cache/execute",
        "Content-Type: application/json",
        "Content-Length: 99999999999",
    )
    assert raw(plane, huge).startswith(b"HTTP/1.1 413")
    deep = b'{"command":' + b"[" * 200_000
    length = f"Content-Length: {len(deep)}"
    asked = head(plane, "POST", "/v1/nodes/cache/execute", "Content-Type: application/json", length)
    assert raw(plane, asked + deep).startswith(b"HTTP/1.1 400")
    both = head(
        plane,
        "POST",
        "/v1/nodes/cache/execute",
        "Content-Type: application/json",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
    )
    assert raw(plane, both + b"0\r\n\r\n")[:10] == b"HTTP/1.1 4"
    assert plane.execute("cache", "PING") == "PONG"


def test_a_body_that_trickles_in_is_cut_off(plane: Caller) -> None:
    asked = head(
        plane,
        "POST",
        "/v1/nodes/cache/execute",
        "Content-Type: application/json",
        "Content-Length: 1000",
    )
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", plane.daemon.gateway_port), timeout=30) as peer:
        peer.sendall(asked)
        try:
            for _ in range(40):
                peer.sendall(b" ")
                time.sleep(0.5)
        except OSError:
            pass
    assert time.monotonic() - begun < 19
    assert plane.execute("cache", "PING") == "PONG"


def resident_bytes(plane: Caller) -> int:
    """Return what the daemon holds of the machine's memory."""
    assert plane.daemon.process is not None
    status = Path(f"/proc/{plane.daemon.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


def test_what_peers_can_make_it_hold_is_bounded(plane: Caller) -> None:
    before = resident_bytes(plane)
    port = plane.daemon.gateway_port
    heads = [f"X-{number}: {'y' * 1000}" for number in range(15)]
    unfinished = head(plane, "GET", "/v1/nodes", *heads)[:-2]
    long_body = head(
        plane,
        "POST",
        "/v1/nodes/cache/execute",
        "Content-Type: application/json",
        f"Content-Length: {8 << 20}",
    ).replace(plane.daemon.token.encode(), b"mra_guess")
    opened = []
    try:
        for number in range(300):
            peer = socket.create_connection(("127.0.0.1", port), timeout=5)
            opened.append(peer)
            peer.settimeout(0.2)
            with contextlib.suppress(OSError):  # refused before all of it was read
                peer.sendall(unfinished if number % 2 == 0 else long_body + b" " * (1 << 20))
        held = resident_bytes(plane) - before
    finally:
        for peer in opened:
            peer.close()
    assert held < 48 << 20, held
    # Who may ask is held to 8 MiB a request, and leaves nothing behind.
    value = "x" * (7 << 20)
    for _ in range(20):
        assert plane.post("/v1/nodes/cache/execute", {"command": ["ECHO", value]}, 200)
        answer = plane.request("POST", "/v1/nodes/cache/execute", {"command": [value, [[]]]})
        assert answer.status == 422
    assert resident_bytes(plane) - before < 160 << 20


def test_wrong_content_types(plane: Caller) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = plane.request(
            "POST", "/v1/nodes/cache/execute", {"command": ["PING"]}, {"Content-Type": kind}
        )
        assert answer.status == 415, kind


def test_text_that_would_break_out_is_only_text(plane: Caller) -> None:
    evil = "'; DELETE FROM audit_log; --\r\nX-Injected: yes\x1b[31m\u202e\"}]"
    made = plane.post("/v1/tenants", {"name": "quoted", "display_name": evil})
    assert made["display_name"] == evil
    assert plane.get("/v1/tenants/quoted")["display_name"] == evil
    answer = plane.request("GET", "/v1/audit?actor=%27%20OR%201%3D1%20--")
    assert answer.json["items"] == []
    answer = plane.request("GET", "/v1/nodes/cache", headers={"X-Request-Id": "a b"})
    assert answer.headers["x-request-id"] != "a b"
    before = plane.daemon.log().count("\n")
    plane.request("GET", "/v1/nodes/%0Afake%20log%20line")
    time.sleep(0.1)
    log = plane.daemon.log()
    assert "\nfake log line" not in log
    assert log.count("\n") <= before + 3


def test_who_guesses_is_slowed_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    with control_plane(tmp_path_factory.mktemp("guess") / "data") as admin:
        guesser = admin.with_token("mra_guess")
        statuses = [guesser.request("GET", "/v1/nodes").status for _ in range(60)]
        assert statuses[0] == 401
        assert statuses.count(429) >= 20
        answer = guesser.request("GET", "/v1/nodes")
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert admin.get("/v1/nodes")["items"] == []


def test_each_caller_has_a_share(tmp_path_factory: pytest.TempPathFactory) -> None:
    flags = ("--rate-limit-per-second", "5", "--rate-limit-burst", "10")
    with control_plane(tmp_path_factory.mktemp("share") / "data", *flags) as admin:
        statuses = [admin.request("GET", "/v1/nodes").status for _ in range(30)]
        assert statuses[:5] == [200] * 5
        assert 429 in statuses
