"""CLIENT TRACKING: the same clients on redis-server and on MiniRedis are told the same.

Each step is one call by one of several clients, tracked in different ways; after it every client
sends a PING, and whatever came before the answer is what it was told because of that call.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest

from tests.compat.resp_client import Argument, Reply, RespClient, encode
from tests.servers import ServerProcess, start_standalone

SEED = int(os.environ.get("MINIREDIS_SEED", "1"))
ROUNDS = int(os.environ.get("MINIREDIS_COUNT", "40"))
STEPS = 60

KEYS = ["k1", "k2", "k3", "user:1", "user:2", "item:1", "item:22"]
MODES = [
    (),
    ("NOLOOP",),
    ("OPTIN",),
    ("OPTOUT",),
    ("OPTOUT", "NOLOOP"),
    ("BCAST",),
    ("BCAST", "NOLOOP"),
    ("BCAST", "PREFIX", "user:", "PREFIX", "item:"),
    ("BCAST", "PREFIX", "k", "NOLOOP"),
]


class Listener:
    """A connection that sees what it is told unasked."""

    def __init__(self, port: int, protocol: int) -> None:
        self.client = RespClient(port)
        self.protocol = protocol
        self.client.call("HELLO", protocol)
        self.id = self.client.call("CLIENT", "ID")[1]
        self.told: list[Reply] = []

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def is_message(self, reply: Reply) -> bool:
        """Whether nobody asked for this."""
        if self.protocol == 3:
            return reply[0] == ">" and reply[1][0][1] in (b"invalidate", b"tracking-redir-broken")
        return reply[0] == "*" and bool(reply[1]) and reply[1][0] == ("$", b"message")

    def call(self, *words: Argument) -> Reply:
        """Return the reply, and keep what came before it."""
        self.client.send(*words)
        while True:
            reply = self.client.read()
            if not self.is_message(reply):
                return reply
            self.told.append(reply)

    def take(self) -> list[Reply]:
        """Return what has been told by now."""
        self.call("PING")
        told, self.told = self.told, []
        # redis-server shows a RESP2 client the null of RESP3, where all keys have changed.
        return [
            (kind, [*parts[:-1], ("_", None)] if parts[-1] == ("$", None) else parts)
            for kind, parts in told
        ]


# Version 7.0 takes a script that reads for a reader of all its keys, 7.2 goes by what it reads: in
# this one they are the same. In broadcasting mode redis-server tells a NOLOOP client of what its
# own scripts change, MiniRedis does not: only the client that is not tracked calls this one.
READ_AND_WRITE = "redis.call('MGET', KEYS[1], KEYS[2]) return redis.call('SET', KEYS[1], 1)"


def call_of(rng: random.Random, who: int) -> list[Argument]:
    """Return one command."""
    key, other = rng.choice(KEYS), rng.choice(KEYS)
    reads: list[list[Argument]] = [
        ["GET", key],
        ["MGET", key, other],
        ["STRLEN", key],
        ["EXISTS", key, other],
        ["TTL", key],
        ["TYPE", key],
        ["EVAL", "return redis.call('GET', KEYS[1])", 1, key],
        ["EVAL_RO", "return redis.call('MGET', KEYS[1], KEYS[2])", 2, key, other],
        ["LRANGE", "list", 0, -1],
        ["HGET", "hash", "f"],
        ["OBJECT", "ENCODING", key],
        ["XREAD", "STREAMS", "stream", "0"],
    ]
    writes: list[list[Argument]] = [
        ["SET", key, rng.randrange(100)],
        ["SET", key, 1, "PX", 100_000],
        ["SETNX", key, 1],
        ["DEL", key, other],
        ["UNLINK", key],
        ["APPEND", key, "1"],
        ["INCR", key],
        ["RENAME", key, other],
        ["COPY", key, other, "REPLACE"],
        ["EXPIRE", key, 1000],
        ["PEXPIRE", key, -1],
        ["PERSIST", key],
        ["MSET", key, 1, other, 2],
        ["GETSET", key, 3],
        ["GETDEL", key],
        ["GETEX", key, "EX", 100],
        ["RPUSH", "list", 1],
        ["LPOP", "list"],
        ["LMOVE", "list", "list", "LEFT", "RIGHT"],
        ["HSET", "hash", "f", rng.randrange(3)],
        ["HDEL", "hash", "f"],
        ["XADD", "stream", "*", "f", 1],
        ["XTRIM", "stream", "MAXLEN", 0],
        ["SETRANGE", key, 0, ""],
        ["MOVE", key, 1],
        ["FLUSHDB"],
        ["FLUSHALL"],
        ["SORT", "list", "STORE", "sorted"],
        ["BITOP", "NOT", key, other],
    ]
    if who == 0:
        writes.append(["EVAL", READ_AND_WRITE, 2, key, other])
    return rng.choice(reads if rng.random() < 0.5 else writes)


class World:
    """One server with the clients of a round."""

    def __init__(self, port: int, rng: random.Random) -> None:
        self.clients = [Listener(port, 3) for _ in range(4)]
        self.clients[0].call("FLUSHALL")
        subscriber = Listener(port, rng.choice((2, 3)))
        self.modes: list[tuple[Argument, ...]] = []
        for client in self.clients[1:]:
            mode: tuple[Argument, ...] = rng.choice(MODES)
            if rng.random() < 0.3:
                mode = (*mode, "REDIRECT", subscriber.id)
            assert client.call("CLIENT", "TRACKING", "ON", *mode) == ("+", b"OK")
            self.modes.append(mode)
        subscriber.client.send("SUBSCRIBE", "__redis__:invalidate")
        subscriber.client.read()
        self.clients.append(subscriber)

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()


def steps(rng: random.Random, who: int) -> Iterator[list[Argument]]:
    """Yield the calls of one step: one command, or one behind CLIENT CACHING, or a transaction."""
    luck = rng.random()
    if who > 0 and luck < 0.15:
        yield ["CLIENT", "CACHING", rng.choice(("YES", "NO"))]
    if luck < 0.08 or luck > 0.93:
        yield ["MULTI"]
        for _ in range(rng.randrange(1, 4)):
            yield call_of(rng, who)
        yield ["EXEC"]
        return
    yield call_of(rng, who)


@pytest.mark.parametrize("part", range(4))
def test_told_the_same(redis_server: ServerProcess, node: ServerProcess, part: int) -> None:
    for round_ in range(ROUNDS // 4):
        seed = SEED * 1000 + part * 100 + round_
        rng = random.Random(seed)
        state = rng.getstate()
        redis = World(redis_server.port, rng)
        rng.setstate(state)
        ours = World(node.port, rng)
        done: list[object] = [redis.modes]
        for _ in range(STEPS):
            who = rng.randrange(4)
            for words in steps(rng, who):
                done.append((who, words))
                theirs = redis.clients[who].call(*words)
                mine = ours.clients[who].call(*words)
                if words[0] != "XADD" and words[0] != "XREAD":
                    assert theirs[0] == mine[0], (seed, done, theirs, mine)
            for i, (their, my) in enumerate(zip(redis.clients, ours.clients, strict=True)):
                a, b = their.take(), my.take()
                key = str  # of several messages of one call the order is free
                assert sorted(b, key=key) == sorted(a, key=key), (
                    seed,
                    i,
                    a,
                    b,
                    done[:1] + done[-6:],
                )
        redis.close()
        ours.close()


@pytest.fixture(params=["redis-server", "miniredis"])
def server(request: pytest.FixtureRequest) -> ServerProcess:
    """Give the reference, then ours."""
    process: ServerProcess = request.getfixturevalue(
        "redis_server" if request.param == "redis-server" else "node"
    )
    return process


INVALIDATED = [("$", b"message"), ("$", b"__redis__:invalidate")]


def test_redirect_to_a_subscriber_in_resp2(server: ServerProcess) -> None:
    with RespClient(server.port) as tracked, RespClient(server.port) as subscriber:
        number = subscriber.call("CLIENT", "ID")[1]
        subscriber.call("SUBSCRIBE", "__redis__:invalidate")
        assert tracked.call("CLIENT", "TRACKING", "ON", "REDIRECT", number) == ("+", b"OK")
        assert tracked.call("CLIENT", "GETREDIR") == (":", number)
        tracked.call("GET", "k")
        tracked.call("SET", "k", "1")
        assert subscriber.read() == ("*", [*INVALIDATED, ("*", [("$", b"k")])])
        tracked.call("FLUSHALL")
        assert subscriber.read() == ("*", [*INVALIDATED, ("$", None)])
        assert f"redir={number} ".encode() in tracked.call("CLIENT", "INFO")[1]


def test_redirect_to_who_has_gone(server: ServerProcess) -> None:
    with RespClient(server.port) as tracked, RespClient(server.port) as other:
        tracked.call("HELLO", 3)
        number = other.call("CLIENT", "ID")[1]
        assert tracked.call("CLIENT", "TRACKING", "ON", "REDIRECT", number) == ("+", b"OK")
        tracked.call("GET", "k")
        other.close()
        with RespClient(server.port) as writer:
            deadline = time.monotonic() + 10
            while f"id={number} ".encode() in writer.call("CLIENT", "LIST")[1]:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            writer.call("SET", "k", "1")
        assert tracked.read() == (">", [("$", b"tracking-redir-broken"), (":", number)])
        flags = tracked.call("CLIENT", "TRACKINGINFO")[1][1][1]
        assert ("$", b"broken_redirect") in flags
        assert b"flags=tR" in tracked.call("CLIENT", "INFO")[1]


def test_pipelines_of_tracked_clients(server: ServerProcess) -> None:
    """Messages stand between replies, never inside one, and none is lost."""
    with RespClient(server.port) as tracked, RespClient(server.port) as writer:
        writer.call("FLUSHALL")
        tracked.call("HELLO", 3)
        tracked.call("CLIENT", "TRACKING", "ON")
        rounds = 300
        batch: list[list[Argument]] = []
        for i in range(rounds):
            batch += [["GET", f"p{i}"], ["SET", f"p{i}", i], ["MULTI"], ["GET", f"p{i}"]]
            batch += [["SET", f"p{i}", "x"], ["EXEC"]]
        tracked.send_raw(b"".join(encode(words) for words in batch))
        replies: list[Reply] = []
        told: list[str] = []
        while len(replies) < len(batch) or len(told) < 2 * rounds:
            reply = tracked.read()
            if reply[0] == ">":
                told.append(reply[1][1][1][0][1].decode())
            else:
                replies.append(reply)
        assert told == [f"p{i // 2}" for i in range(2 * rounds)]
        for i in range(rounds):
            assert replies[6 * i] == ("_", None)
            assert replies[6 * i + 5] == ("*", [("$", str(i).encode()), ("+", b"OK")])


def test_keys_beyond_the_limit_are_told_as_changed(server: ServerProcess) -> None:
    with RespClient(server.port) as tracked:
        tracked.call("HELLO", 3)
        tracked.call("CONFIG", "SET", "tracking-table-max-keys", 10)
        tracked.call("CLIENT", "TRACKING", "ON")
        told = 0
        for i in range(100):
            tracked.send("GET", f"key:{i}")
            while (reply := tracked.read())[0] == ">":
                told += len(reply[1][1][1])
        # redis-server forgets some of them in its timer.
        deadline = time.monotonic() + 10
        while told < 90:
            assert time.monotonic() < deadline
            tracked.send("PING")
            while (reply := tracked.read())[0] == ">":
                told += len(reply[1][1][1])
        with RespClient(server.port) as other:
            lines = other.call("INFO", "stats")[1].decode().split("\r\n")
            assert "tracking_total_keys:10" in lines
            other.call("CONFIG", "SET", "tracking-table-max-keys", 1_000_000)


def test_tracking_gives_its_memory_back() -> None:
    node = start_standalone("--maxmemory", "40mb")
    try:
        with RespClient(node.port) as watcher:

            def used() -> int:
                text = watcher.call("INFO", "memory")[1].decode()
                return int(text.split("used_memory:")[1].split("\r\n")[0])

            watcher.call("PING")
            before = used()
            with RespClient(node.port) as tracked:
                tracked.call("HELLO", 3)
                tracked.call("CLIENT", "TRACKING", "ON")
                tracked.pipeline([["GET", f"key:{i}"] for i in range(5000)])
                assert used() > before + 5000 * 50
            deadline = time.monotonic() + 10
            while used() > before + 4096:
                assert time.monotonic() < deadline, (before, used())
                time.sleep(0.01)
    finally:
        node.stop()


def test_noloop_counts_a_clients_own_scripts(node: ServerProcess) -> None:
    """Redis-server tells a client of them in broadcasting mode."""
    writes = "return redis.call('SET', KEYS[1], 'v')"
    for mode in ((), ("BCAST",)):
        own, other = Listener(node.port, 3), Listener(node.port, 3)
        own.call("FLUSHALL")
        assert own.call("CLIENT", "TRACKING", "ON", "NOLOOP", *mode) == ("+", b"OK")
        own.call("GET", "k")
        own.call("EVAL", writes, 1, "k")
        assert own.take() == []
        own.call("GET", "k")
        other.call("EVAL", writes, 1, "k")
        assert own.take() == [(">", [("$", b"invalidate"), ("*", [("$", b"k")])])]
        own.close()
        other.close()


def test_prefixes_are_bounded(node: ServerProcess) -> None:
    with RespClient(node.port) as client:
        many = [word for i in range(1001) for word in ("PREFIX", f"prefix:{i:05}")]
        reply = client.call("CLIENT", "TRACKING", "ON", "BCAST", *many)
        assert reply == ("-", b"ERR too many prefixes: a client may have up to 1000")
        assert client.call("CLIENT", "TRACKING", "ON", "BCAST", *many[2:]) == ("+", b"OK")
        assert client.call("CLIENT", "TRACKING", "OFF") == ("+", b"OK")


def test_a_full_node_forgets_keys_rather_than_refuse() -> None:
    node = start_standalone("--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru")
    try:
        with RespClient(node.port) as tracked, RespClient(node.port) as writer:
            tracked.call("HELLO", 3)
            tracked.call("CLIENT", "TRACKING", "ON", "NOLOOP")
            for i in range(20_000):
                tracked.send("GET", f"key:{i}")
                while tracked.read()[0] == ">":
                    pass
            assert writer.call("SET", "k", "v" * 1000) == ("+", b"OK")
    finally:
        node.stop()
