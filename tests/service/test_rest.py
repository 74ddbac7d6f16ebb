"""Commands over REST, as Upstash's clients send them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.service.daemon import Answer, Daemon


@pytest.fixture
def node(daemon: Daemon) -> str:
    """Make a node for commands over REST."""
    return str(daemon.make_node("rest")["name"])


def post(daemon: Daemon, path: str, body: Any, **headers: str) -> Answer:
    """POST to the REST face; a str body is sent as it is."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return daemon.request("POST", path, data, headers)


def test_a_command_in_the_body(daemon: Daemon, node: str) -> None:
    assert post(daemon, f"/redis/{node}", ["SET", "k", "v"]).json == {"result": "OK"}
    assert post(daemon, f"/redis/{node}/", ["GET", "k"]).json == {"result": "v"}
    assert post(daemon, f"/redis/{node}", ["GET", "missing"]).json == {"result": None}
    assert post(daemon, f"/redis/{node}", ["INCRBY", "n", 41]).json == {"result": 41}
    assert post(daemon, f"/redis/{node}", ["RPUSH", "l", "a", "b"]).json == {"result": 2}
    assert post(daemon, f"/redis/{node}", ["LRANGE", "l", 0, -1]).json == {"result": ["a", "b"]}


def test_a_command_in_the_path(daemon: Daemon, node: str) -> None:
    assert daemon.get(f"/redis/{node}/set/k/v%20w") == {"result": "OK"}
    assert daemon.get(f"/redis/{node}/get/k") == {"result": "v w"}
    assert daemon.get(f"/redis/{node}/set/k/v?EX=100") == {"result": "OK"}
    assert 0 < daemon.get(f"/redis/{node}/ttl/k")["result"] <= 100
    assert daemon.get(f"/redis/{node}/set/k/w?NX") == {"result": None}
    assert post(daemon, f"/redis/{node}/set/big", "any bytes, not JSON").json == {"result": "OK"}
    assert daemon.get(f"/redis/{node}/get/big") == {"result": "any bytes, not JSON"}


def test_errors_are_the_commands_own(daemon: Daemon, node: str) -> None:
    assert daemon.get(f"/redis/{node}/set/k/v") == {"result": "OK"}
    answer = daemon.request("GET", f"/redis/{node}/incr/k")
    assert (answer.status, answer.json) == (
        400,
        {"error": "ERR value is not an integer or out of range"},
    )
    answer = daemon.request("GET", f"/redis/{node}/nonsense")
    assert answer.status == 400
    assert answer.json["error"].startswith("ERR unknown command")


def test_base64_by_header(daemon: Daemon, node: str) -> None:
    raw = bytes(range(256))
    encoded = base64.b64encode(raw).decode()
    daemon.execute(node, "SET", "k", {"base64": encoded})
    answer = post(daemon, f"/redis/{node}", ["GET", "k"], **{"Upstash-Encoding": "base64"})
    assert base64.b64decode(answer.json["result"]) == raw
    answer = post(daemon, f"/redis/{node}", ["SET", "k", "v"], **{"Upstash-Encoding": "base64"})
    assert answer.json == {"result": "OK"}


def test_pipelines_and_transactions(daemon: Daemon, node: str) -> None:
    commands = [["SET", "n", "1"], ["INCR", "n"], ["LPUSH", "n", "x"], ["GET", "n"]]
    replies = post(daemon, f"/redis/{node}/pipeline", commands).json
    assert [next(iter(reply)) for reply in replies] == ["result", "result", "error", "result"]
    assert replies[3] == {"result": "2"}
    replies = post(daemon, f"/redis/{node}/multi-exec", commands).json
    assert replies[1] == {"result": 2}
    assert replies[2]["error"].startswith("WRONGTYPE")
    # What cannot be queued leaves nothing behind.
    answer = post(daemon, f"/redis/{node}/multi-exec", [["SET", "n", "9"], ["NOPE"]])
    assert answer.status == 400
    assert daemon.execute(node, "GET", "n") == "2"


def test_nobody_waits_over_http(daemon: Daemon, node: str) -> None:
    assert post(daemon, f"/redis/{node}", ["BLPOP", "empty", "0"]).json == {"result": None}
    daemon.execute(node, "RPUSH", "l", "a")
    assert post(daemon, f"/redis/{node}", ["BLPOP", "l", "0"]).json == {"result": ["l", "a"]}
    assert daemon.execute(node, "BLPOP", "empty", "0") is None
    assert daemon.execute(node, "XREAD", "BLOCK", "0", "STREAMS", "s", "$") is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", "", 400),
        ("", "{}", 400),
        ("", "[]", 422),
        ("", "[[]]", 422),
        ("", "[null]", 422),
        ("", '["GET","k"],"more":1', 400),
        ("/pipeline", "[]", 422),
        ("/pipeline", '["GET"]', 422),
        ("/multi-exec", "nonsense", 400),
        ("/pipeline", '[["GET",{"base64":"*"}]]', 422),
    ],
)
def test_what_is_no_command_is_refused(
    daemon: Daemon, node: str, path: str, body: str, status: int
) -> None:
    answer = post(daemon, f"/redis/{node}{path}", body)
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"


def test_messages_as_events(daemon: Daemon, node: str) -> None:
    connection = daemon.connect()
    headers = {"Authorization": f"Bearer {daemon.token}", "Accept": "text/event-stream"}
    connection.request("GET", f"/redis/{node}/subscribe/news", headers=headers)
    response = connection.getresponse()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.readline() == b"data: subscribe,news,1\n"
    assert response.readline() == b"\n"
    assert daemon.execute(node, "PUBLISH", "news", "two\nlines") == 1
    assert response.readline() == b"data: message,news,two\n"
    assert response.readline() == b"data: lines\n"
    connection.close()


def test_monitor_as_events(daemon: Daemon, node: str) -> None:
    connection = daemon.connect()
    headers = {"Authorization": f"Bearer {daemon.token}"}
    connection.request("POST", f"/redis/{node}/monitor", b"[]", headers)
    response = connection.getresponse()
    assert response.readline() == b'data: "OK"\n'
    assert response.readline() == b"\n"
    daemon.execute(node, "SET", "k", "v")
    assert b'"SET" "k" "v"' in response.readline()
    connection.close()
