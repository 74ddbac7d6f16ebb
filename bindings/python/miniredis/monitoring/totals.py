"""A figure of many nodes together over a span of time."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from miniredis.monitoring.downsampling import DownSampling
from miniredis.monitoring.series import Answer, combine
from miniredis.monitoring.tables import COUNTERS, HOURS, MINUTES, Level

# Of which a sum says nothing.
LARGEST = {"latency_p50_us", "latency_p99_us"}


class TotalsReader:
    """Sums over nodes, of all tenants or of one, or of one node.

    It reads minutes and hours alone: samples of different nodes are not of the same moments. So the
    time that is not drawn together yet, a minute or two, is a gap.
    """

    def __init__(self, engine: Engine, tenant: str | None, node: str | None) -> None:
        self.engine = engine
        self.tenant = tenant
        self.node = node
        self.marks = DownSampling(engine)

    def read(self, metric: str, begin_ms: int, end_ms: int, points: int, now_ms: int) -> Answer:
        """Return about `points` values of [begin, end)."""
        step_ms = -(-(end_ms - begin_ms) // points)
        coarse = step_ms >= HOURS.step_ms or begin_ms < now_ms - MINUTES.keep_ms
        level = HOURS if coarse else MINUTES
        # Whole spans, or steps would hold now one and now two of them.
        step_ms = max(-(-step_ms // level.step_ms), 1) * level.step_ms
        begin_ms -= begin_ms % level.step_ms
        count = -(-(end_ms - begin_ms) // step_ms)
        known: list[tuple[int, float]] = []
        since = begin_ms
        if level is HOURS:
            since = min(max(self.marks.done_to(HOURS), begin_ms), end_ms)
            known += self.rows(HOURS, metric, begin_ms, since)
        known += self.rows(MINUTES, metric, since, end_ms)
        values = combine(known, begin_ms, step_ms, count, sums=metric in COUNTERS)
        return Answer(level.name, begin_ms, step_ms, values)

    def rows(
        self, level: Level, metric: str, begin_ms: int, end_ms: int
    ) -> list[tuple[int, float]]:
        """Return (time, value over all nodes) of one series."""
        table = level.table
        together = func.max if metric in LARGEST else func.sum
        wanted = (
            select(table.c.at_ms, together(table.c[metric]))
            .where(table.c.at_ms >= begin_ms, table.c.at_ms < end_ms)
            .group_by(table.c.at_ms)
            .order_by(table.c.at_ms)
        )
        if self.tenant is not None:
            wanted = wanted.where(table.c.tenant == self.tenant)
        if self.node is not None:
            wanted = wanted.where(table.c.node == self.node)
        with self.engine.connect().execution_options(read_only=True) as connection:
            # PostgreSQL sums whole numbers up to its numeric.
            return [(row[0], float(row[1])) for row in connection.execute(wanted)]
