"""Users, for platform administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.clock import rfc3339
from miniredis.auth.emails import Email
from miniredis.auth.people import memberships_of
from miniredis.auth.resets import mail_reset, make_reset
from miniredis.auth.routes.callers import AuthParts, From, PlatformAdmin
from miniredis.auth.routes.paging import Cursor, Limit, key_of, page_of
from miniredis.auth.store import lock
from miniredis.auth.tables import RecoveryCode, User
from miniredis.auth.wire import Id, MembershipView, Page, ResetToken, UserChange, UserView

router = APIRouter(prefix="/auth/v1/users", tags=["users"])


def user_of(session: Session, user_id: str) -> User:
    """Return a user, locked."""
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise Problem("not-found", "there is no such user")
    return user


@router.get("", summary="All users")
def users(
    auth: AuthParts,
    _: PlatformAdmin,
    email: Annotated[Email | None, Query(description="Only who has this address.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[UserView]:
    """List them."""
    found = select(User).where(User.id > key_of(cursor)).order_by(User.id).limit(limit + 1)
    if email is not None:
        found = found.where(User.email == email)
    with auth.store.read() as session:
        rows = session.scalars(found).all()
    return page_of(rows, limit, UserView.of, lambda row: row.id)


@router.get("/{user_id}", summary="A user")
def user(user_id: Id, auth: AuthParts, _: PlatformAdmin) -> UserView:
    """Return a user."""
    with auth.store.begin() as session:
        return UserView.of(user_of(session, user_id))


@router.get("/{user_id}/memberships", summary="A user's tenants")
def memberships(user_id: Id, auth: AuthParts, _: PlatformAdmin) -> Page[MembershipView]:
    """List where a user is a member."""
    with auth.store.begin() as session:
        user_of(session, user_id)
        return Page(items=[MembershipView.of(row) for row in memberships_of(session, user_id)])


@router.patch("/{user_id}", summary="Change a user")
def change(
    user_id: Id, body: UserChange, auth: AuthParts, caller: PlatformAdmin, whence: From
) -> UserView:
    """Change name, standing or rights; whoever is disabled has no sessions any more."""
    given = body.model_dump(exclude_none=True)
    with auth.store.begin() as session:
        lock(session, "first-user")
        row = user_of(session, user_id)
        steps_down = given.get("disabled") is True or given.get("platform_admin") is False
        if row.platform_admin and not row.disabled and steps_down:
            others = select(User.id).where(
                User.platform_admin.is_(True), User.disabled.is_(False), User.id != row.id
            )
            if session.scalars(others.limit(1)).first() is None:
                raise Problem("wrong-state", "this is the last platform administrator")
        for name, value in given.items():
            setattr(row, name, value)
        row.updated_at = auth.clock()
        auth.audit.note(
            session,
            "user.changed",
            whence,
            actor=caller.user_id,
            user_id=row.id,
            fields=sorted(given),
            disabled=given.get("disabled"),
            platform_admin=given.get("platform_admin"),
        )
        if row.disabled:
            auth.sessions.end_all(session, row.id, "user-disabled", whence, caller.user_id)
        return UserView.of(row)


@router.delete("/{user_id}/sessions", status_code=204, summary="End a user's sessions")
def end_sessions(user_id: Id, auth: AuthParts, caller: PlatformAdmin, whence: From) -> None:
    """End all sessions of a user."""
    with auth.store.begin() as session:
        user_of(session, user_id)
        auth.sessions.end_all(session, user_id, "revoked", whence, caller.user_id)


@router.delete("/{user_id}/totp", status_code=204, summary="Remove a user's second factor")
def remove_totp(user_id: Id, auth: AuthParts, caller: PlatformAdmin, whence: From) -> None:
    """Help one who has lost both telephone and recovery codes."""
    with auth.store.begin() as session:
        row = user_of(session, user_id)
        row.totp_sealed = None
        row.totp_confirmed = False
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == row.id))
        auth.audit.note(session, "totp.removed", whence, actor=caller.user_id, user_id=row.id)


@router.post("/{user_id}/password-reset", status_code=201, summary="Let a user set a new password")
def reset(user_id: Id, auth: AuthParts, caller: PlatformAdmin, whence: From) -> ResetToken:
    """Make a token: mailed, or where no mail goes out, given here to be handed over."""
    with auth.store.begin() as session:
        row = user_of(session, user_id)
        token, ends = make_reset(auth, session, row, caller.user_id, whence, vouched=True)
    mail_reset(auth, row.email, token)
    mailed = auth.mailer.delivers
    return ResetToken(token=None if mailed else token, mailed=mailed, expires_at=rfc3339(ends))
