"""Keys of others, who publish them: fetched, kept as long as they say, and no longer."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from miniredis._service.problems import Problem
from miniredis.auth.clock import SECOND, Clock

MOST_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5
LEAST_AGE = 60 * SECOND
MOST_AGE = 24 * 3600 * SECOND
# What says nothing of its age.
USUAL_AGE = 3600 * SECOND
# Tokens with made-up key ids must not become requests to the issuer.
PAUSE = 30 * SECOND

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

logger = logging.getLogger("miniredis.auth")


class FetchError(Exception):
    """Somebody else does not answer, or not what they should."""


def fetch(
    client: httpx.Client, method: str, url: str, **options: Any
) -> tuple[dict[str, Any], httpx.Headers]:
    """Ask for a JSON object of bounded size; redirects are not followed.

    Raises
    ------
    FetchError
        There is none.
    """
    deadline = time.monotonic() + 2 * TIMEOUT_SECONDS
    try:
        with client.stream(method, url, **options) as answer:
            body = b""
            for part in answer.iter_bytes():
                body += part
                if time.monotonic() > deadline:
                    raise FetchError("the answer does not end")
                if len(body) > MOST_BYTES:
                    raise FetchError("the answer is too large")
            if answer.status_code != 200:
                raise FetchError(f"status {answer.status_code}")
            found = json.loads(body)
            headers = answer.headers
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise FetchError(type(failure).__name__) from failure
    except ValueError as failure:
        raise FetchError("the answer is not JSON") from failure
    if not isinstance(found, dict):
        raise FetchError("the answer is no JSON object")
    return found, headers


def new_client() -> httpx.Client:
    """Return a client for others' services."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)


def age_of(headers: Mapping[str, str]) -> int:
    """Return how long an answer may be kept."""
    found = re.search(r"max-age=(\d{1,9})", headers.get("cache-control", ""), re.IGNORECASE)
    age = int(found[1]) * SECOND if found else USUAL_AGE
    return min(max(age, LEAST_AGE), MOST_AGE)


def algorithm_of(key: PublicKey) -> str:
    """Return the one algorithm that a key is used with here."""
    if isinstance(key, rsa.RSAPublicKey):
        return "RS256"
    return "ES256" if isinstance(key, ec.EllipticCurvePublicKey) else "EdDSA"


def is_strong(key: object) -> bool:
    """Tell whether a key is of a kind and size that is accepted."""
    if isinstance(key, rsa.RSAPublicKey):
        return 2048 <= key.key_size <= 8192
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, ec.SECP256R1)
    return isinstance(key, ed25519.Ed25519PublicKey)


def keys_of_certificates(document: dict[str, Any]) -> dict[str, PublicKey]:
    """Return the keys of an object of PEM certificates by key id, as Google has it."""
    keys: dict[str, PublicKey] = {}
    for key_id, text in document.items():
        try:
            key = x509.load_pem_x509_certificate(str(text).encode()).public_key()
        except ValueError:
            continue
        if isinstance(key, rsa.RSAPublicKey) and is_strong(key):
            keys[key_id] = key
    return keys


def keys_of_set(document: dict[str, Any]) -> dict[str, PublicKey]:
    """Return the keys of a JSON Web Key Set by key id."""
    keys: dict[str, PublicKey] = {}
    members = document.get("keys")
    for member in members if isinstance(members, list) else []:
        if not isinstance(member, dict) or member.get("use", "sig") != "sig":
            continue
        # Symmetric keys have no business in a set that everyone may read.
        if member.get("kty") not in {"RSA", "EC", "OKP"} or not member.get("kid"):
            continue
        try:
            key = jwt.PyJWK(member).key
        except (jwt.PyJWTError, ValueError):
            continue
        if is_strong(key):
            keys[str(member["kid"])] = key
    return keys


class RemoteKeys:
    """A key set at a URL.

    Parameters
    ----------
    parse
        What makes keys of the document.
    """

    def __init__(
        self,
        url: str,
        parse: Callable[[dict[str, Any]], dict[str, PublicKey]],
        client: httpx.Client,
        clock: Clock,
    ) -> None:
        self.url = url
        self.parse = parse
        self.client = client
        self.clock = clock
        self.guard = threading.Lock()
        self.keys: dict[str, PublicKey] = {}
        self.good_until = 0
        self.tried_at: int | None = None
        self.fetches = 0

    def find(self, key_id: str) -> PublicKey | None:
        """Return the key of that id.

        Raises
        ------
        Problem
            The set cannot be fetched.
        """
        with self.guard:
            now = self.clock()
            if now >= self.good_until:
                self.refresh(now)
            elif key_id not in self.keys and self.may_try(now):
                try:
                    self.refresh(now)
                except Problem:
                    logger.warning("a key set was not fetched again", extra={"url": self.url})
            return self.keys.get(key_id)

    def may_try(self, now: int) -> bool:
        """Tell whether another request may be made."""
        return self.tried_at is None or now - self.tried_at >= PAUSE

    def refresh(self, now: int) -> None:
        """Fetch the set."""
        away = Problem(
            "failed-dependency",
            "the keys of the identity provider cannot be fetched",
            headers={"Retry-After": "5"},
        )
        # While there is no set at all, a second of patience is enough.
        if self.tried_at is not None and now - self.tried_at < SECOND:
            raise away
        self.tried_at = now
        self.fetches += 1
        try:
            document, headers = fetch(self.client, "GET", self.url)
        except FetchError as failure:
            logger.warning(
                "a key set cannot be fetched", extra={"url": self.url, "cause": str(failure)}
            )
            raise away from failure
        self.keys = self.parse(document)
        self.good_until = now + age_of(headers)
