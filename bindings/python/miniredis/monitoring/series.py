"""A node's figure over a span of time, at the resolution that fits the span."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Engine, select

from miniredis.monitoring.downsampling import DownSampling
from miniredis.monitoring.tables import COUNTERS, HOURS, LEVELS, MINUTES, SAMPLES, Level, growth

# A sample stands for the time up to the next one, but no longer: nodes without change have one in
# this time, so that a longer silence is a gap.
HOLDS_MS = 90_000


@dataclass(frozen=True)
class Answer:
    """Values of steps; None where nothing is known."""

    resolution: str
    begin_ms: int
    step_ms: int
    values: list[float | None]


def level_for(begin_ms: int, step_ms: int, now_ms: int) -> Level:
    """Return the coarsest series that is fine enough, among those that reach back that far."""
    fitting = SAMPLES
    for level in (MINUTES, HOURS):
        if step_ms >= level.step_ms:
            fitting = level
    for level in LEVELS[LEVELS.index(fitting) :]:
        if begin_ms >= now_ms - level.keep_ms:
            return level
    return HOURS


def combine(
    known: list[tuple[int, float]], begin_ms: int, step_ms: int, count: int, *, sums: bool
) -> list[float | None]:
    """Combine values by step: means, or of growths the growth a second."""
    steps: list[list[float]] = [[] for _ in range(count)]
    for at_ms, value in known:
        number = (at_ms - begin_ms) // step_ms
        if 0 <= number < count:
            steps[number].append(value)
    if sums:
        return [sum(values) * 1000 / step_ms if values else None for values in steps]
    return [sum(values) / len(values) if values else None for values in steps]


class SeriesReader:
    """Answers about series."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.marks = DownSampling(engine)

    def read(
        self, node: str, metric: str, begin_ms: int, end_ms: int, points: int, now_ms: int
    ) -> Answer:
        """Return about `points` values of [begin, end)."""
        step_ms = max(-(-(end_ms - begin_ms) // points), 1000)
        level = level_for(begin_ms, step_ms, now_ms)
        step_ms = max(step_ms, level.step_ms)
        if level.step_ms:
            # Whole spans, or steps would hold now one and now two of them.
            step_ms = -(-step_ms // level.step_ms) * level.step_ms
            begin_ms -= begin_ms % level.step_ms
        count = -(-(end_ms - begin_ms) // step_ms)
        sums = metric in COUNTERS
        known: list[tuple[int, float]] = []
        since = begin_ms
        # What is not drawn together yet is taken from the finer series.
        for one in reversed(LEVELS[: LEVELS.index(level) + 1]):
            if one is SAMPLES:
                known += self.samples(node, metric, since, min(end_ms, now_ms), step_ms)
                break
            done = min(max(self.marks.done_to(one), since), end_ms)
            known += self.rows(one, node, metric, since, done)
            since = done
        values = combine(known, begin_ms, step_ms, count, sums=sums)
        return Answer(level.name, begin_ms, step_ms, values)

    def rows(
        self, level: Level, node: str, metric: str, begin_ms: int, end_ms: int
    ) -> list[tuple[int, float]]:
        """Return (time, value) of one series."""
        table = level.table
        wanted = (
            select(table.c.at_ms, table.c[metric])
            .where(table.c.node == node, table.c.at_ms >= begin_ms, table.c.at_ms < end_ms)
            .order_by(table.c.at_ms)
        )
        with self.engine.connect().execution_options(read_only=True) as connection:
            return [(row[0], row[1]) for row in connection.execute(wanted)]

    def samples(
        self, node: str, metric: str, begin_ms: int, end_ms: int, step_ms: int
    ) -> list[tuple[int, float]]:
        """Return samples, held over steps without one; of counters the growth to each."""
        found = self.rows(SAMPLES, node, metric, begin_ms - HOLDS_MS, end_ms)
        if not found:
            return []
        known: list[tuple[int, float]] = []
        for (at, value), (following, after) in pairwise(found):
            if metric in COUNTERS and following - at <= HOLDS_MS:
                known.append((following, growth(int(value), int(after))))
        if metric not in COUNTERS:
            known = list(found)
        ends = [at for at, _ in found[1:]] + [end_ms]
        for (at, value), end in zip(found, ends, strict=True):
            held = at - at % step_ms + step_ms
            while end - at > step_ms and held < min(end, at + HOLDS_MS):
                known.append((held, 0 if metric in COUNTERS else value))
                held += step_ms
        return [(at, value) for at, value in known if begin_ms <= at < end_ms]
