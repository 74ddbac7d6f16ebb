"""Failed log-ins are limited by where they come from, as miniredisd is by default."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.resp_client import RespClient
from tests.servers import Daemon

MOST_A_MINUTE = 60
WRONG = ("-", b"WRONGPASS invalid username-password pair or user is disabled.")
TOO_MANY = b"ERR too many failed log-ins from this address; try again in "


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("logins"))
    daemon.make_node("red", password="red-secret")
    yield daemon
    daemon.stop()


def test_an_address_that_guesses_is_turned_away_and_others_are_not(daemon: Daemon) -> None:
    with RespClient(daemon.router_port) as before:
        assert before.call("AUTH", "red", "red-secret") == ("+", b"OK")
        for n in range(MOST_A_MINUTE):
            with RespClient(daemon.router_port) as guesser:
                name = "red" if n % 2 == 0 else f"nobody-{n}"
                assert guesser.call("AUTH", name, f"guess-{n}") == WRONG
        with RespClient(daemon.router_port) as guesser:
            for words in (
                ("AUTH", "red", "red-secret"),
                ("AUTH", "red", "another guess"),
                ("HELLO", "3", "AUTH", "red", "red-secret"),
            ):
                kind, text = guesser.call(*words)
                assert kind == "-"
                assert isinstance(text, bytes)
                assert text.startswith(TOO_MANY), text
                assert 0 < int(text.removeprefix(TOO_MANY).split()[0]) <= 60
            assert guesser.call("GET", "k") == ("-", b"NOAUTH Authentication required.")
        # Who is in stays in.
        assert before.call("SET", "k", "v") == ("+", b"OK")
    with socket.create_connection(
        ("127.0.0.1", daemon.router_port), timeout=10, source_address=("127.0.0.2", 0)
    ) as elsewhere:
        elsewhere.sendall(b"AUTH red red-secret\r\n")
        assert elsewhere.recv(64) == b"+OK\r\n"


def test_how_many_may_fail_is_a_setting(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, "--max-failed-logins-per-minute", "3")
    try:
        daemon.make_node("red", password="red-secret")
        for _ in range(3):
            with RespClient(daemon.router_port) as guesser:
                assert guesser.call("AUTH", "red", "guess") == WRONG
        with RespClient(daemon.router_port) as guesser:
            _, text = guesser.call("AUTH", "red", "red-secret")
            assert isinstance(text, bytes)
            assert text.startswith(TOO_MANY)
    finally:
        daemon.stop()
