"""Databases of a service: SQLite in a file, or PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

BUSY_TIMEOUT_SECONDS = 5
CONNECT_TIMEOUT_SECONDS = 3
STATEMENT_TIMEOUT_MS = 10_000


class DatabaseUrlError(ValueError):
    """A database's URL that cannot be used; the text says which are."""


def open_database(url: str, connections: int = 4) -> Engine:
    """Prepare a database; nothing is connected before the first use.

    Parameters
    ----------
    url
        ``sqlite:///path`` (the folder is made) or ``postgresql://user:password@host/name``.
    connections
        Connections that are kept; as many again are opened at need.

    Raises
    ------
    DatabaseUrlError
        It is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as failure:
        raise DatabaseUrlError(
            "a database's URL is sqlite:///path or postgresql://user:password@host/name"
        ) from failure
    if parsed.drivername == "sqlite" and parsed.database:
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite would let the umask choose; the files beside it take their mode from this one.
        path.touch(mode=0o600)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin_sqlite)
        return engine
    if parsed.drivername in {"postgresql", "postgres"}:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=connections,
            max_overflow=connections,
            pool_timeout=CONNECT_TIMEOUT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
            },
        )
    raise DatabaseUrlError(
        f"{parsed.drivername}: a database's URL is sqlite:///path or "
        "postgresql://user:password@host/name"
    )


def prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    """Set what SQLite keeps by connection."""
    # The driver would begin transactions on its own, and too late: begin_sqlite() does.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def begin_sqlite(connection: Any) -> None:
    """Begin as a writer: two readers that both come to write would refuse each other."""
    reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
