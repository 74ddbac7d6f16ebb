"""The present session and the others of its user: carried on, listed, ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials

from miniredis._service.problems import Problem
from miniredis.auth.context import Auth
from miniredis.auth.people import choose_tenant, memberships_of
from miniredis.auth.routes.answers import token_answer
from miniredis.auth.routes.callers import AuthParts, From, Known, bearer, caller_of
from miniredis.auth.sessions import Grant, Refusal
from miniredis.auth.tables import LogInSession, User
from miniredis.auth.wire import (
    Id,
    Me,
    MembershipView,
    MeView,
    Page,
    RefreshRequest,
    SessionView,
    TenantChoice,
    TokenAnswer,
    UserView,
)

router = APIRouter(prefix="/auth/v1", tags=["session"])


def presented(auth: Auth, request: Request, in_body: str | None) -> str:
    """Return the refresh token of a request; a cookie's only with proof of who sends it.

    Raises
    ------
    Problem
        There is none, or a page of another origin has made the browser send it.
    """
    if in_body is not None:
        return in_body
    token = auth.cookies.refresh_token(request)
    if token is None:
        raise Problem("unauthorized", "there is no refresh token, neither in the body nor a cookie")
    auth.cookies.check_origin(request)
    with auth.store.read() as session:
        session_id = auth.sessions.id_of(session, token)
    if session_id is not None:
        auth.cookies.check_csrf(request, session_id)
    return token


@router.post("/session/refresh", summary="Carry a session on")
def refresh(
    request: Request,
    response: Response,
    auth: AuthParts,
    whence: From,
    body: RefreshRequest | None = None,
) -> TokenAnswer:
    """Take the refresh token and give the next one with a fresh access token.

    The token is taken out of the body, else out of the cookie; the latter with X-CSRF-Token. One
    that was used before ends the session, but for a few seconds after its first use.
    """
    asked = body or RefreshRequest()
    token = presented(auth, request, asked.refresh_token)
    with auth.store.begin() as session:
        outcome = auth.sessions.refresh(session, token, asked.tenant, whence)
    if isinstance(outcome, Refusal):
        raise Problem("unauthorized", f"the refresh token is refused: {outcome.reason}")
    return token_answer(auth, request, response, outcome)


@router.post("/session/tenant", summary="Act in another tenant")
def change_tenant(
    body: TenantChoice, request: Request, response: Response, auth: AuthParts, caller: Known,
    whence: From,
) -> TokenAnswer:  # fmt: skip
    """Give an access token for another tenant; later refreshes stay there."""
    with auth.store.begin() as session:
        row = session.get_one(LogInSession, caller.session_id, with_for_update=True)
        user = session.get_one(User, caller.user_id)
        row.tenant, role = choose_tenant(session, user, body.tenant)
        auth.audit.note(
            session,
            "session.tenant-changed",
            whence,
            actor=user.id,
            user_id=user.id,
            tenant=row.tenant,
            session_id=row.id,
        )
    return token_answer(auth, request, response, Grant(user, row, None, role))


@router.delete("/session", status_code=204, summary="Sign out")
def sign_out(
    request: Request,
    response: Response,
    auth: AuthParts,
    whence: From,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> None:
    """End the session of the access token, or that of the cookie."""
    if credentials is not None:
        session_id = caller_of(auth, credentials).session_id
    else:
        token = presented(auth, request, None)
        with auth.store.begin() as session:
            session_id = auth.sessions.id_of(session, token) or ""
    with auth.store.begin() as session:
        row = session.get(LogInSession, session_id, with_for_update=True)
        if row is not None:
            auth.sessions.end(session, row, "signed-out", whence, actor=row.user_id)
    auth.cookies.clear(request, response)


@router.get("/me", summary="Who asks")
def me(auth: AuthParts, caller: Known) -> MeView:
    """Return the user, the session and the tenants."""
    with auth.store.read() as session:
        return MeView(
            user=UserView.of(session.get_one(User, caller.user_id)),
            session=SessionView.of(
                session.get_one(LogInSession, caller.session_id), caller.session_id
            ),
            memberships=[MembershipView.of(row) for row in memberships_of(session, caller.user_id)],
        )


@router.patch("/me", summary="Change oneself")
def change_me(body: Me, auth: AuthParts, caller: Known, whence: From) -> UserView:
    """Change the name."""
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id, with_for_update=True)
        user.name = body.name
        user.updated_at = auth.clock()
        auth.audit.note(
            session, "user.changed", whence, actor=user.id, user_id=user.id, fields=["name"]
        )
        return UserView.of(user)


@router.get("/sessions", summary="The sessions of who asks")
def sessions(auth: AuthParts, caller: Known) -> Page[SessionView]:
    """Return the sessions that go on, last used first."""
    with auth.store.begin() as session:
        rows = auth.sessions.alive(session, caller.user_id)
        return Page(items=[SessionView.of(row, caller.session_id) for row in rows])


@router.delete("/sessions", status_code=204, summary="End all other sessions")
def end_others(auth: AuthParts, caller: Known, whence: From) -> None:
    """End all sessions of who asks but the present one."""
    with auth.store.begin() as session:
        auth.sessions.end_all(
            session, caller.user_id, "revoked", whence, caller.user_id, caller.session_id
        )


@router.delete("/sessions/{session_id}", status_code=204, summary="End a session")
def end_session(session_id: Id, auth: AuthParts, caller: Known, whence: From) -> None:
    """End a session of who asks."""
    with auth.store.begin() as session:
        row = session.get(LogInSession, session_id, with_for_update=True)
        if row is None or row.user_id != caller.user_id or not auth.sessions.is_alive(row):
            raise Problem("not-found", "there is no such session")
        auth.sessions.end(session, row, "revoked", whence, actor=caller.user_id)
