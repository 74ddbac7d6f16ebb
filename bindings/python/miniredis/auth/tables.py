"""What is stored.

Times are milliseconds since 1970. Tokens are stored as SHA-256: they are 256 random bits, so
nothing slower is needed. Secrets that must be read again (private keys, seeds of second factors)
are sealed with the key of `vault.py`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite counts rows up only where the key is its INTEGER.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {int: BigInteger, str: Text}  # noqa: RUF012 (SQLAlchemy's own form)


class User(Base):
    """One who can log in."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    # Someone proved to have it, or a platform administrator vouches for it.
    email_verified: Mapped[bool]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    platform_admin: Mapped[bool]
    disabled: Mapped[bool]
    totp_sealed: Mapped[str | None]
    totp_confirmed: Mapped[bool]
    # The last time step whose code was taken: none is taken twice.
    totp_step: Mapped[int]
    created_at: Mapped[int]
    updated_at: Mapped[int]
    last_login_at: Mapped[int | None]


class Membership(Base):
    """A user's role in a tenant."""

    __tablename__ = "memberships"
    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int]


class Identity(Base):
    """A user as another provider knows them."""

    __tablename__ = "identities"
    provider: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int]


class LogInSession(Base):
    """What begins with a log-in: a family of refresh tokens."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    tenant: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(64))
    uses_cookie: Mapped[bool]
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str]
    created_at: Mapped[int]
    used_at: Mapped[int]
    idle_ends_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True)
    revoked_at: Mapped[int | None]
    revoked_for: Mapped[str | None] = mapped_column(String(64))


class RefreshToken(Base):
    """A refresh token; the unused one of a session is its current one."""

    __tablename__ = "refresh_tokens"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[int]
    used_at: Mapped[int | None]
    # Kept as long as the answer may be asked for again.
    successor_sealed: Mapped[str | None]


class Invitation(Base):
    """An offer to become a user, a member of a tenant, or a platform administrator."""

    __tablename__ = "invitations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    tenant: Mapped[str | None] = mapped_column(String(64), index=True)
    role: Mapped[str | None] = mapped_column(String(16))
    platform_admin: Mapped[bool]
    # Whoever has the token has the mailbox, or was vouched for.
    proves_email: Mapped[bool]
    invited_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[int]
    expires_at: Mapped[int]
    accepted_at: Mapped[int | None]
    revoked_at: Mapped[int | None]


class PasswordReset(Base):
    """A token that sets a new password."""

    __tablename__ = "password_resets"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    proves_email: Mapped[bool]
    created_at: Mapped[int]
    expires_at: Mapped[int]
    used_at: Mapped[int | None]


class Challenge(Base):
    """A log-in that waits for its second factor."""

    __tablename__ = "challenges"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    method: Mapped[str] = mapped_column(String(64))
    tenant: Mapped[str | None] = mapped_column(String(64))
    uses_cookie: Mapped[bool]
    tries: Mapped[int]
    created_at: Mapped[int]
    expires_at: Mapped[int]


class RecoveryCode(Base):
    """A code that stands in for the second factor, once."""

    __tablename__ = "recovery_codes"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[int | None]


class OpenIdState(Base):
    """A log-in that has gone to a provider and is to come back."""

    __tablename__ = "openid_states"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    provider: Mapped[str] = mapped_column(String(64))
    # The nonce, the PKCE verifier and where to go then, sealed.
    sealed: Mapped[str]
    expires_at: Mapped[int]


class Attempt(Base):
    """How often somebody tried to log in of late."""

    __tablename__ = "attempts"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[int]
    blocked_until: Mapped[int]


class SigningKey(Base):
    """A key that access tokens are signed with, before, while and after it is."""

    __tablename__ = "signing_keys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    private_sealed: Mapped[str]
    public: Mapped[str]
    created_at: Mapped[int]
    signs_from: Mapped[int] = mapped_column(index=True)
    withdrawn_at: Mapped[int | None]


class AuditEvent(Base):
    """Something that happened."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_tenant_id", "tenant", "id"),
        Index("ix_audit_events_user_id_id", "user_id", "id"),
    )
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    # Who did it, and to whom; empty where nobody is known.
    actor: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(32))
    tenant: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str]
    request_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str]
