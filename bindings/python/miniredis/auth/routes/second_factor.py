"""The second factor: enrolled, confirmed, removed."""

from __future__ import annotations

import pyotp
from fastapi import APIRouter
from sqlalchemy import delete

from miniredis._service.problems import Problem
from miniredis.auth.audit import Whence
from miniredis.auth.context import Auth
from miniredis.auth.log_in import count_attempt
from miniredis.auth.routes.callers import AuthParts, Caller, From, Known
from miniredis.auth.tables import RecoveryCode, User
from miniredis.auth.totp import (
    check_second_factor,
    new_recovery_codes,
    seed_label,
    take_code,
)
from miniredis.auth.wire import RecoveryCodes, TotpCode, TotpEnrol, TotpRemoval, TotpSeed

router = APIRouter(prefix="/auth/v1/me/totp", tags=["second factor"])


def prove_password(auth: Auth, caller: Caller, password: str | None, whence: Whence) -> User:
    """Return the caller's user, who has given their password if they have one.

    Raises
    ------
    Problem
        They have not.
    """
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id)
    count_attempt(auth, user.email, whence)
    stored = user.password_hash
    if stored is not None and not auth.passwords.matches(stored, password or ""):
        raise Problem("permission-denied", "the password is missing or wrong", "password")
    return user


def wrong_code(auth: Auth, user_id: str, event: str, whence: Whence) -> Problem:
    """Note a wrong code; return the problem."""
    with auth.store.begin() as session:
        auth.audit.note(session, event, whence, "failure", actor=user_id, user_id=user_id)
    return Problem("permission-denied", "the code is wrong or was used before", "code")


@router.post("", summary="Get the seed of a second factor")
def enrol(body: TotpEnrol, auth: AuthParts, caller: Known, whence: From) -> TotpSeed:
    """Make a seed; it counts once a code of it was confirmed."""
    prove_password(auth, caller, body.password, whence)
    seed = pyotp.random_base32()
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id, with_for_update=True)
        if user.totp_confirmed:
            raise Problem("wrong-state", "there is a second factor: remove it before")
        user.totp_sealed = auth.vault.seal(seed.encode(), seed_label(user.id))
        user.totp_step = 0
        auth.attempts.succeed(session, user.email, whence.address)
        uri = pyotp.TOTP(seed).provisioning_uri(name=user.email, issuer_name="MiniRedis")
    return TotpSeed(secret=seed, uri=uri)


@router.post("/confirm", summary="Put the second factor into effect")
def confirm(body: TotpCode, auth: AuthParts, caller: Known, whence: From) -> RecoveryCodes:
    """Take a first code; give the recovery codes, which are not shown again."""
    with auth.store.begin() as session:
        email = session.get_one(User, caller.user_id).email
    count_attempt(auth, email, whence)
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id, with_for_update=True)
        if user.totp_confirmed or user.totp_sealed is None:
            raise Problem("wrong-state", "there is no second factor that waits for its first code")
        if take_code(auth, user, body.code):
            user.totp_confirmed = True
            user.updated_at = auth.clock()
            auth.attempts.succeed(session, user.email, whence.address)
            auth.audit.note(session, "totp.enabled", whence, actor=user.id, user_id=user.id)
            return RecoveryCodes(recovery_codes=new_recovery_codes(session, user))
    raise wrong_code(auth, caller.user_id, "totp.enabled", whence)


@router.post("/recovery-codes", summary="Get new recovery codes")
def renew_codes(body: TotpCode, auth: AuthParts, caller: Known, whence: From) -> RecoveryCodes:
    """Replace the recovery codes, for a code of the authenticator."""
    with auth.store.begin() as session:
        email = session.get_one(User, caller.user_id).email
    count_attempt(auth, email, whence)
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id, with_for_update=True)
        if not user.totp_confirmed:
            raise Problem("wrong-state", "there is no second factor")
        if take_code(auth, user, body.code):
            auth.attempts.succeed(session, user.email, whence.address)
            auth.audit.note(session, "totp.codes-renewed", whence, actor=user.id, user_id=user.id)
            return RecoveryCodes(recovery_codes=new_recovery_codes(session, user))
    raise wrong_code(auth, caller.user_id, "totp.codes-renewed", whence)


@router.post("/remove", status_code=204, summary="Do without a second factor")
def remove(body: TotpRemoval, auth: AuthParts, caller: Known, whence: From) -> None:
    """Remove it, for the password and a code."""
    prove_password(auth, caller, body.password, whence)
    with auth.store.begin() as session:
        user = session.get_one(User, caller.user_id, with_for_update=True)
        if not user.totp_confirmed:
            raise Problem("wrong-state", "there is no second factor")
        if check_second_factor(auth, session, user, body.code, body.recovery_code):
            user.totp_confirmed = False
            user.totp_sealed = None
            user.updated_at = auth.clock()
            session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
            auth.attempts.succeed(session, user.email, whence.address)
            auth.audit.note(session, "totp.removed", whence, actor=user.id, user_id=user.id)
            return
    raise wrong_code(auth, caller.user_id, "totp.removed", whence)
