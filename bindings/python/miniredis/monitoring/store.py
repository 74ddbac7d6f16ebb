"""Samples in the table node_metrics of the main database, whose schema miniredisd owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Engine, Float, MetaData, Table, Text, insert, select

# Figures as stored, and what the node manager calls them.
FIGURES = {
    "memory_used_bytes": "memory_used_bytes",
    "memory_limit_bytes": "memory_limit_bytes",
    "memory_peak_bytes": "memory_peak_bytes",
    "keys": "keys",
    "ops_per_second": "ops_per_second",
    "hits": "hits",
    "misses": "misses",
    "evicted": "evicted",
    "expired": "expired",
    "clients": "clients",
    "bytes_in": "net_input_bytes",
    "bytes_out": "net_output_bytes",
    "latency_p50_us": "latency_p50_us",
    "latency_p99_us": "latency_p99_us",
    "cpu_share": "cpu_share",
}
FRACTIONS = {"ops_per_second", "latency_p50_us", "latency_p99_us", "cpu_share"}
# The main SQLite file is the daemon's too: a transaction writes no more rows than this.
ROWS_A_TRANSACTION = 500

samples = Table(
    "node_metrics",
    MetaData(),
    Column("node", Text, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True),
    Column("tenant", Text),
    *(Column(name, Float if name in FRACTIONS else BigInteger) for name in FIGURES),
)


def batches(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """Cut rows into what one transaction writes."""
    for begin in range(0, len(rows), ROWS_A_TRANSACTION):
        yield rows[begin : begin + ROWS_A_TRANSACTION]


class SampleStore:
    """Writes and reads samples."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store samples, in short transactions."""
        for batch in batches(rows):
            with self.engine.begin() as connection:
                connection.execute(insert(samples), batch)

    def series(self, node: str, metric: str, begin_ms: int, end_ms: int) -> list[tuple[int, float]]:
        """Return (time, value) of a node's metric within [begin, end), by time."""
        wanted = (
            select(samples.c.at_ms, samples.c[metric])
            .where(samples.c.node == node, samples.c.at_ms >= begin_ms, samples.c.at_ms < end_ms)
            .order_by(samples.c.at_ms)
        )
        with self.engine.connect().execution_options(read_only=True) as connection:
            return [(row[0], row[1]) for row in connection.execute(wanted)]

    def check(self) -> None:
        """Read one row at most: fails when the database or the table is missing."""
        with self.engine.connect().execution_options(read_only=True) as connection:
            connection.execute(select(samples.c.node).limit(1)).first()
