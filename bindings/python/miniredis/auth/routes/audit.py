"""What happened, for those who have to know."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from miniredis._service.problems import Problem
from miniredis.auth.clock import rfc3339
from miniredis.auth.context import Auth
from miniredis.auth.routes.callers import AuthParts, Known, PlatformAdmin, rank_in
from miniredis.auth.routes.paging import Cursor, Limit, key_of, page_of
from miniredis.auth.tables import AuditEvent
from miniredis.auth.wire import AuditView, Id, Line, Page, TenantName

router = APIRouter(prefix="/auth/v1", tags=["audit"])

EventFilter = Annotated[Line | None, Query(description="Only events of this name.")]
UserFilter = Annotated[Id | None, Query(description="Only what happened to this user.")]


def shown(row: AuditEvent) -> AuditView:
    """Show an event."""
    return AuditView(
        id=str(row.id),
        at=rfc3339(row.at),
        event=row.event,
        outcome=row.outcome,
        actor=row.actor,
        user_id=row.user_id,
        tenant=row.tenant,
        session_id=row.session_id,
        address=row.address,
        agent=row.agent,
        request_id=row.request_id,
        detail=json.loads(row.detail),
    )


def listed(
    auth: Auth, found: Select[AuditEvent], limit: int, cursor: str | None
) -> Page[AuditView]:
    """Return a page, newest first."""
    key = key_of(cursor)
    if key:
        if not (key.isascii() and key.isdigit() and len(key) <= 18):
            raise Problem("invalid-argument", "cursor: take a next_cursor", "cursor")
        found = found.where(AuditEvent.id < int(key))
    with auth.store.read() as session:
        rows = session.scalars(found.order_by(AuditEvent.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, shown, lambda row: str(row.id))


def filtered(event: str | None, user: str | None) -> Select[AuditEvent]:
    """Return what is asked for."""
    found = select(AuditEvent)
    if event:
        found = found.where(AuditEvent.event == event)
    if user:
        found = found.where(AuditEvent.user_id == user)
    return found


@router.get("/audit", summary="Everything that happened")
def all_events(
    auth: AuthParts,
    _: PlatformAdmin,
    event: EventFilter = None,
    user: UserFilter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditView]:
    """List events, newest first, for platform administrators."""
    return listed(auth, filtered(event, user), limit, cursor)


@router.get("/tenants/{tenant}/audit", summary="What happened in a tenant")
def events_of_tenant(
    tenant: TenantName,
    auth: AuthParts,
    caller: Known,
    event: EventFilter = None,
    user: UserFilter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditView]:
    """List events, newest first, for administrators of the tenant."""
    with auth.store.read() as session:
        rank_in(session, caller, tenant, "admin")
    found = filtered(event, user).where(AuditEvent.tenant == tenant)
    return listed(auth, found, limit, cursor)
