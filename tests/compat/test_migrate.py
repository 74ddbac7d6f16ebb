"""MIGRATE from redis-server to MiniRedis, and between two nodes.

Not the other way: a node writes values as version 7.2 does, which redis-server 7.0 does not read.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.resp_client import Argument, RespClient
from tests.servers import Daemon, ServerProcess, start_redis, start_standalone

HOST = "127.0.0.1"
REFUSED = b"ERR Target instance replied with error: BUSYKEY Target key name already exists."


@pytest.fixture(scope="module")
def ours() -> Iterator[ServerProcess]:
    """Start a node whose clients need a password."""
    server = start_standalone("--requirepass", "secret")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def theirs() -> Iterator[ServerProcess]:
    """Start a redis-server whose clients need a password."""
    server = start_redis("--requirepass", "secret")
    yield server
    server.stop()


def connect(server: ServerProcess) -> RespClient:
    """Return a client that may do everything, and an empty server."""
    client = RespClient(server.port)
    assert client.call("AUTH", "secret") == ("+", b"OK")
    assert client.call("FLUSHALL") == ("+", b"OK")
    return client


@pytest.fixture(scope="module")
def another() -> Iterator[ServerProcess]:
    """Start another node with the same password."""
    server = start_standalone("--requirepass", "secret")
    yield server
    server.stop()


@pytest.fixture(params=["from redis-server", "from another node"])
def pair(
    request: pytest.FixtureRequest,
    ours: ServerProcess,
    theirs: ServerProcess,
    another: ServerProcess,
) -> Iterator[tuple[RespClient, RespClient, int]]:
    """Give a client of where keys are, one of where they go, and that one's port."""
    source, target = {
        "from redis-server": (theirs, ours),
        "from another node": (another, ours),
    }[request.param]
    with connect(source) as a, connect(target) as b:
        yield a, b, target.port


def fill(client: RespClient) -> list[str]:
    """Make a key of every type; return their names."""
    client.call("SET", "string", b"\x00\xff" * 100)
    client.call("SET", "number", 12345)
    client.call("SET", "expires", "v", "PX", 100_000)
    client.call("RPUSH", "list", *range(500))
    client.call("HSET", "hash", *[f"f{i}" for i in range(600)])
    client.call("SADD", "set", *[f"m{i}" for i in range(300)])
    client.call("ZADD", "zset", *[word for i in range(200) for word in (str(i / 8), f"m{i}")])
    client.call("XADD", "stream", "5-1", "f", "v")
    client.call("XGROUP", "CREATE", "stream", "group", 0)
    return ["string", "number", "expires", "list", "hash", "set", "zset", "stream"]


def dumps(client: RespClient, keys: list[str]) -> list[object]:
    """Return what the values are, in a form that both servers share."""
    return [
        client.call("GET", "string"),
        client.call("GET", "number"),
        client.call("LRANGE", "list", 0, -1),
        sorted(map(str, client.call("HGETALL", "hash")[1])),
        sorted(map(str, client.call("SMEMBERS", "set")[1])),
        client.call("ZRANGE", "zset", 0, -1, "WITHSCORES"),
        client.call("XRANGE", "stream", "-", "+"),
        client.call("XINFO", "GROUPS", "stream"),
        client.call("EXISTS", *keys),
    ]


def test_all_types_move(pair: tuple[RespClient, RespClient, int]) -> None:
    a, b, port = pair
    keys = fill(a)
    before = dumps(a, keys)
    moved = a.call("MIGRATE", HOST, port, "", 3, 5000, "AUTH", "secret", "KEYS", *keys, "none")
    assert moved == ("+", b"OK")
    assert a.call("DBSIZE") == (":", 0)
    assert b.call("DBSIZE") == (":", 0)
    b.call("SELECT", 3)
    assert dumps(b, keys) == before
    ttl = b.call("PTTL", "expires")[1]
    assert 90_000 < ttl <= 100_000
    assert b.call("PTTL", "string") == (":", -1)


def test_copy_and_replace(pair: tuple[RespClient, RespClient, int]) -> None:
    a, b, port = pair
    a.call("SET", "k", "new")
    b.call("SET", "k", "old")
    words: list[Argument] = ["MIGRATE", HOST, port, "k", 0, 5000]
    assert a.call(*words, "AUTH", "secret") == ("-", REFUSED)
    assert a.call("GET", "k") == ("$", b"new")
    assert b.call("GET", "k") == ("$", b"old")
    assert a.call(*words, "COPY", "REPLACE", "AUTH2", "default", "secret") == ("+", b"OK")
    assert a.call("GET", "k") == ("$", b"new")
    assert b.call("GET", "k") == ("$", b"new")
    assert a.call(*words, "REPLACE", "AUTH", "secret") == ("+", b"OK")
    assert a.call("EXISTS", "k") == (":", 0)


def test_some_are_refused(pair: tuple[RespClient, RespClient, int]) -> None:
    """What the other side has taken is gone here, what it has not is still here."""
    a, b, port = pair
    a.call("MSET", "a", 1, "b", 2, "c", 3)
    b.call("SET", "b", "there")
    reply = a.call("MIGRATE", HOST, port, "", 0, 5000, "AUTH", "secret", "KEYS", "a", "b", "c")
    assert reply[0] == "-"
    assert b"BUSYKEY" in reply[1]
    assert a.call("MGET", "a", "b", "c") == ("*", [("$", None), ("$", b"2"), ("$", None)])
    assert b.call("MGET", "a", "b", "c") == ("*", [("$", b"1"), ("$", b"there"), ("$", b"3")])


def test_a_wrong_password_and_database(pair: tuple[RespClient, RespClient, int]) -> None:
    a, _, port = pair
    a.call("SET", "k", "v")
    for more in (("AUTH", "wrong"), ()):
        reply = a.call("MIGRATE", HOST, port, "k", 0, 5000, *more)
        assert reply[0] == "-"
        assert reply[1].startswith(b"ERR Target instance replied with error: ")
    reply = a.call("MIGRATE", HOST, port, "k", 9999, 5000, "AUTH", "secret")
    assert reply == ("-", b"ERR Target instance replied with error: ERR DB index is out of range")
    assert a.call("GET", "k") == ("$", b"v")


def test_a_target_that_is_too_old(ours: ServerProcess, theirs: ServerProcess) -> None:
    with connect(ours) as a, connect(theirs) as b:
        a.call("SET", "k", "v")
        assert a.call("MIGRATE", HOST, theirs.port, "k", 0, 5000, "AUTH", "secret") == (
            "-",
            b"ERR Target instance replied with error: "
            b"ERR DUMP payload version or checksum are wrong",
        )
        assert a.call("GET", "k") == ("$", b"v")
        assert b.call("DBSIZE") == (":", 0)


def test_a_large_value_moves_in_slices(ours: ServerProcess, another: ServerProcess) -> None:
    with connect(another) as a, connect(ours) as b:
        for start in range(0, 300_000, 10_000):
            a.call("RPUSH", "big", *[f"element:{i}" for i in range(start, start + 10_000)])
        words: list[Argument] = ["MIGRATE", HOST, ours.port, "big", 0, 20_000, "AUTH", "secret"]
        assert a.call(*words) == ("+", b"OK")
        assert b.call("LLEN", "big") == (":", 300_000)
        assert b.call("LINDEX", "big", -1) == ("$", b"element:299999")
        assert a.call("EXISTS", "big") == (":", 0)


class Silent:
    """A server that accepts and says nothing."""

    def __init__(self) -> None:
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]

    def close(self) -> None:
        """Close it."""
        self.listener.close()


def test_nobody_answers_in_time(ours: ServerProcess) -> None:
    silent = Silent()
    with connect(ours) as a, RespClient(ours.port) as b:
        b.call("AUTH", "secret")
        a.call("SET", "k", "v")
        begun = time.monotonic()
        a.send("MIGRATE", HOST, silent.port, "k", 0, 300, "AUTH", "secret")
        # The node's other clients wait for the end of it, as they do for redis-server's.
        waited = b.call("GET", "k")
        assert time.monotonic() - begun > 0.25
        assert a.read() == ("-", b"IOERR error or timeout reading to target instance")
        assert waited == ("$", b"v")
        assert a.call("GET", "k") == ("$", b"v")
    silent.close()


def test_a_client_that_goes_away_meanwhile(ours: ServerProcess) -> None:
    silent = Silent()
    with connect(ours) as a, RespClient(ours.port) as b:
        b.call("AUTH", "secret")
        a.call("SET", "k", "v")
        a.send("MIGRATE", HOST, silent.port, "k", 0, 300, "AUTH", "secret")
        time.sleep(0.05)
        a.close()
        assert b.call("GET", "k") == ("$", b"v")
    silent.close()


def test_other_nodes_go_on_and_a_node_that_waits_can_be_stopped(tmp_path: Path) -> None:
    silent = Silent()
    daemon = Daemon(tmp_path, "--migrate-targets", f"{HOST}:{silent.port}", "--shards", "1")
    try:
        made = [daemon.make_node(name, password="secret") for name in ("one", "two")]
        ports = [int(str(node["port"])) for node in made]
        with RespClient(ports[0]) as a, RespClient(ports[1]) as b:
            a.call("AUTH", "secret")
            b.call("AUTH", "secret")
            a.call("SET", "k", "v")
            reply = a.call("MIGRATE", HOST, silent.port + 1, "k", 0, 300)
            assert reply == (
                "-",
                b"ERR MIGRATE to this target is not allowed by the server; allowed: "
                + f"{HOST}:{silent.port}".encode(),
            )
            a.send("MIGRATE", HOST, silent.port, "k", 0, 3_600_000)
            took = []
            for _ in range(200):
                begun = time.monotonic()
                assert b.call("PING") == ("+", b"PONG")
                took.append(time.monotonic() - begun)
            assert sorted(took)[100] < 0.05
            stopped: list[int] = []
            begun = time.monotonic()
            stopper = threading.Thread(
                target=lambda: stopped.append(
                    daemon.request("POST", f"/v1/nodes/{made[0]['id']}/stop")[0]
                )
            )
            stopper.start()
            stopper.join(timeout=10)
            assert stopped == [200], stopped
            assert time.monotonic() - begun < 5
            assert a.closed_by_peer()
        begun = time.monotonic()
        assert daemon.stop() == 0  # a transfer under way does not hold it up
        assert time.monotonic() - begun < 8
    finally:
        silent.close()
        if daemon.process.poll() is None:
            daemon.stop()


def test_a_daemon_allows_no_target_unless_told(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    try:
        node = daemon.make_node("one", password="secret")
        with RespClient(int(str(node["port"]))) as a:
            a.call("AUTH", "secret")
            a.call("SET", "k", "v")
            reply = a.call("MIGRATE", HOST, daemon.router_port, "k", 0, 300)
            assert reply[0] == "-"
            assert reply[1].endswith(b"allowed: none")
            assert a.call("GET", "k") == ("$", b"v")
    finally:
        daemon.stop()


def test_the_keys_that_count_are_those_that_are_moved(ours: ServerProcess) -> None:
    """A user name or a host is no KEYS, whatever it looks like."""
    with connect(ours) as a:
        a.call("SET", "secret", "v")
        words = ["MIGRATE", HOST, "1", "secret", "0", "100", "AUTH2", "keys", "app:x"]
        assert a.call("COMMAND", "GETKEYS", *words) == ("*", [("$", b"secret")])
        many = ["MIGRATE", "keys", "1", "", "0", "100", "AUTH", "keys", "KEYS", "app:1", "app:2"]
        assert a.call("COMMAND", "GETKEYS", *many) == ("*", [("$", b"app:1"), ("$", b"app:2")])
        a.call("ACL", "SETUSER", "app", "on", ">app", "~app:*", "+@all")
        with RespClient(ours.port) as b:
            b.call("AUTH", "app", "app")
            refused = ("-", b"NOPERM No permissions to access a key")
            assert b.call(*words) == refused
            assert b.call("MIGRATE", HOST, "1", "", "0", "100", "KEYS", "app:1", "x") == refused
            assert b.call(*many) == ("+", b"NOKEY")
        a.call("ACL", "DELUSER", "app")


def test_time_goes_on_for_those_that_wait_for_a_key(ours: ServerProcess) -> None:
    silent = Silent()
    with connect(ours) as a, RespClient(ours.port) as b:
        b.call("AUTH", "secret")
        a.call("SET", "k", "v")
        b.send("BLPOP", "nothing", "0.3")
        time.sleep(0.05)
        begun = time.monotonic()
        before = ours.cpu_seconds()
        a.send("MIGRATE", HOST, silent.port, "k", 0, 3000, "AUTH", "secret")
        assert b.read() == ("*", None)
        assert time.monotonic() - begun < 2.5
        assert a.read()[0] == "-"
        assert time.monotonic() - begun > 2.9
        assert ours.cpu_seconds() - before < 0.5  # nobody turns round while there is nothing to do
    silent.close()


def test_a_pattern_of_targets_speaks_of_addresses(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, "--migrate-targets", "*.internal:*, 10.0.0.*:*")
    try:
        node = daemon.make_node("one", password="secret")
        with RespClient(int(str(node["port"]))) as a:
            a.call("AUTH", "secret")
            a.call("SET", "k", "v")
            hosts: list[Argument] = [
                b"127.0.0.1\x00.internal",
                "localhost",
                HOST,
                "10.0.0.evil",
                "a b",
                "",
            ]
            for host in hosts:
                reply = a.call("MIGRATE", host, daemon.router_port, "k", 0, 1000)
                assert reply[0] == "-", host
                assert b"not allowed" in reply[1] or b"connecting to the client" in reply[1], reply
            assert a.call("GET", "k") == ("$", b"v")
    finally:
        daemon.stop()


def test_a_script_moves_keys(pair: tuple[RespClient, RespClient, int]) -> None:
    a, b, port = pair
    keys = fill(a)
    before = dumps(a, keys)
    script = (
        "redis.call('SET', KEYS[1], 'late') redis.call('DEL', KEYS[1]) "
        "local moved = redis.call('MIGRATE', ARGV[1], ARGV[2], '', 0, 5000, "
        "'AUTH', ARGV[3], 'KEYS', unpack(KEYS, 2)) "
        "local again = redis.pcall('MIGRATE', ARGV[1], ARGV[2], '', 0, 5000, "
        "'AUTH', ARGV[3], 'KEYS', unpack(KEYS, 2)) "
        "local refused = redis.pcall('MIGRATE', ARGV[1], ARGV[2], 'left', 0, 5000, "
        "'AUTH', ARGV[3]) "
        "return {moved, again, refused['err'], redis.call('DBSIZE')}"
    )
    a.call("SET", "left", "here")
    b.call("SET", "left", "there")
    reply = a.call("EVAL", script, len(keys) + 1, "extra", *keys, HOST, port, "secret")
    assert reply == (
        "*",
        [
            ("+", b"OK"),
            ("+", b"NOKEY"),
            ("$", REFUSED),
            (":", 1),
        ],
    )
    assert dumps(b, keys) == before


def test_a_script_that_waits_for_another_server(tmp_path: Path) -> None:
    """Others are told that the node is busy, other nodes go on, and the node can be stopped."""
    silent = Silent()
    daemon = Daemon(tmp_path, "--migrate-targets", f"{HOST}:{silent.port}", "--shards", "1")
    try:
        made = [daemon.make_node(name, password="secret") for name in ("one", "two")]
        ports = [int(str(node["port"])) for node in made]
        with RespClient(ports[0]) as a, RespClient(ports[0]) as b, RespClient(ports[1]) as c:
            for client in (a, b, c):
                client.call("AUTH", "secret")
            b.call("CONFIG", "SET", "busy-reply-threshold", 300)
            b.call("SET", "k", "v")
            script = "return redis.pcall('MIGRATE', ARGV[1], ARGV[2], 'k', 0, ARGV[3])"
            begun = time.monotonic()
            a.send("EVAL", script, 0, HOST, silent.port, 3_600_000)
            while (answer := b.call("GET", "k")) == ("$", b"v"):  # EVAL is not there yet
                assert time.monotonic() - begun < 20
            assert answer[0] == "-"
            assert answer[1].startswith(b"BUSY ")
            assert 0.25 < time.monotonic() - begun < 20
            assert b.call("SCRIPT", "KILL")[1].startswith(b"UNKILLABLE ")
            before = daemon.cpu_seconds()
            assert c.call("SET", "k", "v") == ("+", b"OK")
            time.sleep(0.5)
            assert daemon.cpu_seconds() - before < 0.25  # nobody turns round while it waits
            assert daemon.request("POST", f"/v1/nodes/{made[0]['id']}/stop")[0] == 200
            assert a.closed_by_peer()
            assert c.call("GET", "k") == ("$", b"v")
        assert daemon.request("POST", f"/v1/nodes/{made[0]['id']}/start")[0] == 200
        with RespClient(ports[0]) as a:
            a.call("AUTH", "secret")
            a.call("SET", "k", "v")
            error = a.call("EVAL", script, 0, HOST, silent.port, 200)
            assert error == ("-", b"IOERR error or timeout reading to target instance")
            assert a.call("GET", "k") == ("$", b"v")
    finally:
        silent.close()
        daemon.stop()


def test_secrets_are_not_shown(ours: ServerProcess) -> None:
    with connect(ours) as a, RespClient(ours.port) as monitor:
        monitor.call("AUTH", "secret")
        monitor.call("MONITOR")
        a.call("CONFIG", "SET", "slowlog-log-slower-than", 0)
        a.call("SET", "k", "v")
        a.call("MIGRATE", HOST, 1, "k", 0, 100, "COPY", "AUTH2", "user-word", "pass-word")
        a.call("MIGRATE", HOST, 1, "k", 0, 100, "AUTH", "pass-word", "REPLACE")
        shown = str(a.call("SLOWLOG", "GET", -1))
        a.call("CONFIG", "SET", "slowlog-log-slower-than", 10_000)
        seen = [monitor.read()[1] for _ in range(3)]
        assert b"(redacted)" in seen[1]
        assert b'"COPY" "AUTH2" "(redacted)" "(redacted)"' in seen[1]
        assert b'"AUTH" "(redacted)" "REPLACE"' in seen[2]
        assert "(redacted)" in shown
        assert "pass-word" not in shown
        assert "user-word" not in shown


def test_a_transaction_whose_client_has_gone_is_given_up_with_its_node(tmp_path: Path) -> None:
    silent = Silent()
    daemon = Daemon(tmp_path, "--migrate-targets", f"{HOST}:{silent.port}")
    try:
        node = daemon.make_node("one", password="secret")
        port = int(str(node["port"]))
        with RespClient(port) as a:
            a.call("AUTH", "secret")
            a.call("HELLO", 3)
            a.call("MSET", "k", "v", "other", "w")
            calls: list[list[Argument]] = [
                ["MULTI"],
                ["CLIENT", "TRACKING", "ON", "BCAST"],
                ["SUBSCRIBE", "channel"],
                ["MIGRATE", HOST, silent.port, "k", 0, 60_000],
                ["MIGRATE", HOST, silent.port, "other", 0, 60_000],
            ]
            for words in calls:
                a.call(*words)
            a.send("EXEC")
            time.sleep(0.1)
        time.sleep(0.1)
        for action in ("stop", "start"):
            assert daemon.request("POST", f"/v1/nodes/{node['id']}/{action}")[0] == 200
        with RespClient(port) as b:
            b.call("AUTH", "secret")
            assert b.call("MGET", "k", "other")[0] == "*"
            assert b.call("SET", "k", "1") == ("+", b"OK")
            assert b.call("PUBLISH", "channel", "x") == (":", 0)
            assert b.call("FLUSHALL") == ("+", b"OK")
        assert daemon.alive()
    finally:
        silent.close()
        daemon.stop()
