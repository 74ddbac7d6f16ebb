"""Who is in a tenant, in which role."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.clock import rfc3339, rfc3339_or_none
from miniredis.auth.people import RANKS, check_owner_remains, owners_of
from miniredis.auth.routes.callers import AuthParts, ForThePlatform, From, Known, rank_in
from miniredis.auth.routes.paging import Cursor, Limit, key_of, page_of
from miniredis.auth.tables import Invitation, Membership, User
from miniredis.auth.wire import Id, MemberView, Page, RoleChange, TenantName

router = APIRouter(prefix="/auth/v1/tenants/{tenant}/members", tags=["members"])


def shown(row: Membership, user: User) -> MemberView:
    """Show a member."""
    return MemberView.model_validate(
        {
            "user_id": user.id,
            "email": user.email,
            "name": user.name,
            "role": row.role,
            "since": rfc3339(row.created_at),
            "last_login_at": rfc3339_or_none(user.last_login_at),
        }
    )


def member(session: Session, tenant: str, user_id: str) -> Membership:
    """Return a membership, locked."""
    # Owners first, everywhere: changes that wait for each other come in one order.
    owners_of(session, tenant)
    row = session.get(Membership, (tenant, user_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise Problem("not-found", "there is no such member")
    return row


@router.get("", summary="Members of a tenant")
def members(
    tenant: TenantName, auth: AuthParts, caller: Known, limit: Limit = 100, cursor: Cursor = None
) -> Page[MemberView]:
    """List them, for every member."""
    found = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.tenant == tenant, Membership.user_id > key_of(cursor))
        .order_by(Membership.user_id)
        .limit(limit + 1)
    )
    with auth.store.read() as session:
        rank_in(session, caller, tenant, "viewer")
        rows = session.execute(found).all()
    return page_of(rows, limit, lambda row: shown(row[0], row[1]), lambda row: str(row[1].id))


@router.patch("/{user_id}", summary="Change a member's role")
def change_role(
    tenant: TenantName,
    user_id: Id,
    body: RoleChange,
    auth: AuthParts,
    caller: Known,
    whence: From,
) -> MemberView:
    """Give a member another role; neither theirs nor the new one may be above one's own.

    It counts from the member's next access token on: after ten minutes at the latest.
    """
    with auth.store.begin() as session:
        rank = rank_in(session, caller, tenant, "admin")
        row = member(session, tenant, user_id)
        if max(RANKS[body.role], RANKS[row.role]) > rank:
            raise Problem("permission-denied", "the role is above your own", "role")
        if row.role == "owner" and body.role != "owner":
            check_owner_remains(session, tenant, user_id)
        before, row.role = row.role, body.role
        auth.audit.note(
            session,
            "member.changed",
            whence,
            actor=caller.user_id,
            user_id=user_id,
            tenant=tenant,
            before=before,
            role=body.role,
        )
        return shown(row, session.get_one(User, user_id))


@router.delete("/{user_id}", status_code=204, summary="Remove a member, or leave")
def remove(tenant: TenantName, user_id: Id, auth: AuthParts, caller: Known, whence: From) -> None:
    """Take a member out of the tenant; everyone may leave, but for the last owner."""
    with auth.store.begin() as session:
        leaves = user_id == caller.user_id
        rank = rank_in(session, caller, tenant, "viewer" if leaves else "admin")
        row = member(session, tenant, user_id)
        if RANKS[row.role] > rank:
            raise Problem("permission-denied", "the member's role is above your own")
        if row.role == "owner":
            check_owner_remains(session, tenant, user_id)
        session.delete(row)
        auth.audit.note(
            session,
            "member.removed",
            whence,
            actor=caller.user_id,
            user_id=user_id,
            tenant=tenant,
            role=row.role,
        )


@router.delete("", status_code=204, summary="Forget a tenant")
def forget(tenant: TenantName, auth: AuthParts, actor: ForThePlatform, whence: From) -> None:
    """Take all members out, and all open invitations back.

    For a tenant that is deleted: else its members would have their roles in another one that is
    given the same name. The backend does it, with the admin token.
    """
    with auth.store.begin() as session:
        session.execute(delete(Membership).where(Membership.tenant == tenant))
        waiting = update(Invitation).where(
            Invitation.tenant == tenant,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        session.execute(waiting.values(revoked_at=auth.clock()))
        auth.audit.note(session, "tenant.forgotten", whence, actor=actor, tenant=tenant)
