"""DEBUG over the wire: types that only RESP3 has, and a node that sleeps beside another."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from tests.compat.resp_client import RespClient
from tests.servers import Daemon, ServerProcess, port_of


def test_types_of_resp3(node: ServerProcess) -> None:
    with RespClient(node.port) as client:
        client.call("HELLO", "3")
        assert client.call("DEBUG", "PROTOCOL", "bignum") == (
            "(",
            b"1234567999999999999999999999999999999",
        )
        client.send("DEBUG", "PROTOCOL", "attrib")
        expected = (
            b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
            b"$39\r\nSome real reply following the attribute\r\n"
        )
        received = b""
        while len(received) < len(expected):
            received += client.socket.recv(len(expected))
        assert received == expected
        assert client.call("DEBUG", "PROTOCOL", "push") == (
            ">",
            [("$", b"server-cpu-usage"), (":", 42)],
        )
        assert client.read() == ("$", b"Some real reply following the push reply")


@pytest.fixture
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("debug"), "--shards", "1")
    yield daemon
    daemon.stop()


def test_a_sleeping_node_stalls_no_other_of_its_shard(daemon: Daemon) -> None:
    sleeps = port_of(daemon.make_node("sleeps"))
    lives = port_of(daemon.make_node("lives"))
    with (
        RespClient(sleeps) as sleeper,
        RespClient(sleeps) as waiter,
        RespClient(lives) as neighbour,
    ):
        assert neighbour.call("PING") == ("+", b"PONG")
        began = time.monotonic()
        sleeper.send("DEBUG", "SLEEP", "0.5")
        calls = 0
        longest = 0.0
        while time.monotonic() - began < 0.4:
            before = time.monotonic()
            assert neighbour.call("PING") == ("+", b"PONG")
            longest = max(longest, time.monotonic() - before)
            calls += 1
        waiter.send("PING")
        assert sleeper.read() == ("+", b"OK")
        assert waiter.read() == ("+", b"PONG")
        assert time.monotonic() - began >= 0.5
        assert calls > 5
        assert longest < 0.4  # far less than the sleep, on a busy machine too


def ping_until_it_waits(client: RespClient) -> None:
    """Call until a reply does not come."""
    client.socket.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while True:
            client.call("PING")
    client.socket.settimeout(10)


def test_a_connection_that_is_closed_ends_its_sleep(daemon: Daemon) -> None:
    port = port_of(daemon.make_node("ends"))
    with RespClient(port) as waiter:
        with RespClient(port) as sleeper:
            sleeper.send("DEBUG", "SLEEP", "1000")
            ping_until_it_waits(waiter)
        assert waiter.read() == ("+", b"PONG")
