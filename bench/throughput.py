"""Operations per second and server CPU per operation, redis-server and MiniRedis in turn."""

from __future__ import annotations

import csv
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from bench.servers import Server, least_disturbed, resp
from bench.tables import Table

CONNECTIONS = 50
KEYS = 100_000
VALUE_BYTES = 32

# What must at least be reached, as redis-server's CPU per operation divided by ours.
TARGETS = {
    ("GET", 1): 1.15,
    ("SET", 1): 1.15,
    ("GET", 16): 2.0,
    ("SET", 16): 2.0,
    ("INCR", 1): 1.5,
    ("INCR", 16): 1.5,
    ("MSET of 10", 1): 1.5,
    ("MSET of 10", 16): 1.5,
}
COMMANDS = {
    "GET": ["GET", "key:__rand_int__"],
    "SET": ["SET", "key:__rand_int__", "x" * VALUE_BYTES],
    "INCR": ["INCR", "counter:__rand_int__"],
    "MSET of 10": ["MSET", *(["key:__rand_int__", "x" * VALUE_BYTES] * 10)],
}


@dataclass
class Sample:
    """One run of redis-benchmark against one server."""

    operations_per_second: float
    cpu_us: float


def drive(server: Server, command: list[str], pipeline: int, requests: int) -> Sample:
    """Run redis-benchmark, again if others disturbed it, and measure what the server used."""
    return least_disturbed(lambda: drive_once(server, command, pipeline, requests))


def drive_once(server: Server, command: list[str], pipeline: int, requests: int) -> Sample:
    """Run redis-benchmark once and measure what the server used meanwhile."""
    arguments = [
        *("redis-benchmark", "-h", "127.0.0.1", "-p", str(server.port), "--csv"),
        *("-c", str(CONNECTIONS), "-n", str(requests), "-P", str(pipeline)),
        *("-r", str(KEYS), *command),
    ]
    before = server.usage()
    run = subprocess.run(arguments, capture_output=True, text=True, check=True)
    after = server.usage()
    rows = list(csv.reader(run.stdout.splitlines()))
    return Sample(float(rows[-1][1]), (after.cpu_seconds - before.cpu_seconds) / requests * 1e6)


def fill(server: Server) -> None:
    """Set every key that the benchmark may ask for."""
    client = server.client()
    for begin in range(0, KEYS, 1000):
        numbers = range(begin, begin + 1000)
        client.pipeline([resp("SET", f"key:{n:012d}", b"x" * VALUE_BYTES) for n in numbers])
    client.close()


def measure(starters: list[Callable[[], Server]], rounds: int, scale: float) -> Table:
    """Drive both servers with each command, alternating, and tabulate the medians."""
    table = Table(
        "Throughput and CPU per operation",
        [
            *("command", "pipeline", "redis-server ops/s", "MiniRedis ops/s", "ratio"),
            *("redis-server CPU/op", "MiniRedis CPU/op", "ratio", "wanted", "reached"),
        ],
        f"redis-benchmark, {CONNECTIONS} connections, {KEYS:,} random keys, {VALUE_BYTES}-byte "
        f"values; medians of {rounds} alternating rounds; CPU is that of the server process in "
        "/proc, kernel time included; ratios above 1 are in MiniRedis' favour. A run that lost "
        "more than 1 % of the machine to its host is repeated, twice at most.",
    )
    with starters[0]() as redis, starters[1]() as ours:
        for server in (redis, ours):
            fill(server)
        for (name, pipeline), wanted in TARGETS.items():
            requests = int((100_000 if pipeline == 1 else 1_000_000) * scale)
            if name.startswith("MSET"):
                requests //= 4
            samples: dict[str, list[Sample]] = {redis.name: [], ours.name: []}
            for number in range(rounds):
                # Who goes first changes, so that drift of the machine hits both alike.
                order = (redis, ours) if number % 2 == 0 else (ours, redis)
                for server in order:
                    samples[server.name].append(drive(server, COMMANDS[name], pipeline, requests))
            add_row(table, name, pipeline, wanted, samples[redis.name], samples[ours.name])
    return table


def add_row(
    table: Table,
    name: str,
    pipeline: int,
    wanted: float,
    redis: list[Sample],
    ours: list[Sample],
) -> None:
    """Append the medians of one command."""
    ops = [statistics.median(s.operations_per_second for s in side) for side in (redis, ours)]
    cpu = [statistics.median(s.cpu_us for s in side) for side in (redis, ours)]
    # The ratio of each round, for the two sides of a round saw the same machine.
    ratio = statistics.median(r.cpu_us / o.cpu_us for r, o in zip(redis, ours, strict=True))
    table.add(
        *(name, pipeline, f"{ops[0]:,.0f}", f"{ops[1]:,.0f}", f"{ops[1] / ops[0]:.2f}"),
        *(f"{cpu[0]:.2f} µs", f"{cpu[1]:.2f} µs", f"{ratio:.2f}", f"{wanted:.2f}"),
        "yes" if ratio >= wanted else "no",
    )
