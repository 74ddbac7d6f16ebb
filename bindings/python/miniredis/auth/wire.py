"""What requests and answers look like."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from miniredis.auth.clock import rfc3339, rfc3339_or_none
from miniredis.auth.emails import Email
from miniredis.auth.tables import LogInSession, Membership, User

Role = Literal["viewer", "member", "admin", "owner"]
# As miniredisd has it; not only dots.
TenantName = Annotated[
    str, StringConstraints(pattern=r"^(?:[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*|\.{3,})$"),
    Field(min_length=1, max_length=64),
]  # fmt: skip
# One line: neither the log nor PostgreSQL takes everything that JSON can say.
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$"), Field(max_length=200)]
Secret = Annotated[str, Field(min_length=1, max_length=4096)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z -]{1,40}$")]

Item = TypeVar("Item")


class Body(BaseModel):
    """A request; what it does not know it refuses, for a misspelt field must not go unnoticed."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[Item]):
    """A list, as all of the platform's are."""

    items: list[Item]
    next_cursor: str | None = None


class MembershipView(BaseModel):
    """A role in a tenant."""

    tenant: str
    role: Role
    since: str

    @classmethod
    def of(cls, row: Membership) -> MembershipView:
        """Show a row."""
        return cls.model_validate(
            {"tenant": row.tenant, "role": row.role, "since": rfc3339(row.created_at)}
        )


class UserView(BaseModel):
    """A user."""

    id: str
    email: str
    email_verified: bool
    name: str
    platform_admin: bool
    disabled: bool
    has_password: bool
    second_factor: bool
    created_at: str
    last_login_at: str | None

    @classmethod
    def of(cls, row: User) -> UserView:
        """Show a row."""
        return cls(
            id=row.id,
            email=row.email,
            email_verified=row.email_verified,
            name=row.name,
            platform_admin=row.platform_admin,
            disabled=row.disabled,
            has_password=row.password_hash is not None,
            second_factor=row.totp_confirmed,
            created_at=rfc3339(row.created_at),
            last_login_at=rfc3339_or_none(row.last_login_at),
        )


class SessionView(BaseModel):
    """A session."""

    id: str
    current: bool
    tenant: str | None
    method: str
    address: str
    agent: str
    created_at: str
    last_used_at: str
    expires_at: str

    @classmethod
    def of(cls, row: LogInSession, current: str) -> SessionView:
        """Show a row."""
        return cls(
            id=row.id,
            current=row.id == current,
            tenant=row.tenant,
            method=row.method,
            address=row.address,
            agent=row.agent,
            created_at=rfc3339(row.created_at),
            last_used_at=rfc3339(row.used_at),
            expires_at=rfc3339(min(row.idle_ends_at, row.ends_at)),
        )


class TokenAnswer(BaseModel):
    """A session's tokens. With cookies the refresh token is not in the body."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    expires_at: str
    refresh_token: str | None = None
    refresh_expires_at: str
    csrf_token: str | None = None
    session_id: str
    tenant: str | None
    role: Role | None
    user: UserView


class ChallengeView(BaseModel):
    """What a second factor is asked for with."""

    challenge: str
    expires_in: int
    methods: list[Literal["totp", "recovery_code"]]


class LogInAnswer(BaseModel):
    """Tokens, or a challenge that asks for the second factor."""

    tokens: TokenAnswer | None = None
    second_factor: ChallengeView | None = None


class LogInOptions(Body):
    """What every way of logging in may say."""

    tenant: TenantName | None = Field(None, description="The tenant to act in; else the first.")
    use_cookie: bool = Field(False, description="For browsers: the refresh token as a cookie.")


class PasswordLogIn(LogInOptions):
    """Log-in with a password."""

    email: Email
    password: Secret


class SecondFactorLogIn(Body):
    """The second step of a log-in: a code, or a recovery code."""

    challenge: Secret
    code: Code | None = None
    recovery_code: Code | None = None


class FirebaseLogIn(LogInOptions):
    """Log-in with an ID token of Firebase."""

    id_token: Annotated[str, Field(min_length=1, max_length=16384)]
    invitation: Secret | None = Field(None, description="For somebody who is no user yet.")


class RefreshRequest(Body):
    """A refresh; the token is in the cookie, or here."""

    refresh_token: Secret | None = None
    tenant: TenantName | None = None


class TenantChoice(Body):
    """Another tenant to act in."""

    tenant: TenantName


class MeView(BaseModel):
    """Who asks."""

    user: UserView
    session: SessionView
    memberships: list[MembershipView]


class Me(Body):
    """What one may change of oneself."""

    name: Line


class PasswordChange(Body):
    """A new password."""

    current_password: Secret
    new_password: Secret


class ResetRequest(Body):
    """A password was forgotten."""

    email: Email


class ResetUse(Body):
    """A new password with a token."""

    token: Secret
    new_password: Secret


class TotpEnrol(Body):
    """The wish for a second factor."""

    password: Secret | None = Field(None, description="Needed by those who have one.")


class TotpSeed(BaseModel):
    """What an authenticator needs; in effect once a code of it was confirmed."""

    secret: str
    uri: str


class TotpCode(Body):
    """A code of the authenticator."""

    code: Code


class TotpRemoval(Body):
    """The end of a second factor."""

    password: Secret | None = None
    code: Code | None = None
    recovery_code: Code | None = None


class RecoveryCodes(BaseModel):
    """Codes that stand in for the authenticator, once each; not shown again."""

    recovery_codes: list[str]


class NewInvitation(Body):
    """An invitation to a tenant."""

    email: Email
    role: Role = "member"


class NewPlatformInvitation(Body):
    """An invitation to the platform, to a tenant or without one."""

    email: Email
    tenant: TenantName | None = None
    role: Role | None = None
    platform_admin: bool = False


class InvitationView(BaseModel):
    """An invitation. The token is shown once, and only where it went out by no mail."""

    id: str
    email: str
    tenant: str | None
    role: Role | None
    platform_admin: bool
    state: Literal["open", "accepted", "revoked", "expired"]
    invited_by: str
    created_at: str
    expires_at: str
    token: str | None = None
    mailed: bool | None = None


class InvitationUse(LogInOptions):
    """The acceptance of an invitation: with a new password, or that of the user who is invited."""

    token: Secret
    password: Secret
    name: Line = ""


class MemberView(BaseModel):
    """A member of a tenant."""

    user_id: str
    email: str
    name: str
    role: Role
    since: str
    last_login_at: str | None


class RoleChange(Body):
    """Another role."""

    role: Role


class UserChange(Body):
    """What an administrator may change of a user."""

    name: Line | None = None
    disabled: bool | None = None
    platform_admin: bool | None = None


class ResetToken(BaseModel):
    """A token that sets a new password, for an administrator to hand over."""

    token: str | None
    mailed: bool
    expires_at: str


class AuditView(BaseModel):
    """Something that happened."""

    id: str
    at: str
    event: str
    outcome: str
    actor: str
    user_id: str
    tenant: str
    session_id: str
    address: str
    agent: str
    request_id: str
    detail: dict[str, object]


class ProviderView(BaseModel):
    """A way to log in without a password."""

    name: str
    title: str
    kind: Literal["firebase", "openid"]
    log_in: str
    sign_in_url: str | None = Field(
        default=None,
        description="Of Firebase: where a page sends e-mail and password for an ID token.",
    )


class Health(BaseModel):
    """How the service is."""

    status: Literal["ok", "degraded"]
    version: str
    database: str
    cause: str | None = None


class InvitationToken(Body):
    """An invitation to accept."""

    token: Secret
