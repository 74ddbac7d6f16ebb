"""Routes of alert rules, states and history."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import select

from miniredis._service.problems import Problem
from miniredis.monitoring.alert_rules import Rule, RuleBody, RuleChange
from miniredis.monitoring.alert_store import Row, body_of, history, shown, states
from miniredis.monitoring.answers import Alert, AlertEvent, Page, answers
from miniredis.monitoring.asking import Asking, Collected, text_of
from miniredis.monitoring.callers import Caller
from miniredis.monitoring.collector import Collector

router = APIRouter(prefix="/v1/monitoring", tags=["alerts"])
IfMatch = Annotated[str | None, Header(alias="If-Match")]


def owner_of(caller: Caller) -> str:
    """Return whose rules a caller sees; a node's token sees none."""
    if caller.node is not None:
        raise Problem("permission-denied", "rules are the tenant's, not a node's")
    return caller.tenant or ""


def writer_of(caller: Caller) -> str:
    """Return whose rules a caller may change."""
    owner = owner_of(caller)
    if not caller.writes:
        raise Problem("permission-denied", "this needs the scope nodes:write")
    return owner


def checked(row: Row, if_match: str | None) -> Row:
    """Return the row when it is the version that was asked for."""
    if if_match is not None and if_match.strip() not in {"*", f'"{row["version"]}"'}:
        raise Problem("precondition-failed", f'the rule is at version "{row["version"]}"')
    return row


def check_node(body: RuleBody, caller: Caller, collector: Collector) -> None:
    """Refuse a rule about a node that the caller does not see."""
    node = body.condition.node
    if node is None:
        return
    item = collector.current.get(node)
    if item is None or not caller.sees(node, item["tenant"]):
        raise Problem("invalid-argument", "condition.node: no such node", "condition.node")


def answered(row: Row, response: Response) -> Rule:
    """Return a rule, and its version as a header."""
    response.headers["ETag"] = f'"{row["version"]}"'
    return shown(row)


def now() -> int:
    """Return the time in milliseconds."""
    return time.time_ns() // 1_000_000


@router.get("/rules", summary="All rules", **answers(Page[Rule]))
def list_rules(caller: Asking, collector: Collected) -> dict[str, Any]:
    """Return the caller's rules."""
    rows = collector.alert_store.all_rules(owner_of(caller))
    return {"items": [shown(row).model_dump() for row in rows], "next_cursor": None}


@router.post("/rules", status_code=201, summary="Make a rule")
def add_rule(body: RuleBody, caller: Asking, collector: Collected, response: Response) -> Rule:
    """Store a rule."""
    owner = writer_of(caller)
    check_node(body, caller, collector)
    return answered(collector.alert_store.add(owner, body, now()), response)


@router.get("/rules/{rule}", summary="One rule")
def get_rule(rule: str, caller: Asking, collector: Collected, response: Response) -> Rule:
    """Return a rule."""
    return answered(collector.alert_store.rule(rule, owner_of(caller)), response)


@router.put("/rules/{rule}", summary="Replace a rule")
def put_rule(
    rule: str,
    body: RuleChange,
    caller: Asking,
    collector: Collected,
    response: Response,
    if_match: IfMatch = None,
) -> Rule:
    """Replace a rule, when it is the version that If-Match names."""
    row = checked(collector.alert_store.rule(rule, writer_of(caller)), if_match)
    whole = body.completed(body_of(row))
    if whole is None:
        reason = "webhook.secret: a webhook of another URL needs a secret"
        raise Problem("invalid-argument", reason, "webhook.secret")
    check_node(whole, caller, collector)
    return answered(collector.alert_store.change(row, whole, now()), response)


@router.delete("/rules/{rule}", status_code=204, summary="Delete a rule")
def delete_rule(rule: str, caller: Asking, collector: Collected, if_match: IfMatch = None) -> None:
    """Delete a rule; what it found stays in the history."""
    store = collector.alert_store
    store.remove(checked(store.rule(rule, writer_of(caller)), if_match))


@router.get("/alerts", summary="What is pending, firing or resolved now", **answers(Page[Alert]))
def list_alerts(caller: Asking, collector: Collected) -> dict[str, Any]:
    """Return the states of the caller's rules."""
    wanted = select(states).where(states.c.tenant == owner_of(caller)).order_by(*states.primary_key)
    items = [
        {
            **{name: row[name] for name in ("rule", "node", "state", "value")},
            "since": text_of(row["since_ms"]),
        }
        for row in collector.alert_store.read(wanted)
    ]
    return {"items": items, "next_cursor": None}


@router.get(
    "/alerts/history", summary="What began and ended, newest first", **answers(Page[AlertEvent])
)
def list_history(
    caller: Asking, collector: Collected, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """Return the newest events of the caller's rules."""
    wanted = (
        select(history)
        .where(history.c.tenant == owner_of(caller))
        .order_by(history.c.at_ms.desc(), history.c.id)
        .limit(limit)
    )
    items = [
        {
            **{name: row[name] for name in ("id", "rule", "name", "node", "state", "value")},
            "at": text_of(row["at_ms"]),
        }
        for row in collector.alert_store.read(wanted)
    ]
    return {"items": items, "next_cursor": None}
