"""Sessions: what a log-in begins, and the refresh tokens that carry it on.

Each refresh token is used once and gives the next. One that is used again has been copied, and
nobody knows by whom: the session ends for both. An exception are a few seconds, for an answer that
was lost and for two pages of one browser that refresh at once: they are given the same successor.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from miniredis.auth.audit import Audit, Whence
from miniredis.auth.clock import DAY, SECOND, Clock
from miniredis.auth.people import choose_tenant
from miniredis.auth.settings import AuthSettings
from miniredis.auth.tables import LogInSession, RefreshToken, User
from miniredis.auth.vault import Vault, hash_of, new_id, new_token

PREFIX = "mrr_"
# Ended sessions are shown for a while, and what is wrong with their tokens can be said.
KEPT_AFTER_END = 7 * DAY


@dataclass(frozen=True)
class Grant:
    """A session that goes on, and all that its tokens say."""

    user: User
    session: LogInSession
    refresh_token: str | None
    role: str | None


@dataclass(frozen=True)
class Refusal:
    """Why a session does not go on."""

    reason: str


class Sessions:
    """Begins, carries on, lists and ends sessions."""

    def __init__(self, settings: AuthSettings, vault: Vault, audit: Audit, clock: Clock) -> None:
        self.vault = vault
        self.audit = audit
        self.clock = clock
        self.longest = settings.auth_session_days * DAY
        self.idle = settings.auth_idle_days * DAY
        self.grace = settings.auth_refresh_grace_seconds * SECOND

    def begin(
        self,
        session: Session,
        user: User,
        method: str,
        wanted_tenant: str | None,
        uses_cookie: bool,
        whence: Whence,
    ) -> Grant:
        """Begin a session for a user who has proved everything asked for."""
        now = self.clock()
        tenant, role = choose_tenant(session, user, wanted_tenant)
        row = LogInSession(
            id=new_id(),
            user_id=user.id,
            tenant=tenant,
            method=method,
            uses_cookie=uses_cookie,
            address=whence.address[:64],
            agent=whence.agent,
            created_at=now,
            used_at=now,
            idle_ends_at=min(now + self.idle, now + self.longest),
            ends_at=now + self.longest,
            revoked_at=None,
            revoked_for=None,
        )
        session.add(row)
        session.flush()
        user.last_login_at = now
        token = self.add_token(session, row)
        self.audit.note(
            session,
            "session.begun",
            whence,
            actor=user.id,
            user_id=user.id,
            tenant=tenant,
            session_id=row.id,
            method=method,
        )
        return Grant(user, row, token, role)

    def add_token(self, session: Session, row: LogInSession) -> str:
        """Make the session's next token."""
        token = new_token(PREFIX)
        session.add(
            RefreshToken(
                hash=hash_of(token),
                session_id=row.id,
                created_at=self.clock(),
                used_at=None,
                successor_sealed=None,
            )
        )
        return token

    def is_alive(self, row: LogInSession) -> bool:
        """Tell whether a session has neither ended nor been ended."""
        now = self.clock()
        return row.revoked_at is None and now < row.idle_ends_at and now < row.ends_at

    def id_of(self, session: Session, token: str) -> str | None:
        """Return the session that a refresh token is of, used or not."""
        row = session.get(RefreshToken, hash_of(token))
        return row.session_id if row else None

    def refresh(
        self, session: Session, token: str, wanted_tenant: str | None, whence: Whence
    ) -> Grant | Refusal:
        """Take a refresh token and give the next one."""
        session_id = self.id_of(session, token)
        if session_id is None:
            return Refusal("unknown")
        # Whoever refreshes the same session waits here.
        row = session.get_one(
            LogInSession, session_id, with_for_update=True, populate_existing=True
        )
        used = session.get_one(RefreshToken, hash_of(token), populate_existing=True)
        user = session.get_one(User, row.user_id)
        now = self.clock()
        if not self.is_alive(row):
            return Refusal(row.revoked_for or "expired")
        if user.disabled:
            self.end(session, row, "user-disabled", whence, actor="system")
            return Refusal("user-disabled")
        if used.used_at is not None:
            in_grace = now - used.used_at < self.grace and used.successor_sealed is not None
            if not in_grace:
                self.end(session, row, "token-reused", whence, actor="", outcome="denied")
                return Refusal("token-reused")
        tenant, role = choose_tenant(session, user, wanted_tenant, row.tenant)
        row.tenant = tenant
        if used.used_at is not None:
            assert used.successor_sealed is not None
            same = self.vault.open(used.successor_sealed, f"successor:{used.hash}").decode()
            return Grant(user, row, same, role)
        self.forget_successors(session, row, now)
        successor = self.add_token(session, row)
        used.used_at = now
        used.successor_sealed = self.vault.seal(successor.encode(), f"successor:{used.hash}")
        row.used_at = now
        row.idle_ends_at = min(now + self.idle, row.ends_at)
        row.address = whence.address[:64]
        return Grant(user, row, successor, role)

    def forget_successors(self, session: Session, row: LogInSession, now: int) -> None:
        """Drop what can no longer be asked for."""
        session.execute(
            update(RefreshToken)
            .where(
                RefreshToken.session_id == row.id,
                RefreshToken.successor_sealed.is_not(None),
                RefreshToken.used_at <= now - self.grace,
            )
            .values(successor_sealed=None)
        )

    def end(
        self,
        session: Session,
        row: LogInSession,
        reason: str,
        whence: Whence,
        actor: str,
        outcome: str = "success",
    ) -> None:
        """End a session."""
        if row.revoked_at is not None:
            return
        row.revoked_at = self.clock()
        row.revoked_for = reason
        self.audit.note(
            session,
            "session.ended",
            whence,
            outcome,
            actor=actor,
            user_id=row.user_id,
            tenant=row.tenant,
            session_id=row.id,
            reason=reason,
        )

    def end_all(
        self,
        session: Session,
        user_id: str,
        reason: str,
        whence: Whence,
        actor: str,
        but: str = "",
    ) -> int:
        """End all sessions of a user, but for one; return how many."""
        rows = [row for row in self.alive(session, user_id) if row.id != but]
        for row in rows:
            self.end(session, row, reason, whence, actor)
        return len(rows)

    def alive(self, session: Session, user_id: str) -> list[LogInSession]:
        """Return the sessions of a user that go on, last used first."""
        now = self.clock()
        found = select(LogInSession).where(
            LogInSession.user_id == user_id,
            LogInSession.revoked_at.is_(None),
            LogInSession.idle_ends_at > now,
            LogInSession.ends_at > now,
        )
        order = (LogInSession.used_at.desc(), LogInSession.id)
        return list(session.scalars(found.order_by(*order).with_for_update()))

    def drop_old(self, session: Session) -> None:
        """Delete sessions that ended long ago, with their tokens."""
        before = self.clock() - KEPT_AFTER_END
        session.execute(
            delete(LogInSession).where(
                (LogInSession.ends_at < before)
                | (LogInSession.idle_ends_at < before)
                | (LogInSession.revoked_at < before)
            )
        )
