"""A platform with some tenants at work: load that ends with the test, and a past."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.service.daemon import RespClient, wait_until
from tests.studio.platform import Platform

OWNER = "ada@example.com"
PASSWORD = "correct horse battery"
MOST_SECONDS = 900
PAUSE_SECONDS = 0.02
# Columns of the history, and what a minute has there.
PAST = {
    "memory_used_bytes": 3_000_000,
    "memory_limit_bytes": 64 << 20,
    "memory_peak_bytes": 3_000_000,
    "keys": 2000,
    "ops_per_second": 120,
    "hits": 5400,
    "misses": 600,
    "evicted": 30,
    "expired": 12,
    "clients": 3,
    "bytes_in": 400_000,
    "bytes_out": 900_000,
    "latency_p50_us": 30,
    "latency_p99_us": 180,
    "cpu_share": 0.04,
}


class Busy:
    """A platform, its nodes, and a thread that keeps some of them busy."""

    def __init__(self, folder: Path, range_size: int = 64, **variables: str) -> None:
        self.platform = Platform(
            folder, range_size, MINIREDIS_MONITORING_INTERVAL_SECONDS="0.5", **variables
        )
        self.nodes: list[dict[str, Any]] = []
        self.over = threading.Event()
        self.thread: threading.Thread | None = None

    def fill(self) -> None:
        """Make tenants, nodes of several sizes, and people."""
        for tenant in ("acme", "globex", "initech"):
            self.platform.tenant(tenant)
        self.platform.user(OWNER, PASSWORD, "acme", "owner")
        sizes = {
            "acme": (("sessions", 900), ("cache-eu", 2500), ("leaderboard.v2", 400)),
            "globex": (("carts", 1600), ("jobs", 150)),
            "initech": (("reports", 700),),
        }
        for tenant, wanted in sizes.items():
            for name, kilobytes in wanted:
                node = self.platform.node(tenant, name, port=True, memory="4mb")
                self.nodes.append(node)
                with RespClient(node["port"]) as client:
                    client.call("AUTH", "secret")
                    for number in range(kilobytes):
                        client.call("SET", f"key:{number}", "x" * 1000)

    def work(self) -> None:
        """Ask the first nodes something, over and over, until told to stop."""
        self.thread = threading.Thread(target=self.keep_busy, daemon=True)
        self.thread.start()

    def keep_busy(self) -> None:
        """Read and write."""
        end = time.monotonic() + MOST_SECONDS
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(RespClient(n["port"])) for n in self.nodes[:4]]
            for client in clients:
                client.call("AUTH", "secret")
            number = 0
            while not self.over.is_set() and time.monotonic() < end:
                for client in clients:
                    number += 1
                    client.call("GET", f"key:{number % 1200}")
                    client.call("SET", f"short:{number % 50}", "x", "PX", "200")
                self.over.wait(PAUSE_SECONDS)

    def remember(self, minutes: int) -> None:
        """Write a past into the database of the monitoring service."""
        now = int(time.time() // 60 * 60)
        names = ["node", "at_ms", "tenant", "samples", *PAST]
        places = ", ".join("?" * len(names))
        statement = (
            f"INSERT OR IGNORE INTO node_metrics_minutes ({', '.join(names)}) VALUES ({places})"
        )
        rows = [
            (node["id"], (now - 60 * minute) * 1000, node["tenant"], 6, *self.minute(minute, place))
            for place, node in enumerate(self.nodes)
            for minute in range(2, minutes)
        ]
        path = self.platform.folder / "data" / "main.db"
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as database:
            database.executemany(statement, rows)
            database.commit()

    @staticmethod
    def minute(minute: int, place: int) -> list[float]:
        """Return figures that go up and down."""
        swing = 1 + 0.5 * ((minute + 7 * place) % 40) / 40
        return [value * swing for value in PAST.values()]

    def stop(self) -> None:
        """End it all."""
        self.over.set()
        if self.thread is not None:
            self.thread.join(20)
        self.platform.stop()


def busy_platform(folder: Path) -> Iterator[Busy]:
    """Start one with a past; end it afterwards."""
    busy = Busy(folder)
    try:
        busy.fill()
        busy.work()
        token = busy.platform.token

        def is_counted() -> bool:
            summary = busy.platform.ask("GET", "/v1/monitoring/summary", token=token)
            return bool(summary["nodes"] == len(busy.nodes))

        wait_until(is_counted, 20)
        busy.remember(180)
        yield busy
    finally:
        busy.stop()
