"""Invitations: made, listed, taken back, accepted."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Select, select

from miniredis._service.problems import Problem
from miniredis.auth.audit import Whence
from miniredis.auth.clock import rfc3339
from miniredis.auth.context import Auth
from miniredis.auth.invitations import (
    accept,
    accept_as,
    invite,
    mail_invitation,
    offer_of,
    state_of,
)
from miniredis.auth.log_in import Wish
from miniredis.auth.people import RANKS
from miniredis.auth.routes.callers import AuthParts, From, Known, PlatformAdmin, rank_in
from miniredis.auth.routes.log_in import log_in_answer
from miniredis.auth.routes.paging import Cursor, Limit, key_of, page_of
from miniredis.auth.tables import Invitation
from miniredis.auth.wire import (
    Id,
    InvitationToken,
    InvitationUse,
    InvitationView,
    LogInAnswer,
    NewInvitation,
    NewPlatformInvitation,
    Page,
    TenantName,
    UserView,
)

router = APIRouter(prefix="/auth/v1", tags=["invitations"])


def shown(auth: Auth, row: Invitation, **more: Any) -> InvitationView:
    """Show an invitation."""
    facts = {
        "id": row.id,
        "email": row.email,
        "tenant": row.tenant,
        "role": row.role,
        "platform_admin": row.platform_admin,
        "state": state_of(row, auth.clock()),
        "invited_by": row.invited_by,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
    }
    return InvitationView.model_validate({**facts, **more})


def sent(auth: Auth, row: Invitation, token: str) -> InvitationView:
    """Send an invitation, or show its token to who made it."""
    mail_invitation(auth, row, token)
    if auth.mailer.delivers:
        return shown(auth, row, mailed=True)
    return shown(auth, row, mailed=False, token=token)


def listed(
    auth: Auth, found: Select[Invitation], limit: int, cursor: str | None
) -> Page[InvitationView]:
    """Return a page."""
    found = found.where(Invitation.id > key_of(cursor)).order_by(Invitation.id).limit(limit + 1)
    with auth.store.read() as session:
        rows = session.scalars(found).all()
    return page_of(rows, limit, lambda row: shown(auth, row), lambda row: row.id)


def take_back(auth: Auth, row: Invitation | None, session: Any, actor: str, whence: Whence) -> None:
    """Make an invitation worthless."""
    if row is None or state_of(row, auth.clock()) != "open":
        raise Problem("not-found", "there is no such open invitation")
    row.revoked_at = auth.clock()
    auth.audit.note(
        session, "invitation.revoked", whence, actor=actor, tenant=row.tenant, email=row.email
    )


@router.post("/tenants/{tenant}/invitations", status_code=201, summary="Invite to a tenant")
def invite_to_tenant(
    tenant: TenantName, body: NewInvitation, auth: AuthParts, caller: Known, whence: From
) -> InvitationView:
    """Invite somebody, in a role that is not above one's own."""
    with auth.store.begin() as session:
        if RANKS[body.role] > rank_in(session, caller, tenant, "admin"):
            raise Problem("permission-denied", "the role is above your own", "role")
        row = offer_of(
            auth, body.email, tenant, body.role, caller.user_id, vouched=caller.platform_admin
        )
        token = invite(auth, session, row, whence)
    return sent(auth, row, token)


@router.get("/tenants/{tenant}/invitations", summary="Invitations to a tenant")
def invitations_of_tenant(
    tenant: TenantName, auth: AuthParts, caller: Known, limit: Limit = 100, cursor: Cursor = None
) -> Page[InvitationView]:
    """List them, for administrators of the tenant."""
    with auth.store.read() as session:
        rank_in(session, caller, tenant, "admin")
    return listed(auth, select(Invitation).where(Invitation.tenant == tenant), limit, cursor)


@router.delete(
    "/tenants/{tenant}/invitations/{invitation}", status_code=204, summary="Take it back"
)
def revoke_of_tenant(
    tenant: TenantName, invitation: Id, auth: AuthParts, caller: Known, whence: From
) -> None:
    """Make an open invitation worthless."""
    with auth.store.begin() as session:
        rank_in(session, caller, tenant, "admin")
        row = session.get(Invitation, invitation, with_for_update=True)
        fits = row if row is not None and row.tenant == tenant else None
        take_back(auth, fits, session, caller.user_id, whence)


@router.post("/invitations", status_code=201, summary="Invite to the platform")
def invite_to_platform(
    body: NewPlatformInvitation, auth: AuthParts, caller: PlatformAdmin, whence: From
) -> InvitationView:
    """Invite a user: to a tenant, as a platform administrator, or merely to have an account."""
    if (body.tenant is None) != (body.role is None):
        raise Problem("invalid-argument", "role: goes together with tenant", "role")
    with auth.store.begin() as session:
        row = offer_of(
            auth,
            body.email,
            body.tenant,
            body.role,
            caller.user_id,
            platform_admin=body.platform_admin,
            vouched=True,
        )
        token = invite(auth, session, row, whence)
    return sent(auth, row, token)


@router.get("/invitations", summary="All invitations")
def all_invitations(
    auth: AuthParts, _: PlatformAdmin, limit: Limit = 100, cursor: Cursor = None
) -> Page[InvitationView]:
    """List them, for platform administrators."""
    return listed(auth, select(Invitation), limit, cursor)


@router.delete("/invitations/{invitation}", status_code=204, summary="Take any invitation back")
def revoke(invitation: Id, auth: AuthParts, caller: PlatformAdmin, whence: From) -> None:
    """Make an open invitation worthless."""
    with auth.store.begin() as session:
        row = session.get(Invitation, invitation, with_for_update=True)
        take_back(auth, row, session, caller.user_id, whence)


@router.post("/invitations/accept", summary="Accept an invitation with a password")
def accept_invitation(
    body: InvitationUse, request: Request, response: Response, auth: AuthParts, whence: From
) -> LogInAnswer:
    """Become a user or a member, and log in.

    Who is a user already gives the password they have.
    """
    if body.use_cookie:
        auth.cookies.check_origin(request)
    wish = Wish("invitation", body.tenant, body.use_cookie, whence)
    outcome = accept(auth, body.token, body.password, body.name, wish)
    return log_in_answer(auth, request, response, outcome)


@router.post("/me/invitations", summary="Accept an invitation as who is logged in")
def accept_as_caller(
    body: InvitationToken, auth: AuthParts, caller: Known, whence: From
) -> UserView:
    """Take what an invitation to one's own address offers."""
    return UserView.of(accept_as(auth, body.token, caller.user_id, whence))
