"""All that a request needs, made once from the settings."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.attempts import Attempts
from miniredis.auth.audit import Audit, Whence
from miniredis.auth.clock import Clock, system_clock
from miniredis.auth.cookies import Cookies
from miniredis.auth.forwarded import Forwarded
from miniredis.auth.id_tokens import Firebase
from miniredis.auth.keys import KeyRing
from miniredis.auth.mail import Background, Mailer
from miniredis.auth.openid import OpenIdProvider, OpenIdStates
from miniredis.auth.passwords import Passwords, check_new_password
from miniredis.auth.people import add_user
from miniredis.auth.remote_keys import RemoteKeys, keys_of_certificates, new_client
from miniredis.auth.sessions import Sessions
from miniredis.auth.settings import AuthSettings
from miniredis.auth.store import Store, lock
from miniredis.auth.tables import User
from miniredis.auth.tokens import AccessTokens
from miniredis.auth.vault import Vault, master_key

logger = logging.getLogger("miniredis.auth")

KEY_FILE = "auth.key"


def check_admin_password(settings: AuthSettings) -> None:
    """Refuse a first password that no user could choose.

    Raises
    ------
    ValueError
        It is one.
    """
    if settings.auth_admin_password is None:
        return
    password = settings.auth_admin_password.get_secret_value()
    try:
        check_new_password(password, settings.auth_admin_email, "MINIREDIS_AUTH_ADMIN_PASSWORD")
    except Problem as problem:
        raise ValueError(problem.detail) from problem


class Auth:
    """The parts of the service.

    Raises
    ------
    DatabaseUrlError, OSError, ValueError
        A setting leads nowhere.
    """

    def __init__(self, settings: AuthSettings, clock: Clock = system_clock) -> None:
        self.settings = settings
        self.clock = clock
        given = settings.auth_secret.get_secret_value() if settings.auth_secret else None
        check_admin_password(settings)
        self.vault = Vault(master_key(given, Path(settings.data_directory) / KEY_FILE))
        self.store = Store(settings.database_url, self.first_start)
        self.ring = KeyRing(settings, self.store, self.vault, clock)
        self.tokens = AccessTokens(settings, self.ring, clock)
        self.passwords = Passwords(settings)
        self.audit = Audit(settings, clock)
        self.attempts = Attempts(clock)
        self.sessions = Sessions(settings, self.vault, self.audit, clock)
        self.background = Background()
        self.mailer = Mailer(settings, self.background)
        self.client = new_client()
        self.firebase: Firebase | None = None
        if settings.auth_firebase_project:
            keys = RemoteKeys(
                settings.auth_firebase_keys_url, keys_of_certificates, self.client, clock
            )
            self.firebase = Firebase(
                settings.auth_firebase_project, keys, settings.auth_firebase_emulator, clock
            )
        self.providers = {
            one.name: OpenIdProvider(one, self.client, clock) for one in settings.providers
        }
        self.states = OpenIdStates(self.vault, clock)
        self.forwarded = Forwarded(settings)
        self.cookies = Cookies(settings, self.forwarded, self.vault)

    def first_start(self, session: Session) -> Callable[[], None] | None:
        """Make an administrator where there is nobody."""
        lock(session, "first-user")
        if session.scalars(select(User.id).limit(1)).first() is not None:
            return None
        email = self.settings.auth_admin_email
        given = self.settings.auth_admin_password
        password = given.get_secret_value() if given else secrets.token_urlsafe(18)
        user = add_user(
            session,
            self.clock(),
            email,
            email_verified=True,
            password_hash=self.passwords.hash(password),
            platform_admin=True,
        )
        self.audit.note(
            session, "user.created", Whence(), actor="system", user_id=user.id, first=True
        )
        shown = "as set" if given else f"shown this once: {password}"
        return lambda: print(f"first administrator {email}, password {shown}", flush=True)

    def keep_house(self) -> None:
        """Delete what means nothing any more, and make the next signing key when it is due."""
        try:
            if not self.store.prepare():
                return
            with self.store.begin() as session:
                self.attempts.drop_old(session)
                self.sessions.drop_old(session)
                self.audit.drop_old(session)
            self.ring.keys()
        except (OperationalError, InterfaceError) as failure:
            logger.warning("the database is away", extra={"cause": str(failure).splitlines()[0]})

    def close(self) -> None:
        """Give everything back."""
        self.background.stop()
        self.client.close()
        self.store.close()
