"""Measure redis-server and MiniRedis side by side and print the results as Markdown tables.

Run by `make bench`. Both servers are started here, in turn, on this machine, in one run; nothing is
taken from earlier runs. `--only` picks parts, `--quick` makes them small, `--write` puts the tables
into bench/RESULTS.md, where those of other parts stay as they are, with the day they are from.
"""

from __future__ import annotations

import argparse
import datetime
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import (
    collection_speed,
    control_plane,
    element_bytes,
    idle,
    many,
    memory,
    neighbour,
    python_module,
    throughput,
    zipf,
)
from bench.servers import Server, miniredisd, redis_server
from bench.tables import Table, machine, merge, versions

HERE = Path(__file__).resolve().parent


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build" / "bin")
    parser.add_argument("--only", default="", help=f"parts, with commas: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--rows", default="", help="pattern of the rows of collections and commands to run"
    )
    parser.add_argument("--write", action="store_true", help="put the tables in bench/RESULTS.md")
    parser.add_argument(
        "--self-check", action="store_true", help="measure redis-server against itself"
    )
    arguments = parser.parse_args()
    unknown = set(filter(None, arguments.only.split(","))) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    if arguments.rows and arguments.write:
        parser.error("--write needs whole tables, so no --rows")
    return arguments


def starters(arguments: argparse.Namespace) -> list[Callable[[], Server]]:
    """Return how to start the two servers."""

    def ours() -> Server:
        if arguments.self_check:
            server = redis_server()
            server.name = "MiniRedis"
            return server
        return miniredisd(arguments.bin)

    return [redis_server, ours]


def run_throughput(arguments: argparse.Namespace) -> list[Table]:
    """Throughput and CPU per operation."""
    scale = 0.1 if arguments.quick else 1.0
    return [throughput.measure(starters(arguments), arguments.rounds, scale)]


def run_memory(arguments: argparse.Namespace) -> list[Table]:
    """Bytes per key."""
    return [memory.measure(starters(arguments), 0.1 if arguments.quick else 1.0)]


def run_rows(arguments: argparse.Namespace, *, collections: bool) -> list[Table]:
    """CPU per operation of the rows of one of the two parts."""
    return collection_speed.measure(
        starters(arguments),
        arguments.bin,
        arguments.rounds,
        0.1 if arguments.quick else 1.0,
        arguments.rows,
        collections=collections,
    )


def run_collections(arguments: argparse.Namespace) -> list[Table]:
    """CPU per operation of every command of the collections."""
    return run_rows(arguments, collections=True)


def run_commands(arguments: argparse.Namespace) -> list[Table]:
    """CPU per operation of the commands that are of no collection."""
    return run_rows(arguments, collections=False)


def run_elements(arguments: argparse.Namespace) -> list[Table]:
    """Bytes per element of collections."""
    return [element_bytes.measure(starters(arguments), 0.1 if arguments.quick else 1.0)]


def run_idle(arguments: argparse.Namespace) -> list[Table]:
    """Cost of idle nodes."""
    return [idle.measure(arguments.bin, 0.1 if arguments.quick else 1.0)]


def run_many(arguments: argparse.Namespace) -> list[Table]:
    """Many nodes at once."""
    return [many.measure(arguments.bin, min(arguments.rounds, 3), arguments.quick)]


def run_neighbour(arguments: argparse.Namespace) -> list[Table]:
    """Latency beside a tenant that does its worst."""
    return [neighbour.measure(arguments.bin, arguments.quick)]


def run_zipf(arguments: argparse.Namespace) -> list[Table]:
    """Hit ratios of eviction."""
    return [zipf.measure(starters(arguments), 0.3 if arguments.quick else 1.0)]


def run_control_plane(arguments: argparse.Namespace) -> list[Table]:
    """Measure what the control plane costs."""
    return [control_plane.measure(arguments.bin, arguments.quick)]


def run_python(arguments: argparse.Namespace) -> list[Table]:
    """Measure the Python module beside its peers."""
    return python_module.measure(
        arguments.bin.parent / "python", min(arguments.rounds, 3), arguments.quick
    )


PARTS: dict[str, Callable[[argparse.Namespace], list[Table]]] = {
    "throughput": run_throughput,
    "collections": run_collections,
    "commands": run_commands,
    "memory": run_memory,
    "elements": run_elements,
    "idle": run_idle,
    "many": run_many,
    "neighbour": run_neighbour,
    "zipf": run_zipf,
    "control": run_control_plane,
    "python": run_python,
}


def main() -> int:
    """Run the chosen parts."""
    arguments = parse_arguments()
    if arguments.quick:
        arguments.rounds = min(arguments.rounds, 1)
    wanted = list(filter(None, arguments.only.split(","))) or list(PARTS)
    programs = {
        "redis-server": ["redis-server", "--version"],
        "redis-benchmark": ["redis-benchmark", "--version"],
        "MiniRedis": [str(arguments.bin / "miniredisd"), "--version"],
    }
    head = f"# Measured results\n\n{versions(programs)}"
    print(head, flush=True)
    command = shlex.join(["bench/compare.py", *sys.argv[1:]])
    measured = []
    for part in wanted:
        for table in PARTS[part](arguments):
            ended = datetime.datetime.now(datetime.UTC)
            table.origin = f"`{command}`, {ended:%Y-%m-%d %H:%M} UTC, {machine()}"
            measured.append(table)
            print(table.markdown(), flush=True)
    if arguments.write:
        results = HERE / "RESULTS.md"
        before = results.read_text() if results.exists() else ""
        results.write_text(merge(before, head, measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
