"""Access tokens: made for a session, and read as the gateway reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

from miniredis.auth.clock import SECOND, Clock
from miniredis.auth.id_tokens import NO_CHECKS
from miniredis.auth.keys import SKEW, KeyRing
from miniredis.auth.settings import AuthSettings
from miniredis.auth.vault import new_id

MOST_TOKEN_BYTES = 8 * 1024
TYPES = {"jwt", "at+jwt", "application/at+jwt"}


class TokenRefusedError(Exception):
    """A token proves nothing; the text says why, for the log."""


@dataclass(frozen=True)
class AccessClaims:
    """What an access token says."""

    user_id: str
    session_id: str
    expires_at: int


class AccessTokens:
    """Signs and verifies."""

    def __init__(self, settings: AuthSettings, ring: KeyRing, clock: Clock) -> None:
        self.settings = settings
        self.ring = ring
        self.clock = clock

    def issue(
        self,
        user_id: str,
        session_id: str,
        tenant: str | None,
        role: str | None,
        platform_admin: bool,
    ) -> str:
        """Return a token for a user, in one tenant or none."""
        now = self.clock() // SECOND
        claims: dict[str, Any] = {
            "iss": self.settings.token_issuer,
            "aud": self.settings.token_audience,
            "sub": user_id,
            "sid": session_id,
            "jti": new_id(),
            "iat": now,
            "nbf": now,
            "exp": now + self.settings.auth_access_token_seconds,
        }
        if tenant is not None and role is not None:
            claims |= {"tenant": tenant, "role": role}
        if platform_admin:
            claims["platform_admin"] = True
        key = self.ring.signing_key()
        headers = {"kid": key.id, "typ": "at+jwt"}
        return jwt.encode(claims, key.private, key.algorithm, headers=headers)

    def verify(self, token: str) -> AccessClaims:
        """Read a token.

        Raises
        ------
        TokenRefusedError
            It was not made here for us, or its time is over.
        """
        claims = self.claims_of(token)
        now = self.clock()
        texts = [claims.get(name) for name in ("sub", "sid")]
        if not all(isinstance(text, str) and 0 < len(text) <= 256 for text in texts):
            raise TokenRefusedError("a claim is missing or malformed")
        if claims.get("iss") != self.settings.token_issuer:
            raise TokenRefusedError("from another issuer")
        audience = claims.get("aud")
        wanted = self.settings.token_audience
        if audience != wanted and not (isinstance(audience, list) and wanted in audience):
            raise TokenRefusedError("for another audience")
        expires = self.time_of(claims, "exp")
        if now >= expires + SKEW:
            raise TokenRefusedError("expired")
        if "nbf" in claims and now + SKEW < self.time_of(claims, "nbf"):
            raise TokenRefusedError("not valid yet")
        return AccessClaims(claims["sub"], claims["sid"], expires)

    def claims_of(self, token: str) -> dict[str, Any]:
        """Return the claims of a token whose signature is ours."""
        if len(token) > MOST_TOKEN_BYTES:
            raise TokenRefusedError("longer than 8 KiB")
        try:
            header = jwt.get_unverified_header(token)
            if "crit" in header or str(header.get("typ", "jwt")).lower() not in TYPES:
                raise TokenRefusedError("a header that cannot be accepted")
            key = self.ring.find(str(header.get("kid", "")))
            if key is None:
                raise TokenRefusedError("signed with an unknown key")
            # The key says which algorithm it is for; the token has no say in it.
            return dict(
                jwt.decode(
                    token,
                    key.verifier,
                    [key.algorithm],
                    options=NO_CHECKS,
                )
            )
        except jwt.InvalidTokenError as failure:
            raise TokenRefusedError(str(failure)) from failure

    def time_of(self, claims: dict[str, Any], name: str) -> int:
        """Return a time that claims have, in milliseconds."""
        value = claims.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e11:
            raise TokenRefusedError("a claim is missing or malformed")
        return int(value * SECOND)
