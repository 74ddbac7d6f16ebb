"""The database of the service: brought up to date before its first use, and allowed to be away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from miniredis._service.database import open_database
from miniredis._service.problems import database_away

MIGRATIONS = Path(__file__).parent / "migrations"
# What several processes take turns at; any numbers that nobody else uses.
LOCKS = {"migrate": 0x6D72_0001, "first-user": 0x6D72_0002, "keys": 0x6D72_0003}

logger = logging.getLogger("miniredis.auth")


class SchemaError(Exception):
    """The database is of a newer program, or not ours."""


def lock(connection: Connection | Session, name: str) -> None:
    """Wait until no other transaction holds this lock; it is held until this one ends.

    SQLite's transactions exclude each other as it is.
    """
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    if bind.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCKS[name])))


def migrate(connection: Connection) -> None:
    """Bring the schema up to date, within the transaction.

    Raises
    ------
    SchemaError
        A newer program has been here.
    """
    lock(connection, "migrate")
    configuration = Config()
    # Alembic reads % as the start of a variable.
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    try:
        command.upgrade(configuration, "head")
    except CommandError as failure:
        raise SchemaError(f"the database cannot be used by this version: {failure}") from failure


class Store:
    """Transactions over the database.

    Parameters
    ----------
    url
        The database.
    first
        What is done, in a transaction, once the schema is up to date; it may return what is to be
        done when that is committed.

    Attributes
    ----------
    cause
        Why the database cannot be used now; empty when it can, as far as is known.
    """

    def __init__(
        self, url: str, first: Callable[[Session], Callable[[], None] | None] | None = None
    ) -> None:
        self.engine = open_database(url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self.first = first
        self.ready = False
        self.cause = "not connected yet"
        self.preparing = threading.Lock()

    def prepare(self) -> bool:
        """Try to bring the database up to date; tell whether it can be used.

        Raises
        ------
        SchemaError
            It never can.
        """
        with self.preparing:
            if self.ready:
                return True
            try:
                with self.engine.begin() as connection:
                    migrate(connection)
                after = None
                if self.first:
                    with self.sessions.begin() as session:
                        after = self.first(session)
            except (OperationalError, InterfaceError) as failure:
                self.cause = str(failure.orig or failure).splitlines()[0]
                logger.warning("the database cannot be reached", extra={"cause": self.cause})
                return False
            except DatabaseError as failure:
                self.cause = str(failure.orig or failure).splitlines()[0]
                raise SchemaError(f"the database cannot be used: {self.cause}") from failure
            except SchemaError as failure:
                self.cause = str(failure)
                raise
            self.ready = True
            self.cause = ""
            if after:
                after()
            return True

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a transaction, committed at the end and rolled back when something is raised.

        On SQLite it keeps every other out: nothing slow belongs inside.

        Raises
        ------
        Problem
            The database has not been there yet.
        """
        if not self.ready:
            raise database_away()
        with self.sessions.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a transaction that only reads; on SQLite it waits for nobody.

        Raises
        ------
        Problem
            The database has not been there yet.
        """
        if not self.ready:
            raise database_away()
        with self.sessions.begin() as session:
            session.connection(execution_options={"read_only": True})
            yield session

    def check(self) -> str:
        """Ask the database something; return why that did not work, empty when it did."""
        if not self.ready:
            return self.cause
        try:
            with self.engine.connect() as connection:
                connection.execute(select(1))
        except (OperationalError, InterfaceError) as failure:
            return str(failure.orig or failure).splitlines()[0]
        return ""

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
