"""Auth services of the tests: one for each engine and file, and a PostgreSQL for all."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.servers import ROOT

sys.path.insert(0, str(ROOT / "build" / "python"))

from tests.auth.service import AuthService

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def new_database(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Give a maker of empty databases of either engine."""

    def make(engine: str) -> str:
        name = f"auth_{uuid.uuid4().hex[:12]}"
        if engine == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('database')}/{name}.db"
        postgres.query(f"CREATE DATABASE {name}")
        return postgres.url.rpartition("/")[0] + f"/{name}"

    return make


@pytest.fixture(scope="module", params=ENGINES)
def service(
    request: pytest.FixtureRequest,
    new_database: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AuthService]:
    """Start a service over an empty database."""
    started = AuthService(new_database(request.param), tmp_path_factory.mktemp("auth"))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def forgiven(request: pytest.FixtureRequest) -> None:
    """Have each test begin without the attempts of others."""
    if "service" in request.fixturenames:
        shared: AuthService = request.getfixturevalue("service")
        shared.forgive()


@pytest.fixture
def fresh(
    new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[Callable[..., AuthService]]:
    """Give a maker of services of a test's own, over SQLite unless told otherwise."""
    made: list[AuthService] = []

    def make(engine: str = "sqlite", **settings: object) -> AuthService:
        made.append(AuthService(new_database(engine), tmp_path / str(len(made)), **settings))
        return made[-1]

    yield make
    for started in made:
        started.stop()
