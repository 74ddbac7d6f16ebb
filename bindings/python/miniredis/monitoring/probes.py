"""Whether the other services answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx

from miniredis.monitoring.settings import MonitoringSettings

TIMEOUT_SECONDS = 3


@dataclass
class Probe:
    """How a service was when it was last asked."""

    url: str
    state: str = "unknown"
    since_ms: int = 0
    latency_ms: float | None = None
    cause: str | None = None


class Probes:
    """Asks each service for its /healthz."""

    def __init__(self, settings: MonitoringSettings) -> None:
        self.interval = settings.monitoring_interval_seconds
        urls = {
            "node_manager": settings.node_manager_url,
            "backend": settings.backend_url,
            "gateway": settings.gateway_url,
            "auth": settings.auth_url,
        }
        self.probes = {name: Probe(url) for name, url in urls.items() if url}

    async def ask(self, client: httpx.AsyncClient, probe: Probe) -> None:
        """Ask one service."""
        begun = time.monotonic()
        cause = None
        try:
            # A time for each step is not one for the whole: an answer may come byte by byte.
            asked = client.get(f"{probe.url.rstrip('/')}/healthz")
            answer = await asyncio.wait_for(asked, TIMEOUT_SECONDS)
            if answer.status_code != 200:
                cause = f"answered {answer.status_code}"
        except asyncio.TimeoutError:
            cause = f"no answer within {TIMEOUT_SECONDS} s"
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            cause = str(failure) or type(failure).__name__
        state = "down" if cause else "ok"
        if state != probe.state:
            probe.since_ms = time.time_ns() // 1_000_000
        probe.state, probe.cause = state, cause
        probe.latency_ms = None if cause else round((time.monotonic() - begun) * 1000, 2)

    async def run(self) -> None:
        """Ask all services again and again, until cancelled."""
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            while True:
                await asyncio.gather(*(self.ask(client, one) for one in self.probes.values()))
                await asyncio.sleep(self.interval)

    def report(self) -> dict[str, dict[str, Any]]:
        """Return what is known; times in milliseconds since 1970."""
        return {
            name: {
                "state": one.state,
                "since_ms": one.since_ms or None,
                "latency_ms": one.latency_ms,
                "cause": one.cause,
            }
            for name, one in self.probes.items()
        }
