"""Real clients against a node: redis-cli, redis-py, ioredis, node-redis, and connect-redis."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.compat.node_scripts import run_script
from tests.servers import ServerProcess

# ------------------------------------------------------------------------------------- redis-cli


def redis_cli(node: ServerProcess, *arguments: str, text_in: str | None = None) -> str:
    """Run redis-cli and return what it prints."""
    done = subprocess.run(
        ["redis-cli", "-p", str(node.port), *arguments],
        input=text_in,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def empty(node: ServerProcess) -> None:
    redis_cli(node, "FLUSHALL")


def test_cli_single_commands(node: ServerProcess) -> None:
    assert redis_cli(node, "SET", "k", "v") == "OK\n"
    assert redis_cli(node, "GET", "k") == "v\n"
    assert redis_cli(node, "GET", "missing") == "\n"
    assert redis_cli(node, "-n", "3", "DBSIZE") == "0\n"
    assert redis_cli(node, "-3", "--json", "CONFIG", "GET", "maxmemory-policy") == (
        '{"maxmemory-policy":"noeviction"}\n'
    )


def test_cli_reads_commands_from_its_input(node: ServerProcess) -> None:
    commands = "MULTI\nSET k v\nINCR n\nEXEC\nGET k\n"
    output = redis_cli(node, text_in=commands)
    assert output.split() == ["OK", "QUEUED", "QUEUED", "OK", "1", "v"]


def test_cli_mass_insertion(node: ServerProcess) -> None:
    lines = "".join(f"SET key:{n} {n}\r\n" for n in range(20_000))
    output = redis_cli(node, "--pipe", text_in=lines)
    assert "errors: 0, replies: 20000" in output
    assert redis_cli(node, "DBSIZE") == "20000\n"


def test_cli_scan_and_big_keys(node: ServerProcess) -> None:
    lines = "".join(f"SET key:{n} {'x' * (n % 100 + 1)}\r\n" for n in range(3000))
    redis_cli(node, "--pipe", text_in=lines)
    found = redis_cli(node, "--scan", "--pattern", "key:1*").split()
    assert sorted(found) == sorted(f"key:{n}" for n in range(3000) if str(n).startswith("1"))
    assert "3000" in redis_cli(node, "--bigkeys", "-i", "0")
    assert "3000" in redis_cli(node, "--memkeys", "-i", "0")


# -------------------------------------------------------------------------------------- redis-py


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def py(request: pytest.FixtureRequest, node: ServerProcess) -> Iterator[redis.Redis]:
    client = redis.Redis(port=node.port, protocol=request.param, client_name="py")
    yield client
    client.close()


def test_py_strings(py: redis.Redis) -> None:
    assert py.ping() is True
    assert py.set("k", b"\x00\xff", ex=100) is True
    assert py.get("k") == b"\x00\xff"
    assert 0 < py.ttl("k") <= 100
    assert py.set("k", "w", nx=True) is None
    assert py.set("k", "w", get=True) == b"\x00\xff"
    assert py.mset({"a": 1, "b": 2}) is True
    assert py.mget("a", "missing", "b") == [b"1", None, b"2"]
    assert py.incrbyfloat("f", 1.5) == 1.5
    assert py.getex("a", persist=True) == b"1"
    assert py.lcs("k", "k") == b"w"
    with pytest.raises(redis.ResponseError, match="not an integer"):
        py.incr("k")


def test_py_pipeline_and_transaction(py: redis.Redis) -> None:
    with py.pipeline(transaction=False) as pipe:
        for number in range(1000):
            pipe.set(f"k{number}", number)
        assert pipe.execute() == [True] * 1000

    def move(pipe: redis.client.Pipeline) -> None:
        value = str(pipe.get("k7"))
        pipe.multi()
        pipe.set("moved", value)
        pipe.delete("k7")

    assert py.transaction(move, "k7") == [True, 1]
    with py.pipeline() as pipe:
        pipe.watch("k8")  # type: ignore[no-untyped-call]
        py.set("k8", "other")
        pipe.multi()
        pipe.get("k8")
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_py_scan_sees_every_key(py: redis.Redis) -> None:
    names = {f"k{n}".encode() for n in range(2500)}
    py.mset(dict.fromkeys(names, b"v"))
    assert set(py.scan_iter(count=37)) == names
    assert set(py.scan_iter(match="k1?", count=500)) == {f"k1{n}".encode() for n in range(10)}
    assert py.dbsize() == 2500


def test_py_publish_and_subscribe(py: redis.Redis) -> None:
    received: list[object] = []
    with py.pubsub() as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe("ch")
        pubsub.psubscribe("p*")
        ready = threading.Event()

        def listen() -> None:
            for message in pubsub.listen():
                if message["type"] == "psubscribe":
                    ready.set()
                if message["type"] in ("message", "pmessage"):
                    received.append((message["channel"], message["data"]))
                if message["data"] == b"end":
                    return

        listener = threading.Thread(target=listen)
        listener.start()
        assert ready.wait(10)
        assert py.publish("ch", "one") == 1
        assert py.publish("pattern", "two") == 1
        assert py.publish("ch", "end") == 1
        listener.join(10)
    assert received == [(b"ch", b"one"), (b"pattern", b"two"), (b"ch", b"end")]


def test_py_server_commands(py: redis.Redis) -> None:
    assert py.info()["redis_version"].startswith("7.")
    assert py.info("memory")["used_memory"] > 0
    assert py.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert py.client_getname() in ("py", b"py")
    assert any(client["name"] == "py" for client in py.client_list())
    assert py.command_count() > 60
    assert "get" in {name.lower() for name in py.command()}
    assert py.slowlog_get() is not None
    assert py.memory_usage("missing") is None
    assert py.time()[0] > 1_600_000_000


# ---------------------------------------------------------------------------- clients of Node.js


EXPECTED = {
    "set": "OK",
    "get": "v",
    "missing": None,
    "pipeline": [1, 2, 3],
    "transaction": ["OK", "2"],
    "watched": None,
    "scanned": 1000,
    "message": "hello",
    "pattern": ["news.art", "hi"],
    "error": "ERR value is not an integer or out of range",
    "config": {"maxmemory-policy": "noeviction"},
}


@pytest.mark.parametrize("script", ["ioredis_client.mjs", "node_redis_client.mjs"])
def test_node_clients(node_modules: Path, node: ServerProcess, script: str) -> None:
    assert run_script(node_modules, script, node.port) == EXPECTED


@pytest.mark.parametrize("server", ["node", "redis_server"])
def test_jobs_of_bullmq(node_modules: Path, request: pytest.FixtureRequest, server: str) -> None:
    process = request.getfixturevalue(server)
    assert run_script(node_modules, "bullmq_jobs.mjs", process.port) == {
        "counts": {"waiting": 7, "delayed": 1, "prioritized": 1},
        "done": ["add"] * 5 + ["broken"] + ["flaky"] * 3 + ["late", "urgent"],
        "tries": 3,
        "flaky": "completed",
        "broken": "on purpose",
        "results": [0, 0, 2, 3, 4, 4, 6, 10],
        "children": [1, 2, 3],
        "paused": True,
        "left": {"completed": 0, "failed": 0, "waiting": 0},
    }


@pytest.mark.parametrize("server", ["node", "redis_server"])
def test_sessions_of_express(
    node_modules: Path, request: pytest.FixtureRequest, server: str
) -> None:
    process = request.getfixturevalue(server)
    assert run_script(node_modules, "connect_redis_sessions.mjs", process.port) == {
        "stranger": [401, None],
        "login": [200, "in"],
        "visits": [[200, ["ada", 1]], [200, ["ada", 2]]],
        "ttl": True,
        "stored": 2,
        "length": 1,
        "all": ["ada"],
        "looked": [200, "ada"],
        "touched": True,
        "touchedByStore": True,
        "renewed": [200, "ada"],
        "changed": True,
        "oldIsGone": 401,
        "afterRenewal": [200, ["ada", 101]],
        "logout": [200, "out"],
        "afterLogout": 401,
        "short": [200, "short"],
        "afterItsTime": [200, None],
        "many": 2,
        "ids": True,
        "destroyed": None,
        "left": 0,
    }
