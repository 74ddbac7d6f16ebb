"""Tables of the monitoring service in the main database; miniredisd owns their schema."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text

from miniredis.monitoring.store import FIGURES, samples

# Figures that only grow, until their node starts again: what is of interest is their growth.
COUNTERS = ("hits", "misses", "evicted", "expired", "bytes_in", "bytes_out")
PEAKS = ("memory_peak_bytes",)

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

metadata = MetaData()


def drawn_together(name: str) -> Table:
    """Return the table of a coarser series."""
    return Table(
        name,
        metadata,
        Column("node", Text, primary_key=True),
        Column("at_ms", BigInteger, primary_key=True),
        Column("tenant", Text),
        Column("samples", BigInteger),
        *(Column(figure, BigInteger if figure in COUNTERS else Float) for figure in FIGURES),
    )


progress = Table(
    "monitoring_progress",
    metadata,
    Column("series", Text, primary_key=True),
    Column("done_to_ms", BigInteger),
)


@dataclass(frozen=True)
class Level:
    """A series of one resolution, and how long it is kept."""

    name: str
    table: Table
    step_ms: int
    keep_ms: int


SAMPLES = Level("samples", samples, 0, DAY_MS)
MINUTES = Level("minutes", drawn_together("node_metrics_minutes"), MINUTE_MS, 31 * DAY_MS)
HOURS = Level("hours", drawn_together("node_metrics_hours"), HOUR_MS, 366 * DAY_MS)
# From fine to coarse.
LEVELS = (SAMPLES, MINUTES, HOURS)


def growth(before: int, after: int) -> int:
    """Return by how much a counter grew; one that fell has begun again from zero."""
    return after - before if after >= before else after
