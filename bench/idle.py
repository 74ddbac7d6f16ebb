"""What an idle node costs, and a redis-server process beside it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench.servers import proportional_bytes, redis_server
from bench.tables import Table


def measure(folder: Path, scale: float) -> Table:
    """Make nodes with and without ports and tabulate bytes and microseconds of each."""
    nodes = int(10_000 * scale)
    table = Table(
        "Idle nodes",
        [
            "what",
            "bytes each",
            "wanted",
            "created in",
            "wanted in",
            "all answer PING after",
            "reached",
        ],
        f"{nodes:,} nodes in one process; growth of its resident memory divided.",
    )
    for name, flags, most in (
        ("node with its own port", ["--ports"], 4096),
        ("node on the router alone", [], 2048),
    ):
        run = subprocess.run(
            [str(folder / "idle_nodes"), "--nodes", str(nodes), *flags],
            capture_output=True,
            text=True,
            check=True,
        )
        result = json.loads(run.stdout)
        reached = (
            result["bytes_each"] <= most
            and result["create_us_each"] <= 100
            and result["ping_seconds"] <= 1
            and result["answered"] == nodes
        )
        table.add(
            *(name, f"{result['bytes_each']:,.0f}", f"≤ {most:,}"),
            *(f"{result['create_us_each']:.1f} µs", "≤ 100 µs"),
            *(f"{result['ping_seconds']:.2f} s", "yes" if reached else "no"),
        )
    # Of two, for a process that is alone is charged with all that others would share.
    with redis_server() as server, redis_server():
        table.add(
            *("redis-server process", f"{proportional_bytes(server.process.pid):,}", ""),
            *(f"{server.started_in * 1e6:,.0f} µs", "", "", ""),
        )
    return table
