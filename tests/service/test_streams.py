"""Streams of the node manager: figures, changes of state, MONITOR and the shell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.service.daemon import Daemon, wait_until


@contextmanager
def opened(daemon: Daemon, path: str, token: str | None = None) -> Iterator[ClientConnection]:
    """Open a WebSocket."""
    headers = {"Authorization": f"Bearer {daemon.token if token is None else token}"}
    url = f"ws://127.0.0.1:{daemon.http_port}{path}"
    with connect(url, additional_headers=headers, open_timeout=5, close_timeout=2) as socket:
        yield socket


def receive(socket: ClientConnection) -> Any:
    """Take one message."""
    return json.loads(socket.recv(timeout=5))


def closes(socket: ClientConnection) -> bool:
    """Tell whether the stream ends within fifty messages."""
    try:
        for _ in range(50):
            receive(socket)
    except ConnectionClosed:
        return True
    return False


def ask(socket: ClientConnection, **request: Any) -> Any:
    """Send a request of the shell; return the answer."""
    socket.send(json.dumps(request))
    return receive(socket)


def test_figures_and_states_of_a_node(daemon: Daemon) -> None:
    node = daemon.make_node("watched")
    with opened(daemon, f"/v1/nodes/{node['id']}/stream?interval_ms=100") as socket:
        first = receive(socket)
        assert first["topic"] == "metrics"
        assert [item["id"] for item in first["items"]] == [node["id"]]
        daemon.execute("watched", "SET", "k", "v")
        for _ in range(50):
            message = receive(socket)
            if message["topic"] == "metrics" and message["items"][0]["keys"] == 1:
                break
        else:
            pytest.fail("the key was never counted")
        assert daemon.request("POST", f"/v1/nodes/{node['id']}/stop").status == 200
        for _ in range(50):
            message = receive(socket)
            if message["topic"] == "state":
                break
        assert (message["from"], message["to"]) == ("running", "stopped")
        assert daemon.request("DELETE", f"/v1/nodes/{node['id']}").status == 204
        assert closes(socket)


def test_all_nodes_in_one_stream(daemon: Daemon) -> None:
    names = {daemon.make_node(f"n{number}")["name"] for number in range(3)}
    with opened(daemon, "/v1/stream?interval_ms=100") as socket:
        items = receive(socket)["items"]
        assert {item["name"] for item in items} >= names
        made = daemon.make_node("another")
        for _ in range(50):
            message = receive(socket)
            if message["topic"] == "state" and message["node"] == made["id"]:
                break
        assert (message["from"], message["to"]) == (None, "running")


def test_monitor_in_a_stream(daemon: Daemon) -> None:
    daemon.make_node("seen")
    with opened(daemon, "/v1/nodes/seen/stream?topics=monitor") as socket:
        daemon.execute("seen", "SET", "k", "v")
        message = receive(socket)
        assert message["topic"] == "monitor"
        assert '"SET" "k" "v"' in message["line"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/nodes/missing/stream", 404),
        ("/v1/nodes/watched/stream?topics=nonsense", 422),
        ("/v1/nodes/watched/stream?interval_ms=1", 422),
        ("/v1/stream?topics=monitor", 422),
        ("/v1/nodes/watched/shell?database=16", 422),
    ],
)
def test_a_stream_that_cannot_be_is_refused(daemon: Daemon, path: str, status: int) -> None:
    daemon.make_node("watched")
    with pytest.raises(InvalidStatus) as refused, opened(daemon, path):
        pass
    assert refused.value.response.status_code == status
    with pytest.raises(InvalidStatus) as refused, opened(daemon, path, "wrong token"):
        pass
    assert refused.value.response.status_code == 401


def test_a_shell_is_a_client(daemon: Daemon) -> None:
    daemon.make_node("shelled")
    with opened(daemon, "/v1/nodes/shelled/shell?database=3") as socket:
        assert ask(socket, id=1, command=["SET", "k", "v"]) == {"id": 1, "reply": "OK"}
        assert ask(socket, id="two", line='get "k"') == {"id": "two", "reply": "v"}
        assert ask(socket, line="dbsize")["reply"] == 1
        assert ask(socket, line="select 0")["reply"] == "OK"
        assert ask(socket, line="dbsize")["reply"] == 0
        assert ask(socket, line="multi")["reply"] == "OK"
        assert ask(socket, line="incr n")["reply"] == "QUEUED"
        assert ask(socket, line="exec")["reply"] == [1]
        assert ask(socket, line="nonsense")["reply"]["error"].startswith("ERR unknown command")


def test_a_shell_waits_and_is_told_what_comes(daemon: Daemon) -> None:
    daemon.make_node("waiting")
    with opened(daemon, "/v1/nodes/waiting/shell") as socket:
        socket.send(json.dumps({"id": 1, "line": "blpop l 0"}))
        daemon.execute("waiting", "RPUSH", "l", "x")
        assert receive(socket) == {"id": 1, "reply": ["l", "x"]}
        socket.send(json.dumps({"id": 2, "line": "subscribe news"}))
        assert receive(socket) == {"id": 2, "reply": {"push": ["subscribe", "news", 1]}}
        daemon.execute("waiting", "PUBLISH", "news", "hello")
        assert receive(socket) == {"push": ["message", "news", "hello"]}
    # A shell that is closed while its command waits is gone with it.
    with opened(daemon, "/v1/nodes/waiting/shell") as socket:
        socket.send(json.dumps({"id": 1, "line": "blpop l 0"}))
    assert daemon.execute("waiting", "RPUSH", "l", "kept") == 1
    assert daemon.execute("waiting", "LLEN", "l") == 1


def test_a_shell_says_what_is_wrong_with_a_request(daemon: Daemon) -> None:
    daemon.make_node("strict")
    with opened(daemon, "/v1/nodes/strict/shell") as socket:
        for text in ("", "nonsense", "[]", "{}", '{"line":"a","command":["a"]}', '{"line":""}'):
            socket.send(text)
            assert receive(socket)["problem"]["status"] in {400, 422}, text
        assert ask(socket, line="ping")["reply"] == "PONG"


def test_figures_as_events(daemon: Daemon) -> None:
    daemon.make_node("watched")
    connection = daemon.connect()
    headers = {"Authorization": f"Bearer {daemon.token}"}
    connection.request("GET", "/v1/nodes/watched/stream?interval_ms=100", headers=headers)
    response = connection.getresponse()
    for _ in range(3):
        line = response.readline()
        assert line.startswith(b"data: {")
        assert json.loads(line[6:])["items"][0]["name"] == "watched"
        assert response.readline() == b"\n"
    connection.close()


def test_a_shell_needs_a_web_socket(daemon: Daemon) -> None:
    daemon.make_node("plain")
    answer = daemon.request("GET", "/v1/nodes/plain/shell")
    assert answer.status == 426
    assert answer.headers["upgrade"] == "websocket"


def test_a_shell_on_a_paused_node_can_be_left(daemon: Daemon) -> None:
    daemon.make_node("x")
    with opened(daemon, "/v1/nodes/x/shell") as socket:
        assert ask(socket, id=1, line="client pause 600000")["reply"] == "OK"
        socket.send(json.dumps({"id": 2, "line": "get k"}))
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.3)
    for _ in range(4):
        with opened(daemon, "/v1/nodes/x/shell"):
            pass
    wait_until(lambda: daemon.get("/v1/nodes/x/metrics")["clients"] == 0)
