"""Invitations: the only way to become a user."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.audit import Whence
from miniredis.auth.clock import DAY, rfc3339
from miniredis.auth.context import Auth
from miniredis.auth.log_in import Asked, Wish, count_attempt, passed_first, refused
from miniredis.auth.mail import link_to
from miniredis.auth.passwords import check_new_password
from miniredis.auth.people import RANKS, add_user, user_by_email
from miniredis.auth.sessions import Grant
from miniredis.auth.tables import Invitation, Membership, User
from miniredis.auth.vault import hash_of, new_id, new_token

PREFIX = "mri_"
LIVES = 7 * DAY


def state_of(row: Invitation, now: int) -> str:
    """Return how an invitation is."""
    if row.accepted_at is not None:
        return "accepted"
    if row.revoked_at is not None:
        return "revoked"
    return "open" if now < row.expires_at else "expired"


def invite(
    auth: Auth,
    session: Session,
    offer: Invitation,
    whence: Whence,
) -> str:
    """Store an offer, in place of earlier ones to the same address; return its token."""
    now = auth.clock()
    earlier = select(Invitation).where(
        Invitation.email == offer.email,
        Invitation.tenant == offer.tenant
        if offer.tenant is not None
        else Invitation.tenant.is_(None),
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    for row in session.scalars(earlier.with_for_update()):
        row.revoked_at = now
    token = new_token(PREFIX)
    offer.hash = hash_of(token)
    session.add(offer)
    auth.audit.note(
        session,
        "invitation.made",
        whence,
        actor=offer.invited_by,
        tenant=offer.tenant,
        email=offer.email,
        role=offer.role,
        platform_admin=offer.platform_admin or None,
    )
    return token


def offer_of(
    auth: Auth,
    email: str,
    tenant: str | None,
    role: str | None,
    invited_by: str,
    *,
    platform_admin: bool = False,
    vouched: bool = False,
) -> Invitation:
    """Make an offer that is not stored yet."""
    now = auth.clock()
    return Invitation(
        id=new_id(),
        hash="",
        email=email,
        tenant=tenant,
        role=role,
        platform_admin=platform_admin,
        proves_email=vouched or auth.mailer.delivers,
        invited_by=invited_by,
        created_at=now,
        expires_at=now + LIVES,
        accepted_at=None,
        revoked_at=None,
    )


def mail_invitation(auth: Auth, row: Invitation, token: str) -> None:
    """Send the token to whom it is for."""
    where = f"the tenant {row.tenant} of MiniRedis" if row.tenant else "MiniRedis"
    auth.mailer.send(
        row.email,
        f"Invitation to {where}",
        f"You are invited to {where}. Accept until {rfc3339(row.expires_at)} with:\n\n"
        f"{link_to(auth.settings, 'accept-invitation', token)}\n",
    )


def open_invitation(auth: Auth, session: Session, token: str) -> Invitation:
    """Return an invitation that can be accepted, locked.

    Raises
    ------
    Problem
        There is none of this token, or it is over.
    """
    found = select(Invitation).where(Invitation.hash == hash_of(token)).with_for_update()
    row = session.scalars(found).one_or_none()
    if row is None:
        raise Problem("not-found", "there is no such invitation")
    state = state_of(row, auth.clock())
    if state != "open":
        raise Problem("gone", f"the invitation is {state}")
    return row


def fulfil(auth: Auth, session: Session, row: Invitation, user: User, whence: Whence) -> None:
    """Give a user what an invitation offers."""
    now = auth.clock()
    row.accepted_at = now
    user.updated_at = now
    user.email_verified = user.email_verified or row.proves_email
    user.platform_admin = user.platform_admin or row.platform_admin
    if row.tenant is not None and row.role is not None:
        member = session.get(Membership, (row.tenant, user.id), with_for_update=True)
        if member is None:
            session.add(
                Membership(tenant=row.tenant, user_id=user.id, role=row.role, created_at=now)
            )
        elif RANKS[row.role] > RANKS[member.role]:
            member.role = row.role
    session.flush()
    auth.audit.note(
        session,
        "invitation.accepted",
        whence,
        actor=user.id,
        user_id=user.id,
        tenant=row.tenant,
        role=row.role,
        platform_admin=row.platform_admin or None,
    )


def accept(auth: Auth, token: str, password: str, name: str, wish: Wish) -> Grant | Asked:
    """Accept with a password: a new one, or that of the user who is invited.

    Raises
    ------
    Problem
        The invitation is over, or the password does not do.
    """
    count_attempt(auth, "", wish.whence)
    with auth.store.begin() as session:
        email = open_invitation(auth, session, token).email
        known = user_by_email(session, email)
        stored = known.password_hash if known else None
    if known is not None:
        count_attempt(auth, email, wish.whence)
        if stored is None:
            raise Problem(
                "wrong-state", "this user has no password: log in by the provider and accept then"
            )
        if not auth.passwords.matches(stored, password):
            raise refused()
        fresh = stored
    else:
        check_new_password(password, email, "password")
        fresh = auth.passwords.hash(password)
    with auth.store.begin() as session:
        row = open_invitation(auth, session, token)
        user = user_by_email(session, email, locked=True)
        if user is None:
            user = add_user(
                session,
                auth.clock(),
                email,
                email_verified=row.proves_email,
                password_hash=fresh,
                name=name,
            )
            auth.audit.note(session, "user.created", wish.whence, actor=user.id, user_id=user.id)
        elif user.password_hash != stored or stored is None or user.disabled:
            raise refused()
        fulfil(auth, session, row, user, wish.whence)
        return passed_first(auth, session, user, wish)


def accept_as(auth: Auth, token: str, user_id: str, whence: Whence) -> User:
    """Accept as a user who is logged in.

    Raises
    ------
    Problem
        The invitation is over, or for another address.
    """
    count_attempt(auth, "", whence)
    with auth.store.begin() as session:
        row = open_invitation(auth, session, token)
        user = session.get_one(User, user_id, with_for_update=True)
        if row.email != user.email:
            raise Problem("permission-denied", "the invitation is for another e-mail address")
        fulfil(auth, session, row, user, whence)
        auth.attempts.succeed(session, "", whence.address)
        return user
