"""Hit ratios of eviction policies under a Zipf load, at the same number of resident keys."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Callable

from bench.servers import Server, resp
from bench.tables import Table

UNIVERSE = 200_000
CAPACITY = 20_000
VALUE = b"v" * 100
BATCH = 200


def zipf_keys(count: int, exponent: float, seed: int) -> list[int]:
    """Draw keys with a probability that falls with a power of their rank."""
    rng = random.Random(seed)
    sums = list(itertools.accumulate(1 / (rank**exponent) for rank in range(1, UNIVERSE + 1)))
    names = list(range(UNIVERSE))
    rng.shuffle(names)
    return [names[bisect.bisect(sums, rng.random() * sums[-1])] for _ in range(count)]


def limit_for_capacity(server: Server) -> int:
    """Return the memory that the server uses when it holds as many keys as wanted."""
    client = server.client()
    client.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
    client.call("CONFIG", "SET", "maxmemory", "4gb")
    client.call("FLUSHALL")
    for begin in range(0, CAPACITY, BATCH):
        client.pipeline([resp("SET", f"key:{n}", VALUE) for n in range(begin, begin + BATCH)])
    used = int(client.info("memory", "used_memory"))
    client.call("FLUSHALL")
    client.close()
    return used


def hit_ratio(server: Server, policy: str, limit: int, keys: list[int]) -> tuple[float, int]:
    """Read through a cache: GET, and SET after a miss. Return the ratio and the keys at the end."""
    client = server.client()
    client.call("FLUSHALL")
    client.call("CONFIG", "SET", "maxmemory-policy", policy)
    client.call("CONFIG", "SET", "maxmemory", limit)
    hits = asked = 0
    warm = len(keys) // 3
    for begin in range(0, len(keys), BATCH):
        batch = keys[begin : begin + BATCH]
        replies = client.pipeline([resp("GET", f"key:{n}") for n in batch])
        missed = [n for n, reply in zip(batch, replies, strict=True) if reply is None]
        if begin >= warm:
            asked += len(batch)
            hits += len(batch) - len(missed)
        if missed:
            client.pipeline([resp("SET", f"key:{n}", VALUE) for n in missed])
    resident = client.call("DBSIZE")
    client.close()
    assert isinstance(resident, int)
    return hits / asked, resident


def measure(starters: list[Callable[[], Server]], scale: float) -> Table:
    """Tabulate both servers for each policy."""
    requests = int(600_000 * scale)
    table = Table(
        "Hit ratio under eviction",
        [
            *("policy", "exponent", "redis-server", "MiniRedis", "difference"),
            *("redis-server keys", "MiniRedis keys"),
        ],
        f"{requests:,} reads of {UNIVERSE:,} keys with a Zipf distribution, read-through, the last "
        f"two thirds counted. Each server has the memory that it needs for {CAPACITY:,} of these "
        "keys, so neither gains from smaller entries.",
    )
    with starters[0]() as redis, starters[1]() as ours:
        limits = {server.name: limit_for_capacity(server) for server in (redis, ours)}
        for policy in ("allkeys-lru", "allkeys-lfu", "allkeys-random"):
            for exponent in (0.9, 1.1):
                keys = zipf_keys(requests, exponent, seed=42)
                left, left_keys = hit_ratio(redis, policy, limits[redis.name], keys)
                right, right_keys = hit_ratio(ours, policy, limits[ours.name], keys)
                table.add(
                    *(policy, exponent, f"{left:.2%}", f"{right:.2%}"),
                    *(f"{(right - left) * 100:+.2f}", f"{left_keys:,}", f"{right_keys:,}"),
                )
    return table
