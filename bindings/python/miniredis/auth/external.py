"""Users of other providers: found, linked by verified e-mail, or made for an invitation."""

from __future__ import annotations

from sqlalchemy.orm import Session

from miniredis._service.problems import Problem
from miniredis.auth.context import Auth
from miniredis.auth.id_tokens import ExternalIdentity
from miniredis.auth.invitations import fulfil, open_invitation
from miniredis.auth.log_in import Asked, Wish, passed_first
from miniredis.auth.people import add_user, user_by_email
from miniredis.auth.sessions import Grant
from miniredis.auth.tables import Identity, User


def log_in_as(
    auth: Auth, identity: ExternalIdentity, invitation: str | None, wish: Wish
) -> Grant | Asked:
    """Log the user of an identity in.

    Raises
    ------
    Problem
        There is none, and no invitation for one.
    """
    with auth.store.begin() as session:
        user = find_or_link(auth, session, identity, invitation, wish)
        if not user.disabled:
            return passed_first(auth, session, user, wish)
        auth.audit.note(
            session,
            "login.failed",
            wish.whence,
            "failure",
            user_id=user.id,
            method=wish.method,
            reason="disabled",
        )
    raise Problem("unauthorized", "the user is disabled")


def find_or_link(
    auth: Auth,
    session: Session,
    identity: ExternalIdentity,
    invitation: str | None,
    wish: Wish,
) -> User:
    """Return the user of an identity."""
    known = session.get(Identity, (identity.provider, identity.subject))
    offer = open_invitation(auth, session, invitation) if invitation else None
    if known is not None:
        user = session.get_one(User, known.user_id, with_for_update=True)
    else:
        user = linked(auth, session, identity, offer is not None, wish)
    if offer is not None and not user.disabled:
        if offer.email not in {user.email, identity.email}:
            raise Problem("permission-denied", "the invitation is for another e-mail address")
        fulfil(auth, session, offer, user, wish.whence)
    return user


def linked(
    auth: Auth, session: Session, identity: ExternalIdentity, invited: bool, wish: Wish
) -> User:
    """Return the user of an identity that is new here, and remember it."""
    if identity.email is None:
        raise Problem("permission-denied", "the provider has not verified an e-mail address")
    user = user_by_email(session, identity.email, locked=True)
    if user is None:
        if not invited:
            raise Problem("permission-denied", "there is no such user: ask for an invitation")
        user = add_user(
            session, auth.clock(), identity.email, email_verified=True, name=identity.name
        )
        auth.audit.note(session, "user.created", wish.whence, actor=user.id, user_id=user.id)
    elif not user.email_verified:
        # Somebody may have made the account under an address that is not theirs, to wait for this.
        raise Problem(
            "wrong-state",
            "there is a user with this e-mail address who never proved to have it: log in with the "
            "password, or ask an administrator for a password reset",
        )
    session.add(
        Identity(
            provider=identity.provider,
            subject=identity.subject,
            user_id=user.id,
            created_at=auth.clock(),
        )
    )
    auth.audit.note(
        session,
        "identity.linked",
        wish.whence,
        actor=user.id,
        user_id=user.id,
        provider=identity.provider,
    )
    return user
