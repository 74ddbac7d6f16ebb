"""Log-in with a password, and the second step of any log-in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.attempts import slowed
from miniredis.auth.audit import Whence
from miniredis.auth.clock import MINUTE
from miniredis.auth.context import Auth
from miniredis.auth.people import user_by_email
from miniredis.auth.sessions import Grant
from miniredis.auth.tables import Challenge, User
from miniredis.auth.totp import check_second_factor
from miniredis.auth.vault import hash_of, new_token

CHALLENGE_LIVES = 5 * MINUTE
CHALLENGE_TRIES = 5
CHALLENGE_PREFIX = "mrc_"


@dataclass(frozen=True)
class Wish:
    """What is wanted of a log-in."""

    method: str
    tenant: str | None
    uses_cookie: bool
    whence: Whence


@dataclass(frozen=True)
class Asked:
    """The second factor is asked for."""

    challenge: str
    methods: tuple[str, ...] = ("totp", "recovery_code")


def refused() -> Problem:
    """Return the one answer to every wrong log-in: it tells nobody who is known here."""
    return Problem("unauthorized", "e-mail or password is wrong")


def count_attempt(auth: Auth, account: str, whence: Whence) -> None:
    """Count an attempt.

    Raises
    ------
    Problem
        There were too many.
    """
    with auth.store.begin() as session:
        wait = auth.attempts.begin(session, account, whence.address)
    if wait:
        raise slowed(wait)


def with_password(auth: Auth, email: str, password: str, wish: Wish) -> Grant | Asked:
    """Log in.

    The hash is computed outside of transactions, and for unknown users too.

    Raises
    ------
    Problem
        Too many attempts, or something is wrong.
    """
    count_attempt(auth, email, wish.whence)
    with auth.store.read() as session:
        user = user_by_email(session, email)
    stored = user.password_hash if user else None
    right = auth.passwords.matches(stored, password)
    fresh = None
    if right and stored is not None and auth.passwords.is_outdated(stored):
        fresh = auth.passwords.hash(password)
    with auth.store.begin() as session:
        user = user_by_email(session, email, locked=True)
        # It may have been changed while the hash was computed.
        allowed = right and user is not None and user.password_hash == stored
        if user is not None and allowed and not user.disabled:
            if fresh:
                user.password_hash = fresh
            return passed_first(auth, session, user, wish)
        auth.audit.note(
            session,
            "login.failed",
            wish.whence,
            "failure",
            user_id=user.id if user else "",
            method=wish.method,
            reason="disabled" if allowed else "wrong e-mail or password",
        )
    raise refused()


def passed_first(auth: Auth, session: Session, user: User, wish: Wish) -> Grant | Asked:
    """Begin the session of a user who has proved the first factor, or ask for the second."""
    if not user.totp_confirmed:
        auth.attempts.succeed(session, user.email, wish.whence.address)
        return auth.sessions.begin(
            session, user, wish.method, wish.tenant, wish.uses_cookie, wish.whence
        )
    now = auth.clock()
    session.execute(delete(Challenge).where(Challenge.expires_at <= now))
    token = new_token(CHALLENGE_PREFIX)
    session.add(
        Challenge(
            hash=hash_of(token),
            user_id=user.id,
            method=wish.method,
            tenant=wish.tenant,
            uses_cookie=wish.uses_cookie,
            tries=0,
            created_at=now,
            expires_at=now + CHALLENGE_LIVES,
        )
    )
    return Asked(token)


def with_second_factor(
    auth: Auth, challenge: str, code: str | None, recovery_code: str | None, whence: Whence
) -> Grant:
    """Take the second step of a log-in.

    Raises
    ------
    Problem
        The challenge is over, or the code is wrong.
    """
    wrong = Problem("unauthorized", "the challenge is over or the code is wrong")
    with auth.store.begin() as session:
        row = session.get(Challenge, hash_of(challenge))
        owner = session.get(User, row.user_id) if row else None
        account = owner.email if owner else ""
    # Codes have six digits: guesses at them count for the account like guesses at the password.
    count_attempt(auth, account, whence)
    with auth.store.begin() as session:
        row = session.get(
            Challenge, hash_of(challenge), with_for_update=True, populate_existing=True
        )
        if row is None or row.expires_at <= auth.clock() or row.tries >= CHALLENGE_TRIES:
            auth.audit.note(session, "login.second-factor", whence, "failure", reason="over")
        else:
            row.tries += 1
            user = session.get_one(User, row.user_id, with_for_update=True)
            used = check_second_factor(auth, session, user, code, recovery_code)
            if used and not user.disabled:
                session.delete(row)
                auth.attempts.succeed(session, user.email, whence.address)
                method = f"{row.method}+{used}"
                return auth.sessions.begin(
                    session, user, method, row.tenant, row.uses_cookie, whence
                )
            auth.audit.note(
                session, "login.second-factor", whence, "failure", user_id=user.id, reason="wrong"
            )
    raise wrong
