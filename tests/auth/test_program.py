"""The program: first start, commands, settings, databases that are away."""

from __future__ import annotations

import re
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from miniredis._service.application import KEEP_ALIVE_SECONDS
from miniredis.auth.settings import AuthSettings
from miniredis.auth.store import SchemaError, Store
from miniredis.auth.tables import Base
from sqlalchemy import text

from tests.auth.service import ROOT, AuthService, auth_process, run_program
from tests.postgres import PostgresServer, start, stop
from tests.service.daemon import wait_until

ENGINES = ["sqlite", "postgresql"]


def mode_of(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_makes_an_administrator(tmp_path: Path) -> None:
    with auth_process(tmp_path) as service:
        tokens = service.log_in()
        assert tokens["user"]["platform_admin"] is True
        first = service.password
    assert len(first) >= 20
    assert mode_of(tmp_path / "auth.key") == 0o600
    assert mode_of(tmp_path / "auth.db") == 0o600
    log = (tmp_path / "log").read_text()
    assert first not in log
    assert tokens["access_token"] not in log
    with auth_process(tmp_path) as service:
        assert service.password == ""
        service.password = first
        service.log_in()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        # Keys and sessions outlive the process.
        assert service.http.get("/auth/v1/me", headers=headers).status_code == 200


def test_a_first_password_that_is_given_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a password in a file\n")
    with auth_process(tmp_path, MINIREDIS_AUTH_ADMIN_PASSWORD_FILE=str(secret)) as service:
        assert service.password == "set"
        service.password = "a password in a file"
        service.log_in()
    assert "a password in a file" not in (tmp_path / "log").read_text()


def test_it_stops_at_both_signals(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with auth_process(tmp_path, ends_with=number) as service:
            assert service.http.get("/healthz").json() == {"status": "ok"}
            assert service.http.get("/readyz").json()["status"] == "ok"


def test_idle_connections_are_kept_for_longer_than_the_gateway_does() -> None:
    # What it sends into a connection that was closed just then is lost when it changes something.
    header = (ROOT / "service" / "http" / "http_client.h").read_text()
    idle_ms = re.search(r"idle_timeout_ms = ([\d']+);", header)
    assert idle_ms
    assert int(idle_ms[1].replace("'", "")) * 2 <= KEEP_ALIVE_SECONDS * 1000


@pytest.mark.parametrize("engine", ENGINES)
def test_commands(tmp_path: Path, new_database: Callable[[str], str], engine: str) -> None:
    url = new_database(engine)
    variables = {"MINIREDIS_AUTH_DATABASE_URL": url, "MINIREDIS_DATA_DIRECTORY": str(tmp_path)}
    for _ in range(2):
        done = run_program("migrate", **variables)
        assert (done.returncode, done.stdout) == (0, "the database is up to date\n"), done.stderr
    arguments = ("create-user", "--email", "Ada@Example.com", "--platform-admin")
    done = run_program(*arguments, given="a long password\n", **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("user ada@example.com ")
    done = run_program(*arguments, given="a long password\n", **variables)
    assert (done.returncode, "already" in done.stderr) == (1, True)
    done = run_program(*arguments, given="short\n", **variables)
    assert (done.returncode, "10 characters" in done.stderr) == (2, True)
    done = run_program("create-user", "--email", "nobody", given="x\n", **variables)
    assert (done.returncode, "--email" in done.stderr) == (2, True)
    done = run_program(
        "create-user", "--email", "bob@example.com", "--random-password", **variables
    )
    password = done.stdout.split()[-1]
    for flags in ((), ("--compromised",)):
        done = run_program("rotate-keys", *flags, **variables)
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"key [0-9a-f]{32} signs (now|in 900 s)\n", done.stdout)
    with auth_process(tmp_path, MINIREDIS_AUTH_DATABASE_URL=url) as service:
        # Somebody was there already.
        assert service.password == ""
        body = {"email": "bob@example.com", "password": password}
        assert service.http.post("/auth/v1/login", json=body).status_code == 200
        assert len(service.http.get("/.well-known/jwks.json").json()["keys"]) == 1


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["fly"], {}, "commands are serve, migrate, create-user and rotate-keys"),
        (["--auth-port", "70000"], {}, "MINIREDIS_AUTH_PORT: given '70000'"),
        (["--auth-database-url", "mysql://x/y"], {}, "sqlite:///path or postgresql://"),
        ([], {"MINIREDIS_AUTH_SECRET": "short"}, "MINIREDIS_AUTH_SECRET: "),
        ([], {"MINIREDIS_AUTH_ADMIN_PASSWORD": "short"}, "MINIREDIS_AUTH_ADMIN_PASSWORD: "),
        ([], {"MINIREDIS_AUTH_SECRET_FILE": "/nowhere"}, "MINIREDIS_AUTH_SECRET_FILE: cannot"),
        (["--auth-admin-email", "x"], {}, "MINIREDIS_AUTH_ADMIN_EMAIL"),
        (["--auth-trusted-proxies", "here"], {}, "MINIREDIS_AUTH_TRUSTED_PROXIES"),
        (["--auth-public-url", "redis"], {}, "MINIREDIS_AUTH_PUBLIC_URL"),
        (["--auth-firebase-emulator", "true"], {}, "MINIREDIS_AUTH_FIREBASE_EMULATOR"),
        (
            ["--auth-smtp-host", "mail.example", "--auth-smtp-security", "none"],
            {},
            "MINIREDIS_AUTH_SMTP_SECURITY",
        ),
    ],
)
def test_settings_that_are_wrong(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    done = run_program(*arguments, MINIREDIS_DATA_DIRECTORY=str(tmp_path), **variables)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with auth_process(tmp_path) as service:
        port = service.url.rpartition(":")[2]
        other = tmp_path / "other"
        done = run_program("--auth-port", port, MINIREDIS_DATA_DIRECTORY=str(other))
        assert (done.returncode, "cannot listen" in done.stderr) == (1, True)


def test_another_secret(tmp_path: Path) -> None:
    with auth_process(tmp_path):
        pass
    (tmp_path / "auth.key").chmod(0o644)
    done = run_program("migrate", MINIREDIS_DATA_DIRECTORY=str(tmp_path))
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)
    (tmp_path / "auth.key").chmod(0o600)
    (tmp_path / "auth.key").write_text("x\n")
    done = run_program("migrate", MINIREDIS_DATA_DIRECTORY=str(tmp_path))
    assert (done.returncode, "32 characters" in done.stderr) == (2, True)
    variables = {"MINIREDIS_DATA_DIRECTORY": str(tmp_path), "MINIREDIS_AUTH_SECRET": "y" * 40}
    done = run_program("rotate-keys", **variables)
    assert (done.returncode, "MINIREDIS_AUTH_SECRET" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    done = run_program("--auth-port", "0", **variables)
    assert (done.returncode, "MINIREDIS_AUTH_SECRET" in done.stderr) == (1, True)


@pytest.mark.parametrize("engine", ENGINES)
def test_migrations_make_the_tables_of_the_models(
    new_database: Callable[[str], str], engine: str
) -> None:
    store = Store(new_database(engine))
    assert store.prepare()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.ready = False
    with pytest.raises(SchemaError, match="9999"):
        store.prepare()
    store.close()


def test_a_database_of_a_newer_program(tmp_path: Path) -> None:
    with auth_process(tmp_path):
        pass
    store = Store(f"sqlite:///{tmp_path}/auth.db")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    done = run_program("--auth-port", "0", MINIREDIS_DATA_DIRECTORY=str(tmp_path))
    assert (done.returncode, "9999" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL that a test may stop."""
    server = PostgresServer()
    yield server
    server.stop()


def test_a_database_that_comes_and_goes(tmp_path: Path, own_postgres: PostgresServer) -> None:
    stop(own_postgres.directory, signal.SIGQUIT)
    with auth_process(tmp_path, MINIREDIS_AUTH_DATABASE_URL_SECRET=own_postgres.url) as service:
        assert service.http.get("/healthz").status_code == 200
        answer = service.http.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "down")
        health = service.http.get("/auth/v1/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert "not-a-secret" not in health.text
        for method, path in [("POST", "/auth/v1/login"), ("GET", "/.well-known/jwks.json")]:
            body = {"email": "a@example.com", "password": "x"}
            answer = service.http.request(method, path, json=body)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "2"
            assert answer.json()["type"] == "urn:miniredis:problem:unavailable"
        start(own_postgres.directory)
        wait_until(lambda: service.http.get("/readyz").status_code == 200, 20)
        assert service.process.stdout is not None
        line = service.process.stdout.readline()
        assert line.startswith("first administrator")
        service.password = line.split()[-1]
        token = service.log_in()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        keys = service.http.get("/.well-known/jwks.json").json()
        stop(own_postgres.directory, signal.SIGQUIT)
        assert service.http.get("/auth/v1/me", headers=headers).status_code == 503
        assert service.http.get("/readyz").status_code == 503
        # The keys do not change because nobody can read them.
        assert service.http.get("/.well-known/jwks.json").json() == keys
        start(own_postgres.directory)
        wait_until(lambda: service.http.get("/auth/v1/me", headers=headers).status_code == 200, 20)
        service.log_in()


def test_a_migration_says_when_the_database_is_away(tmp_path: Path) -> None:
    url = "postgresql://nobody:x@127.0.0.1:1/none"
    variables = {"MINIREDIS_DATA_DIRECTORY": str(tmp_path), "MINIREDIS_AUTH_DATABASE_URL": url}
    done = run_program("migrate", **variables)
    assert (done.returncode, "cannot be reached" in done.stderr) == (1, True)


def test_a_database_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "auth.db").write_text("no database " * 100)
    done = run_program("migrate", MINIREDIS_DATA_DIRECTORY=str(tmp_path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_page_names_every_setting() -> None:
    page = (ROOT / "docs" / "auth.md").read_text()
    for name in AuthSettings.model_fields:
        assert f"`MINIREDIS_{name.upper()}`" in page, name


def test_help_names_every_setting() -> None:
    done = run_program("--help")
    assert done.returncode == 0
    assert "MINIREDIS_AUTH_REFRESH_GRACE_SECONDS" in done.stdout
    # Secrets show in the list of processes: there is no flag for them.
    assert "--auth-secret" not in done.stdout
    assert "--compromised" in run_program("rotate-keys", "--help").stdout


def test_hashes_are_made_anew_when_they_should_cost_more(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    user = service.user()
    before = service.stored(user.email).password_hash
    dearer = service.settings.model_copy(update={"auth_hash_passes": 2})
    service.auth.passwords = type(service.auth.passwords)(dearer)
    user.log_in()
    after = service.stored(user.email).password_hash
    assert "t=1" in before
    assert "t=2" in after
    user.log_in()
    assert service.stored(user.email).password_hash == after


def test_hashes_wait_for_their_turn(fresh: Callable[..., AuthService]) -> None:
    service = fresh(auth_hashes_at_once=1)
    user = service.user()
    passwords = service.auth.passwords
    passwords.waiting = passwords.most_waiting
    body = {"email": user.email, "password": user.password}
    answer = service.http.post("/auth/v1/login", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    passwords.waiting = 0
    user.log_in()


def test_old_rows_are_dropped(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    user = service.user().log_in()
    body = {"email": user.email, "password": "wrong password"}
    service.post("/auth/v1/login", body, 401)
    service.clock.advance(500 * 86400)
    service.auth.keep_house()
    with service.auth.store.begin() as session:
        for table in ("attempts", "sessions", "refresh_tokens", "audit_events"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


def test_bodies_are_bounded(tmp_path: Path) -> None:
    with auth_process(tmp_path) as service:
        body = {"email": "a@example.com", "password": "x" * (2 << 20)}
        assert service.http.post("/auth/v1/login", json=body).status_code == 413
        answer = service.http.post(
            "/auth/v1/login", content="{", headers={"Content-Type": "application/json"}
        )
        assert answer.json()["type"] == "urn:miniredis:problem:malformed-json"
        assert httpx.get(f"{service.url}/auth/v1/login").status_code == 405
