"""What can be set."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator

from miniredis._service.settings import ServiceSettings
from miniredis.auth.emails import normal_email

LOOPBACK_NAMES = {"localhost", "ip6-localhost"}


def is_loopback(host: str) -> bool:
    """Tell whether a host is this very machine, by name or address."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parts_of(text: str) -> list[str]:
    """Return what commas separate."""
    return [part.strip() for part in text.split(",") if part.strip()]


class ProviderSettings(BaseModel):
    """An OpenID provider of ``auth_openid_providers``."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    title: str = ""
    scopes: str = "openid email profile"

    @field_validator("issuer")
    @classmethod
    def check_issuer(cls, value: str) -> str:
        """Refuse what tokens of could be changed on their way."""
        url = urlsplit(value)
        safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or ""))
        if not safe or not url.hostname:
            raise ValueError("an issuer is an https:// URL, or http:// on loopback")
        return value


def default_data_directory() -> str:
    """Return where miniredisd keeps its files too."""
    state = os.environ.get("XDG_STATE_HOME", "")
    return str(Path(state) / "miniredis") if state else "data"


class AuthSettings(ServiceSettings):
    """Settings of the auth service."""

    auth_bind: str = Field("127.0.0.1", description="Address to listen on.")
    auth_port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 is any.")
    data_directory: str = Field(
        default_factory=default_data_directory, description="Where the database and the key are."
    )
    log_level: Literal["debug", "info", "warning", "error", "off"] = Field(
        "info", description="Least severe messages that are logged."
    )
    log_format: Literal["text", "json"] = Field("text", description="Lines for people or JSON.")
    auth_database_url: str = Field(
        "", description="Database; empty: auth.db in the data directory."
    )
    auth_database_url_secret: SecretStr | None = Field(
        None, description="The same, where the URL holds a password."
    )
    auth_secret: SecretStr | None = Field(
        None,
        description="What private keys are encrypted with, 32 characters or more; empty: the file "
        "auth.key in the data directory, made at the first start.",
    )
    auth_admin_email: str = Field(
        "admin@miniredis.example", description="E-mail of the administrator made at first start."
    )
    auth_admin_password: SecretStr | None = Field(
        None,
        description="Password of that administrator, 10 characters or more; empty: one is made "
        "and printed once.",
    )
    auth_development: bool = Field(
        False, description="Allows what is for development only: mails in the log, the emulator."
    )

    token_issuer: str = Field(
        "miniredis",
        min_length=1,
        max_length=256,
        description="iss of access tokens, as the gateway wants it.",
    )
    token_audience: str = Field(
        "miniredis", min_length=1, max_length=256, description="aud of access tokens."
    )
    auth_algorithm: Literal["EdDSA", "ES256"] = Field(
        "EdDSA", description="What new signing keys are for."
    )
    auth_access_token_seconds: int = Field(
        600, ge=10, le=3600, description="Life of an access token."
    )
    auth_key_rotation_days: int = Field(30, ge=1, le=3650, description="Age of a replaced key.")
    auth_key_lead_seconds: int = Field(
        900, ge=0, le=86400, description="How long a key is published before it signs."
    )
    auth_session_days: int = Field(90, ge=1, le=3650, description="Longest life of a session.")
    auth_idle_days: int = Field(14, ge=1, le=3650, description="A session unused so long ends.")
    auth_audit_days: int = Field(400, ge=1, le=36500, description="How long events are kept.")
    auth_refresh_grace_seconds: int = Field(
        10, ge=0, le=60, description="How long a used refresh token gives the same answer again."
    )

    auth_hash_memory_kib: int = Field(
        65536, ge=8192, le=1048576, description="Memory of one password hash (argon2id)."
    )
    auth_hash_passes: int = Field(3, ge=1, le=32, description="Passes of one password hash.")
    auth_hash_lanes: int = Field(1, ge=1, le=16, description="Lanes of one password hash.")
    auth_hashes_at_once: int = Field(
        2, ge=1, le=64, description="Password hashes computed at a time."
    )

    auth_trusted_proxies: str = Field(
        "127.0.0.0/8,::1", description="Whose X-Forwarded-... is believed: addresses and networks."
    )
    auth_public_url: str = Field(
        "", description="How browsers reach the gateway: https://redis.example.com."
    )
    auth_origins: str = Field(
        "", description="Further origins whose pages may use cookies, separated by commas."
    )

    admin_token: SecretStr = Field(
        SecretStr(""),
        description="Token of the control plane: with it the backend says which tenants are gone.",
    )

    auth_smtp_host: str = Field("", description="Mail server; empty: no mail is sent.")
    auth_smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    auth_smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is protected; none only on loopback."
    )
    auth_smtp_user: str = Field("", description="User at the mail server; empty: none.")
    auth_smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    auth_mail_from: str = Field("", description="Sender; empty: the administrator's e-mail.")

    auth_firebase_project: str = Field("", description="Firebase project; empty: no Firebase.")
    auth_firebase_api_key: str = Field(
        "",
        description="Web API key of the project, which is public; with it the Studio asks Firebase "
        "for ID tokens. Empty: it offers no log-in by Firebase.",
    )
    auth_firebase_sign_in_url: str = Field(
        "https://identitytoolkit.googleapis.com",
        description="Where the Studio asks Firebase for ID tokens.",
    )
    auth_firebase_keys_url: str = Field(
        "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com",
        description="Certificates that Firebase signs with.",
    )
    auth_firebase_emulator: bool = Field(
        False, description="Believe unsigned tokens of the emulator: development, loopback."
    )
    auth_openid_providers: str = Field(
        "", description="Further OpenID providers: a JSON array, or the path of a file with it."
    )

    @field_validator("auth_admin_email")
    @classmethod
    def check_email(cls, value: str) -> str:
        """Refuse what is no address."""
        return normal_email(value)

    @field_validator("auth_secret")
    @classmethod
    def check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what can be guessed."""
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have 32 characters or more")
        return value

    @field_validator("auth_trusted_proxies")
    @classmethod
    def check_networks(cls, value: str) -> str:
        """Refuse what is no address and no network."""
        for part in parts_of(value):
            ipaddress.ip_network(part, strict=False)
        return value

    @field_validator("auth_public_url")
    @classmethod
    def check_public_url(cls, value: str) -> str:
        """Refuse what is no origin."""
        if value and not re.fullmatch(r"https?://[^/?#@\s]+/?", value):
            raise ValueError("is a scheme, a host and a port, such as https://redis.example.com")
        return value.rstrip("/")

    @field_validator("auth_firebase_sign_in_url")
    @classmethod
    def check_sign_in_url(cls, value: str) -> str:
        """Refuse what would send passwords in the clear, or the key to nobody."""
        url = urlsplit(value)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
            raise ValueError("is an https:// URL, or http:// on loopback")
        return value.rstrip("/")

    @field_validator("auth_firebase_keys_url")
    @classmethod
    def check_keys_url(cls, value: str) -> str:
        """Refuse keys that could be changed on their way."""
        url = urlsplit(value)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
            raise ValueError("is an https:// URL, or http:// on loopback")
        return value

    @field_validator("auth_openid_providers")
    @classmethod
    def check_providers(cls, value: str) -> str:
        """Refuse what does not describe providers."""
        read_providers(value)
        return value

    @model_validator(mode="after")
    def check_together(self) -> AuthSettings:
        """Refuse what is dangerous together."""
        if self.auth_firebase_emulator and not (
            self.auth_development and is_loopback(self.auth_bind)
        ):
            raise ValueError(
                "MINIREDIS_AUTH_FIREBASE_EMULATOR believes anyone; it needs "
                "MINIREDIS_AUTH_DEVELOPMENT=true and MINIREDIS_AUTH_BIND on loopback"
            )
        sends = self.auth_smtp_host and not is_loopback(self.auth_smtp_host)
        if self.auth_smtp_security == "none" and sends:
            raise ValueError(
                "MINIREDIS_AUTH_SMTP_SECURITY: none is allowed only for a host on loopback"
            )
        return self

    def firebase_sign_in_url(self) -> str | None:
        """Where a page sends e-mail and password for an ID token; nothing without an API key."""
        if not self.auth_firebase_api_key:
            return None
        key = quote(self.auth_firebase_api_key, safe="")
        return f"{self.auth_firebase_sign_in_url}/v1/accounts:signInWithPassword?key={key}"

    @property
    def database_url(self) -> str:
        """The database."""
        if self.auth_database_url_secret is not None:
            return self.auth_database_url_secret.get_secret_value()
        return self.auth_database_url or f"sqlite:///{Path(self.data_directory).absolute()}/auth.db"

    @property
    def providers(self) -> list[ProviderSettings]:
        """The OpenID providers."""
        return read_providers(self.auth_openid_providers)


def read_providers(text: str) -> list[ProviderSettings]:
    """Read a JSON array of providers, or the file of that path.

    Raises
    ------
    ValueError
        It is none, or one is described wrongly.
    """
    if not text.strip():
        return []
    if not text.lstrip().startswith("["):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except OSError as failure:
            raise ValueError(f"cannot read {text}: {failure.strerror}") from failure
    try:
        providers = [ProviderSettings.model_validate(one) for one in json.loads(text)]
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from failure
    except TypeError as failure:
        raise ValueError("must be a JSON array of objects") from failure
    if len({provider.name for provider in providers}) != len(providers):
        raise ValueError("two providers have the same name")
    return providers
