"""Draws samples together by minute and by hour, and deletes what is old.

Each span of time is computed from the finer series alone and replaces what was there, and the mark
of what is done is written in the same transaction as the last rows: a service that is killed in
between does that span again, with the same outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from miniredis.monitoring.store import FIGURES, batches
from miniredis.monitoring.tables import (
    COUNTERS,
    HOURS,
    LEVELS,
    MINUTES,
    PEAKS,
    SAMPLES,
    Level,
    growth,
    progress,
)

# A sample is stored a moment after its time; a span is not drawn together before this has passed.
SETTLED_MS = 30_000
# How far back the sample before a span is looked for: nodes without change have one in this time.
BEFORE_MS = 150_000
MOST_SPANS = 120
ROWS_A_DELETE = 500
MOST_DELETES = 40

Row = dict[str, Any]


def upsert(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Insert rows in place of those of the same key."""
    postgres = connection.dialect.name == "postgresql"
    statement: Any = postgresql.insert(table) if postgres else sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def from_samples(rows: list[Row], begin_ms: int) -> Row | None:
    """Draw a node's samples together; those before the span only say where counters stood."""
    within = [row for row in rows if row["at_ms"] >= begin_ms]
    if not within:
        return None
    before = [row for row in rows if row["at_ms"] < begin_ms]
    chain = before[-1:] + within
    drawn: Row = {"node": within[0]["node"], "tenant": within[-1]["tenant"], "at_ms": begin_ms}
    drawn["samples"] = len(within)
    for figure in FIGURES:
        values = [row[figure] for row in within]
        if figure in COUNTERS:
            pairs = pairwise(chain)
            drawn[figure] = sum(growth(one[figure], two[figure]) for one, two in pairs)
        elif figure in PEAKS:
            drawn[figure] = max(values)
        else:
            drawn[figure] = sum(values) / len(values)
    return drawn


def from_minutes(rows: list[Row], begin_ms: int) -> Row | None:
    """Draw a node's minutes together, each weighing as much as it has samples."""
    count = sum(row["samples"] for row in rows)
    drawn: Row = {"node": rows[0]["node"], "tenant": rows[-1]["tenant"], "at_ms": begin_ms}
    drawn["samples"] = count
    for figure in FIGURES:
        if figure in COUNTERS:
            drawn[figure] = sum(row[figure] for row in rows)
        elif figure in PEAKS:
            drawn[figure] = max(row[figure] for row in rows)
        else:
            drawn[figure] = sum(row[figure] * row["samples"] for row in rows) / count
    return drawn


class DownSampling:
    """Keeps the coarser series up to date."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def done_to(self, level: Level) -> int:
        """Return up to when a series is drawn together; 0 when it never was."""
        wanted = select(progress.c.done_to_ms).where(progress.c.series == level.name)
        with self.engine.connect().execution_options(read_only=True) as connection:
            return connection.execute(wanted).scalar() or 0

    def step(self, now_ms: int) -> bool:
        """Draw together what is due, and delete what is old; tell whether there is more to do."""
        more = self.advance(MINUTES, SAMPLES, now_ms - SETTLED_MS)
        more |= self.advance(HOURS, MINUTES, self.done_to(MINUTES))
        for level in LEVELS:
            more |= self.prune(level, now_ms)
        return more

    def advance(self, level: Level, source: Level, until_ms: int) -> bool:
        """Draw together spans that end by `until_ms`; tell whether some are left."""
        for _ in range(MOST_SPANS):
            begin = self.next_span(level, source)
            if begin is None or begin + level.step_ms > until_ms:
                return False
            self.draw(level, source, begin)
        return True

    def next_span(self, level: Level, source: Level) -> int | None:
        """Return the first span from the mark on that has rows."""
        times = source.table.c.at_ms
        wanted = select(func.min(times)).where(times >= self.done_to(level))
        with self.engine.connect().execution_options(read_only=True) as connection:
            first = connection.execute(wanted).scalar()
        return None if first is None else first - first % level.step_ms

    def rows_of(self, source: Level, begin_ms: int, end_ms: int) -> Iterator[list[Row]]:
        """Return a span's rows, node by node, each in the order of time."""
        table = source.table
        look_back = BEFORE_MS if source is SAMPLES else 0
        wanted = (
            select(table)
            .where(table.c.at_ms >= begin_ms - look_back, table.c.at_ms < end_ms)
            .order_by(table.c.node, table.c.at_ms)
        )
        with self.engine.connect().execution_options(read_only=True) as connection:
            rows = [dict(row) for row in connection.execute(wanted).mappings()]
        for _, of_node in groupby(rows, key=lambda row: row["node"]):
            yield list(of_node)

    def draw(self, level: Level, source: Level, begin_ms: int) -> None:
        """Draw one span together."""
        end_ms = begin_ms + level.step_ms
        draw_node = from_samples if source is SAMPLES else from_minutes
        found = (draw_node(rows, begin_ms) for rows in self.rows_of(source, begin_ms, end_ms))
        rows = [row for row in found if row is not None]
        *firsts, last = list(batches(rows)) or [[]]
        for batch in firsts:
            with self.engine.begin() as connection:
                upsert(connection, level.table, list(batch))
        with self.engine.begin() as connection:
            if last:
                upsert(connection, level.table, list(last))
            upsert(connection, progress, [{"series": level.name, "done_to_ms": end_ms}])

    def prune(self, level: Level, now_ms: int) -> bool:
        """Delete old rows, a few at a time; tell whether some are left."""
        old = now_ms - level.keep_ms
        if level is not HOURS:
            # What is not drawn together yet is kept, however old.
            coarser = LEVELS[LEVELS.index(level) + 1]
            old = min(old, self.done_to(coarser) - BEFORE_MS)
        table = level.table
        key = (table.c.node, table.c.at_ms)
        some = select(*key).where(table.c.at_ms < old).order_by(table.c.at_ms).limit(ROWS_A_DELETE)
        for _ in range(MOST_DELETES):
            with self.engine.begin() as connection:
                gone = connection.execute(delete(table).where(tuple_(*key).in_(some))).rowcount
            if gone < ROWS_A_DELETE:
                return False
        return True
