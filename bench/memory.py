"""Bytes per key, by resident memory and by the server's own account."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.servers import Server, resp
from bench.tables import Table

# What to store, and at most how many bytes a key may take of us.
SHAPES: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "16-byte key, 32-byte value": (
        80,
        lambda n: resp("SET", f"key:{n:012d}", b"v" * 32),
    ),
    "16-byte key, integer": (48, lambda n: resp("SET", f"key:{n:012d}", 1_000_000 + n)),
    "16-byte key, 32-byte value, TTL": (
        96,
        lambda n: resp("SET", f"key:{n:012d}", b"v" * 32, "EX", 100_000 + n % 50_000),
    ),
}


def used_memory(server: Server) -> int:
    """Return what the server says it uses."""
    client = server.client()
    used = int(client.info("memory", "used_memory"))
    client.close()
    return used


def settle(server: Server) -> None:
    """Wait until resident memory stands still: tables may still be moving."""
    last = -1
    for _ in range(50):
        now = server.usage().rss_bytes
        if now == last:
            return
        last = now
        time.sleep(0.1)


def bytes_per_key(
    start: Callable[[], Server], encode: Callable[[int], bytes], keys: int
) -> tuple[float, float]:
    """Fill a fresh server and return (resident bytes, accounted bytes) per key."""
    with start() as server:
        settle(server)
        rss, account = server.usage().rss_bytes, used_memory(server)
        client = server.client()
        for begin in range(0, keys, 500):
            replies = client.pipeline([encode(n) for n in range(begin, min(begin + 500, keys))])
            if replies[-1] != b"OK":
                raise RuntimeError(f"{server.name} answered {replies[-1]!r}")
        client.close()
        settle(server)
        return (
            (server.usage().rss_bytes - rss) / keys,
            (used_memory(server) - account) / keys,
        )


def measure(starters: list[Callable[[], Server]], scale: float) -> Table:
    """Tabulate both servers for each shape of data."""
    keys = int(1_000_000 * scale)
    table = Table(
        "Bytes per key",
        [
            *("data", "redis-server RSS", "MiniRedis RSS", "redis-server account"),
            *("MiniRedis account", "wanted", "reached"),
        ],
        f"{keys:,} keys in a fresh process; growth divided by keys.",
    )
    for name, (wanted, encode) in SHAPES.items():
        redis = bytes_per_key(starters[0], encode, keys)
        ours = bytes_per_key(starters[1], encode, keys)
        table.add(
            *(
                name,
                f"{redis[0]:.1f}",
                f"{ours[0]:.1f}",
                f"{redis[1]:.1f}",
                f"{ours[1]:.1f}",
            ),
            *(f"≤ {wanted}", "yes" if max(ours) <= wanted else "no"),
        )
    return table
