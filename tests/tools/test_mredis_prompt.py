"""The prompt of mredis on a terminal, against a real redis-server."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.tools.processes import BIN, free_port, redis_server
from tests.tools.terminal import Terminal

TAB = "\t"
CTRL_C = "\x03"
CTRL_D = "\x04"
CTRL_U = "\x15"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    chosen = free_port()
    with redis_server(chosen, tmp_path_factory.mktemp("redis")):
        yield chosen


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def prompt(port: int, home: Path, *flags: str) -> Terminal:
    return Terminal([str(BIN / "mredis"), "-p", str(port), *flags], {"HOME": str(home)})


def test_commands_and_their_replies(port: int, home: Path) -> None:
    with prompt(port, home) as terminal:
        terminal.expect(f"127.0.0.1:{port}> ")
        terminal.type('set k "a b\\x01"\n')
        terminal.expect("OK\r\n")
        terminal.type("get k\n")
        terminal.expect(r'"a b\\x01"\r\n')
        terminal.type("incr k\n")
        terminal.expect(r"\(error\) ERR value is not an integer")
        terminal.type('get "open\n')
        terminal.expect("Unbalanced quotes")
        terminal.type("quit\n")
        assert terminal.wait() == 0


def test_the_prompt_shows_database_and_transaction(port: int, home: Path) -> None:
    with prompt(port, home, "-n", "2") as terminal:
        terminal.expect(rf"127.0.0.1:{port}\[2\]> ")
        terminal.type("select 3\n")
        terminal.expect(rf"127.0.0.1:{port}\[3\]> ")
        terminal.type("multi\n")
        terminal.expect(rf"127.0.0.1:{port}\[3\]\(TX\)> ")
        terminal.type("ping\n")
        terminal.expect("QUEUED")
        terminal.type("exec\n")
        terminal.expect(r"1\) PONG")
        terminal.expect(rf"127.0.0.1:{port}\[3\]> ")
        terminal.type("quit\n")
        assert terminal.wait() == 0


def test_ctrl_d_leaves(port: int, home: Path) -> None:
    with prompt(port, home) as terminal:
        terminal.expect("> ")
        # The prompt is written a moment before keys are read one by one. A Ctrl-D in between is
        # taken for a character of the line, so the line is cleared (Ctrl-U) each time.
        for _ in range(20):
            terminal.type(CTRL_U + CTRL_D)
            if terminal.ends_within(0.5):
                break
        assert terminal.wait() == 0


def test_tab_completes_names_and_then_shows_the_arguments(port: int, home: Path) -> None:
    with prompt(port, home) as terminal:
        terminal.expect("> ")
        terminal.type("getde" + TAB)
        terminal.expect("l ")  # only what is new is written
        terminal.type(TAB)
        terminal.expect("GETDEL key")
        terminal.type("nothing\n")
        terminal.expect(r"\(nil\)")
        terminal.type("config g" + TAB + "maxmemory\n")
        terminal.expect(r'2\) "0"')


def test_help(port: int, home: Path) -> None:
    with prompt(port, home) as terminal:
        terminal.expect("> ")
        terminal.type("help\n")
        terminal.expect("@string")
        terminal.type("help get\n")
        terminal.expect("GET key")
        terminal.expect("summary:")
        terminal.type("help nonsense\n")
        terminal.expect("No help on that")


def test_history_is_kept_without_passwords_and_for_the_owner_only(port: int, home: Path) -> None:
    with prompt(port, home) as terminal:
        terminal.expect("> ")
        for line in [
            "set remembered 1",
            "auth hunter2",
            "config set requirepass ''",
            "hello 3 auth default hunter2",
        ]:
            terminal.type(line + "\n")
            terminal.expect("(OK|error|empty array).*\r\n")
        terminal.type("quit\n")
        assert terminal.wait() == 0
    file = home / ".mredis_history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert "remembered" in text
    assert "hunter2" not in text
    assert "requirepass" not in text
    with prompt(port, home) as terminal:
        terminal.expect("> ")
        terminal.type("\x1b[A\x1b[A\n")  # two up: quit, then the line before it
        terminal.expect("set remembered 1\r\n")
        terminal.expect("OK")


@pytest.mark.parametrize("protocol", [[], ["-3"]])
def test_messages_until_ctrl_c_and_then_the_prompt_again(
    port: int, home: Path, protocol: list[str]
) -> None:
    with prompt(port, home, *protocol) as terminal:
        terminal.expect("> ")
        terminal.type("subscribe news\n")
        terminal.expect(r"1\) \"subscribe\"")
        redis.Redis(port=port).publish("news", "hello")
        terminal.expect(r'3\) "hello"\r\n')
        terminal.type(CTRL_C)
        terminal.expect("> ")
        terminal.type("ping\n")
        terminal.expect("PONG")


def test_it_connects_again_when_the_server_is_back(tmp_path: Path, home: Path) -> None:
    port = free_port()
    with redis_server(port, tmp_path), prompt(port, home) as terminal:
        terminal.expect(f"127.0.0.1:{port}> ")
        terminal.type("select 4\n")
        terminal.expect(r"\[4\]> ")
        redis.Redis(port=port).client_kill_filter(_type="normal", skipme=True)
        terminal.type("set k v\n")
        terminal.expect("OK")
        assert redis.Redis(port=port, db=4).get("k") == b"v"


def test_without_a_server_the_prompt_says_so_and_goes_on(tmp_path: Path, home: Path) -> None:
    port = free_port()
    with prompt(port, home) as terminal:
        terminal.expect("Connection refused")
        terminal.expect("not connected> ")
        terminal.type("ping\n")
        terminal.expect("Connection refused")
        with redis_server(port, tmp_path):
            terminal.type("ping\n")
            terminal.expect("PONG")
            terminal.expect(f"127.0.0.1:{port}> ")
