"""Many nodes driven at once: one MiniRedis against as many redis-server processes."""

from __future__ import annotations

import json
import statistics
import subprocess
from pathlib import Path

from bench.servers import Daemon, least_disturbed, proportional_bytes, redis_server
from bench.tables import Table

COUNTS = (1, 10, 100, 1000)
CONNECTIONS_IN_ALL = 100


def drive(folder: Path, ports: list[int], seconds: float) -> float:
    """Load all ports at once and return operations per second."""
    each = max(1, CONNECTIONS_IN_ALL // len(ports))
    command = [str(folder / "load"), "--seconds", str(seconds), "--connections", str(each)]
    run = subprocess.run([*command, *map(str, ports)], capture_output=True, text=True, check=True)
    return float(json.loads(run.stdout)["operations_per_second"])


def median_rate(folder: Path, ports: list[int], seconds: float, rounds: int) -> float:
    """Return the median of some runs, each repeated while others disturb it."""
    return statistics.median(
        least_disturbed(lambda: drive(folder, ports, seconds)) for _ in range(rounds)
    )


def with_redis(folder: Path, count: int, seconds: float, rounds: int) -> tuple[float, int]:
    """Return throughput and memory of `count` redis-server processes."""
    servers = [redis_server() for _ in range(count)]
    try:
        ports = [server.port for server in servers]
        drive(folder, ports, 1)
        rate = median_rate(folder, ports, seconds, rounds)
        return rate, sum(proportional_bytes(server.process.pid) for server in servers)
    finally:
        for server in servers:
            server.process.kill()
            server.process.wait()


def with_ours(folder: Path, count: int, seconds: float, rounds: int) -> tuple[float, int]:
    """Return throughput and memory of one miniredisd with `count` nodes."""
    daemon = Daemon(folder)
    try:
        ports = [daemon.make_node(f"node-{number}") for number in range(count)]
        drive(folder, ports, 1)
        rate = median_rate(folder, ports, seconds, rounds)
        return rate, proportional_bytes(daemon.process.pid)
    finally:
        daemon.stop()


def measure(folder: Path, rounds: int, quick: bool) -> Table:
    """Tabulate throughput and memory for each number of nodes."""
    table = Table(
        "Many nodes at once",
        [
            *("nodes", "redis-server ops/s", "MiniRedis ops/s", "ratio", "wanted", "reached"),
            *("redis-server memory", "MiniRedis memory"),
        ],
        "Half GET, half SET, pipeline of 16, about 100 connections in all, on all cores; the load "
        "generator runs on the same cores. One redis-server process a node against one miniredisd; "
        "memory is proportional (shared pages divided among those that share them).",
    )
    for count in COUNTS[:3] if quick else COUNTS:
        seconds = 1.0 if quick else 3.0
        redis, redis_memory = with_redis(folder, count, seconds, rounds)
        ours, our_memory = with_ours(folder, count, seconds, rounds)
        ratio = ours / redis
        table.add(
            *(count, f"{redis:,.0f}", f"{ours:,.0f}", f"{ratio:.2f}", "1.50"),
            *("yes" if ratio >= 1.5 else "no", f"{redis_memory / 1e6:,.1f} MB"),
            f"{our_memory / 1e6:,.1f} MB",
        )
    return table
