"""Guessing is slowed: by account and address together, by account, and by address.

An attempt counts before its secret is looked at, so that many at once gain nothing; what succeeds
is taken back. Counts are kept in the database: a restart forgives nothing, and several processes
share them. Unknown e-mail addresses count like known ones.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.clock import HOUR, SECOND, Clock
from miniredis.auth.tables import Attempt

# Rows that nobody has touched for so long say nothing any more.
FORGOTTEN_AFTER = 2 * HOUR


@dataclass(frozen=True)
class Limit:
    """So many attempts are free; each further one doubles the pause, up to the longest.

    One is forgotten each time `forgets_after` has passed.
    """

    free: int
    longest: int
    forgets_after: int


PAIR = Limit(5, 15 * 60 * SECOND, 5 * 60 * SECOND)
# A stranger must not be able to lock someone out: from many addresses one is slowed, not stopped.
ACCOUNT = Limit(20, 30 * SECOND, 60 * SECOND)
ADDRESS = Limit(50, 60 * SECOND, 10 * SECOND)


def network_of(address: str) -> str:
    """Return the address, or for IPv6 the network that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def key_of(kind: str, text: str) -> str:
    """Return a key that shows nobody's address."""
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


def keys_of(account: str, address: str) -> list[tuple[str, Limit]]:
    """Return what an attempt counts for, in the order that all take their locks in."""
    network = network_of(address)
    keys = [(key_of("address", network), ADDRESS)]
    if account:
        keys += [
            (key_of("account", account), ACCOUNT),
            (key_of("pair", f"{account} {network}"), PAIR),
        ]
    return keys


class Attempts:
    """Counts attempts."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def begin(self, session: Session, account: str, address: str) -> int:
        """Count an attempt.

        Returns
        -------
        int
            0 when it may go on, else in how many milliseconds another may be made.
        """
        now = self.clock()
        rows = [
            (self.row(session, key, limit, now), limit) for key, limit in keys_of(account, address)
        ]
        wait = max(row.blocked_until - now for row, _ in rows)
        if wait > 0:
            return wait
        for row, limit in rows:
            row.count += 1
            row.last_at = now
            over = row.count - limit.free
            if over >= 0:
                row.blocked_until = now + min(limit.longest, SECOND << min(over, 20))
        return 0

    def row(self, session: Session, key: str, limit: Limit, now: int) -> Attempt:
        """Return a count, locked."""
        insert = (
            postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        )
        fresh = {"key": key, "count": 0, "last_at": now, "blocked_until": 0}
        # Another may make it at the same time; then that one is taken.
        session.execute(insert(Attempt).values(fresh).on_conflict_do_nothing())
        row = session.get_one(Attempt, key, with_for_update=True)
        row.count = max(0, row.count - max(0, now - row.last_at) // limit.forgets_after)
        return row

    def succeed(self, session: Session, account: str, address: str) -> None:
        """Take back what counted for an attempt that was no guess."""
        for key, limit in keys_of(account, address):
            row = session.get(Attempt, key, with_for_update=True)
            if row is None:
                continue
            if limit is ADDRESS:
                # Whoever has one account must not be able to go on guessing at others'.
                row.count = max(0, row.count - 1)
                if row.count < limit.free:
                    row.blocked_until = 0
            else:
                session.delete(row)

    def drop_old(self, session: Session) -> None:
        """Delete counts that mean nothing any more."""
        old = self.clock() - FORGOTTEN_AFTER
        session.execute(
            delete(Attempt).where(Attempt.last_at < old, Attempt.blocked_until < self.clock())
        )


def slowed(wait: int) -> Problem:
    """Return the problem of one who has to wait."""
    seconds = max(1, -(-wait // SECOND))
    return Problem(
        "too-many-requests",
        f"too many attempts; try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )
