"""The module under asyncio."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import miniredis
import miniredis.aio
import pytest


@pytest.fixture
def node() -> miniredis.aio.Node:
    return miniredis.aio.open(decode_responses=True)


def test_commands(node: miniredis.aio.Node) -> None:
    async def run() -> None:
        assert await node.set("a", 1) is True
        assert await node.get("a") == "1"
        assert await node.hset("h", mapping={"f": 1}) == 1
        assert await node.hgetall("h") == {"f": "1"}
        assert (await node.info("server"))["redis_version"] == miniredis.redis_version
        assert await node.execute("STRLEN", "a") == 1
        assert sorted([key async for key in node.scan_iter()]) == ["a", "h"]
        with pytest.raises(miniredis.ResponseError):
            await node.incr("h")

    asyncio.run(run())


def test_waits_do_not_hold_the_loop(node: miniredis.aio.Node) -> None:
    async def run() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        waiting = [asyncio.create_task(node.blpop(f"q{i}", 10)) for i in range(20)]
        await asyncio.sleep(0.1)
        assert ticks > 20
        for i in range(20):
            await node.rpush(f"q{i}", i)
        assert await asyncio.gather(*waiting) == [(f"q{i}", str(i)) for i in range(20)]
        assert await node.blpop("q", 0.05) is None
        ticking.cancel()

    asyncio.run(run())


def test_a_wait_can_be_cancelled(node: miniredis.aio.Node) -> None:
    async def run() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(node.blpop("q", 0), 0.05)
        assert await node.rpush("q", "x") == 1
        assert await node.llen("q") == 1
        assert await node.blpop("q", 1) == ("q", "x")

    asyncio.run(run())


LONG_SCRIPT = "local n = 0 for i = 1, 3000000 do n = n + i % 7 end return n"


@pytest.mark.parametrize(
    ("words", "reply"),
    [(("SUNIONSTORE", "t", "s"), 100_000), (("EVAL", LONG_SCRIPT, 0), 8_999_997)],
    ids=["sets", "script"],
)
def test_long_work_does_not_hold_the_loop(
    node: miniredis.aio.Node, words: tuple[str | int, ...], reply: int
) -> None:
    for at in range(0, 100_000, 1000):
        node.node.execute_batch([("SADD", "s", *range(at, at + 1000))])

    async def run() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0)
        before, begun = ticks, time.monotonic()
        assert await node.execute(*words) == reply
        took = time.monotonic() - begun
        assert ticks > before + 1, f"no turn in {took:.3f} s"
        ticking.cancel()

    asyncio.run(run())


def test_pipelines(node: miniredis.aio.Node) -> None:
    async def run() -> None:
        async with node.pipeline() as pipe:
            pipe.set("a", 1).incr("a")
            assert await pipe.execute() == [True, 2]
            await pipe.watch("a")
            at_once: Any = pipe.get("a")  # by its type a step of the pipeline
            assert await at_once == "2"
            await node.set("a", 9)
            pipe.multi()
            pipe.set("a", 3)
            with pytest.raises(miniredis.WatchError):
                await pipe.execute()

    asyncio.run(run())


def test_pubsub(node: miniredis.aio.Node) -> None:
    async def run() -> None:
        got: list[Any] = []
        async with node.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe("news")

            async def listen() -> None:
                async for message in pubsub.listen():
                    got.append(message["data"])
                    if len(got) == 3:
                        return

            listening = asyncio.create_task(listen())
            await asyncio.sleep(0.01)
            for word in ("a", "b", "c"):
                assert await node.publish("news", word) == 1
            await asyncio.wait_for(listening, 10)
            assert await pubsub.get_message(timeout=0.01) is None
        assert got == ["a", "b", "c"]

    asyncio.run(run())
