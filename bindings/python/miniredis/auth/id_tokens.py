"""ID tokens of others: Firebase's as Google documents them, and OpenID Connect's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options

from miniredis.auth.clock import SECOND, Clock
from miniredis.auth.emails import normal_email
from miniredis.auth.remote_keys import PublicKey, RemoteKeys, algorithm_of

MOST_TOKEN_BYTES = 16 * 1024
SKEW = 30 * SECOND
MOST_SUBJECT = 128
FIREBASE_ISSUER = "https://securetoken.google.com/"
# Times are held against our own clock, the rest by each kind of token.
NO_CHECKS: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class IdTokenError(Exception):
    """A token proves nothing; the text says why, without quoting it."""


@dataclass(frozen=True)
class ExternalIdentity:
    """A user as a provider knows them."""

    provider: str
    subject: str
    # In its normal form, and only where the provider has verified it.
    email: str | None
    name: str


def signed_claims(
    token: str, find: Callable[[str], PublicKey | None], algorithms: frozenset[str]
) -> dict[str, Any]:
    """Return the claims of a token whose signature fits a known key.

    Raises
    ------
    IdTokenError
        It does not.
    """
    if len(token) > MOST_TOKEN_BYTES:
        raise IdTokenError("it is too long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as failure:
        raise IdTokenError("it is no JWT") from failure
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in algorithms:
        raise IdTokenError(f"its algorithm must be {' or '.join(sorted(algorithms))}")
    if "crit" in header:
        raise IdTokenError("its header asks for what is not understood")
    key = find(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise IdTokenError("its key is unknown")
    # What the key is for decides, not what the token says.
    if algorithm_of(key) != algorithm:
        raise IdTokenError("its algorithm does not fit its key")
    try:
        return dict(jwt.decode(token, key, [algorithm], options=NO_CHECKS))
    except jwt.InvalidTokenError as failure:
        raise IdTokenError("its signature does not fit") from failure


def unsigned_claims(token: str) -> dict[str, Any]:
    """Return the claims of an emulator's token, which nobody has signed."""
    if len(token) > MOST_TOKEN_BYTES:
        raise IdTokenError("it is too long")
    try:
        if jwt.get_unverified_header(token).get("alg") != "none" or not token.endswith("."):
            raise IdTokenError("the emulator's tokens are not signed")
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except jwt.InvalidTokenError as failure:
        raise IdTokenError("it is no JWT") from failure


def moment(claims: dict[str, Any], name: str) -> int:
    """Return a time of the claims, in milliseconds."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e11:
        raise IdTokenError(f"{name} is missing or no time")
    return int(value * SECOND)


def check_common(claims: dict[str, Any], issuer: str, now: int) -> str:
    """Check what all ID tokens have; return the subject."""
    if claims.get("iss") != issuer:
        raise IdTokenError("it is from another issuer")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise IdTokenError("its subject is missing or malformed")
    if now >= moment(claims, "exp") + SKEW:
        raise IdTokenError("it has expired")
    if moment(claims, "iat") > now + SKEW:
        raise IdTokenError("it was issued in the future")
    return subject


def identity_of(provider: str, subject: str, claims: dict[str, Any]) -> ExternalIdentity:
    """Return what claims say of a person."""
    email = None
    # A text "true", or 1, is not what the standard says.
    if isinstance(claims.get("email"), str) and claims.get("email_verified") is True:
        try:
            email = normal_email(claims["email"])
        except ValueError:
            email = None
    name = claims.get("name")
    shown = name[:200] if isinstance(name, str) and name.isprintable() else ""
    return ExternalIdentity(provider, subject, email, shown)


class Firebase:
    """Verifies ID tokens of one Firebase project."""

    def __init__(self, project: str, keys: RemoteKeys, emulator: bool, clock: Clock) -> None:
        self.project = project
        self.keys = keys
        self.emulator = emulator
        self.clock = clock

    def verify(self, token: str) -> ExternalIdentity:
        """Return who a token is about.

        Raises
        ------
        IdTokenError
            It proves nothing.
        Problem
            Google's keys cannot be fetched.
        """
        now = self.clock()
        if self.emulator:
            claims = unsigned_claims(token)
        else:
            claims = signed_claims(token, self.keys.find, frozenset({"RS256"}))
        if claims.get("aud") != self.project:
            raise IdTokenError("it is for another project")
        subject = check_common(claims, FIREBASE_ISSUER + self.project, now)
        if len(subject) > MOST_SUBJECT:
            raise IdTokenError("its subject is missing or malformed")
        if moment(claims, "auth_time") > now + SKEW:
            raise IdTokenError("its log-in is in the future")
        return identity_of("firebase", subject, claims)
