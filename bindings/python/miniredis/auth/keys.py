"""Signing keys: published before they sign, and for as long after as their tokens live.

A key signs from `signs_from` until the next one does. Which is which follows from the times in the
table alone, so that several processes agree without talking to each other.
"""

from __future__ import annotations

import itertools
import json
import logging
import threading
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from sqlalchemy import delete, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.clock import DAY, SECOND, Clock
from miniredis.auth.settings import AuthSettings
from miniredis.auth.store import Store, lock
from miniredis.auth.tables import SigningKey
from miniredis.auth.vault import Vault, new_id

# How long what the table said is believed.
REREAD_AFTER = 10 * SECOND
SKEW = 30 * SECOND

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

logger = logging.getLogger("miniredis.auth")


def generate(algorithm: str) -> PrivateKey:
    """Make a key."""
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def public_form(key: PrivateKey, key_id: str, algorithm: str) -> dict[str, str]:
    """Return the public half as the key set shows it."""
    shown = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    members = {name: shown[name] for name in ("kty", "crv", "x", "y") if name in shown}
    return {**members, "kid": key_id, "alg": algorithm, "use": "sig"}


@dataclass(frozen=True)
class PublishedKey:
    """A key of the set."""

    id: str
    algorithm: str
    public: dict[str, str]
    private: PrivateKey
    signs_from: int

    @property
    def verifier(self) -> Any:
        """The public half, to check signatures with."""
        return self.private.public_key()


class KeyRing:
    """The keys of the table, as far as they are still of use."""

    def __init__(self, settings: AuthSettings, store: Store, vault: Vault, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.vault = vault
        self.clock = clock
        self.guard = threading.Lock()
        self.known: tuple[PublishedKey, ...] = ()
        self.read_at: int | None = None

    def label(self, key_id: str) -> str:
        """Return what a private key is sealed under."""
        return f"signing-key:{key_id}"

    def add(self, session: Session, signs_from: int) -> SigningKey:
        """Make a key."""
        key_id = new_id()
        algorithm = self.settings.auth_algorithm
        key = generate(algorithm)
        plain = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        row = SigningKey(
            id=key_id,
            algorithm=algorithm,
            private_sealed=self.vault.seal(plain, self.label(key_id)),
            public=json.dumps(public_form(key, key_id, algorithm)),
            created_at=self.clock(),
            signs_from=signs_from,
            withdrawn_at=None,
        )
        session.add(row)
        session.flush()
        logger.info("a signing key was made", extra={"kid": key_id, "algorithm": algorithm})
        return row

    def maintain(self, session: Session) -> None:
        """Make the next key when the present one is of age; forget those that are of no use."""
        lock(session, "keys")
        now = self.clock()
        rows = self.usable(session)
        lead = self.settings.auth_key_lead_seconds * SECOND
        if not rows:
            self.add(session, now)
        elif max(row.signs_from for row in rows) + self.rotation() <= now + lead:
            self.add(session, now + lead)
        self.drop_old(session, now)

    def rotation(self) -> int:
        """Return the age at which a key is replaced."""
        return self.settings.auth_key_rotation_days * DAY

    def usable(self, session: Session) -> list[SigningKey]:
        """Return the keys that were not withdrawn, oldest first."""
        found = select(SigningKey).where(SigningKey.withdrawn_at.is_(None))
        return list(session.scalars(found.order_by(SigningKey.signs_from, SigningKey.id)))

    def drop_old(self, session: Session, now: int) -> None:
        """Delete the keys whose last tokens have expired."""
        rows = self.usable(session)
        tokens_live = self.settings.auth_access_token_seconds * SECOND + 2 * SKEW
        for row, following in itertools.pairwise(rows):
            if following.signs_from + tokens_live <= now:
                session.delete(row)
        session.execute(delete(SigningKey).where(SigningKey.withdrawn_at < now - DAY))

    def rotate(self, session: Session, compromised: bool = False) -> str:
        """Make the next key.

        Parameters
        ----------
        compromised
            It signs at once, and all others are withdrawn: tokens signed with them are refused as
            soon as others have fetched the set again.
        """
        lock(session, "keys")
        now = self.clock()
        if compromised:
            for row in self.usable(session):
                row.withdrawn_at = now
        lead = 0 if compromised else self.settings.auth_key_lead_seconds * SECOND
        return self.add(session, now + lead).id

    def read(self) -> None:
        """Read the table, and make keys where they are due."""
        with self.store.begin() as session:
            self.maintain(session)
            rows = self.usable(session)
        known = []
        for row in rows:
            plain = self.vault.open(row.private_sealed, self.label(row.id))
            private = serialization.load_der_private_key(plain, None)
            assert isinstance(private, (ed25519.Ed25519PrivateKey, ec.EllipticCurvePrivateKey))
            public = json.loads(row.public)
            known.append(PublishedKey(row.id, row.algorithm, public, private, row.signs_from))
        self.known = tuple(known)
        self.read_at = self.clock()

    def keys(self) -> tuple[PublishedKey, ...]:
        """Return the keys; while the database is away, those that were there last.

        Raises
        ------
        Problem
            There are none, for the database has not been there yet.
        """
        with self.guard:
            now = self.clock()
            if self.read_at is None or not 0 <= now - self.read_at < REREAD_AFTER:
                try:
                    self.read()
                except (Problem, OperationalError, InterfaceError):
                    if not self.known:
                        raise
                    self.read_at = now
            return self.known

    def forget(self) -> None:
        """Read the table at the next use."""
        with self.guard:
            self.read_at = None

    def signing_key(self) -> PublishedKey:
        """Return the key that signs now."""
        now = self.clock()
        keys = self.keys()
        due = [key for key in keys if key.signs_from <= now]
        # With a clock that was set back, the oldest is the one that others know.
        return due[-1] if due else keys[0]

    def find(self, key_id: str) -> PublishedKey | None:
        """Return the key of that id."""
        return next((key for key in self.keys() if key.id == key_id), None)

    def key_set(self) -> dict[str, Any]:
        """Return the set that is published."""
        return {"keys": [key.public for key in self.keys()]}
