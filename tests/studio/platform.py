"""The whole platform for browser tests: real programs, the Studio's built files, nothing shared."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from tests.servers import BINARIES, ROOT, free_port
from tests.service.daemon import clean_environment, free_ports

MODULE = os.environ.get("MINIREDIS_PYTHON_DIR", str(ROOT / "build" / "python"))
STUDIO = Path(os.environ.get("MINIREDIS_STUDIO_DIRECTORY", ROOT / "build" / "studio"))
PORTS = (
    "MINIREDIS_GATEWAY_PORT",
    "MINIREDIS_BACKEND_PORT",
    "MINIREDIS_HTTP_PORT",
    "MINIREDIS_AUTH_PORT",
    "MINIREDIS_MONITORING_PORT",
    "MINIREDIS_ROUTER_PORT",
)


class Platform:
    """One `miniredis up`; what tests set up is asked of its gateway."""

    def __init__(self, folder: Path, range_size: int = 64, **variables: str) -> None:
        assert (STUDIO / "index.html").is_file(), (
            f"no Studio in {STUDIO}: tools/dev/studio.sh build"
        )
        first = free_ports(range_size)
        self.variables = clean_environment(
            **{name: str(free_port()) for name in PORTS},
            REDIS_PORT_START=str(first),
            REDIS_PORT_END=str(first + range_size - 1),
            MINIREDIS_PROGRAMS=str(BINARIES),
            MINIREDIS_STUDIO_DIRECTORY=str(STUDIO),
            # As little as is allowed: tests log in often.
            MINIREDIS_AUTH_HASH_MEMORY_KIB="8192",
            MINIREDIS_AUTH_HASH_PASSES="1",
            PYTHONPATH=MODULE,
            **variables,
        )
        self.folder = folder
        self.url = f"http://localhost:{self.variables['MINIREDIS_GATEWAY_PORT']}"
        self.said: list[str] = []
        self.process = self.start()
        self.token = self.line("admin token: ").split()[-1]
        first_login = self.line("auth: first administrator ")
        self.email = first_login.split()[3].rstrip(",")
        self.password = first_login.rsplit(" ", 1)[1]

    def start(self) -> subprocess.Popen[str]:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "miniredis",
                "up",
                "--data-directory",
                str(self.folder / "data"),
            ],
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "log").open("a"),
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("ready: "):
                return self.process
        raise AssertionError(f"ended: {self.said}\n{(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """End it."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        self.process.stdout.read()
        self.process.wait(30)
        self.process.stdout.close()

    def line(self, start: str) -> str:
        """Return what it printed that begins so."""
        return next(line for line in self.said if line.startswith(start))

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Ask the gateway as the administrator, or with the token; return what was answered."""
        headers = {
            "Authorization": f"Bearer {self.token if token is None else token}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{method} {path}: {refusal.read().decode()}") from refusal
        return json.loads(text) if text else None

    def admin_access(self) -> str:
        """Return an access token of the first administrator."""
        login = {"email": self.email, "password": self.password}
        token: str = self.ask("POST", "/auth/v1/login", login)["tokens"]["access_token"]
        return token

    def invite(self, email: str, tenant: str | None, role: str | None) -> str:
        """Invite somebody; return the token."""
        body = {"email": email, "tenant": tenant, "role": role}
        token: str = self.ask("POST", "/auth/v1/invitations", body, self.admin_access())["token"]
        return token

    def user(self, email: str, password: str, tenant: str, role: str) -> None:
        """Make a user with a role in a tenant."""
        body = {"token": self.invite(email, tenant, role), "password": password, "name": ""}
        self.ask("POST", "/auth/v1/invitations/accept", body, "")

    def tenant(self, name: str) -> None:
        """Make a tenant."""
        self.ask("POST", "/v1/tenants", {"name": name})

    def node(self, tenant: str, name: str, **more: Any) -> dict[str, Any]:
        """Make a node."""
        node: dict[str, Any] = self.ask(
            "POST", "/v1/nodes", {"tenant": tenant, "name": name, "password": "secret", **more}
        )
        return node
