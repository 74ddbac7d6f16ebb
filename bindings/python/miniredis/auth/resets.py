"""Forgotten passwords: a token that sets a new one, once, within half an hour."""

from __future__ import annotations

import logging

from sqlalchemy import update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.audit import Whence
from miniredis.auth.clock import MINUTE
from miniredis.auth.context import Auth
from miniredis.auth.log_in import count_attempt
from miniredis.auth.mail import link_to
from miniredis.auth.passwords import check_new_password
from miniredis.auth.people import user_by_email
from miniredis.auth.tables import PasswordReset, User
from miniredis.auth.vault import hash_of, new_token

PREFIX = "mrp_"
LIVES = 30 * MINUTE

logger = logging.getLogger("miniredis.auth")


def make_reset(
    auth: Auth, session: Session, user: User, actor: str, whence: Whence, *, vouched: bool = False
) -> tuple[str, int]:
    """Make a token in place of earlier ones; return it, and when it ends."""
    now = auth.clock()
    earlier = update(PasswordReset).where(
        PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None)
    )
    session.execute(earlier.values(used_at=now))
    token = new_token(PREFIX)
    session.add(
        PasswordReset(
            hash=hash_of(token),
            user_id=user.id,
            proves_email=vouched or auth.mailer.delivers,
            created_at=now,
            expires_at=now + LIVES,
            used_at=None,
        )
    )
    auth.audit.note(session, "password.reset-made", whence, actor=actor, user_id=user.id)
    return token, now + LIVES


def mail_reset(auth: Auth, email: str, token: str) -> None:
    """Send a token to its user."""
    auth.mailer.send(
        email,
        "A new password for MiniRedis",
        "Somebody, perhaps you, asked for a new password. Within 30 minutes it can be set with:\n\n"
        f"{link_to(auth.settings, 'reset-password', token)}\n\nElse there is nothing to do.\n",
    )


def request_reset(auth: Auth, email: str, whence: Whence) -> None:
    """Have a token sent to the address, if anyone has it.

    The answer comes before anyone looks, so neither its text nor its time tells who is known.

    Raises
    ------
    Problem
        It was asked for too often.
    """
    count_attempt(auth, f"reset:{email}", whence)

    def work() -> None:
        try:
            with auth.store.begin() as session:
                user = user_by_email(session, email, locked=True)
                if user is None or user.disabled:
                    auth.audit.note(session, "password.reset-asked", whence, "failure")
                    return
                auth.audit.note(session, "password.reset-asked", whence, user_id=user.id)
                if not (auth.mailer.delivers or auth.mailer.to_log):
                    # Nobody would get the token: an administrator makes one.
                    return
                token, _ = make_reset(auth, session, user, "", whence)
            mail_reset(auth, email, token)
        except (Problem, OperationalError, InterfaceError) as failure:
            logger.warning("a reset was lost", extra={"cause": type(failure).__name__})

    auth.background.submit(work)


def use_reset(auth: Auth, token: str, password: str, whence: Whence) -> None:
    """Set a new password, and end all sessions.

    The second factor stays: a mailbox alone does not open an account that has one.

    Raises
    ------
    Problem
        The token is over, or the password does not do.
    """
    over = Problem("gone", "the token is unknown, used or over: ask for another")
    count_attempt(auth, "", whence)
    with auth.store.begin() as session:
        row = session.get(PasswordReset, hash_of(token))
        if row is None or row.used_at is not None or row.expires_at <= auth.clock():
            raise over
        email = session.get_one(User, row.user_id).email
    check_new_password(password, email, "new_password")
    fresh = auth.passwords.hash(password)
    with auth.store.begin() as session:
        row = session.get(
            PasswordReset, hash_of(token), with_for_update=True, populate_existing=True
        )
        if row is None or row.used_at is not None or row.expires_at <= auth.clock():
            raise over
        user = session.get_one(User, row.user_id, with_for_update=True)
        row.used_at = auth.clock()
        user.email_verified = user.email_verified or row.proves_email
        set_password(auth, session, user, fresh, "password.reset", whence)
        auth.attempts.succeed(session, email, whence.address)


def set_password(
    auth: Auth,
    session: Session,
    user: User,
    stored: str,
    event: str,
    whence: Whence,
    but_session: str = "",
) -> None:
    """Store a new password, and end all sessions but one."""
    user.password_hash = stored
    user.updated_at = auth.clock()
    auth.audit.note(session, event, whence, actor=user.id, user_id=user.id)
    auth.sessions.end_all(session, user.id, "password-changed", whence, user.id, but_session)
