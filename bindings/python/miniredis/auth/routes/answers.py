"""Answers that carry tokens."""

from __future__ import annotations

from typing import cast

from fastapi import Request, Response

from miniredis.auth.clock import SECOND, rfc3339
from miniredis.auth.context import Auth
from miniredis.auth.sessions import Grant
from miniredis.auth.wire import Role, TokenAnswer, UserView


def token_answer(auth: Auth, request: Request, response: Response, grant: Grant) -> TokenAnswer:
    """Return a session's tokens; not within a transaction, for keys are read in one of their own.

    Parameters
    ----------
    response
        What cookies are set on, when the session uses them.
    """
    user, row = grant.user, grant.session
    access = auth.tokens.issue(user.id, row.id, row.tenant, grant.role, user.platform_admin)
    now = auth.clock()
    seconds = auth.settings.auth_access_token_seconds
    answer = TokenAnswer(
        access_token=access,
        expires_in=seconds,
        expires_at=rfc3339((now // SECOND + seconds) * SECOND),
        refresh_expires_at=rfc3339(row.idle_ends_at),
        session_id=row.id,
        tenant=row.tenant,
        role=cast("Role | None", grant.role),
        user=UserView.of(user),
    )
    if grant.refresh_token is None:
        return answer
    if not row.uses_cookie:
        answer.refresh_token = grant.refresh_token
        return answer
    lives = (row.idle_ends_at - now) // SECOND
    auth.cookies.set(request, response, row.id, grant.refresh_token, lives)
    answer.csrf_token = auth.cookies.csrf_token(row.id)
    return answer
