"""Log-in by other OpenID providers: discovery, authorization code with PKCE, ID token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from sqlalchemy import delete
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.clock import HOUR, MINUTE, Clock
from miniredis.auth.id_tokens import (
    ExternalIdentity,
    IdTokenError,
    check_common,
    identity_of,
    signed_claims,
)
from miniredis.auth.remote_keys import FetchError, RemoteKeys, fetch, keys_of_set
from miniredis.auth.settings import ProviderSettings, is_loopback
from miniredis.auth.tables import OpenIdState
from miniredis.auth.vault import Vault, hash_of, new_token

STATE_LIVES = 10 * MINUTE
DISCOVERED_FOR = HOUR
ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})

logger = logging.getLogger("miniredis.auth")


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is asked."""

    authorization: str
    token: str
    keys: str


@dataclass(frozen=True)
class Journey:
    """What must be known again when a browser comes back."""

    nonce: str
    verifier: str
    browser: str
    return_to: str
    redirect: str
    tenant: str | None
    invitation: str | None


def away(name: str) -> Problem:
    """Return the problem of a provider that does not answer."""
    return Problem(
        "failed-dependency", f"the provider {name} cannot be reached", headers={"Retry-After": "5"}
    )


class OpenIdProvider:
    """One provider."""

    def __init__(self, settings: ProviderSettings, client: httpx.Client, clock: Clock) -> None:
        self.settings = settings
        self.client = client
        self.clock = clock
        self.guard = threading.Lock()
        self.endpoints: Endpoints | None = None
        self.keys: RemoteKeys | None = None
        self.discovered_at = 0

    def discover(self) -> tuple[Endpoints, RemoteKeys]:
        """Return where the provider is asked, and its keys.

        Raises
        ------
        Problem
            It does not say.
        """
        with self.guard:
            fresh = self.clock() - self.discovered_at < DISCOVERED_FOR
            if self.endpoints is not None and self.keys is not None and fresh:
                return self.endpoints, self.keys
            url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                document, _ = fetch(self.client, "GET", url)
                self.endpoints = self.endpoints_of(document)
            except FetchError as failure:
                facts = {"provider": self.settings.name, "cause": str(failure)}
                logger.warning("a provider cannot be discovered", extra=facts)
                raise away(self.settings.name) from failure
            if self.keys is None or self.keys.url != self.endpoints.keys:
                self.keys = RemoteKeys(self.endpoints.keys, keys_of_set, self.client, self.clock)
            self.discovered_at = self.clock()
            return self.endpoints, self.keys

    def endpoints_of(self, document: dict[str, Any]) -> Endpoints:
        """Read a provider's description of itself."""
        if document.get("issuer") != self.settings.issuer:
            raise FetchError("it describes another issuer")
        urls = []
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            url = str(document.get(name, ""))
            parts = urlsplit(url)
            plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
            if not parts.hostname or not (parts.scheme == "https" or plain):
                raise FetchError(f"its {name} is no https:// URL")
            urls.append(url)
        return Endpoints(*urls)

    def authorization_url(self, state: str, journey: Journey) -> str:
        """Return where the browser is sent."""
        endpoints, _ = self.discover()
        digest = hashlib.sha256(journey.verifier.encode()).digest()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": journey.redirect,
                "scope": self.settings.scopes,
                "state": state,
                "nonce": journey.nonce,
                "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if urlsplit(endpoints.authorization).query else "?"
        return endpoints.authorization + joint + query

    def identity(self, code: str, journey: Journey) -> ExternalIdentity:
        """Exchange a code for an ID token; return who that is about.

        Raises
        ------
        IdTokenError
            It proves nothing.
        Problem
            The provider does not answer.
        """
        endpoints, keys = self.discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": journey.redirect,
            "client_id": self.settings.client_id,
            "code_verifier": journey.verifier,
        }
        if self.settings.client_secret is not None:
            form["client_secret"] = self.settings.client_secret.get_secret_value()
        try:
            answer, _ = fetch(self.client, "POST", endpoints.token, data=form)
        except FetchError as failure:
            if str(failure).startswith("status 4"):
                raise IdTokenError("the provider refuses the code") from failure
            raise away(self.settings.name) from failure
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise IdTokenError("the provider gives none")
        claims = signed_claims(token, keys.find, ALGORITHMS)
        return self.checked(claims, journey.nonce)

    def checked(self, claims: dict[str, Any], nonce: str) -> ExternalIdentity:
        """Check what a token says; return who it is about."""
        subject = check_common(claims, self.settings.issuer, self.clock())
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        party = claims.get("azp", self.settings.client_id if len(audiences) == 1 else None)
        if self.settings.client_id not in audiences or party != self.settings.client_id:
            raise IdTokenError("it is for another client")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise IdTokenError("it is not of this log-in")
        return identity_of(f"openid:{self.settings.name}", subject, claims)


class OpenIdStates:
    """Log-ins that have gone to a provider."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self.vault = vault
        self.clock = clock

    def begin(
        self,
        session: Session,
        provider: str,
        redirect: str,
        return_to: str,
        tenant: str | None,
        invitation: str | None,
    ) -> tuple[str, Journey]:
        """Store a log-in; return its state, and what belongs to it."""
        now = self.clock()
        session.execute(delete(OpenIdState).where(OpenIdState.expires_at <= now))
        state = new_token("")
        journey = Journey(
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            browser=secrets.token_urlsafe(32),
            return_to=return_to,
            redirect=redirect,
            tenant=tenant,
            invitation=invitation,
        )
        key = hash_of(state)
        sealed = self.vault.seal(json.dumps(asdict(journey)).encode(), f"openid:{key}")
        session.add(
            OpenIdState(hash=key, provider=provider, sealed=sealed, expires_at=now + STATE_LIVES)
        )
        return state, journey

    def end(self, session: Session, provider: str, state: str, browser: str) -> Journey | None:
        """Take a log-in that came back; nothing when it is not of this browser, or over."""
        row = session.get(OpenIdState, hash_of(state), with_for_update=True)
        if row is None:
            return None
        session.delete(row)
        journey = Journey(**json.loads(self.vault.open(row.sealed, f"openid:{row.hash}")))
        same = hmac.compare_digest(journey.browser.encode(), browser.encode())
        fits = row.provider == provider and row.expires_at > self.clock()
        return journey if same and fits else None
