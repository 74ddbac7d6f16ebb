"""Passwords: changed by who knows them, reset by who does not."""

from __future__ import annotations

from fastapi import APIRouter

from miniredis._service.problems import Problem
from miniredis.auth.log_in import count_attempt
from miniredis.auth.passwords import check_new_password
from miniredis.auth.resets import request_reset, set_password, use_reset
from miniredis.auth.routes.callers import AuthParts, From, Known
from miniredis.auth.tables import User
from miniredis.auth.wire import PasswordChange, ResetRequest, ResetUse

router = APIRouter(prefix="/auth/v1", tags=["passwords"])


@router.post("/me/password", status_code=204, summary="Change one's password")
def change(body: PasswordChange, auth: AuthParts, caller: Known, whence: From) -> None:
    """Set another password; all other sessions end."""
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id)
    if user.password_hash is None:
        raise Problem("wrong-state", "there is no password yet: ask for a reset to set one")
    check_new_password(body.new_password, user.email, "new_password")
    # Who has found an open browser must not be able to guess here.
    count_attempt(auth, user.email, whence)
    if not auth.passwords.matches(user.password_hash, body.current_password):
        with auth.store.begin() as session:
            auth.audit.note(
                session, "password.changed", whence, "failure", actor=user.id, user_id=user.id
            )
        raise Problem("permission-denied", "the password is wrong", "current_password")
    fresh = auth.passwords.hash(body.new_password)
    with auth.store.begin() as session:
        row = session.get_one(User, user.id, with_for_update=True)
        if row.password_hash != user.password_hash:
            raise Problem("wrong-state", "the password was changed at the same time")
        set_password(auth, session, row, fresh, "password.changed", whence, caller.session_id)
        auth.attempts.succeed(session, user.email, whence.address)


@router.post("/password/reset-request", status_code=202, summary="Forgot a password")
def ask(body: ResetRequest, auth: AuthParts, whence: From) -> dict[str, str]:
    """Have a token sent, where the address is known; the answer is the same where it is not."""
    request_reset(auth, body.email, whence)
    return {"detail": "if the address is known, a token is on its way to it"}


@router.post("/password/reset", status_code=204, summary="Set a new password with a token")
def reset(body: ResetUse, auth: AuthParts, whence: From) -> None:
    """Set a new password; all sessions end."""
    use_reset(auth, body.token, body.new_password, whence)
