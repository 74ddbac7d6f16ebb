"""The second factor: codes of an authenticator (RFC 6238), and recovery codes."""

from __future__ import annotations

import re
import secrets

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session

from miniredis.auth.clock import SECOND
from miniredis.auth.context import Auth
from miniredis.auth.tables import RecoveryCode, User
from miniredis.auth.vault import hash_of

STEP_SECONDS = 30
# Clocks of telephones are off by a little: the step before and the one after are taken too.
WINDOW = 1
RECOVERY_CODES = 10
# Without letters and digits that look alike.
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LETTERS = 16


def seed_label(user_id: str) -> str:
    """Return what a user's seed is sealed under."""
    return f"totp:{user_id}"


def seed_of(auth: Auth, user: User) -> str | None:
    """Return the user's seed, confirmed or not."""
    if user.totp_sealed is None:
        return None
    return auth.vault.open(user.totp_sealed, seed_label(user.id)).decode()


def matching_step(auth: Auth, seed: str, code: str) -> int | None:
    """Return the time step that the code is of."""
    digits = re.sub(r"[ -]", "", code)
    generator = pyotp.TOTP(seed, interval=STEP_SECONDS)
    present = auth.clock() // SECOND // STEP_SECONDS
    for step in range(present - WINDOW, present + WINDOW + 1):
        if secrets.compare_digest(generator.generate_otp(step), digits):
            return step
    return None


def take_code(auth: Auth, user: User, code: str) -> bool:
    """Tell whether a code is right, and see to it that it is so only once.

    The user's row must be locked.
    """
    seed = seed_of(auth, user)
    step = matching_step(auth, seed, code) if seed else None
    if step is None or step <= user.totp_step:
        return False
    user.totp_step = step
    return True


def take_recovery_code(auth: Auth, session: Session, user: User, code: str) -> bool:
    """Tell whether a recovery code is right, and use it up."""
    row = session.get(RecoveryCode, recovery_hash(user.id, code), with_for_update=True)
    if row is None or row.user_id != user.id or row.used_at is not None:
        return False
    row.used_at = auth.clock()
    return True


def recovery_hash(user_id: str, code: str) -> str:
    """Return what is stored of a recovery code, however it was typed."""
    return hash_of(f"{user_id}:{re.sub(r'[ -]', '', code).lower()}")


def check_second_factor(
    auth: Auth, session: Session, user: User, code: str | None, recovery_code: str | None
) -> str | None:
    """Return which second factor was proved; nothing when none was."""
    if code is not None and take_code(auth, user, code):
        return "totp"
    if recovery_code is not None and take_recovery_code(auth, session, user, recovery_code):
        return "recovery-code"
    return None


def new_recovery_codes(session: Session, user: User) -> list[str]:
    """Replace the user's recovery codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = []
    for _ in range(RECOVERY_CODES):
        letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LETTERS))
        codes.append("-".join(letters[at : at + 4] for at in range(0, RECOVERY_LETTERS, 4)))
        session.add(
            RecoveryCode(hash=recovery_hash(user.id, codes[-1]), user_id=user.id, used_at=None)
        )
    return codes
