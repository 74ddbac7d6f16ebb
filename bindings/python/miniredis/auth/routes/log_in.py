"""Log-in, with a password and in its second step."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from miniredis._service.problems import Problem
from miniredis.auth.clock import SECOND
from miniredis.auth.context import Auth
from miniredis.auth.log_in import (
    CHALLENGE_LIVES,
    Asked,
    Wish,
    with_password,
    with_second_factor,
)
from miniredis.auth.routes.answers import token_answer
from miniredis.auth.routes.callers import AuthParts, From
from miniredis.auth.sessions import Grant
from miniredis.auth.wire import ChallengeView, LogInAnswer, PasswordLogIn, SecondFactorLogIn

router = APIRouter(prefix="/auth/v1/login", tags=["log-in"])


def log_in_answer(
    auth: Auth, request: Request, response: Response, outcome: Grant | Asked
) -> LogInAnswer:
    """Return what a step of a log-in gave."""
    if isinstance(outcome, Grant):
        return LogInAnswer(tokens=token_answer(auth, request, response, outcome))
    return LogInAnswer(
        second_factor=ChallengeView.model_validate(
            {
                "challenge": outcome.challenge,
                "expires_in": CHALLENGE_LIVES // SECOND,
                "methods": outcome.methods,
            }
        )
    )


@router.post("", summary="Log in with e-mail and password")
def log_in(
    body: PasswordLogIn, request: Request, response: Response, auth: AuthParts, whence: From
) -> LogInAnswer:
    """Give tokens, or a challenge where the user has a second factor."""
    if body.use_cookie:
        auth.cookies.check_origin(request)
    wish = Wish("password", body.tenant, body.use_cookie, whence)
    outcome = with_password(auth, body.email, body.password, wish)
    return log_in_answer(auth, request, response, outcome)


@router.post("/second-factor", summary="Take the second step of a log-in")
def second_factor(
    body: SecondFactorLogIn, request: Request, response: Response, auth: AuthParts, whence: From
) -> LogInAnswer:
    """Give tokens for a code of the authenticator, or for a recovery code."""
    if (body.code is None) == (body.recovery_code is None):
        raise Problem("invalid-argument", "code: give a code or a recovery_code, not both", "code")
    auth.cookies.check_origin(request)
    grant = with_second_factor(auth, body.challenge, body.code, body.recovery_code, whence)
    return log_in_answer(auth, request, response, grant)
