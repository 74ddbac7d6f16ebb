"""Rules, states and history of alerts in the main database."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Float,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from miniredis._service.problems import Problem
from miniredis.monitoring.alert_rules import Rule, RuleBody
from miniredis.monitoring.downsampling import upsert
from miniredis.monitoring.tables import DAY_MS, metadata

MOST_RULES = 100
HISTORY_MS = 90 * DAY_MS

rules = Table(
    "alert_rules",
    metadata,
    Column("id", Text, primary_key=True),
    *(Column(name, Text) for name in ("tenant", "name", "definition")),
    *(Column(name, BigInteger) for name in ("version", "created_at_ms", "updated_at_ms")),
)
states = Table(
    "alert_states",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("tenant", Text),
    Column("state", Text),
    Column("since_ms", BigInteger),
    Column("value", Float),
)
history = Table(
    "alert_history",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at_ms", BigInteger),
    *(Column(name, Text) for name in ("rule", "name", "node", "tenant", "state")),
    Column("value", Float),
)

Row = dict[str, Any]


def body_of(row: Row) -> RuleBody:
    """Return a stored rule as it was given."""
    return RuleBody.model_validate_json(row["definition"])


def shown(row: Row) -> Rule:
    """Return a stored rule as it is shown."""
    given = body_of(row).model_dump()
    return Rule.model_validate(
        {**given, "id": row["id"], "tenant": row["tenant"] or None, "version": row["version"]}
    )


class AlertStore:
    """Reads and writes what alerts need; an empty tenant is the platform."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, statement: Any) -> list[Row]:
        """Return rows."""
        with self.engine.connect().execution_options(read_only=True) as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def all_rules(self, tenant: str | None = None) -> list[Row]:
        """Return the rules, of one tenant when it is given."""
        wanted = select(rules).order_by(rules.c.tenant, rules.c.name)
        return self.read(wanted if tenant is None else wanted.where(rules.c.tenant == tenant))

    def rule(self, rule_id: str, tenant: str) -> Row:
        """Return one rule of the tenant.

        Raises
        ------
        Problem
            There is none.
        """
        found = self.read(select(rules).where(rules.c.id == rule_id, rules.c.tenant == tenant))
        if not found:
            raise Problem("not-found", "no such rule")
        return found[0]

    def add(self, tenant: str, body: RuleBody, now_ms: int) -> Row:
        """Store a new rule."""
        row = {
            "id": uuid.uuid4().hex,
            "tenant": tenant,
            "name": body.name,
            "definition": body.model_dump_json(),
            "version": 1,
            "created_at_ms": now_ms,
            "updated_at_ms": now_ms,
        }
        count = select(func.count()).select_from(rules).where(rules.c.tenant == tenant)
        try:
            with self.engine.begin() as connection:
                if (connection.execute(count).scalar() or 0) >= MOST_RULES:
                    raise Problem("limit-reached", f"a tenant has at most {MOST_RULES} rules")
                connection.execute(insert(rules), [row])
        except IntegrityError as failure:
            raise Problem("already-exists", f"there is a rule {body.name}", "name") from failure
        return row

    def change(self, row: Row, body: RuleBody, now_ms: int) -> Row:
        """Replace a rule as it was read; what it found so far begins anew."""
        changed = {
            "name": body.name,
            "definition": body.model_dump_json(),
            "version": row["version"] + 1,
            "updated_at_ms": now_ms,
        }
        same = (rules.c.id == row["id"], rules.c.version == row["version"])
        try:
            with self.engine.begin() as connection:
                done = connection.execute(update(rules).where(*same).values(changed)).rowcount
                if not done:
                    raise Problem("precondition-failed", "somebody else has changed the rule")
                connection.execute(delete(states).where(states.c.rule == row["id"]))
        except IntegrityError as failure:
            raise Problem("already-exists", f"there is a rule {body.name}", "name") from failure
        return {**row, **changed}

    def remove(self, row: Row) -> None:
        """Delete a rule and its states; its history stays."""
        same = (rules.c.id == row["id"], rules.c.version == row["version"])
        with self.engine.begin() as connection:
            if not connection.execute(delete(rules).where(*same)).rowcount:
                raise Problem("precondition-failed", "somebody else has changed the rule")
            connection.execute(delete(states).where(states.c.rule == row["id"]))

    def all_states(self) -> dict[tuple[str, str], Row]:
        """Return the states by rule and node."""
        return {(row["rule"], row["node"]): row for row in self.read(select(states))}

    def note(self, changed: list[Row], gone: list[tuple[str, str]], events: list[Row]) -> None:
        """Write what one evaluation has changed."""
        for begin in range(0, max(len(changed), len(gone), len(events)), 200):
            part = slice(begin, begin + 200)
            with self.engine.begin() as connection:
                if changed[part]:
                    upsert(connection, states, changed[part])
                for rule, node in gone[part]:
                    connection.execute(
                        delete(states).where(states.c.rule == rule, states.c.node == node)
                    )
                if events[part]:
                    connection.execute(insert(history), events[part])

    def prune(self, now_ms: int) -> None:
        """Delete old history, a little at a time."""
        old = select(history.c.id).where(history.c.at_ms < now_ms - HISTORY_MS).limit(200)
        with self.engine.begin() as connection:
            connection.execute(delete(history).where(history.c.id.in_(old)))
