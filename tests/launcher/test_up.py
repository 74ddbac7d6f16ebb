"""`miniredis up` and `miniredis doctor`, with the real programs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import BINARIES, ROOT, free_port
from tests.service.daemon import clean_environment

VARIABLES = (
    "MINIREDIS_GATEWAY_PORT",
    "MINIREDIS_BACKEND_PORT",
    "MINIREDIS_HTTP_PORT",
    "MINIREDIS_AUTH_PORT",
    "MINIREDIS_MONITORING_PORT",
    "MINIREDIS_ROUTER_PORT",
)
MODULE = os.environ.get("MINIREDIS_PYTHON_DIR", str(ROOT / "build" / "python"))


@pytest.fixture
def environment() -> dict[str, str]:
    """Give an environment with ports of the test's own."""
    ports = {name: str(free_port()) for name in VARIABLES}
    return clean_environment(**ports, MINIREDIS_PROGRAMS=str(BINARIES), PYTHONPATH=MODULE)


class Platform:
    """One `miniredis up`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.environment = environment
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "miniredis", "up"),
                *("--data-directory", str(folder / "data")),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("w"),
            text=True,
        )
        self.read_until("ready: ")

    def read_until(self, start: str) -> str:
        """Read what it prints up to a line that begins so; return that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if line.startswith(start):
                return line
        raise AssertionError(f"ended: {self.said}")

    def line(self, start: str) -> str:
        """Return the line that begins so."""
        return next(line for line in self.said if line.startswith(start))

    def ask(self, path: str, body: Any = None, token: str = "") -> Any:
        """Ask the gateway."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"http://127.0.0.1:{self.environment['MINIREDIS_GATEWAY_PORT']}{path}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(url, data, headers), timeout=20
        ) as answer:
            return json.loads(answer.read())

    def children(self) -> dict[str, int]:
        """Return the processes of the group, by what they run."""
        found = {}
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for pid in (task / "children").read_text().split():
                command = Path(f"/proc/{pid}/cmdline").read_text()
                name = next((n for n in ("auth", "monitoring") if f"miniredis.{n}" in command), "")
                found[name or "daemon"] = int(pid)
        return found

    def stop(self) -> int:
        """End it; return the exit status."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(30)


@pytest.fixture
def platform(tmp_path: Path, environment: dict[str, str]) -> Iterator[Platform]:
    """Start the platform."""
    started = Platform(tmp_path, environment)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
    assert started.process.stdout is not None
    started.process.stdout.close()


def test_one_command_starts_all_and_one_signal_ends_it(platform: Platform) -> None:
    token = platform.line("admin token: ").split()[-1]
    assert platform.ask("/v1/whoami", token=token)["actor"] == "admin"
    password = platform.line("auth: first administrator ").rsplit(" ", 1)[1]
    email = platform.line("auth: first administrator ").split()[3].rstrip(",")
    session = platform.ask("/auth/v1/login", {"email": email, "password": password})
    assert platform.ask("/v1/whoami", token=session["tokens"]["access_token"])["actor"].startswith(
        "user:"
    )
    parts = platform.ask("/v1/health", token=token)["parts"]
    names = ("gateway", "node_manager", "backend", "auth", "monitoring")
    assert {name: part["status"] for name, part in parts.items()} == dict.fromkeys(names, "ok")

    processes = platform.children()
    assert set(processes) == {"daemon", "auth", "monitoring"}
    os.kill(processes["auth"], signal.SIGKILL)
    platform.read_until("auth is ready again")
    assert "auth ended (SIGKILL); it is started again in 0.5 s" in platform.said
    assert platform.children()["auth"] != processes["auth"]
    deadline = time.monotonic() + 20
    while platform.ask("/v1/health", token=token)["status"] != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.2)

    processes = platform.children()
    assert platform.stop() == 0
    assert platform.said[-1] == "stopped"
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes.values())
    secret = Path(platform.line("admin token is in ").removeprefix("admin token is in "))
    assert secret.read_text().strip() == token
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_port_that_is_taken_ends_the_start(tmp_path: Path, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["MINIREDIS_HTTP_PORT"]))):
        done = subprocess.run(
            [sys.executable, "-m", "miniredis", "up", "--data-directory", str(tmp_path / "data")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "miniredis: daemon did not start: exit status 1" in done.stderr
    assert "Address already in use" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["up", "--only", "daemon,nonsense"], "'nonsense' is unknown; allowed: daemon, auth"),
        (["up", "--only", ","], "nothing is given"),
    ],
)
def test_wrong_parts_are_named(
    environment: dict[str, str], arguments: list[str], complaint: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "miniredis", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert complaint in done.stdout


def test_doctor_finds_what_is_there_and_what_is_not(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    def examine(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "miniredis", "doctor", "--data-directory", str(tmp_path)],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    well = examine()
    assert well.returncode == 0, well.stdout
    assert well.stdout.splitlines()[-1] == "all is well"
    assert f"ok   data directory {tmp_path}" in well.stdout
    with socket.create_server(("127.0.0.1", int(environment["MINIREDIS_AUTH_PORT"]))):
        ill = examine(
            MINIREDIS_MONITORING_PORT="many",
            MINIREDIS_MAIN_DATABASE_URL="postgresql://nobody:s3cret@127.0.0.1:1/none",
        )
    assert ill.returncode == 1
    assert "another is set by MINIREDIS_AUTH_PORT" in ill.stdout
    assert "MINIREDIS_MONITORING_PORT: given 'many'; allowed: a port from 1 to 65535" in ill.stdout
    assert "BAD  MINIREDIS_MAIN_DATABASE_URL: OperationalError" in ill.stdout
    assert "s3cret" not in ill.stdout + ill.stderr
    url = tmp_path / "url"
    url.write_text("postgresql://nobody:s3cret@127.0.0.1:1/none\n")
    ill = examine(
        MINIREDIS_MAIN_DATABASE_URL_FILE=str(tmp_path / "none"),
        MINIREDIS_AUTH_DATABASE_URL_SECRET_FILE=str(url),
    )
    assert f"BAD  MINIREDIS_MAIN_DATABASE_URL: {tmp_path}/none: No such file" in ill.stdout
    assert "BAD  MINIREDIS_AUTH_DATABASE_URL: OperationalError" in ill.stdout
    assert "s3cret" not in ill.stdout + ill.stderr
