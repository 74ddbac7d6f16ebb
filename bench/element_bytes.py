"""Bytes per element of collections, by resident memory and by the server's own account."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.memory import settle, used_memory
from bench.servers import Server, resp
from bench.tables import Table

# Of commands that are sent at once: the server's buffers stay small beside what it stores.
PIPELINE_BYTES = 16 << 10


def sorted_set(count: int) -> Iterator[bytes]:
    """Members of 14 bytes with random scores, in random order."""
    chance = random.Random(1)
    members = chance.sample(range(count), count)
    for begin in range(0, count, 100):
        pairs = [(chance.random(), f"member:{m:07}") for m in members[begin : begin + 100]]
        yield resp("ZADD", "zset", *(str(word) for pair in pairs for word in pair))


def plain_set(count: int) -> Iterator[bytes]:
    """Members of 14 bytes."""
    for begin in range(0, count, 100):
        yield resp("SADD", "set", *(f"member:{n:07}" for n in range(begin, begin + 100)))


def big_hash(count: int) -> Iterator[bytes]:
    """Fields of 13 bytes, values of 16."""
    for begin in range(0, count, 100):
        numbers = range(begin, begin + 100)
        yield resp("HSET", "hash", *(w for n in numbers for w in (f"field:{n:07}", f"{n:016}")))


def small_hashes(count: int) -> Iterator[bytes]:
    """Ten fields of 7 bytes with values of 12."""
    for n in range(count):
        yield resp(
            "HSET", f"hash:{n:07}", *(w for f in range(10) for w in (f"field:{f}", f"{n:012}"))
        )


def big_list(count: int) -> Iterator[bytes]:
    """Values of 32 bytes."""
    for begin in range(0, count, 100):
        yield resp("RPUSH", "list", *(f"{n:032}" for n in range(begin, begin + 100)))


def stream(count: int) -> Iterator[bytes]:
    """Two fields, the same ones in each entry, ten entries a millisecond."""
    for n in range(count):
        entry_id = f"{1_700_000_000_000 + n // 10}-{n % 10}"
        yield resp(
            "XADD", "stream", entry_id, "sensor", f"s{n % 10_000:04}", "value", f"{n % 97}.51"
        )


@dataclass
class Shape:
    """What to store, how much of it, and how many bytes each may take of us."""

    name: str
    commands: Callable[[int], Iterator[bytes]]
    count: int
    wanted: float


SHAPES = [
    Shape("sorted set, 14-byte members", sorted_set, 1_000_000, 70),
    Shape("set, 14-byte members", plain_set, 1_000_000, 36),
    Shape("hash, 13-byte fields, 16-byte values", big_hash, 1_000_000, 62),
    Shape("hashes of ten, 7-byte fields, 12-byte values", small_hashes, 100_000, 290),
    Shape("list, 32-byte values", big_list, 1_000_000, 34.5),
    Shape("stream, two fields, values of 5 bytes", stream, 1_000_000, 36),
]


def bytes_each(start: Callable[[], Server], shape: Shape, count: int) -> tuple[float, float]:
    """Fill a fresh server; return resident and accounted bytes by which it grew, per element."""
    with start() as server:
        client = server.client()
        # Code and buffers of the first command are no part of an element.
        client.pipeline([next(shape.commands(100)), resp("FLUSHALL")])
        settle(server)
        rss, account = server.usage().rss_bytes, used_memory(server)
        batch: list[bytes] = []
        size = 0

        def flush() -> None:
            for reply in client.pipeline(batch):
                if isinstance(reply, RuntimeError):
                    raise reply
            batch.clear()

        for command in shape.commands(count):
            batch.append(command)
            size += len(command)
            if size >= PIPELINE_BYTES:
                flush()
                size = 0
        flush()
        client.close()
        settle(server)
        return (
            (server.usage().rss_bytes - rss) / count,
            (used_memory(server) - account) / count,
        )


def measure(starters: list[Callable[[], Server]], scale: float) -> Table:
    """Tabulate both servers for each shape of data."""
    table = Table(
        "Bytes per element",
        [
            *("data", "elements", "redis-server RSS", "MiniRedis RSS", "redis-server account"),
            *("MiniRedis account", "wanted", "reached"),
        ],
        "In a fresh process each that has run one such command; growth divided by the number of "
        "elements, of the small hashes by the number of hashes. The sizes of members are those "
        "with which redis-server takes about 112 bytes for a member of a sorted set, 58 of a set, "
        "94 for a field and 330 for a small hash.",
    )
    for shape in SHAPES:
        count = int(shape.count * scale)
        redis = bytes_each(starters[0], shape, count)
        ours = bytes_each(starters[1], shape, count)
        table.add(
            *(shape.name, f"{count:,}", f"{redis[0]:.1f}", f"{ours[0]:.1f}"),
            *(f"{redis[1]:.1f}", f"{ours[1]:.1f}", f"≤ {shape.wanted:g}"),
            "yes" if max(ours) <= shape.wanted else "no",
        )
    return table
