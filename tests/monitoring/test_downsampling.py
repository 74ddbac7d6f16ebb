"""Series drawn together on a clock of the tests' own, over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from miniredis._service.database import open_database
from miniredis.monitoring import downsampling
from miniredis.monitoring.downsampling import DownSampling
from miniredis.monitoring.series import SeriesReader
from miniredis.monitoring.store import FIGURES, SampleStore
from miniredis.monitoring.tables import DAY_MS, HOUR_MS, HOURS, MINUTE_MS, MINUTES, SAMPLES, Level
from miniredis.monitoring.totals import TotalsReader
from sqlalchemy import Engine, func, select

NODE = "0123456789abcdef"
# The beginning of an hour.
BEGIN = 1_800_000_000_000
SETTLED = 31_000


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Give an engine over an empty main database."""
    opened = open_database(database)
    yield opened
    opened.dispose()


def sample(at_ms: int, node: str = NODE, **figures: float) -> dict[str, Any]:
    """Return a row."""
    return {"node": node, "tenant": "acme", "at_ms": at_ms, **dict.fromkeys(FIGURES, 0), **figures}


def rows_of(engine: Engine, level: Level) -> list[dict[str, Any]]:
    """Return all rows of a series."""
    table = level.table
    with engine.connect() as connection:
        found = connection.execute(select(table).order_by(table.c.node, table.c.at_ms))
        return [dict(row) for row in found.mappings()]


def settle(engine: Engine, now_ms: int) -> None:
    """Do all that is due."""
    down_sampling = DownSampling(engine)
    for _ in range(100):
        if not down_sampling.step(now_ms):
            return
    raise AssertionError("there is always more to do")


def test_means_peaks_and_growth(engine: Engine) -> None:
    store = SampleStore(engine)
    hits = [100, 110, 120, 5, 10, 20, 30]
    store.write(
        [
            sample(BEGIN + n * 10_000, keys=n, hits=value, memory_peak_bytes=100 - n)
            for n, value in enumerate(hits)
        ]
    )
    settle(engine, BEGIN + MINUTE_MS + SETTLED)
    (minute,) = rows_of(engine, MINUTES)
    assert minute["at_ms"] == BEGIN
    assert minute["samples"] == 6
    assert minute["keys"] == 2.5
    assert minute["memory_peak_bytes"] == 100
    # 10 + 10, five after the restart, 5 + 10; the sample that opens the next minute is not its own.
    assert minute["hits"] == 40
    settle(engine, BEGIN + 2 * MINUTE_MS + SETTLED)
    assert [row["hits"] for row in rows_of(engine, MINUTES)] == [40, 10]


def test_hours_weigh_and_sum(engine: Engine) -> None:
    rows = [sample(BEGIN + n * 30_000, keys=n % 2, hits=n * 3) for n in range(120)]
    SampleStore(engine).write(rows)
    settle(engine, BEGIN + HOUR_MS + SETTLED)
    (hour,) = rows_of(engine, HOURS)
    assert (hour["samples"], hour["keys"], hour["hits"]) == (120, 0.5, 119 * 3)
    assert len(rows_of(engine, MINUTES)) == 60


def test_killed_in_the_middle_loses_and_doubles_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        sample(BEGIN + n * 10_000, f"{node:016x}", hits=n * node, keys=node)
        for node in range(600)
        for n in range(6)
    ]
    SampleStore(engine).write(rows)
    real = downsampling.upsert
    written = 0

    def dies(connection: Any, table: Any, batch: Any) -> None:
        nonlocal written
        written += 1
        # The first 500 nodes are committed; the end comes within the transaction of the rest.
        if written == 3:
            raise KeyboardInterrupt
        real(connection, table, batch)

    with monkeypatch.context() as patched:
        patched.setattr(downsampling, "upsert", dies)
        with pytest.raises(KeyboardInterrupt):
            settle(engine, BEGIN + MINUTE_MS + SETTLED)
    assert len(rows_of(engine, MINUTES)) == 500
    assert DownSampling(engine).done_to(MINUTES) == 0
    settle(engine, BEGIN + MINUTE_MS + SETTLED)
    minutes = rows_of(engine, MINUTES)
    assert [row["hits"] for row in minutes] == [5 * node for node in range(600)]
    settle(engine, BEGIN + MINUTE_MS + SETTLED)
    assert rows_of(engine, MINUTES) == minutes


def test_what_is_old_goes_but_not_before_it_is_drawn_together(engine: Engine) -> None:
    store = SampleStore(engine)
    store.write([sample(BEGIN + n * 10_000, keys=n) for n in range(1200)])
    much_later = BEGIN + 3 * DAY_MS
    assert DownSampling(engine).prune(SAMPLES, much_later) is False
    assert len(rows_of(engine, SAMPLES)) == 1200
    settle(engine, much_later)
    assert len(rows_of(engine, MINUTES)) == 200
    # All but the last, which the next minute may need.
    assert len(rows_of(engine, SAMPLES)) <= downsampling.BEFORE_MS // 10_000
    settle(engine, BEGIN + 40 * DAY_MS)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(HOURS.table)).scalar() == 3
    # Three hours and a third: the last hour has no end that was seen.
    settle(engine, BEGIN + 800 * DAY_MS)
    assert rows_of(engine, HOURS) == []


def test_series_take_the_fitting_resolution_and_leave_gaps(engine: Engine) -> None:
    store = SampleStore(engine)
    minutes = [*range(10), *range(20, 30)]
    store.write(
        [
            sample(BEGIN + m * MINUTE_MS + s * 10_000, keys=m, hits=(m * 6 + s) * 20)
            for m in minutes
            for s in range(6)
        ]
    )
    now = BEGIN + 30 * MINUTE_MS
    # The last minutes are not drawn together yet, and are there all the same.
    settle(engine, now - 5 * MINUTE_MS)
    reader = SeriesReader(engine)
    keys = reader.read(NODE, "keys", BEGIN, now, 30, now)
    assert (keys.resolution, keys.step_ms) == ("minutes", MINUTE_MS)
    assert keys.values[5] == 5
    assert keys.values[29] == 29
    assert keys.values[10] is None or keys.values[10] == 9
    assert keys.values[12:20] == [None] * 8
    rates = reader.read(NODE, "hits", BEGIN, now, 30, now)
    assert rates.values[5] == 2
    assert rates.values[28] == 2
    assert rates.values[15] is None
    before = reader.read(NODE, "keys", BEGIN - DAY_MS // 2, BEGIN - HOUR_MS, 9, now)
    assert set(before.values) == {None}
    fine = reader.read(NODE, "keys", BEGIN, BEGIN + MINUTE_MS, 6, now)
    assert (fine.resolution, fine.values) == ("samples", [0] * 6)


def test_totals_sum_nodes_and_take_the_largest_latency(engine: Engine) -> None:
    store = SampleStore(engine)
    nodes = {"a" * 16: ("acme", 3), "b" * 16: ("acme", 4), "c" * 16: ("other", 50)}
    store.write(
        [
            {
                **sample(BEGIN + n * 10_000, node, keys=size, hits=n * size * 10),
                "latency_p99_us": float(size),
                "tenant": tenant,
            }
            for node, (tenant, size) in nodes.items()
            for n in range(6 * 130)
        ]
    )
    now = BEGIN + 130 * MINUTE_MS
    settle(engine, now)
    every = TotalsReader(engine, None, None)
    keys = every.read("keys", BEGIN, now, 130, now)
    assert (keys.resolution, keys.step_ms, len(keys.values)) == ("minutes", MINUTE_MS, 130)
    assert set(keys.values[:128]) == {57}
    # Not drawn together yet.
    assert keys.values[129] is None
    assert every.read("hits", BEGIN, now, 130, now).values[5] == 57
    assert every.read("latency_p99_us", BEGIN, now, 13, now).values[3] == 50
    acme = TotalsReader(engine, "acme", None)
    assert acme.read("keys", BEGIN, now, 13, now).values[3] == 7
    assert TotalsReader(engine, "acme", "a" * 16).read("keys", BEGIN, now, 13, now).values[3] == 3
    assert (
        TotalsReader(engine, "none", None).read("keys", BEGIN, now, 13, now).values == [None] * 13
    )
    hours = every.read("keys", BEGIN, BEGIN + 3 * HOUR_MS, 3, now)
    # The third hour is made of the minutes that there are.
    assert (hours.resolution, hours.values) == ("hours", [57, 57, 57])
    rates = every.read("hits", BEGIN, BEGIN + 2 * HOUR_MS, 2, now)
    assert rates.values[1] == 57
