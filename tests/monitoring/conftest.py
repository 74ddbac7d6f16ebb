"""Main databases of the tests: of either engine, with the schema that miniredisd gives them."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.postgres import PostgresServer
from tests.servers import ROOT
from tests.service.daemon import run_program

PACKAGES = os.environ.get("MINIREDIS_PYTHON_DIR", str(ROOT / "build" / "python"))
sys.path.insert(0, PACKAGES)

# With MINIREDIS_TEST_COVERAGE=1, and pytest run by coverage too, processes are measured as well.
PYTHON = [sys.executable]
if os.environ.get("MINIREDIS_TEST_COVERAGE"):
    PYTHON += ["-m", "coverage", "run", "--parallel-mode", "--source", "miniredis.monitoring"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Give a maker of empty databases."""

    def make(engine: str) -> str:
        name = f"main_{uuid.uuid4().hex[:12]}"
        if engine == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('database')}/{name}.db"
        server: PostgresServer = request.getfixturevalue("postgres")
        server.query(f"CREATE DATABASE {name}")
        return server.url.rpartition("/")[0] + f"/{name}"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, empty_database: Callable[[str], str]) -> str:
    """Give the URL of a main database without rows."""
    url = empty_database(request.param)
    migrated = run_program("migrate", MINIREDIS_MAIN_DATABASE_URL=url)
    assert migrated.returncode == 0, migrated.stderr
    return url
