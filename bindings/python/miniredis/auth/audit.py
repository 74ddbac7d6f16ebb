"""What happened: who did what to whom, when and from where. No secrets."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from miniredis.auth.clock import DAY, Clock
from miniredis.auth.settings import AuthSettings
from miniredis.auth.tables import AuditEvent

MOST_AGENT = 256

logger = logging.getLogger("miniredis.auth")


@dataclass(frozen=True)
class Whence:
    """Where a request came from."""

    address: str = ""
    agent: str = ""
    request_id: str = ""


class Audit:
    """Writes events, within the transaction of what they tell of."""

    def __init__(self, settings: AuthSettings, clock: Clock) -> None:
        self.clock = clock
        self.kept = settings.auth_audit_days * DAY

    def drop_old(self, session: Session) -> None:
        """Delete what is kept no longer."""
        session.execute(delete(AuditEvent).where(AuditEvent.at < self.clock() - self.kept))

    def note(
        self,
        session: Session,
        event: str,
        whence: Whence,
        outcome: str = "success",
        actor: str = "",
        user_id: str = "",
        tenant: str | None = None,
        session_id: str = "",
        **detail: object,
    ) -> None:
        """Write an event, to the table and to the log.

        Parameters
        ----------
        event
            What, as ``thing.happened``.
        outcome
            ``success``, ``failure`` or ``denied``.
        actor
            The user who did it, or ``system``; empty when unknown.
        user_id
            The user it happened to.
        detail
            Further facts; none may be secret.
        """
        facts = {key: value for key, value in detail.items() if value is not None}
        session.add(
            AuditEvent(
                at=self.clock(),
                event=event,
                outcome=outcome,
                actor=actor,
                user_id=user_id,
                tenant=tenant or "",
                session_id=session_id,
                address=whence.address[:64],
                agent=whence.agent[:MOST_AGENT],
                request_id=whence.request_id[:64],
                detail=json.dumps(facts, ensure_ascii=False),
            )
        )
        told = {"outcome": outcome, "actor": actor, "user": user_id, "from": whence.address}
        logger.info(event, extra={key: value for key, value in told.items() if value})
