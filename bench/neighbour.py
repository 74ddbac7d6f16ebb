"""How long another tenant on the same shard waits while one tenant does its worst."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.servers import Client, Daemon, least_disturbed, redis_server, resp
from bench.tables import Table

MOST_P99_MS = 10.0
PROBES_PER_SECOND = 1000


def fill(port: int, keys: int) -> None:
    """Set many small keys."""
    client = Client(port)
    for begin in range(0, keys, 5000):
        client.pipeline([resp("SET", f"key:{n:012d}", "v") for n in range(begin, begin + 5000)])
    client.close()


def swallow(client: Client, size: int) -> None:
    """Read so many bytes and look at none, so that the reader is no brake."""
    while size > 0:
        data = client.socket.recv(min(size, 1 << 20))
        if not data:
            raise ConnectionError("closed")
        size -= len(data)


def list_all_keys(port: int, keys: int) -> None:
    """Run KEYS * for ever."""
    client = Client(port)
    # *N and then each key of 16 bytes as $16 and its bytes.
    size = len(f"*{keys}\r\n") + keys * len("$16\r\nkey:000000000000\r\n")
    while True:
        client.socket.sendall(resp("KEYS", "*"))
        swallow(client, size)


def fill_and_flush(port: int, keys: int) -> None:
    """Fill and flush for ever."""
    client = Client(port)
    batches = [
        b"".join(resp("SET", f"key:{n:012d}", "v") for n in range(begin, begin + 5000))
        for begin in range(0, keys, 5000)
    ]
    while True:
        for batch in batches:
            client.socket.sendall(batch)
            swallow(client, 5000 * len("+OK\r\n"))
        client.call("FLUSHALL")


def probe(port: int, seconds: float) -> tuple[float, float]:
    """Ask for one key at a steady rate; return p50 and p99 in milliseconds."""
    client = Client(port)
    client.call("SET", "probe", "v")
    request = resp("GET", "probe")
    times = []
    begun = time.perf_counter()
    due = begun
    while due - begun < seconds:
        # Waiting counts from when the request was due: a stall delays all that should have come
        # meanwhile, and leaving them out would hide it.
        now = time.perf_counter()
        if now < due:
            time.sleep(due - now)
        client.socket.sendall(request)
        client.read()
        times.append((time.perf_counter() - due) * 1000)
        due += 1 / PROBES_PER_SECOND
    quantiles = statistics.quantiles(times, n=100)
    return statistics.median(times), quantiles[98]


def as_batch(disturb: Callable[[int, int], None], port: int, keys: int) -> None:
    """Disturb without keeping the probe off the processor: only the server is measured."""
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    disturb(port, keys)


def while_disturbed(
    disturb: Callable[[int, int], None] | None, loud: int, quiet: int, keys: int, seconds: float
) -> tuple[float, float]:
    """Probe one port while something runs on another."""
    process: Any = None
    if disturb is not None:
        process = multiprocessing.Process(target=as_batch, args=(disturb, loud, keys), daemon=True)
        process.start()
        time.sleep(0.5)
    try:
        return least_disturbed(lambda: probe(quiet, seconds))
    finally:
        if process is not None:
            process.kill()
            process.join()


def measure(folder: Path, quick: bool) -> Table:
    """Tabulate the quiet tenant's waiting on MiniRedis, and redis-server's for comparison."""
    keys = 200_000 if quick else 2_000_000
    seconds = 2.0 if quick else 10.0
    table = Table(
        "A neighbour's latency",
        [
            *("the other tenant", "p50 on MiniRedis", "p99 on MiniRedis", "wanted", "reached"),
            "p99 on one redis-server",
        ],
        f"GET of another tenant on the same shard, {PROBES_PER_SECOND} a second, measured from "
        f"when each was due; {keys:,} keys. The last column is one redis-server that both "
        "would share.",
    )
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    daemon = Daemon(folder, "--shards", "1")
    try:
        loud = daemon.make_node("loud", memory_limit_bytes=2 << 30)
        quiet = daemon.make_node("quiet")
        with redis_server() as redis:
            for name, disturb, full in (
                ("does nothing", None, False),
                (f"runs KEYS * over {keys:,} keys", list_all_keys, True),
                (f"fills and flushes {keys:,} keys", fill_and_flush, False),
            ):
                results = []
                for one, two in ((loud, quiet), (redis.port, redis.port)):
                    Client(one).call("FLUSHALL")
                    if full:
                        fill(one, keys)
                    results.append(while_disturbed(disturb, one, two, keys, seconds))
                (p50, p99), (_, redis_p99) = results
                table.add(
                    *(name, f"{p50:.2f} ms", f"{p99:.2f} ms", f"< {MOST_P99_MS:.0f} ms"),
                    *("yes" if p99 < MOST_P99_MS else "no", f"{redis_p99:.2f} ms"),
                )
    finally:
        daemon.stop()
    return table
