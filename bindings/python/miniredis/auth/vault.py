"""Secrets: random tokens, their hashes, and what must be stored so that it can be read again."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class WrongSecretError(Exception):
    """Something was sealed with another secret."""


def new_id() -> str:
    """Return a name that nothing has yet."""
    return uuid.uuid4().hex


def new_token(prefix: str) -> str:
    """Return 256 random bits that say what they are for."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is stored in place of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def master_key(given: str | None, path: Path) -> bytes:
    """Return the secret that is set, or that of the file, which is made when it is not there.

    Raises
    ------
    OSError
        The file cannot be read or made.
    ValueError
        It holds something else.
    """
    if given:
        return given.encode()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Two processes that start at once must agree: whoever links first is right.
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} can be read by others: chmod 600 it, and rotate the keys")
    text = path.read_text().strip()
    if len(text) < 32:
        raise ValueError(f"{path} holds no secret of 32 characters or more")
    return text.encode()


class Vault:
    """Seals and opens with keys that are derived from one secret."""

    def __init__(self, master: bytes) -> None:
        self.cipher = AESGCM(self.derive(master, b"seal"))
        self.mac_key = self.derive(master, b"mac")

    @staticmethod
    def derive(master: bytes, purpose: bytes) -> bytes:
        """Return a key for one purpose."""
        return HKDF(SHA256(), 32, b"miniredis-auth", purpose).derive(master)

    def seal(self, plain: bytes, label: str) -> str:
        """Encrypt; only who names the same label can open it."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self.cipher.encrypt(nonce, plain, label.encode())).decode()

    def open(self, sealed: str, label: str) -> bytes:
        """Decrypt.

        Raises
        ------
        WrongSecretError
            It was sealed with another secret or label, or is damaged.
        """
        raw = base64.b64decode(sealed)
        try:
            return self.cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], label.encode())
        except InvalidTag as failure:
            raise WrongSecretError(
                "what is stored was encrypted with another secret: MINIREDIS_AUTH_SECRET or "
                "auth.key in the data directory is not what it was"
            ) from failure

    def mac(self, purpose: str, text: str) -> str:
        """Return what only who has the secret can compute."""
        message = f"{purpose}\0{text}".encode()
        digest = hmac.new(self.mac_key, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
