"""Socket.IO, a rate limiter, locks and caches of Node.js: the same on a node as on Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compat.node_scripts import run_script
from tests.servers import ServerProcess


@pytest.fixture(params=["redis_server", "node"])
def server(request: pytest.FixtureRequest) -> ServerProcess:
    process: ServerProcess = request.getfixturevalue(request.param)
    return process


def test_rooms_of_socket_io(node_modules: Path, server: ServerProcess) -> None:
    seen = {
        "heard": [
            [["to all", 1], ["to all but one", [0, 255]], ["last", 5]],
            [["to all", 1], ["to a room elsewhere", {"deep": [1, None]}], ["last", 5]],
        ],
        "answers": ["ann says 2", "bob says 2"],
        "sockets": ["ann", "bob"],
        "doubled": [42],
        "gone": "io server disconnect",
    }
    assert run_script(node_modules, "socket_io_rooms.mjs", server.port) == {
        "pubsub": seen,
        "sharded": seen,
        "streams": seen,
    }


def test_rate_limits(node_modules: Path, server: ServerProcess) -> None:
    seen = {
        "reached": [2, 1, 0, "refused"],
        "others": 2,
        "state": [4, True],
        "released": [True, 2],
        "crowd": [0, 1, 2, 3, 4],
        "dear": [1, "refused"],
        "rewarded": 1,
        "penalised": "refused",
        "blocked": "refused",
        "deleted": [True, 4],
        "strict": [0, "refused"],
        "out": True,
    }
    assert run_script(node_modules, "rate_limits.mjs", server.port) == {
        "ioredis": seen,
        "nodeRedis": seen,
    }


def test_locks_of_redlock(node_modules: Path, server: ServerProcess) -> None:
    assert run_script(node_modules, "distributed_locks.mjs", server.port) == {
        "held": True,
        "excluded": ["locked", "locked", 0, "got it"],
        "extended": [True, True],
        "stranger": ["locked", "locked", 2],
        "released": [0, "got it"],
        "expired": True,
        "late": ["locked", True],
        "used": [False, ["locked"]],
        "afterUse": 0,
        "sum": 190,
        "two": "got it",
        "one": ["locked", 0],
    }


def test_client_caching(node_modules: Path, server: ServerProcess) -> None:
    assert run_script(node_modules, "client_caching.mjs", server.port) == {
        "nodeRedis": {
            "gets": ["1", "1"],
            "hash": [{"name": "ada"}] * 2,
            "stats": [2, 2],
            "told": ["t"],
            "afterwards": ["2", {"name": "ada"}],
            "toldOfBoth": ["h", "t"],
            "both": ["4", {"name": "ada", "age": "36"}],
            "toldOfScript": ["h"],
            "toldOfItself": ["t"],
            "short": "1",
            "expired": ["short"],
            "flushed": [None],
            "sizes": [True, 0],
        },
        "ioredis": {
            "getredir": [-1, True],
            "told": ["t"],
            "optin": ["t"],
            "optout": ["other"],
            "info": [
                *("flags", ["on", "bcast", "noloop"]),
                *("redirect", True),
                *("prefixes", ["order:", "user:"]),
            ],
            "broadcast": ["user:2", "order:1"],
            "errors": [
                "ERR The client ID you want redirect to does not exist",
                "ERR You can't switch BCAST mode on/off before disabling tracking for this client,"
                " and then re-enabling it with a different mode.",
                "ERR OPTIN and OPTOUT are not compatible with BCAST",
                "ERR PREFIX option requires BCAST mode to be enabled",
                "ERR syntax error",
                "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
            ],
            "broken": [
                *("flags", ["on", "broken_redirect"]),
                *("redirect", True),
                *("prefixes", []),
            ],
        },
    }
