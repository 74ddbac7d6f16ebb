"""Commands over HTTP: what goes in, and that replies keep their type."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.service.daemon import Daemon


def test_replies_keep_their_type(daemon: Daemon) -> None:
    daemon.make_node("x")
    assert daemon.execute("x", "PING") == "PONG"
    assert daemon.execute("x", "SET", "n", 41) == "OK"
    assert daemon.execute("x", "INCR", "n") == 42
    assert daemon.execute("x", "GET", "n") == "42"
    assert daemon.execute("x", "GET", "none") is None
    assert daemon.execute("x", "INCRBYFLOAT", "f", 1.5) == "1.5"
    assert daemon.execute("x", "MGET", "n", "none") == ["42", None]
    assert daemon.execute("x", "SET", "s", "text", "KEEP")["error"].startswith("ERR ")
    daemon.execute("x", "SET", "s", "text")
    assert daemon.execute("x", "INCR", "s") == {
        "error": "ERR value is not an integer or out of range"
    }
    assert daemon.execute("x", "CONFIG", "GET", "maxmemory") == {"maxmemory": str(40 << 20)}
    assert daemon.execute("x", "NOSUCH")["error"].startswith("ERR unknown command")
    assert daemon.execute("x", "SHUTDOWN")["error"].startswith("NOPERM")
    assert daemon.execute("x", "SET", "ä€😀", "日本") == "OK"
    assert daemon.execute("x", "GET", "ä€😀") == "日本"


def test_bytes_go_in_and_out(daemon: Daemon) -> None:
    daemon.make_node("x")
    raw = bytes(range(256))
    encoded = {"base64": base64.b64encode(raw).decode()}
    assert daemon.execute("x", "SET", encoded, encoded) == "OK"
    assert daemon.execute("x", "GET", encoded) == encoded
    assert daemon.execute("x", "STRLEN", encoded) == 256
    daemon.execute("x", "SET", "text", "abc")
    assert daemon.execute("x", "GET", "text", encoding="base64") == {"base64": "YWJj"}
    assert daemon.execute("x", "MGET", "text", encoded) == ["abc", encoded]


def test_many_commands_are_one_client(daemon: Daemon) -> None:
    daemon.make_node("x")
    answer = daemon.request(
        "POST",
        "/v1/nodes/x/execute",
        {
            "commands": [
                ["SELECT", "3"], ["SET", "k", "in three"], ["MULTI"], ["INCR", "n"], ["GET", "k"],
                ["EXEC"], ["NOSUCH"], ["PING"],
            ]
        },
    )  # fmt: skip
    assert answer.status == 200, answer
    replies = answer.json["replies"]
    assert replies[:6] == ["OK", "OK", "OK", "QUEUED", "QUEUED", [1, "in three"]]
    assert "error" in replies[6]
    assert replies[7] == "PONG"
    assert daemon.execute("x", "GET", "k") is None
    assert daemon.execute("x", "GET", "k", database=3) == "in three"
    assert daemon.get("/v1/nodes/x/metrics")["clients"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "command"),
        ({"command": []}, "command"),
        ({"command": "PING"}, "command"),
        ({"command": [["PING"]]}, "command[0]"),
        ({"command": ["GET", None]}, "command[1]"),
        ({"command": ["GET", True]}, "command[1]"),
        ({"command": ["GET", {"base64": "!"}]}, "command[1]"),
        ({"command": ["GET", {"base64": "YQ==", "more": 1}]}, "command[1]"),
        ({"command": ["PING"], "commands": [["PING"]]}, "command"),
        ({"commands": []}, "commands"),
        ({"commands": [["PING"], []]}, "commands[1]"),
        ({"commands": [["PING"]] * 10_001}, "commands"),
        ({"command": ["PING"], "database": 16}, "database"),
        ({"command": ["PING"], "database": -1}, "database"),
        ({"command": ["PING"], "encoding": "hex"}, "encoding"),
    ],
)
def test_what_makes_no_sense_is_named(daemon: Daemon, body: Any, field: str) -> None:
    daemon.make_node("x")
    answer = daemon.request("POST", "/v1/nodes/x/execute", body)
    assert (answer.status, answer.json["field"]) == (422, field), answer


def test_a_node_that_is_not_there(daemon: Daemon) -> None:
    answer = daemon.request("POST", "/v1/nodes/none/execute", {"command": ["PING"]})
    assert answer.status == 404


def test_metrics_tell_what_happened(daemon: Daemon) -> None:
    daemon.make_node("x")
    daemon.execute("x", "MSET", "a", 1, "b", 2)
    daemon.execute("x", "SET", "c", 1, "EX", 1000, database=2)
    daemon.execute("x", "GET", "a")
    daemon.execute("x", "GET", "none")
    metrics = daemon.get("/v1/nodes/x/metrics")
    assert metrics["hits"] == 1
    assert metrics["misses"] == 1
    assert metrics["commands"] >= 4
    assert 0 < metrics["memory_used_bytes"] < metrics["memory_limit_bytes"]
    assert metrics["databases"] == [
        {"index": 0, "keys": 2, "keys_with_expiry": 0},
        {"index": 2, "keys": 1, "keys_with_expiry": 1},
    ]


def seconds_of(work: Callable[[], Any]) -> float:
    """Tell how long a call takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def test_a_paused_node_holds_nobody_for_long(daemon: Daemon) -> None:
    daemon.make_node("x")
    daemon.make_tenant("others")
    daemon.make_node("y", tenant="others")
    assert daemon.execute("x", "CLIENT", "PAUSE", 600_000) == "OK"
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(daemon.execute, "x", "PING") for _ in range(8)]
        assert seconds_of(lambda: daemon.execute("y", "PING")) < 3
        assert {reply.result(20)["error"].split(":")[0] for reply in waiting} == {
            "BUSY the node is paused or at work on a long command"
        }
    changed = daemon.request(
        "PATCH", "/v1/nodes/x", {"max_clients": 99, "config": {"timeout": "300"}}
    )
    assert (changed.status, changed.json["max_clients"]) == (200, 99), changed
    batch = daemon.request(
        "POST", "/v1/nodes/x/execute", {"commands": [["SET", "k", "v"], ["BLPOP", "q", "1"]]}
    )
    assert [reply["error"].split()[0] for reply in batch.json["replies"]] == ["BUSY", "BUSY"]
    for path, body in [("", ["GET", "k"]), ("/multi-exec", [["SET", "k", "v"]])]:
        answer = daemon.request("POST", f"/redis/x{path}", body)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1"), answer
    stream = daemon.request("POST", "/redis/x/subscribe/news")
    assert (stream.status, stream.json["type"]) == (503, "urn:miniredis:problem:node-busy")
    assert daemon.request("POST", "/v1/nodes/x/restart").status == 200
    assert daemon.execute("x", "GET", "k") is None
    assert daemon.request("DELETE", "/v1/tenants/others?nodes=delete").status == 204
