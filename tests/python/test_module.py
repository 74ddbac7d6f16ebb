"""The module `miniredis`, as a program that imports it sees it."""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from pathlib import Path

import miniredis
import pytest
import redis
from miniredis import Engine, Node, ResponseError, Server


@pytest.fixture
def node() -> Node:
    return miniredis.open()


@pytest.fixture
def text_node() -> Node[str]:
    return miniredis.open(decode_responses=True)


def test_version() -> None:
    assert miniredis.__version__.count(".") == 2
    assert miniredis.redis_version.startswith("7.")


def test_replies_are_bytes_or_text(node: Node) -> None:
    assert node.execute("SET", "k", "v") == b"OK"
    assert node.execute("GET", "k") == b"v"
    node.decode_responses = True
    assert node.execute("GET", "k") == "v"
    assert node.execute("GET", "nothing") is None


@pytest.mark.parametrize(
    ("argument", "stored"),
    [
        ("text", b"text"),
        ("ä€𝄞", "ä€𝄞".encode()),
        ("\udcff", b"\xff"),
        (b"\x00\xff", b"\x00\xff"),
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abcdef")[::2], b"ace"),
        ("", b""),
        (42, b"42"),
        (-(2**63), b"-9223372036854775808"),
        (1.5, b"1.5"),
        (1e100, b"1e+100"),
    ],
)
def test_arguments(
    node: Node, argument: str | bytes | bytearray | memoryview | float, stored: bytes
) -> None:
    node.execute("SET", "k", argument)
    assert node.execute("GET", "k") == stored


@pytest.mark.parametrize("argument", [None, True, [], {}, object(), 1j])
def test_arguments_that_are_refused(node: Node, argument: object) -> None:
    with pytest.raises(TypeError):
        node.execute("SET", "k", argument)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        node.execute()


def test_types_of_replies(text_node: Node[str]) -> None:
    execute = text_node.execute
    assert execute("INCR", "n") == 1
    assert execute("MGET", "n", "nothing") == ["1", None]
    assert execute("KEYS", "*") == ["n"]
    assert isinstance(execute("INFO", "server"), str)


def test_resp3_types_in_a_session(text_node: Node[str]) -> None:
    session = text_node.open_session()
    hello = session.execute("HELLO", "3")
    assert isinstance(hello, dict)
    assert hello["proto"] == 3
    assert session.execute("CONFIG", "GET", "maxmemory-policy") == {
        "maxmemory-policy": "noeviction"
    }


def test_bytes_that_are_no_text_survive_decoding(text_node: Node[str]) -> None:
    text_node.execute("SET", "k", b"a\xff")
    text = text_node.execute("GET", "k")
    assert text == "a\udcff"
    text_node.execute("SET", "again", text)
    text_node.decode_responses = False
    assert text_node.execute("GET", "again") == b"a\xff"


def test_error_replies_raise(node: Node) -> None:
    node.execute("SET", "k", "v")
    with pytest.raises(ResponseError, match=r"^ERR value is not an integer or out of range$"):
        node.execute("INCR", "k")
    with pytest.raises(miniredis.MiniRedisError, match="unknown command"):
        node.execute("NOSUCH")
    assert node.execute("GET", "k") == b"v"


def test_a_batch_has_errors_in_place(node: Node) -> None:
    replies = node.execute_batch([("SET", "k", "v"), ["INCR", "k"], (b"GET", "k")])
    assert replies[0] == b"OK"
    assert isinstance(replies[1], ResponseError)
    assert replies[2] == b"v"
    assert node.execute_batch([]) == []


def test_nodes_are_isolated() -> None:
    engine = Engine(shards=1)
    one = engine.create_tenant("acme").create_node("one")
    two = engine.create_tenant("umbrella").create_node("two")
    one.execute("SET", "k", "v")
    two.execute("FLUSHALL")
    assert two.execute("DBSIZE") == 0
    assert one.execute("DBSIZE") == 1
    assert {n.name for n in engine.nodes()} == {"one", "two"}
    assert {t.name for t in engine.tenants()} == {"acme", "umbrella"}


def test_handles_find_what_there_is() -> None:
    engine = Engine(shards=1)
    tenant = engine.create_tenant("acme", max_nodes=1)
    node = tenant.create_node("cache", memory_limit="2mb", eviction_policy="allkeys-lru")
    found = engine.find_node(node.id)
    assert found is not None
    assert found.name == "cache"
    assert (found.tenant_name, found.state, found.shard) == ("acme", "running", 0)
    assert (found.memory_limit_bytes, found.eviction_policy) == (2 << 20, "allkeys-lru")
    assert abs(found.created_at_ms / 1000 - time.time()) < 60
    assert repr(found) == "<miniredis.Node cache of acme, running>"
    assert engine.find_node("nothing") is None
    assert engine.find_tenant("nothing") is None
    again = engine.find_tenant("acme")
    assert again is not None
    assert [n.name for n in again.nodes()] == ["cache"]


def test_errors_have_classes() -> None:
    engine = Engine(shards=1)
    tenant = engine.create_tenant("acme", max_nodes=1)
    with pytest.raises(miniredis.AlreadyExistsError):
        engine.create_tenant("acme")
    with pytest.raises(miniredis.InvalidArgumentError):
        engine.create_tenant("no spaces")
    with pytest.raises(miniredis.InvalidArgumentError):
        tenant.create_node("small", memory_limit=1)
    node = tenant.create_node("cache")
    with pytest.raises(miniredis.LimitReachedError):
        tenant.create_node("one-too-many")
    node.remove()
    with pytest.raises(miniredis.MiniRedisError):
        node.start()
    for bad in ("", "-1", "1.5mb", "40 mb", "99999999999gb", -1, 1.5, None, True):
        with pytest.raises((ValueError, TypeError)):
            tenant.create_node("bad", memory_limit=bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown eviction policy"):
        tenant.create_node("bad", eviction_policy="nonsense")


def test_life_of_a_node(node: Node) -> None:
    node.execute("SET", "k", "v")
    node.stop()
    assert node.state == "stopped"
    with pytest.raises(ResponseError):
        node.execute("GET", "k")
    node.start()
    assert node.execute("GET", "k") == b"v"
    node.restart()
    node.set_name("other")
    assert node.name == "other"
    node.set_config("maxmemory-policy", "allkeys-lfu")
    assert node.eviction_policy == "allkeys-lfu"
    node.set_memory_limit("8mb")
    assert node.stats()["memory_limit_bytes"] == 8 << 20


def test_a_limit_that_holds() -> None:
    node = miniredis.open(memory_limit="2mb")
    replies = node.execute_batch([("SET", f"key:{i}", b"v" * 1000) for i in range(5000)])
    refused = [r for r in replies if isinstance(r, ResponseError)]
    assert refused
    assert str(refused[0]).startswith("OOM")
    stats = node.stats()
    assert stats["memory_used_bytes"] <= (2 << 20) + 2000  # the last write began below it
    assert stats["databases"][0]["keys"] == 5000 - len(refused)


def test_sessions(text_node: Node[str]) -> None:
    session = text_node.open_session(database=3)
    assert session.execute("SET", "here", "1") == "OK"
    assert text_node.execute("EXISTS", "here") == 0
    assert session.execute("MULTI") == "OK"
    assert session.execute("INCR", "here") == "QUEUED"
    assert session.execute("EXEC") == [2]
    with pytest.raises(miniredis.InvalidArgumentError):
        text_node.open_session(database=16)
    assert not session.closed
    session.execute("QUIT")
    assert session.closed


def test_pushes(text_node: Node[str]) -> None:
    listener = text_node.open_session()
    assert listener.execute("SUBSCRIBE", "news")[:2] == ["subscribe", "news"]
    assert text_node.execute("PUBLISH", "news", "hello") == 1
    assert ["message", "news", "hello"] in listener.take_pushes()
    assert listener.take_pushes() == []


def test_an_engine_lives_as_long_as_anything_of_it() -> None:
    node = Engine(shards=1).create_tenant("acme").create_node("cache")
    gc.collect()
    assert node.execute("SET", "k", "v") == b"OK"
    session = node.open_session()
    del node
    gc.collect()
    assert session.execute("GET", "k") == b"v"


def test_engines_come_and_go() -> None:
    for i in range(20):
        node = miniredis.open(memory_limit="1mb")
        assert node.execute("SET", "k", i) == b"OK"
        del node
    gc.collect()


def test_many_threads_use_one_node(node: Node) -> None:
    rounds, count = 2000, 8

    def work() -> None:
        for _ in range(rounds):
            node.execute("INCR", "n")

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert node.execute("GET", "n") == str(rounds * count).encode()


def test_arguments_and_replies_are_not_leaked(node: Node) -> None:
    argument, key = b"v" * 1000, "some key"
    before = sys.getrefcount(argument), sys.getrefcount(key)
    for _ in range(100):
        node.execute("SET", key, argument)
        node.execute_batch([("SET", key, argument)])
    assert (sys.getrefcount(argument), sys.getrefcount(key)) == before


def test_a_server_gives_nodes_ports(tmp_path: Path) -> None:
    engine = Engine(shards=1)
    node = engine.create_tenant("acme").create_node("cache", password="secret")
    server = Server(engine, router_port=0)
    port = server.listen(node)
    client = redis.Redis(port=port, password="secret")
    assert client.set("k", "v")
    assert node.execute("GET", "k") == b"v"
    assert server.router_port is not None
    routed = redis.Redis(port=server.router_port, username="cache", password="secret")
    assert routed.get("k") == b"v"
    assert server.stats()["connections"] >= 2
    with pytest.raises(miniredis.AlreadyExistsError):
        server.listen(node)

    path = tmp_path / "node.sock"
    server.listen_unix(node, str(path))
    over_unix = redis.Redis(unix_socket_path=str(path), password="secret")
    assert over_unix.get("k") == b"v"

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        other = engine.create_tenant("umbrella").create_node("other")
        with pytest.raises(miniredis.IoError):
            server.listen(other, taken.getsockname()[1])
    server.stop()
    with pytest.raises(redis.ConnectionError):
        client.ping()
