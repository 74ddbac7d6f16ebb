"""Routes over many nodes, and series."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from miniredis._service.problems import Problem
from miniredis.monitoring.answers import (
    NodeSeries,
    Page,
    Series,
    Summary,
    TenantSums,
    answers,
)
from miniredis.monitoring.answers import Top as TopAnswer
from miniredis.monitoring.asking import Asking, Collected, ms_of, text_of
from miniredis.monitoring.callers import Caller
from miniredis.monitoring.collector import Collector
from miniredis.monitoring.series import Answer, SeriesReader
from miniredis.monitoring.store import FIGURES
from miniredis.monitoring.tables import COUNTERS
from miniredis.monitoring.totals import TotalsReader

router = APIRouter(tags=["monitoring"])

# What is summed up, by the node manager's names; rates and sizes, and counters since their start.
SUMS = (
    "memory_used_bytes",
    "memory_limit_bytes",
    "keys",
    "ops_per_second",
    "hits",
    "misses",
    "evicted",
    "expired",
    "clients",
    "net_input_bytes",
    "net_output_bytes",
    "cpu_share",
)
LONGEST_SPAN_MS = 400 * 86_400_000
Top = Literal[
    "memory_used_bytes",
    "memory_ratio",
    "keys",
    "ops_per_second",
    "clients",
    "cpu_share",
    "latency_p50_us",
    "latency_p99_us",
    "evicted",
    "expired",
]


def seen_by(caller: Caller, collector: Collector) -> list[dict[str, Any]]:
    """Return the figures of the nodes that a caller may see."""
    items = list(collector.current.values())
    return [item for item in items if caller.sees(item["id"], item["tenant"])]


def summed(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sums over nodes, and the share of look-ups that found something."""
    sums: dict[str, Any] = {name: sum(item[name] for item in items) for name in SUMS}
    asked = sums["hits"] + sums["misses"]
    return {"nodes": len(items), **sums, "hit_ratio": sums["hits"] / asked if asked else None}


def value_of(item: dict[str, Any], metric: str) -> float:
    """Return what nodes are ranked by."""
    if metric == "memory_ratio":
        limit = item["memory_limit_bytes"]
        return float(item["memory_used_bytes"] / limit) if limit else 0.0
    return float(item[metric])


@router.get(
    "/v1/monitoring/summary", summary="Sums over all nodes of the caller", **answers(Summary)
)
async def summary(caller: Asking, collector: Collected) -> dict[str, Any]:
    """Return the sums, and how many nodes are in which state."""
    items = seen_by(caller, collector)
    states: dict[str, int] = {}
    for item in items:
        states[item["state"]] = states.get(item["state"], 0) + 1
    pulled = collector.pulled_at_ms
    return {**summed(items), "states": states, "pulled_at": text_of(pulled) if pulled else None}


@router.get("/v1/monitoring/tenants", summary="Sums by tenant", **answers(Page[TenantSums]))
async def tenants(caller: Asking, collector: Collected) -> dict[str, Any]:
    """Return the sums of each tenant that the caller may see."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in seen_by(caller, collector):
        groups.setdefault(item["tenant"], []).append(item)
    items = [{"tenant": name, **summed(of_it)} for name, of_it in sorted(groups.items())]
    return {"items": items, "next_cursor": None}


@router.get(
    "/v1/monitoring/top", summary="The nodes with the largest figures", **answers(TopAnswer)
)
async def top(
    caller: Asking,
    collector: Collected,
    metric: Top,
    limit: Annotated[int, Query(ge=1, le=1000)] = 10,
) -> dict[str, Any]:
    """Return the nodes with most of something, the largest first."""
    ranked = sorted(
        seen_by(caller, collector), key=lambda item: (-value_of(item, metric), item["id"])
    )
    items = [
        {
            **{name: item[name] for name in ("id", "name", "tenant", "state")},
            "value": value_of(item, metric),
        }
        for item in ranked[:limit]
    ]
    return {"metric": metric, "items": items, "next_cursor": None}


@router.get(
    "/v1/monitoring/nodes/{node}/series", summary="A figure over time", **answers(NodeSeries)
)
def series(
    node: str,
    caller: Asking,
    collector: Collected,
    metric: str,
    begin: Annotated[datetime, Query(alias="from")],
    end: Annotated[datetime, Query(alias="to")],
    points: Annotated[int, Query(ge=1, le=2000)] = 200,
) -> dict[str, Any]:
    """Return values at the resolution that fits; of counters the growth a second."""
    item = collector.current.get(node)
    if item is None or not caller.sees(node, item["tenant"]):
        raise Problem("not-found", "no such node among those that were pulled")
    begin_ms, end_ms = checked_span(metric, begin, end)
    reader = SeriesReader(collector.store.engine)
    answer = reader.read(node, metric, begin_ms, end_ms, points, now())
    return {"node": node, **shown(metric, answer)}


@router.get("/v1/monitoring/series", summary="A figure of all nodes over time", **answers(Series))
def totals(
    caller: Asking,
    collector: Collected,
    metric: str,
    begin: Annotated[datetime, Query(alias="from")],
    end: Annotated[datetime, Query(alias="to")],
    tenant: Annotated[str | None, Query(max_length=64)] = None,
    points: Annotated[int, Query(ge=1, le=2000)] = 200,
) -> dict[str, Any]:
    """Return sums over the nodes of the caller, or of one tenant; of latencies the largest.

    Made of minutes and hours, so the last minute or two are not in it yet.
    """
    if caller.tenant is not None and tenant not in {None, caller.tenant}:
        raise Problem("not-found", "no such tenant")
    begin_ms, end_ms = checked_span(metric, begin, end)
    reader = TotalsReader(collector.store.engine, caller.tenant or tenant, caller.node)
    return shown(metric, reader.read(metric, begin_ms, end_ms, points, now()))


def now() -> int:
    """Return the time in milliseconds."""
    return time.time_ns() // 1_000_000


def checked_span(metric: str, begin: datetime, end: datetime) -> tuple[int, int]:
    """Return a span of time, after a look at what is asked of it."""
    if metric not in FIGURES:
        raise Problem("invalid-argument", f"metric is one of {', '.join(FIGURES)}", "metric")
    begin_ms, end_ms = ms_of(begin, "from"), ms_of(end, "to")
    if not begin_ms < end_ms <= begin_ms + LONGEST_SPAN_MS:
        raise Problem("invalid-argument", "from is before to, by 400 days at most", "from")
    return begin_ms, end_ms


def shown(metric: str, answer: Answer) -> dict[str, Any]:
    """Return a series as it is answered."""
    items = [
        {"at": text_of(answer.begin_ms + number * answer.step_ms), "value": value}
        for number, value in enumerate(answer.values)
    ]
    return {
        "metric": metric,
        "kind": "per_second" if metric in COUNTERS else "mean",
        "resolution": answer.resolution,
        "step_seconds": answer.step_ms / 1000,
        "items": items,
        "next_cursor": None,
    }
