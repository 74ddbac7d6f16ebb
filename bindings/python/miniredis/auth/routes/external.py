"""Log-in by Firebase and by other OpenID providers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field, StringConstraints

from miniredis._service.problems import Problem
from miniredis.auth.audit import Whence
from miniredis.auth.clock import SECOND
from miniredis.auth.context import Auth
from miniredis.auth.external import log_in_as
from miniredis.auth.id_tokens import IdTokenError
from miniredis.auth.log_in import Wish, count_attempt
from miniredis.auth.openid import STATE_LIVES, OpenIdProvider
from miniredis.auth.routes.answers import token_answer
from miniredis.auth.routes.callers import AuthParts, From
from miniredis.auth.routes.log_in import log_in_answer
from miniredis.auth.sessions import Grant
from miniredis.auth.wire import FirebaseLogIn, LogInAnswer, Page, ProviderView, Secret, TenantName

router = APIRouter(prefix="/auth/v1", tags=["log-in"])

BROWSER_COOKIE = "miniredis_openid"
ProviderName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
# A path of this origin: neither another host (//) nor what browsers take for one (/\).
ReturnTo = Annotated[
    str, StringConstraints(pattern=r"^/(?:[^/\\\x00-\x20\x7f#][^\\\x00-\x20\x7f#]*)?$"),
    Field(max_length=500),
]  # fmt: skip


def refused(auth: Auth, method: str, reason: str, whence: Whence) -> Problem:
    """Note a log-in that proves nothing; return the problem."""
    with auth.store.begin() as session:
        auth.audit.note(session, "login.failed", whence, "failure", method=method, reason=reason)
    return Problem("unauthorized", f"the ID token is refused: {reason}")


@router.get("/providers", summary="Ways to log in without a password")
def providers(auth: AuthParts) -> Page[ProviderView]:
    """List what is set up."""
    items = []
    if auth.firebase is not None:
        items.append(
            ProviderView(
                name="firebase",
                title=auth.firebase.project,
                kind="firebase",
                log_in="/auth/v1/login/firebase",
                sign_in_url=auth.settings.firebase_sign_in_url(),
            )
        )
    for name, provider in auth.providers.items():
        items.append(
            ProviderView(
                name=name,
                title=provider.settings.title or name,
                kind="openid",
                log_in=f"/auth/v1/login/openid/{name}",
            )
        )
    return Page(items=items)


@router.post("/login/firebase", summary="Log in with an ID token of Firebase")
def firebase(
    body: FirebaseLogIn, request: Request, response: Response, auth: AuthParts, whence: From
) -> LogInAnswer:
    """Give tokens for an ID token."""
    if auth.firebase is None:
        raise Problem("not-found", "Firebase is not set up here")
    if body.use_cookie:
        auth.cookies.check_origin(request)
    count_attempt(auth, "", whence)
    try:
        identity = auth.firebase.verify(body.id_token)
    except IdTokenError as failure:
        raise refused(auth, "firebase", str(failure), whence) from failure
    wish = Wish("firebase", body.tenant, body.use_cookie, whence)
    outcome = log_in_as(auth, identity, body.invitation, wish)
    return log_in_answer(auth, request, response, outcome)


def provider_of(auth: Auth, name: str) -> OpenIdProvider:
    """Return a provider."""
    if name not in auth.providers:
        raise Problem("not-found", "there is no such provider")
    return auth.providers[name]


@router.get(
    "/login/openid/{provider}",
    status_code=303,
    response_class=RedirectResponse,
    summary="Go to an OpenID provider",
)
def go(
    provider: ProviderName,
    request: Request,
    auth: AuthParts,
    whence: From,
    return_to: Annotated[ReturnTo, Query(description="The page to come back to.")] = "/",
    tenant: TenantName | None = None,
    invitation: Secret | None = None,
) -> RedirectResponse:
    """Send the browser to the provider; it comes back with cookies, to `return_to`."""
    chosen = provider_of(auth, provider)
    count_attempt(auth, "", whence)
    # Before anything is stored, see that the provider is there.
    chosen.discover()
    path = f"/auth/v1/login/openid/{provider}"
    redirect = f"{auth.forwarded.origin_of(request)}{path}/callback"
    with auth.store.begin() as session:
        state, journey = auth.states.begin(
            session, provider, redirect, return_to, tenant, invitation
        )
        auth.attempts.succeed(session, "", whence.address)
    answer = RedirectResponse(chosen.authorization_url(state, journey), 303)
    # Lax: the way back is a navigation from another site.
    answer.set_cookie(
        BROWSER_COOKIE,
        journey.browser,
        max_age=STATE_LIVES // SECOND,
        path=path,
        secure=not auth.forwarded.may_be_plain(request),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(
    "/login/openid/{provider}/callback",
    status_code=303,
    response_class=RedirectResponse,
    summary="Come back from an OpenID provider",
)
def come_back(
    provider: ProviderName,
    request: Request,
    auth: AuthParts,
    whence: From,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str, Query(max_length=4096)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> RedirectResponse:
    """Take the provider's code; go on to the page with cookies, or with a challenge behind #."""
    chosen = provider_of(auth, provider)
    method = f"openid:{provider}"
    count_attempt(auth, "", whence)
    browser = request.cookies.get(BROWSER_COOKIE, "")
    with auth.store.begin() as session:
        journey = auth.states.end(session, provider, state, browser)
    if journey is None:
        raise refused(auth, method, "the log-in is over, or was begun elsewhere", whence)
    if error or not code:
        raise refused(auth, method, "the provider has not agreed", whence)
    try:
        identity = chosen.identity(code, journey)
    except IdTokenError as failure:
        raise refused(auth, method, str(failure), whence) from failure
    wish = Wish(method, journey.tenant, True, whence)
    outcome = log_in_as(auth, identity, journey.invitation, wish)
    if isinstance(outcome, Grant):
        answer = RedirectResponse(journey.return_to, 303)
        token_answer(auth, request, answer, outcome)
    else:
        answer = RedirectResponse(f"{journey.return_to}#second_factor={outcome.challenge}", 303)
    answer.delete_cookie(BROWSER_COOKIE, path=f"/auth/v1/login/openid/{provider}")
    return answer
