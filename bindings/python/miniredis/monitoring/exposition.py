"""Current figures in Prometheus' text format."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from miniredis.monitoring.asking import Asking, Collected
from miniredis.monitoring.views import seen_by, summed

router = APIRouter(tags=["monitoring"])

MOST_NODES = 100
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# The node manager's name, ours, the type, what it is.
NODE_METRICS = (
    ("memory_used_bytes", "memory_used_bytes", "gauge", "Memory of the node's data."),
    ("memory_limit_bytes", "memory_limit_bytes", "gauge", "Memory limit; 0 is none."),
    ("keys", "keys", "gauge", "Keys."),
    ("ops_per_second", "operations_per_second", "gauge", "Commands a second."),
    ("clients", "clients", "gauge", "Connections."),
    ("cpu_share", "cpu_share", "gauge", "Share of one core."),
    ("latency_p50_us", "latency_p50_microseconds", "gauge", "Median time of a command."),
    ("latency_p99_us", "latency_p99_microseconds", "gauge", "99th percentile of that time."),
    ("hits", "hits_total", "counter", "Look-ups that found a key."),
    ("misses", "misses_total", "counter", "Look-ups that found none."),
    ("evicted", "evicted_total", "counter", "Keys evicted."),
    ("expired", "expired_total", "counter", "Keys expired."),
    ("net_input_bytes", "input_bytes_total", "counter", "Bytes received."),
    ("net_output_bytes", "output_bytes_total", "counter", "Bytes sent."),
)
PLATFORM_METRICS = (
    ("nodes", "nodes", "Nodes."),
    ("memory_used_bytes", "memory_used_bytes", "Memory of all data."),
    ("keys", "keys", "Keys of all nodes."),
    ("ops_per_second", "operations_per_second", "Commands a second of all nodes."),
    ("clients", "clients", "Connections of all nodes."),
)


def escaped(text: str) -> str:
    """Return text as a label's value."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def family(name: str, kind: str, about: str, values: list[tuple[str, float]]) -> list[str]:
    """Return the lines of one metric; each value has its labels."""
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    return lines + [f"{name}{labels} {value}" for labels, value in values]


def exposition(items: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[str]:
    """Return the lines: sums over `items`, and the figures of those that are shown."""
    sums = summed(items)
    lines: list[str] = []
    for theirs, ours, about in PLATFORM_METRICS:
        lines += family(f"miniredis_platform_{ours}", "gauge", about, [("", sums[theirs])])
    labels = {
        item["id"]: f'{{node="{escaped(item["id"])}",name="{escaped(item["name"])}",'
        f'tenant="{escaped(item["tenant"])}"}}'
        for item in shown
    }
    for theirs, ours, kind, about in NODE_METRICS:
        values = [(labels[item["id"]], item[theirs]) for item in shown]
        lines += family(f"miniredis_node_{ours}", kind, about, values)
    return lines


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    summary="Figures for Prometheus",
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def metrics(
    caller: Asking, collector: Collected, nodes: Annotated[Literal["all"] | None, Query()] = None
) -> PlainTextResponse:
    """Return sums, and the figures of the nodes with most memory, or of all."""
    items = seen_by(caller, collector)
    ranked = sorted(items, key=lambda item: (-item["memory_used_bytes"], item["id"]))
    lines = exposition(items, ranked if nodes else ranked[:MOST_NODES])
    if caller.tenant is None:
        up = [
            (f'{{service="{name}"}}', float(one["state"] == "ok"))
            for name, one in collector.probes.report().items()
        ]
        lines += family("miniredis_service_up", "gauge", "Whether the service answers.", up)
        healthy = float(not collector.causes)
        about = "Whether figures are pulled and stored."
        lines += family("miniredis_monitoring_healthy", "gauge", about, [("", healthy)])
    return PlainTextResponse("\n".join(lines) + "\n", media_type=MEDIA_TYPE)
