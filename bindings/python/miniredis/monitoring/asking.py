"""What all routes take: who asks, the collector, times."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

from fastapi import Depends, Header, Request

from miniredis._service.problems import Problem
from miniredis.monitoring.callers import Caller, Callers
from miniredis.monitoring.collector import Collector

LATEST_MS = 4_102_444_800_000


def text_of(at_ms: int) -> str:
    """Return a time in RFC 3339."""
    at = datetime.fromtimestamp(at_ms / 1000, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms_of(at: datetime, field: str) -> int:
    """Return a time in milliseconds.

    Raises
    ------
    Problem
        It has no zone, or is not in 1970 to 2099.
    """
    if at.tzinfo is None:
        raise Problem("invalid-argument", f"{field}: a time needs its zone, such as Z", field)
    at_ms = int(at.timestamp() * 1000)
    if not 0 <= at_ms <= LATEST_MS:
        raise Problem("invalid-argument", f"{field}: a time is in 1970 to 2099", field)
    return at_ms


async def caller_of(request: Request, authorization: Annotated[str, Header()] = "") -> Caller:
    """Return who asks."""
    callers: Callers = request.app.state.callers
    return await callers.identify(authorization)


def collector_of(request: Request) -> Collector:
    """Return the collector."""
    collector: Collector = request.app.state.collector
    return collector


# At the module's level, where FastAPI can resolve them.
Asking = Annotated[Caller, Depends(caller_of)]
Collected = Annotated[Collector, Depends(collector_of)]
