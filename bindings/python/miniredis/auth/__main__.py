"""The program: ``python -m miniredis.auth``."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import secrets
import sys

from sqlalchemy.exc import InterfaceError, OperationalError

from miniredis._service.application import listen, serve
from miniredis._service.database import DatabaseUrlError
from miniredis._service.log import configure_log
from miniredis._service.problems import Problem
from miniredis._service.settings import end_with, settings_from_command_line
from miniredis.auth.application import application_of
from miniredis.auth.audit import Whence
from miniredis.auth.context import Auth
from miniredis.auth.emails import normal_email
from miniredis.auth.passwords import check_new_password
from miniredis.auth.people import add_user, user_by_email
from miniredis.auth.settings import AuthSettings
from miniredis.auth.store import SchemaError
from miniredis.auth.vault import WrongSecretError

PROGRAM = "python -m miniredis.auth"
ABOUT = (
    "The auth service of MiniRedis. Commands: serve (when none is given), migrate, create-user, "
)
ABOUT += "rotate-keys; `create-user --help` and `rotate-keys --help` show what they take."
logger = logging.getLogger("miniredis.auth")

# While the database is away, and when it is there.
PAUSE_SECONDS = 2
HOUSE_SECONDS = 60


async def keep_house(auth: Auth) -> None:
    """Look after the database as long as the service runs."""
    while True:
        try:
            await asyncio.to_thread(auth.keep_house)
        except (SchemaError, WrongSecretError) as failure:
            # Not at the start, when it would end the program: somebody may put it right.
            logger.error("the database cannot be used", extra={"cause": str(failure)})
        await asyncio.sleep(HOUSE_SECONDS if auth.store.ready else PAUSE_SECONDS)


async def run(auth: Auth, settings: AuthSettings) -> None:
    """Serve until a signal."""
    try:
        opened = listen(settings.auth_bind, settings.auth_port)
    except OSError as failure:
        end_with(1, f"{PROGRAM}: {failure}")
    await asyncio.to_thread(auth.keep_house)
    await serve("auth", application_of(auth), opened, lambda: keep_house(auth))


def connected(auth: Auth) -> None:
    """Bring the database up to date, or end the program."""
    if not auth.store.prepare():
        end_with(1, f"{PROGRAM}: the database cannot be reached: {auth.store.cause}")


def migrate(auth: Auth) -> None:
    """Bring the database up to date."""
    auth.store.first = None
    connected(auth)
    print("the database is up to date")


def create_user(auth: Auth, arguments: argparse.Namespace) -> None:
    """Make a user."""
    try:
        email = normal_email(arguments.email)
    except ValueError as failure:
        end_with(2, f"{PROGRAM}: --email: {failure}")
    shown = ""
    if arguments.random_password:
        password = shown = secrets.token_urlsafe(18)
    elif sys.stdin.isatty():
        password = getpass.getpass("password: ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        check_new_password(password, email, "password")
    except Problem as problem:
        end_with(2, f"{PROGRAM}: {problem.detail}")
    # Who makes users needs no administrator to be made.
    auth.store.first = None
    connected(auth)
    stored = auth.passwords.hash(password)
    with auth.store.begin() as session:
        if user_by_email(session, email) is not None:
            end_with(1, f"{PROGRAM}: there is a user {email} already")
        user = add_user(
            session,
            auth.clock(),
            email,
            email_verified=True,
            password_hash=stored,
            platform_admin=arguments.platform_admin,
        )
        auth.audit.note(session, "user.created", Whence(), actor="system", user_id=user.id)
    print(f"user {email} {user.id}" + (f", password shown this once: {shown}" if shown else ""))


def rotate_keys(auth: Auth, arguments: argparse.Namespace) -> None:
    """Make the next signing key."""
    auth.store.first = None
    connected(auth)
    auth.ring.keys()
    with auth.store.begin() as session:
        key_id = auth.ring.rotate(session, arguments.compromised)
        auth.audit.note(
            session,
            "keys.rotated",
            Whence(),
            actor="system",
            key=key_id,
            compromised=arguments.compromised,
        )
    when = "now" if arguments.compromised else f"in {auth.settings.auth_key_lead_seconds} s"
    print(f"key {key_id} signs {when}")


def read_arguments() -> tuple[str, argparse.Namespace, AuthSettings]:
    """Return the command, what it takes, and the settings."""
    given = sys.argv[1:]
    command = given.pop(0) if given and not given[0].startswith("-") else "serve"
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {command}",
        allow_abbrev=False,
        add_help=command in {"create-user", "rotate-keys"},
        epilog="Settings may be given too: see --help without a command.",
    )
    if command == "create-user":
        parser.add_argument("--email", required=True, help="the user's address")
        parser.add_argument("--platform-admin", action="store_true", help="may do everything")
        parser.add_argument(
            "--random-password", action="store_true", help="make one; else it is read from input"
        )
    elif command == "rotate-keys":
        parser.add_argument(
            "--compromised", action="store_true", help="sign with it at once, withdraw the others"
        )
    elif command not in {"serve", "migrate"}:
        end_with(
            2, f"{PROGRAM}: {command}: commands are serve, migrate, create-user and rotate-keys"
        )
    arguments, rest = parser.parse_known_args(given)
    return command, arguments, settings_from_command_line(AuthSettings, PROGRAM, ABOUT, rest)


def main() -> None:
    """Run the command."""
    command, arguments, settings = read_arguments()
    configure_log(settings.log_level, settings.log_format)
    try:
        auth = Auth(settings)
    except (DatabaseUrlError, OSError, ValueError) as failure:
        end_with(2, f"{PROGRAM}: {failure}")
    try:
        if command == "serve":
            asyncio.run(run(auth, settings))
        elif command == "migrate":
            migrate(auth)
        elif command == "create-user":
            create_user(auth, arguments)
        else:
            rotate_keys(auth, arguments)
    except (SchemaError, WrongSecretError) as failure:
        end_with(1, f"{PROGRAM}: {failure}")
    except (OperationalError, InterfaceError) as failure:
        end_with(1, f"{PROGRAM}: the database refused: {str(failure).splitlines()[0]}")
    finally:
        auth.close()


if __name__ == "__main__":
    main()
