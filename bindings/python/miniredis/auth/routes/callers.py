"""Who asks: what the routes depend on."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.audit import Whence
from miniredis.auth.context import Auth
from miniredis.auth.people import RANKS, role_in
from miniredis.auth.tables import LogInSession, User
from miniredis.auth.tokens import TokenRefusedError

bearer = HTTPBearer(auto_error=False, description="An access token of this service.")


def auth_of(request: Request) -> Auth:
    """Return the service's parts."""
    auth = request.app.state.auth
    assert isinstance(auth, Auth)
    return auth


AuthParts = Annotated[Auth, Depends(auth_of)]


def whence_of(request: Request, auth: AuthParts) -> Whence:
    """Return where the request came from."""
    return auth.forwarded.whence(request)


From = Annotated[Whence, Depends(whence_of)]


def unauthorized(detail: str) -> Problem:
    """Return the problem of one who is not known."""
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True)
class Caller:
    """A user with a session that goes on."""

    user_id: str
    session_id: str
    platform_admin: bool


def caller_of(
    auth: AuthParts,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Return who has sent the access token.

    The gateway believes a token until it expires; here it is seen at once that a session has ended.
    """
    if credentials is None:
        raise unauthorized("send an access token: Authorization: Bearer <token>")
    try:
        claims = auth.tokens.verify(credentials.credentials)
    except TokenRefusedError as refused:
        raise unauthorized(f"the access token is refused: {refused}") from refused
    with auth.store.read() as session:
        row = session.get(LogInSession, claims.session_id)
        user = session.get(User, claims.user_id)
        if row is None or user is None or row.user_id != user.id or not auth.sessions.is_alive(row):
            raise unauthorized("the session has ended")
        if user.disabled:
            raise unauthorized("the user is disabled")
        return Caller(user.id, row.id, user.platform_admin)


Known = Annotated[Caller, Depends(caller_of)]


def platform_admin_of(caller: Known) -> Caller:
    """Return the caller, who must be a platform administrator."""
    if not caller.platform_admin:
        raise Problem("permission-denied", "only platform administrators may")
    return caller


PlatformAdmin = Annotated[Caller, Depends(platform_admin_of)]


def platform_of(
    auth: AuthParts,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> str:
    """Return who acts for the platform: the control plane itself, or an administrator's id."""
    ours = auth.settings.admin_token.get_secret_value()
    if ours and credentials is not None:
        given = credentials.credentials
        # As bytes: digests of texts are compared in ASCII only.
        if hmac.compare_digest(given.encode(), ours.encode()):
            return "system"
    return platform_admin_of(caller_of(auth, credentials)).user_id


ForThePlatform = Annotated[str, Depends(platform_of)]


def rank_in(session: Session, caller: Caller, tenant: str, least: str) -> int:
    """Return the caller's rank in a tenant; platform administrators rank as owners.

    Raises
    ------
    Problem
        It is less; to strangers the tenant does not exist.
    """
    if caller.platform_admin:
        return RANKS["owner"]
    role = role_in(session, caller.user_id, tenant)
    if role is None:
        raise Problem("not-found", "there is no such tenant")
    if RANKS[role] < RANKS[least]:
        raise Problem("permission-denied", f"this needs the role {least} in the tenant")
    return RANKS[role]
