"""``miniredis doctor``: what is installed, what is missing, what stands in the way."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from miniredis._launcher.platform import PORTS, PlatformError, find_program, port_of, studio_files

LEAST_PYTHON = (3, 10)
LEAST_FREE_BYTES = 256 << 20
# A node with a port of its own holds a listener; a client holds a connection.
ENOUGH_DESCRIPTORS = 4096
# Import name and package, of what the services need.
SERVICE_PACKAGES = (
    ("fastapi", "fastapi"),
    ("uvicorn", "uvicorn"),
    ("sqlalchemy", "sqlalchemy"),
    ("alembic", "alembic"),
    ("psycopg", "psycopg"),
    ("pydantic_settings", "pydantic-settings"),
    ("jwt", "pyjwt"),
    ("cryptography", "cryptography"),
    ("argon2", "argon2-cffi"),
    ("pyotp", "pyotp"),
    ("httpx", "httpx"),
    ("email_validator", "email-validator"),
)
DATABASES = ("MINIREDIS_MAIN_DATABASE_URL", "MINIREDIS_AUTH_DATABASE_URL")


@dataclass(frozen=True)
class Finding:
    """What one look has found."""

    level: str  # "ok", "note" (works without), "bad"
    text: str


def look_at_python() -> Iterator[Finding]:
    """Look at the interpreter and the extension."""
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, LEAST_PYTHON))
    good = sys.version_info[:2] >= LEAST_PYTHON
    yield Finding("ok" if good else "bad", f"Python {version} ({wanted} or newer is needed)")
    try:
        core = importlib.import_module("miniredis._core")
        node = importlib.import_module("miniredis").open()
        answer = node.execute("ECHO", "here")
    except Exception as failure:
        yield Finding("bad", f"the engine does not work in this process: {failure}")
        return
    if answer != b"here":
        yield Finding("bad", f"the engine answers ECHO here with {answer!r}")
    yield Finding("ok", f"engine {core.__version__}, as Redis {core.redis_version}")


def look_at_programs() -> Iterator[Finding]:
    """Look for miniredisd and mredis, and whether they are of this version."""
    own = importlib.import_module("miniredis").__version__
    for name in ("miniredisd", "mredis"):
        try:
            path = find_program(name)
            done = subprocess.run(
                [path, "--version"], capture_output=True, text=True, timeout=10, check=True
            )
        except PlatformError as failure:
            yield Finding("bad", str(failure))
        except (OSError, subprocess.SubprocessError) as failure:
            yield Finding("bad", f"{name} does not run: {failure}")
        else:
            level = "ok" if own in done.stdout else "bad"
            yield Finding(level, f"{done.stdout.strip()} at {path} (this package is {own})")


def look_at_packages() -> Iterator[Finding]:
    """Look for what the services need."""
    missing = []
    for name, package in SERVICE_PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(package)
    if missing:
        yield Finding(
            "bad",
            f"the services need {', '.join(missing)}: pip install 'miniredis[services]'",
        )
    else:
        yield Finding("ok", "packages of the auth and monitoring services")
    try:
        yield Finding("ok", f"redis-py {importlib.metadata.version('redis')}")
    except importlib.metadata.PackageNotFoundError:
        yield Finding("note", "redis-py is not there: miniredis.testing's clients need it")


def look_at_ports() -> Iterator[Finding]:
    """Look whether the ports are free."""
    for variable, _, name in PORTS:
        try:
            port = port_of(variable)
        except PlatformError as failure:
            yield Finding("bad", str(failure))
            continue
        with socket.socket() as opened:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                opened.bind(("127.0.0.1", port))
            except OSError as failure:
                yield Finding(
                    "bad",
                    f"port {port} of the {name}: {failure.strerror}; another is set by {variable}",
                )
            else:
                yield Finding("ok", f"port {port} of the {name} is free")


def look_at_system(folder: Path) -> Iterator[Finding]:
    """Look at the data directory, the disk and the limit of open files."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    writable = os.access(existing, os.W_OK | os.X_OK)
    yield Finding(
        "ok" if writable else "bad",
        f"data directory {folder}" + ("" if writable else f": cannot write to {existing}"),
    )
    free = shutil.disk_usage(existing).free
    level = "ok" if free >= LEAST_FREE_BYTES else "bad"
    yield Finding(level, f"{free >> 20} MiB free there ({LEAST_FREE_BYTES >> 20} are needed)")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = hard == resource.RLIM_INFINITY or hard >= ENOUGH_DESCRIPTORS
    shown = "any number of" if hard == resource.RLIM_INFINITY else str(hard)
    advice = "" if enough else f"; {ENOUGH_DESCRIPTORS} or more serve many nodes: ulimit -Hn"
    yield Finding("ok" if enough else "note", f"{shown} open files at once{advice}")


def given_url(variable: str) -> str:
    """Return a database's URL: out of the environment, or of the file that it names."""
    path = os.environ.get(f"{variable}_FILE", "")
    if os.environ.get(variable) or not path:
        return os.environ.get(variable, "")
    return (Path(path).read_text(encoding="utf-8").splitlines() or [""])[0]


def look_at_databases() -> Iterator[Finding]:
    """Look whether the databases that are set answer."""
    for variable in DATABASES:
        try:
            url = given_url(variable) or given_url(f"{variable}_SECRET")
            if not url:
                yield Finding("ok", f"{variable} is not set: SQLite in the data directory")
                continue
            database = importlib.import_module("miniredis._service.database")
            with database.open_database(url).connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except ImportError as failure:
            yield Finding("bad", f"{variable} cannot be tried: {failure}")
        except OSError as failure:
            yield Finding("bad", f"{variable}: {failure.filename}: {failure.strerror}")
        except Exception as failure:
            # The URL holds a password: the cause is told, the URL is not.
            yield Finding("bad", f"{variable}: {type(failure).__name__}: no answer")
        else:
            yield Finding("ok", f"{variable} answers")


def look_at_studio() -> Iterator[Finding]:
    """Look for the Studio's files."""
    folder = studio_files()
    if folder is None:
        yield Finding("note", "the Studio's files are not there: the gateway serves its API alone")
    else:
        yield Finding("ok", f"the Studio's files at {folder}")


def examine(folder: Path) -> list[Finding]:
    """Look at everything; nothing is changed.

    Parameters
    ----------
    folder
        The data directory that `miniredis up` would use.
    """
    looks: list[Callable[[], Iterator[Finding]]] = [
        look_at_python,
        look_at_programs,
        look_at_packages,
        look_at_ports,
        lambda: look_at_system(folder),
        look_at_databases,
        look_at_studio,
    ]
    return [finding for look in looks for finding in look()]
