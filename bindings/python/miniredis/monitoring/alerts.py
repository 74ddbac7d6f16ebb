"""Holds the rules against the figures of each pull."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from miniredis.monitoring.alert_rules import Condition, RuleBody, next_state, verdict
from miniredis.monitoring.alert_store import AlertStore, Row, body_of
from miniredis.monitoring.tables import growth

COUNTED = ("hits", "misses", "evicted", "expired", "net_input_bytes", "net_output_bytes")
TOLD = {"firing", "resolved"}

Tell = Callable[[RuleBody, Row], None]


def rates_of(before: dict[str, Any] | None, after: dict[str, Any], ms: int) -> dict[str, float]:
    """Return by how much each counter grew a second; nothing without a pull before."""
    if before is None or ms <= 0:
        return {}
    return {name: growth(before[name], after[name]) * 1000 / ms for name in COUNTED}


class Alerts:
    """Evaluates rules and tells of what begins and ends.

    Parameters
    ----------
    tell
        Takes a rule and an event of it; must not wait.
    full_in
        Says in how many seconds a node's memory is full.
    """

    def __init__(
        self, store: AlertStore, tell: Tell, full_in: Callable[[dict[str, Any]], float | None]
    ) -> None:
        self.store = store
        self.tell = tell
        self.full_in = full_in
        self.before: dict[str, dict[str, Any]] = {}
        self.before_ms = 0

    def figures(self, current: dict[str, dict[str, Any]], now_ms: int) -> dict[str, dict[str, Any]]:
        """Return the figures with what rules want to know besides."""
        ms = now_ms - self.before_ms if self.before_ms else 0
        known = {}
        for node, item in current.items():
            limit = item["memory_limit_bytes"]
            known[node] = {
                **item,
                "memory_ratio": item["memory_used_bytes"] / limit if limit else None,
                "full_in_seconds": self.full_in(item),
                "rates": rates_of(self.before.get(node), item, ms),
            }
        return known

    def evaluate(self, current: dict[str, dict[str, Any]], now_ms: int) -> None:
        """Hold all rules against the figures of a pull."""
        known = self.figures(current, now_ms)
        self.before, self.before_ms = current, now_ms
        states = self.store.all_states()
        changed: list[Row] = []
        events: list[tuple[RuleBody, Row]] = []
        gone: list[tuple[str, str]] = []
        wanted: set[tuple[str, str]] = set()
        for row in self.store.all_rules():
            body = body_of(row)
            if not body.enabled:
                continue
            for node in self.nodes_of(row["tenant"], body.condition, known):
                wanted.add((row["id"], node))
                old = states.get((row["id"], node))
                holds, value = verdict(body.condition, known.get(node))
                state = next_state(
                    old["state"] if old else None,
                    old["since_ms"] if old else 0,
                    holds=holds,
                    now_ms=now_ms,
                    for_seconds=body.condition.for_seconds,
                )
                if state == (old["state"] if old else None):
                    continue
                if state is None:
                    gone.append((row["id"], node))
                    continue
                common = {"rule": row["id"], "node": node, "state": state, "value": value}
                changed.append({**common, "tenant": row["tenant"], "since_ms": now_ms})
                event = {**common, "id": uuid.uuid4().hex, "at_ms": now_ms}
                events.append((body, {**event, "name": body.name, "tenant": row["tenant"]}))
        # Nodes that are gone, rules that are switched off.
        gone += [key for key in states if key not in wanted]
        self.store.note(changed, gone, [event for _, event in events])
        self.store.prune(now_ms)
        # After it is stored, or an alert would be told again and again while the database is away.
        for body, event in events:
            if event["state"] in TOLD and body.webhook is not None:
                self.tell(body, event)

    @staticmethod
    def nodes_of(tenant: str, condition: Condition, known: dict[str, dict[str, Any]]) -> list[str]:
        """Return the nodes that a rule is about; a tenant's rule is about its own alone."""
        if condition.node is not None:
            item = known.get(condition.node)
            return [condition.node] if item is None or tenant in {"", item["tenant"]} else []
        return [node for node, item in known.items() if tenant in {"", item["tenant"]}]
