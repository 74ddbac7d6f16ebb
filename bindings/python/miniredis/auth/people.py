"""Users and their roles in tenants."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.tables import Membership, User
from miniredis.auth.vault import new_id

RANKS = {"viewer": 0, "member": 1, "admin": 2, "owner": 3}


def user_by_email(session: Session, email: str, locked: bool = False) -> User | None:
    """Return the user of an address in its normal form."""
    found = select(User).where(User.email == email)
    return session.scalars(found.with_for_update() if locked else found).one_or_none()


def add_user(
    session: Session,
    now: int,
    email: str,
    *,
    email_verified: bool,
    password_hash: str | None = None,
    platform_admin: bool = False,
    name: str = "",
) -> User:
    """Make a user, who is a member of nothing."""
    user = User(
        id=new_id(),
        email=email,
        email_verified=email_verified,
        name=name,
        password_hash=password_hash,
        platform_admin=platform_admin,
        disabled=False,
        totp_sealed=None,
        totp_confirmed=False,
        totp_step=0,
        created_at=now,
        updated_at=now,
        last_login_at=None,
    )
    session.add(user)
    session.flush()
    return user


def memberships_of(session: Session, user_id: str) -> list[Membership]:
    """Return where a user is a member, longest first."""
    found = select(Membership).where(Membership.user_id == user_id)
    return list(session.scalars(found.order_by(Membership.created_at, Membership.tenant)))


def role_in(session: Session, user_id: str, tenant: str) -> str | None:
    """Return the user's role in a tenant."""
    row = session.get(Membership, (tenant, user_id))
    return row.role if row else None


def choose_tenant(
    session: Session, user: User, wanted: str | None, previous: str | None = None
) -> tuple[str | None, str | None]:
    """Return the tenant that an access token is for, and the role in it.

    Parameters
    ----------
    wanted
        What was asked for; refused where the user is no member.
    previous
        What it was; let go where the user is no member any more.

    Raises
    ------
    Problem
        Not a member of what was asked for.
    """
    if wanted is not None:
        role = role_in(session, user.id, wanted)
        if role is None:
            raise Problem("permission-denied", "you are no member of that tenant", "tenant")
        return wanted, role
    if previous is not None:
        role = role_in(session, user.id, previous)
        if role is not None:
            return previous, role
    rows = memberships_of(session, user.id)
    return (rows[0].tenant, rows[0].role) if rows else (None, None)


def owners_of(session: Session, tenant: str) -> list[Membership]:
    """Return the owners, locked, so that two cannot each leave it to the other."""
    found = select(Membership).where(Membership.tenant == tenant, Membership.role == "owner")
    return list(session.scalars(found.order_by(Membership.user_id).with_for_update()))


def check_owner_remains(session: Session, tenant: str, user_id: str) -> None:
    """Refuse to take the last owner away.

    Raises
    ------
    Problem
        That one is.
    """
    owners = owners_of(session, tenant)
    if [row.user_id for row in owners] == [user_id]:
        raise Problem("wrong-state", "a tenant keeps an owner: make somebody else one before that")
