"""What answers look like, for the OpenAPI document.

Answers about thousands of nodes are made as they are pulled and are not validated once more; the
tests hold them against these.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A list, as all of the platform's are."""

    items: list[Item]
    next_cursor: str | None


class Figures(BaseModel):
    """A node's figures as last pulled."""

    id: str
    name: str
    tenant: str
    state: str
    at: str
    memory_used_bytes: int
    memory_peak_bytes: int
    memory_limit_bytes: int
    keys: int
    ops_per_second: float
    hits: int
    misses: int
    evicted: int
    expired: int
    clients: int
    net_input_bytes: int
    net_output_bytes: int
    cpu_share: float
    latency_p50_us: float
    latency_p99_us: float
    age_seconds: float
    full_in_seconds: float | None


class Sums(BaseModel):
    """Sums over nodes."""

    nodes: int
    memory_used_bytes: int
    memory_limit_bytes: int
    keys: int
    ops_per_second: float
    hits: int
    misses: int
    evicted: int
    expired: int
    clients: int
    net_input_bytes: int
    net_output_bytes: int
    cpu_share: float
    hit_ratio: float | None


class Summary(Sums):
    """Sums over all nodes, and how many are in which state."""

    states: dict[str, int]
    pulled_at: str | None


class TenantSums(Sums):
    """Sums over a tenant's nodes."""

    tenant: str


class Ranked(BaseModel):
    """A node and what it is ranked by."""

    id: str
    name: str
    tenant: str
    state: str
    value: float


class Top(Page[Ranked]):
    """Nodes, the largest first."""

    metric: str


class Point(BaseModel):
    """A value of a series; nothing where nothing is known."""

    at: str
    value: float | None


class Series(Page[Point]):
    """A figure over time; of counters the growth a second."""

    metric: str
    kind: Literal["per_second", "mean"]
    resolution: Literal["samples", "minutes", "hours"]
    step_seconds: float


class NodeSeries(Series):
    """A node's figure over time."""

    node: str


class Service(BaseModel):
    """How a service was when it was last asked."""

    state: Literal["unknown", "ok", "down"]
    since_ms: int | None
    latency_ms: float | None
    cause: str | None


class Health(BaseModel):
    """How the services are, and why figures may be old."""

    status: Literal["ok", "degraded"]
    causes: dict[str, str]
    pulled_at: str | None
    nodes: int
    services: dict[str, Service]


class Alert(BaseModel):
    """What a rule says of a node."""

    rule: str
    node: str
    state: Literal["pending", "firing", "resolved"]
    value: float | None
    since: str


class AlertEvent(BaseModel):
    """The beginning or the end of an alert."""

    id: str
    rule: str
    name: str
    node: str
    state: str
    value: float | None
    at: str


def answers(model: type[BaseModel]) -> dict[str, Any]:
    """Return what a route is told, to describe its answer and leave it as it is."""
    return {"response_model": None, "responses": {200: {"model": model}}}
