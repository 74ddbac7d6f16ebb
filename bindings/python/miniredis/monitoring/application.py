"""Routes of the monitoring service."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse

from miniredis._service.application import new_application
from miniredis._service.problems import Problem
from miniredis.monitoring import alert_routes, exposition, views
from miniredis.monitoring.answers import Figures, Health, Page, answers
from miniredis.monitoring.asking import Asking, text_of
from miniredis.monitoring.callers import Caller, Callers
from miniredis.monitoring.collector import Collector
from miniredis.monitoring.store import FIGURES

COMBINE: dict[str, Callable[[list[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "last": lambda values: values[-1],
}


def points_of(
    series: list[tuple[int, float]], begin_ms: int, end_ms: int, step_ms: int, how: str
) -> list[dict[str, Any]]:
    """Combine samples by step; a step without a sample is null."""
    steps: dict[int, list[float]] = {}
    for at_ms, value in series:
        steps.setdefault((at_ms - begin_ms) // step_ms, []).append(value)
    count = -(-(end_ms - begin_ms) // step_ms)
    return [
        {
            "at": text_of(begin_ms + number * step_ms),
            "value": COMBINE[how](steps[number]) if number in steps else None,
        }
        for number in range(count)
    ]


def make_application(collector: Collector, callers: Callers) -> FastAPI:
    """Return the application."""
    application = new_application("MiniRedis monitoring", "1")

    application.state.callers = callers

    def visible(node: str, caller: Caller) -> dict[str, Any]:
        item = collector.current.get(node)
        if item is None or not caller.sees(node, item["tenant"]):
            raise Problem("not-found", "no such node among those that were pulled")
        return item

    def health_body() -> dict[str, Any]:
        pulled = collector.pulled_at_ms
        services = collector.probes.report()
        down = {name: str(one["cause"]) for name, one in services.items() if one["state"] == "down"}
        # Why figures cannot be pulled says more than that a service is down.
        causes = {**down, **collector.causes}
        return {
            "status": "degraded" if causes else "ok",
            "causes": causes,
            "pulled_at": text_of(pulled) if pulled else None,
            "nodes": len(collector.current),
            "services": services,
        }

    def aged(item: dict[str, Any]) -> dict[str, Any]:
        age = (time.time_ns() // 1_000_000 - collector.pulled_at_ms) / 1000
        full_in = collector.full_in_seconds(item)
        return {**item, "age_seconds": max(age, 0), "full_in_seconds": full_in}

    @application.get("/healthz")
    async def is_alive() -> dict[str, str]:
        return {"status": "ok"}

    @application.get("/readyz")
    async def is_ready() -> JSONResponse:
        state = "degraded" if collector.causes else "ok"
        return JSONResponse({"status": state}, 503 if collector.causes else 200)

    @application.get("/v1/monitoring/health", **answers(Health))
    async def get_health(caller: Asking) -> dict[str, Any]:
        if caller.tenant is not None:
            raise Problem("permission-denied", "the health of services is the platform's")
        return health_body()

    @application.get("/v1/monitoring/nodes", **answers(Page[Figures]))
    async def list_current(caller: Asking) -> dict[str, Any]:
        seen = (i for i in collector.current.values() if caller.sees(i["id"], i["tenant"]))
        return {"items": [aged(item) for item in seen], "next_cursor": None}

    @application.get("/v1/monitoring/nodes/{node}", **answers(Figures))
    async def get_current(node: str, caller: Asking) -> dict[str, Any]:
        return aged(visible(node, caller))

    @application.get("/v1/monitoring/nodes/{node}/range")
    def get_range(
        node: str,
        caller: Asking,
        metric: str,
        begin: Annotated[datetime, Query(alias="from")],
        end: Annotated[datetime, Query(alias="to")],
        step_seconds: Annotated[int, Query(ge=1, le=86400)] = 60,
        how: Literal["avg", "min", "max", "last"] = "avg",
    ) -> dict[str, Any]:
        visible(node, caller)
        if metric not in FIGURES:
            raise Problem("invalid-argument", f"metric is one of {', '.join(FIGURES)}", "metric")
        if begin.tzinfo is None or end.tzinfo is None:
            raise Problem("invalid-argument", "a time needs its zone, such as Z", "from")
        begin_ms, end_ms = (int(at.timestamp() * 1000) for at in (begin, end))
        if not 0 <= begin_ms < end_ms <= 4_102_444_800_000:
            raise Problem("invalid-argument", "from is before to, both in 1970 to 2099", "from")
        if (end_ms - begin_ms) / (step_seconds * 1000) > 2000:
            raise Problem("invalid-argument", "at most 2000 steps are answered", "step_seconds")
        series = collector.store.series(node, metric, begin_ms, end_ms)
        points = points_of(series, begin_ms, end_ms, step_seconds * 1000, how)
        return {"node": node, "metric": metric, "items": points, "next_cursor": None}

    application.state.collector = collector
    application.include_router(views.router)
    application.include_router(alert_routes.router)
    application.include_router(exposition.router)
    return application
