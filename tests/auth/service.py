"""An auth service for tests: over real HTTP and a real database, with a clock that tests set."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from miniredis._service.application import listen
from miniredis._service.settings import read_settings
from miniredis.auth.application import application_of
from miniredis.auth.context import Auth
from miniredis.auth.people import add_user, user_by_email
from miniredis.auth.settings import AuthSettings
from miniredis.auth.tables import Attempt, Membership
from sqlalchemy import delete

from tests.service.daemon import clean_environment

# With MINIREDIS_TEST_COVERAGE=1, and pytest run by coverage too, processes are measured as well.
PYTHON = [sys.executable]
if os.environ.get("MINIREDIS_TEST_COVERAGE"):
    PYTHON += ["-m", "coverage", "run", "--parallel-mode", "--source", "miniredis.auth"]

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "correct horse 1"
# Hashes that cost little; what they cost in truth is a setting.
CHEAP: dict[str, Any] = {"auth_hash_memory_kib": 8192, "auth_hash_passes": 1}


class TestClock:
    """Goes on with the system's, and is moved by tests."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        """Return what time it is."""
        return time.time_ns() // 1_000_000 + self.ahead

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += int(seconds * 1000)


@dataclass
class User:
    """A user that a test has made."""

    service: AuthService
    id: str
    email: str
    password: str = PASSWORD
    tokens: dict[str, Any] = field(default_factory=dict)

    def log_in(self, **options: Any) -> User:
        """Log in with the password."""
        body = {"email": self.email, "password": self.password, **options}
        answer = self.service.post("/auth/v1/login", body)
        self.tokens = answer["tokens"]
        return self

    @property
    def bearer(self) -> dict[str, str]:
        """The header of the access token."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask with the access token."""
        return self.service.http.request(method, path, json=body, headers=self.bearer)

    def get(self, path: str) -> Any:
        """GET and expect 200."""
        answer = self.request("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """POST and expect the status."""
        answer = self.request("POST", path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def status(self, method: str, path: str, body: Any = None) -> int:
        """Ask and return the status."""
        return self.request(method, path, body).status_code


class AuthService:
    """A service in a thread of this process."""

    def __init__(self, url: str, folder: Path, **settings: Any) -> None:
        self.clock = TestClock()
        given = {"data_directory": str(folder), "auth_port": 0, **CHEAP, **settings}
        self.settings = read_settings(AuthSettings, auth_database_url=url, **given)
        self.auth = Auth(self.settings, self.clock)
        self.auth.keep_house()
        opened = listen("127.0.0.1", self.settings.auth_port)
        self.url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        configuration = uvicorn.Config(
            application_of(self.auth), log_config=None, access_log=False, proxy_headers=False
        )
        self.server = uvicorn.Server(configuration)
        self.thread = threading.Thread(target=self.server.run, args=([opened],), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)
        self.http = httpx.Client(base_url=self.url, timeout=20)

    def stop(self) -> None:
        """End it."""
        self.http.close()
        self.server.should_exit = True
        self.thread.join(10)
        self.auth.close()

    def post(
        self, path: str, body: Any = None, status: int = 200, headers: dict[str, str] | None = None
    ) -> Any:
        """POST without a token and expect the status."""
        answer = self.http.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def browser(self) -> httpx.Client:
        """Return a client with a cookie jar of its own."""
        return httpx.Client(base_url=self.url, timeout=20)

    def user(
        self,
        tenants: dict[str, str] | None = None,
        *,
        platform_admin: bool = False,
        email_verified: bool = True,
        password: str | None = PASSWORD,
    ) -> User:
        """Make a user with roles in tenants."""
        email = f"{uuid.uuid4().hex[:12]}@example.com"
        stored = self.auth.passwords.hash(password) if password else None
        with self.auth.store.begin() as session:
            row = add_user(
                session,
                self.clock(),
                email,
                email_verified=email_verified,
                password_hash=stored,
                platform_admin=platform_admin,
            )
            for at, (tenant, role) in enumerate((tenants or {}).items()):
                since = self.clock() + at
                session.add(Membership(tenant=tenant, user_id=row.id, role=role, created_at=since))
            return User(self, row.id, email, password or "")

    def stored(self, email: str) -> Any:
        """Return a user's row."""
        with self.auth.store.begin() as session:
            return user_by_email(session, email)

    def forgive(self) -> None:
        """Forget the attempts of earlier tests: all come from one address."""
        with self.auth.store.begin() as session:
            session.execute(delete(Attempt))

    def admin(self) -> User:
        """Return a platform administrator who is logged in."""
        return self.user(platform_admin=True).log_in()

    def events(self, user: User) -> list[str]:
        """Return what happened to a user, newest first."""
        items = self.admin().get(f"/auth/v1/audit?user={user.id}&limit=1000")["items"]
        return [f"{item['event']} {item['outcome']}" for item in items]


def new_tenant() -> str:
    """Return a tenant's name that nothing else uses."""
    return f"t-{uuid.uuid4().hex[:10]}"


def environment(**variables: str) -> dict[str, str]:
    """Return an environment for the program, with the package on its path."""
    paths = [str(ROOT / "build" / "python"), str(ROOT)]
    return clean_environment(
        PYTHONPATH=os.pathsep.join(paths),
        MINIREDIS_AUTH_HASH_MEMORY_KIB="8192",
        MINIREDIS_AUTH_HASH_PASSES="1",
        **variables,
    )


def run_program(
    *arguments: str, given: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [*PYTHON, "-m", "miniredis.auth", *arguments],
        env=environment(**variables),
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class Process:
    """A service in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    password: str
    http: httpx.Client

    def log_in(self) -> dict[str, Any]:
        """Log the first administrator in."""
        body = {"email": "admin@miniredis.example", "password": self.password}
        answer = self.http.post("/auth/v1/login", json=body)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()["tokens"]
        return tokens


@contextmanager
def auth_process(
    folder: Path,
    *arguments: str,
    ends_with: signal.Signals = signal.SIGTERM,
    **variables: str,
) -> Iterator[Process]:
    """Start the program; end it with the test, and expect that it ends well."""
    command = [*PYTHON, "-m", "miniredis.auth", "--auth-port", "0"]
    command += ["--data-directory", str(folder), *arguments]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            command, env=environment(**variables), stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    password = ""
    try:
        for line in process.stdout:
            if line.startswith("first administrator"):
                password = line.split()[-1]
            if found := re.match(r"ready: auth on (\S+)", line):
                url = f"http://{found[1]}"
                break
        else:
            raise RuntimeError(f"the service ended: {(folder / 'log').read_text()}")
        with httpx.Client(base_url=url, timeout=20) as client:
            yield Process(process, url, password, client)
        assert process.poll() is None, (folder / "log").read_text()
        process.send_signal(ends_with)
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
