"""Server CPU per operation of every command of the collections, redis-server beside."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.collection_rows import BIG, COLLECTIONS, DATA, NAMED, ROWS, Row, encode
from bench.servers import Server
from bench.tables import Table

PIPELINE = 16
MORE_ROUNDS = 3
CONNECTIONS = 50
MOST_DISTINCT = 20_000
COLUMNS = [
    *("command", "redis-server ops/s", "MiniRedis ops/s", "ratio"),
    *("redis-server CPU/op", "MiniRedis CPU/op", "ratio", "wanted", "reached"),
]


@dataclass
class Sample:
    """One run of one row against one server."""

    operations_per_second: float
    cpu_us: float


def settle(server: Server) -> None:
    """Wait until the server has nothing left to do: old data may still be freed in slices."""
    last = server.usage().cpu_seconds
    for _ in range(200):
        time.sleep(0.004)
        now = server.usage().cpu_seconds
        if now - last < 0.0004:
            return
        last = now


def replay(server: Server, program: Path, commands: bytes, *options: str) -> dict[str, float]:
    """Run encoded commands, make sure that none fails, and return what the program says."""
    run = subprocess.run(
        [str(program), "--port", str(server.port), *options],
        input=commands,
        capture_output=True,
        check=True,
    )
    result: dict[str, float] = json.loads(run.stdout)
    if result["errors"]:
        raise RuntimeError(f"{server.name}: {run.stderr.decode()}")
    return result


def prepare(server: Server, program: Path, row: Row, data: dict[str, bytes]) -> None:
    """Empty the server and load what the row works on."""
    client = server.client()
    client.call("FLUSHALL")
    client.close()
    settle(server)
    if not row.data:
        return
    if row.data not in data:
        data[row.data] = b"".join(encode(*part) for part in DATA[row.data])
    replay(server, program, data[row.data], "--connections", "1")
    settle(server)


def drive(server: Server, program: Path, commands: bytes, times: int) -> Sample:
    """Replay the commands and measure what the server used meanwhile."""
    before = server.usage()
    result = replay(
        *(server, program, commands, "--times", str(times)),
        *("--pipeline", str(PIPELINE), "--connections", str(CONNECTIONS)),
    )
    after = server.usage()
    operations = result["operations"]
    cpu_us = (after.cpu_seconds - before.cpu_seconds) / operations * 1e6
    return Sample(operations / result["seconds"], cpu_us)


def measure(
    starters: list[Callable[[], Server]],
    bin_folder: Path,
    rounds: int,
    scale: float,
    rows: str,
    *,
    collections: bool,
) -> list[Table]:
    """Run the rows of collections or the others, and make a table of each group.

    Of them, those whose group and title are found by `rows`.
    """
    part = "Collections" if collections else "Commands"
    named = Table(f"{part}: the commands that matter most", COLUMNS)
    tables = {row.group: Table(f"{part}: {row.group}", COLUMNS) for row in ROWS}
    data: dict[str, bytes] = {}
    program = bin_folder / "replay"
    with starters[0]() as redis, starters[1]() as ours:
        for row in ROWS:
            if (row.group in COLLECTIONS) != collections:
                continue
            if not re.search(rows, f"{row.group}: {row.title}"):
                continue
            count = max(PIPELINE, int(row.count * scale))
            distinct = min(count, distinct_commands(row.command))
            commands = encode(row.command, distinct)
            samples: dict[str, list[Sample]] = {redis.name: [], ours.name: []}
            number = 0
            planned = rounds
            while number < planned:
                # Who goes first changes, so that drift of the machine hits both alike.
                for server in (redis, ours) if number % 2 == 0 else (ours, redis):
                    prepare(server, program, row, data)
                    sample = drive(server, program, commands, count // distinct)
                    samples[server.name].append(sample)
                number += 1
                if number == rounds and ratio(*samples.values()) < row.wanted:
                    planned = MORE_ROUNDS * rounds
            table = named if row.wanted == NAMED else tables[row.group]
            add_row(table, row, samples[redis.name], samples[ours.name])
    made = [table for table in (named, *tables.values()) if table.rows]
    if made:
        made[0].note = note(rounds)
    return made


def distinct_commands(command: str) -> int:
    """Return how many different ones are made of a command; they are sent over and over."""
    if "{n" in command:
        return BIG
    return MOST_DISTINCT if "{" in command else PIPELINE


def note(rounds: int) -> str:
    """Say how the figures came about."""
    return (
        f"Pipeline {PIPELINE}, {CONNECTIONS} connections, one shard; values of 16 bytes, members "
        "of 14; collections of 100,000 elements unless the row names another size; small: 10,000 "
        f"keys of ten elements. Medians of {rounds} alternating rounds, of {MORE_ROUNDS * rounds} "
        "for a row that had not reached what is wanted by then; CPU is that of the server process, "
        "kernel time included; ratios above 1 are in MiniRedis' favour. Operations per second "
        "include the wait for the load generator, which runs on the same machine."
    )


def ratio(redis: list[Sample], ours: list[Sample]) -> float:
    """Return the median of the rounds' ratios: both sides of a round saw the same machine."""
    return statistics.median(r.cpu_us / o.cpu_us for r, o in zip(redis, ours, strict=True))


def add_row(table: Table, row: Row, redis: list[Sample], ours: list[Sample]) -> None:
    """Append the medians of one row."""
    ops = [statistics.median(s.operations_per_second for s in side) for side in (redis, ours)]
    cpu = [statistics.median(s.cpu_us for s in side) for side in (redis, ours)]
    cpu_ratio = ratio(redis, ours)
    table.add(
        *(row.title, f"{ops[0]:,.0f}", f"{ops[1]:,.0f}", f"{ops[1] / ops[0]:.2f}"),
        *(f"{cpu[0]:.2f} µs", f"{cpu[1]:.2f} µs", f"{cpu_ratio:.2f}", f"{row.wanted:.2f}"),
        "yes" if cpu_ratio >= row.wanted else "no",
    )
