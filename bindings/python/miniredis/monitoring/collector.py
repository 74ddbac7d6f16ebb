"""Pulls the figures of all nodes and stores those that changed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import httpx
from sqlalchemy.exc import SQLAlchemyError

from miniredis.monitoring.alert_store import AlertStore
from miniredis.monitoring.alerts import Alerts
from miniredis.monitoring.downsampling import DownSampling
from miniredis.monitoring.growth import Growth
from miniredis.monitoring.probes import Probes
from miniredis.monitoring.settings import MonitoringSettings
from miniredis.monitoring.store import FIGURES, SampleStore
from miniredis.monitoring.webhooks import Webhooks

PAGE = 500

logger = logging.getLogger("miniredis.monitoring")


class Collector:
    """The figures as last pulled, and why they are not newer.

    Attributes
    ----------
    current
        The last figures by node id.
    pulled_at_ms
        When they were pulled; 0 is never.
    causes
        What fails at the moment, by part.
    """

    def __init__(self, settings: MonitoringSettings, store: SampleStore) -> None:
        self.settings = settings
        self.store = store
        self.current: dict[str, dict[str, Any]] = {}
        self.pulled_at_ms = 0
        self.causes: dict[str, str] = {"node_manager": "not asked yet", "database": "not used yet"}
        self.stored: dict[str, dict[str, Any]] = {}
        self.growth = Growth()
        self.down_sampling = DownSampling(store.engine)
        self.probes = Probes(settings)
        self.webhooks = Webhooks(allow_private=settings.monitoring_allow_private_webhooks)
        self.alert_store = AlertStore(store.engine)
        self.alerts = Alerts(self.alert_store, self.webhooks.tell, self.full_in_seconds)

    async def pull(self, client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
        """Fetch all pages of figures."""
        found: dict[str, dict[str, Any]] = {}
        cursor = ""
        while True:
            asked = {"limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
            answer = await client.get("/v1/metrics", params=asked)
            answer.raise_for_status()
            page = answer.json()
            found.update((item["id"], item) for item in page["items"])
            following = page["next_cursor"]
            if not following or following == cursor:
                return found
            cursor = following

    def due(self, at_ms: int) -> list[dict[str, Any]]:
        """Return the rows to store: nodes that changed, and those silent for a heartbeat."""
        heartbeat_ms = self.settings.monitoring_heartbeat_seconds * 1000
        rows = []
        for node, item in self.current.items():
            row = {name: item[theirs] for name, theirs in FIGURES.items()}
            row.update(node=node, tenant=item["tenant"])
            before = self.stored.get(node, {})
            same = all(before.get(name) == value for name, value in row.items())
            if not same or at_ms - before["at_ms"] >= heartbeat_ms:
                rows.append({**row, "at_ms": at_ms})
        return rows

    def store_due(self, at_ms: int) -> None:
        """Store what is due; what fails is tried again with the next pull's figures."""
        rows = self.due(at_ms)
        self.store.check()
        self.store.write(rows)
        self.stored.update((row["node"], row) for row in rows)
        self.stored = {node: row for node, row in self.stored.items() if node in self.current}

    async def collect(self, client: httpx.AsyncClient) -> None:
        """Pull and store once."""
        try:
            self.current = await self.pull(client)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as failure:
            self.causes["node_manager"] = f"{type(failure).__name__}: {failure}"
            return
        self.causes.pop("node_manager", None)
        self.pulled_at_ms = time.time_ns() // 1_000_000
        used = {node: item["memory_used_bytes"] for node, item in self.current.items()}
        self.growth.note(self.pulled_at_ms, used)
        await self.work_on_database("database", self.store_due, self.pulled_at_ms)
        await self.work_on_database("alerts", self.evaluate, self.pulled_at_ms)

    def full_in_seconds(self, item: dict[str, Any]) -> float | None:
        """Return in how many seconds a node's memory is full, as it looks now."""
        used, limit = item["memory_used_bytes"], item["memory_limit_bytes"]
        return self.growth.full_in_seconds(item["id"], used, limit)

    def evaluate(self, at_ms: int) -> None:
        """Hold the rules against the last figures."""
        self.alerts.evaluate(self.current, at_ms)

    async def work_on_database(self, part: str, work: Callable[[int], Any], at_ms: int) -> None:
        """Do something with the database, beside the loop; note what fails as the part's cause."""
        try:
            await asyncio.to_thread(work, at_ms)
            self.causes.pop(part, None)
        except SQLAlchemyError as failure:
            # The first line only: the rest quotes the statement.
            self.causes[part] = str(failure).splitlines()[0]

    async def keep_house(self) -> None:
        """Draw series together and delete old rows, until cancelled."""
        while True:
            now_ms = time.time_ns() // 1_000_000
            try:
                await self.work_on_database("down_sampling", self.down_sampling.step, now_ms)
            except Exception:
                logger.exception("down-sampling failed")
                self.causes["down_sampling"] = "failed inside; the log says more"
            await asyncio.sleep(self.settings.monitoring_interval_seconds)

    async def run(self) -> None:
        """Collect, keep house and look after the other services, until cancelled."""
        await asyncio.gather(
            self.keep_collecting(), self.keep_house(), self.probes.run(), self.webhooks.run()
        )

    async def keep_collecting(self) -> None:
        """Collect until cancelled."""
        token = self.settings.admin_token.get_secret_value()
        async with httpx.AsyncClient(
            base_url=self.settings.node_manager_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        ) as client:
            while True:
                try:
                    await self.collect(client)
                except Exception as failure:
                    logger.exception("a pull failed")
                    self.causes["collector"] = type(failure).__name__
                else:
                    self.causes.pop("collector", None)
                await asyncio.sleep(self.settings.monitoring_interval_seconds)
