"""redis-py on nodes of this process: what its users do, in both protocols, with both parsers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import miniredis
import pytest
import redis
import redis.asyncio
from miniredis.testing import (
    FakeAsyncRedis,
    FakeRedis,
    FakeServer,
    FakeStrictRedis,
    async_connection_pool,
    connection_pool,
)
from redis._parsers import _HiredisParser, _RESP2Parser, _RESP3Parser

PARSERS = [(2, _RESP2Parser), (3, _RESP3Parser), (2, _HiredisParser), (3, _HiredisParser)]


@pytest.fixture(params=PARSERS, ids=lambda pair: f"{pair[0]}-{pair[1].__name__}")
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give a protocol and a parser."""
    protocol, parser = request.param
    return {"protocol": protocol, "parser_class": parser, "decode_responses": True}


@pytest.fixture
def node() -> miniredis.Node[bytes]:
    return miniredis.open()


@pytest.fixture
def client(node: miniredis.Node[bytes], options: dict[str, Any]) -> redis.Redis:
    return redis.Redis(connection_pool=connection_pool(node, **options))


def test_values_of_all_types(client: Any) -> None:
    assert client.set("s", "v", ex=100) is True
    assert client.get("s") == "v"
    assert client.get("none") is None
    assert client.ttl("s") == 100
    assert client.incrbyfloat("f", 1.5) == 1.5
    assert client.rpush("l", "a", "b") == 2
    assert client.lrange("l", 0, -1) == ["a", "b"]
    assert client.hset("h", mapping={"x": 1, "y": 2}) == 2
    assert client.hgetall("h") == {"x": "1", "y": "2"}
    assert client.sadd("set", "a", "b") == 2
    assert client.smembers("set") == {"a", "b"}
    assert client.zadd("z", {"m": 1.5, "n": 2}) == 2
    assert client.zscore("z", "m") == 1.5
    assert [tuple(pair) for pair in client.zrange("z", 0, -1, withscores=True)] == [
        ("m", 1.5),
        ("n", 2.0),
    ]
    entry = client.xadd("x", {"k": "v"})
    assert client.xrange("x") == [(entry, {"k": "v"})]
    assert client.delete("s", "l") == 2
    assert sorted(client.scan_iter()) == ["f", "h", "set", "x", "z"]
    assert client.config_get("maxmemory") == {"maxmemory": str(40 << 20)}
    assert client.info("server")["redis_version"] == "7.2.4"


def test_bytes_that_are_no_text(node: miniredis.Node[bytes]) -> None:
    client = redis.Redis(connection_pool=connection_pool(node))
    every = bytes(range(256)) * 5000
    client.set(every[:256], every)
    assert client.get(every[:256]) == every
    assert node.execute("STRLEN", every[:256]) == len(every)


def test_databases_are_apart(node: miniredis.Node[bytes], options: dict[str, Any]) -> None:
    first, second = (
        redis.Redis(connection_pool=connection_pool(node, db=number, **options))
        for number in (0, 5)
    )
    first.set("k", "0")
    second.set("k", "5")
    assert (first.get("k"), second.get("k")) == ("0", "5")


def test_pipelines_and_transactions(client: Any) -> None:
    with client.pipeline() as pipe:
        pipe.set("a", 1).incr("a").lpush("a", "x").get("a")
        replies = pipe.execute(raise_on_error=False)
    assert replies[:2] == [True, 2]
    assert isinstance(replies[2], redis.ResponseError)
    assert replies[3] == "2"
    with client.pipeline(transaction=False) as pipe:
        for number in range(2000):
            pipe.set(f"key:{number}", "x" * 100)
        assert pipe.execute() == [True] * 2000
    with client.pipeline() as pipe:
        pipe.watch("a")
        client.set("a", 10)
        pipe.multi()
        pipe.incr("a")
        with pytest.raises(redis.WatchError):
            pipe.execute()
    assert client.transaction(lambda pipe: pipe.incr("a")) == [11]


def test_waiting_commands(client: Any, node: miniredis.Node[bytes]) -> None:
    begun = time.monotonic()
    assert client.blpop("q", timeout=0.2) is None
    assert 0.15 < time.monotonic() - begun < 5
    timer = threading.Timer(0.1, lambda: node.execute("RPUSH", "q", "v"))
    timer.start()
    assert tuple(client.blpop("q", timeout=10)) == ("q", "v")
    timer.join()


def test_a_socket_timeout_ends_a_wait(node: miniredis.Node[bytes]) -> None:
    pool = connection_pool(node, socket_timeout=0.1)
    client = redis.Redis(connection_pool=pool)
    with pytest.raises(redis.TimeoutError):
        client.blpop("q", timeout=0)
    # The wait is over for the node too.
    assert node.execute("RPUSH", "q", "v") == 1
    assert client.lpop("q") == b"v"


def test_subscribers(client: Any, node: miniredis.Node[bytes]) -> None:
    with client.pubsub(ignore_subscribe_messages=True) as subscriber:
        subscriber.subscribe("news")
        subscriber.psubscribe("n*")
        for _ in range(2):  # the confirmations, which are not given out
            assert subscriber.get_message(timeout=5) is None
        assert client.publish("news", "hello") == 2
        got = [subscriber.get_message(timeout=5) for _ in range(2)]
        assert sorted((m["type"], m["channel"], m["data"]) for m in got if m) == [
            ("message", "news", "hello"),
            ("pmessage", "news", "hello"),
        ]
        assert subscriber.get_message(timeout=0.05) is None
        threading.Timer(0.1, lambda: node.execute("PUBLISH", "news", "late")).start()
        late = subscriber.get_message(timeout=5)
        assert late is not None
        assert late["data"] == "late"


def test_a_listening_thread(client: Any) -> None:
    heard: list[str] = []
    subscriber = client.pubsub()
    subscriber.subscribe(**{"news": lambda message: heard.append(message["data"])})
    thread = subscriber.run_in_thread(sleep_time=0.01)
    deadline = time.monotonic() + 10
    while client.publish("news", "x") == 0:
        assert time.monotonic() < deadline
    while not heard:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    thread.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_monitor(client: Any, node: miniredis.Node[bytes]) -> None:
    with client.monitor() as monitor:
        node.execute("SET", "k", "v")
        seen = monitor.next_command()
    assert seen["command"] == "SET k v"


def test_errors_have_their_classes(client: Any, node: miniredis.Node[bytes]) -> None:
    client.set("s", "v")
    with pytest.raises(redis.ResponseError, match="wrong kind of value"):
        client.lpush("s", 1)
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command("NONSENSE")
    node.set_config("maxmemory", "1048576")

    def fill() -> None:
        for number in range(3000):
            client.set(f"fill:{number}", "x" * 1000)

    with pytest.raises(redis.exceptions.OutOfMemoryError):
        fill()


def test_a_client_that_is_killed_connects_anew(client: Any) -> None:
    number = client.client_id()
    other = redis.Redis(connection_pool=client.connection_pool)
    with other.client() as killer:
        killer.client_kill_filter(_id=number, skipme=False)
    assert client.ping() is True


def test_threads_share_a_client(client: Any) -> None:
    threads = [
        threading.Thread(target=lambda: [client.incr("n") for _ in range(200)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("n") == "1600"


def run(node: miniredis.Node[bytes], work: Callable[[Any], Awaitable[None]]) -> None:
    """Run work with asyncio clients of both protocols."""

    async def both() -> None:
        for protocol in (2, 3):
            client = redis.asyncio.Redis(
                connection_pool=async_connection_pool(node, protocol=protocol)
            )
            await work(client)
            await client.aclose()

    asyncio.run(asyncio.wait_for(both(), 30))


def test_asyncio_commands(node: miniredis.Node[bytes]) -> None:
    async def work(client: Any) -> None:
        await client.flushall()
        assert await client.set("k", "v") is True
        assert await client.get("k") == b"v"
        replies = await asyncio.gather(*(client.incr("n") for _ in range(50)))
        assert sorted(replies) == list(range(1, 51))
        async with client.pipeline() as pipe:
            assert await pipe.set("a", 1).incr("a").execute() == [True, 2]
        await client.set("big", b"x" * 3_000_000)
        assert len(await client.get("big") or b"") == 3_000_000

    run(node, work)


def test_asyncio_waits_do_not_stop_the_loop(node: miniredis.Node[bytes]) -> None:
    async def work(client: Any) -> None:
        ticks = 0
        waiting = asyncio.create_task(client.blpop(["q"], timeout=10))
        while ticks < 5:
            await asyncio.sleep(0.01)
            ticks += 1
        assert not waiting.done()
        await client.rpush("q", "v")
        assert list(await waiting) == [b"q", b"v"]
        assert await client.blpop(["q"], timeout=0.05) is None

    run(node, work)


def test_asyncio_subscribers(node: miniredis.Node[bytes]) -> None:
    async def work(client: Any) -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as subscriber:
            await subscriber.subscribe("news")
            asyncio.get_running_loop().call_later(
                0.05, lambda: node.execute("PUBLISH", "news", "hello")
            )
            async for message in subscriber.listen():
                assert message["data"] == b"hello"
                break

    run(node, work)


def test_what_fakeredis_users_do() -> None:
    server = FakeServer()
    first, second = FakeStrictRedis(server=server), FakeRedis(server=server, decode_responses=True)
    first.set("k", "v")
    assert second.get("k") == "v"
    assert FakeRedis().get("k") is None
    server.connected = False
    with pytest.raises(redis.ConnectionError):
        second.get("k")
    server.connected = True
    assert second.get("k") == "v"
    with pytest.raises(redis.ConnectionError):
        FakeRedis(connected=False).ping()
    here = FakeRedis.from_url("redis://somewhere:7000/2")
    here.set("k", "there")
    assert FakeRedis(host="somewhere", port=7000, db=2).get("k") == b"there"
    assert FakeRedis(host="somewhere", port=7000, db=1).get("k") is None
    assert FakeRedis(host="elsewhere", port=7000, db=2).get("k") is None
    with pytest.raises(ValueError, match="redis://"):
        FakeRedis.from_url("http://somewhere")

    async def asynchronous() -> None:
        client = FakeAsyncRedis(server=server)
        assert await client.get("k") == b"v"
        await client.aclose()

    asyncio.run(asynchronous())


def test_no_socket_is_opened(node: miniredis.Node[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket is opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    client = redis.Redis(connection_pool=connection_pool(node))
    assert client.set("k", "v") is True
