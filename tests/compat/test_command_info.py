"""COMMAND says of every command what redis-server says, but for what is named here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compat.resp_client import Reply, RespClient
from tests.servers import ServerProcess, start_redis, start_standalone

NAME, ARITY, FLAGS, FIRST, LAST, STEP, CATEGORIES, TIPS, SPECS, SUBCOMMANDS = range(10)

# Of version 7.2, where redis-server 7.0 says something else, or of this server alone.
DIFFERENCES: dict[str, dict[int, str]] = {
    "acl|setuser": {FLAGS: "passwords are kept out of the slow log"},
    "auth": {FLAGS: "passwords are kept out of the slow log"},
    "command|getkeys": {ARITY: "7.2 takes a command without arguments"},
    "command|getkeysandflags": {ARITY: "7.2 takes a command without arguments"},
    "debug": {FLAGS: "it has subcommands here", CATEGORIES: "it has subcommands here"},
    "eval": {FLAGS: "may_replicate is of 7.2"},
    "evalsha": {FLAGS: "may_replicate is of 7.2"},
    "exec": {FLAGS: "monitors are fed by what it runs"},
    "fcall": {FLAGS: "may_replicate is of 7.2"},
    "hello": {FLAGS: "passwords are kept out of the slow log"},
    "migrate": {SPECS: "the keys behind KEYS are all found"},
    "monitor": {FLAGS: "refused in a transaction"},
    "reset": {FLAGS: "monitors are not told"},
    "restore-asking": {FLAGS: "nobody asks a node that is in no cluster"},
    "zrank": {ARITY: "WITHSCORE is of 7.2"},
    "zrevrank": {ARITY: "WITHSCORE is of 7.2"},
}
# Nothing of a node is loaded while it answers.
LEFT_OUT_FLAG = "no_async_loading"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[ServerProcess]]:
    """Start redis-server and a node."""
    started = [start_redis(), start_standalone()]
    yield started
    for server in started:
        server.stop()


def plain(reply: Reply) -> Any:
    """Return the reply as lists and texts."""
    kind, value = reply
    if kind in "*~%":
        return [plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


def commands_of(server: ServerProcess) -> dict[str, list[Any]]:
    """Return what the server says of its commands and subcommands."""
    found: dict[str, list[Any]] = {}

    def add(command: list[Any]) -> None:
        found[command[NAME]] = command
        for subcommand in command[SUBCOMMANDS]:
            add(subcommand)

    with RespClient(server.port) as client:
        for command in plain(client.call("COMMAND")):
            add(command)
        assert sorted(plain(client.call("COMMAND", "LIST"))) == sorted(found)
    return found


def said(command: list[Any], part: int) -> Any:
    """Return one part, in an order of its own where the server's says nothing."""
    value = command[part]
    if part == SPECS:
        pairs = [dict(zip(spec[::2], spec[1::2], strict=True)) for spec in value]
        return [{k: v for k, v in spec.items() if k != "notes"} for spec in pairs]
    if part in {FLAGS, CATEGORIES, TIPS}:
        return sorted(set(value) - {LEFT_OUT_FLAG})
    return value


def test_what_is_said_of_commands(servers: list[ServerProcess]) -> None:
    theirs, ours = map(commands_of, servers)
    both = sorted(set(theirs) & set(ours))
    assert len(both) > 350
    different = {
        (name, part)
        for name in both
        for part in range(ARITY, SUBCOMMANDS)
        if said(theirs[name], part) != said(ours[name], part)
    }
    explained = {(name, part) for name, parts in DIFFERENCES.items() for part in parts}
    assert different == explained
