"""Password hashes: argon2id, so many at a time and no more."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from miniredis._service.problems import Problem
from miniredis.auth.settings import AuthSettings

LEAST_CHARACTERS = 10
MOST_BYTES = 1024
# Requests that wait for their turn, for each hash that is computed: with more, waiting is useless.
QUEUE = 8
WAIT_SECONDS = 10


def check_new_password(password: str, email: str, field: str) -> None:
    """Refuse a password that is too short, or that is the e-mail address.

    Raises
    ------
    Problem
        It is.
    """
    if len(password) < LEAST_CHARACTERS or len(password.encode()) > MOST_BYTES:
        raise Problem(
            "invalid-argument",
            f"{field}: has {LEAST_CHARACTERS} characters or more and at most {MOST_BYTES} bytes",
            field,
        )
    if password.strip().lower() in {email, email.partition("@")[0]} or len(set(password)) < 4:
        raise Problem("invalid-argument", f"{field}: is too easy to guess", field)


class Passwords:
    """Hashes and checks passwords.

    Attributes
    ----------
    computed
        How many hashes were computed.
    """

    def __init__(self, settings: AuthSettings) -> None:
        self.hasher = argon2.PasswordHasher(
            time_cost=settings.auth_hash_passes,
            memory_cost=settings.auth_hash_memory_kib,
            parallelism=settings.auth_hash_lanes,
        )
        self.turns = threading.Semaphore(settings.auth_hashes_at_once)
        self.most_waiting = QUEUE * settings.auth_hashes_at_once
        self.counting = threading.Lock()
        self.waiting = 0
        self.computed = 0
        self.nobody = self.hash(secrets.token_urlsafe())

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn.

        Raises
        ------
        Problem
            Too many wait already.
        """
        busy = Problem(
            "too-many-requests", "too many log-ins at once; try again", headers={"Retry-After": "2"}
        )
        with self.counting:
            if self.waiting >= self.most_waiting:
                raise busy
            self.waiting += 1
        try:
            came = self.turns.acquire(timeout=WAIT_SECONDS)
        finally:
            with self.counting:
                self.waiting -= 1
        if not came:
            raise busy
        try:
            with self.counting:
                self.computed += 1
            yield
        finally:
            self.turns.release()

    def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        with self.turn():
            return self.hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether it is the password; without one, as much work is done and it never is."""
        with self.turn():
            try:
                right = self.hasher.verify(stored or self.nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with less work than is set now."""
        return self.hasher.check_needs_rehash(stored)
