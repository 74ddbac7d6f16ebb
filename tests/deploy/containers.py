"""What the containers of compose.yaml would run, as plain processes: no engine is needed.

Each has the words, the environment and the secrets of its container, and no privileges. Only what
an engine would give is put in: free ports for the fixed ones, 127.0.0.1 for the names of services,
folders for mounts.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.deploy.files import DEPLOY, OUR_SERVICES, command_of, compose, image_of
from tests.postgres import PostgresServer
from tests.servers import BINARIES, ROOT, free_port
from tests.service.daemon import clean_environment, free_ports

USER = 10001
WAIT_SECONDS = 60
NODE_PORTS = 4
# What listens where inside its container, and the variable that moves it.
PORTS = {
    5173: "",
    8080: "MINIREDIS_GATEWAY_PORT",
    5500: "MINIREDIS_BACKEND_PORT",
    7000: "MINIREDIS_HTTP_PORT",
    8000: "MINIREDIS_AUTH_PORT",
    9000: "MINIREDIS_MONITORING_PORT",
}
PAGE = "<!doctype html><title>Studio</title>"


class Containers:
    """The services of compose.yaml, all in one folder; start() goes by depends_on."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="miniredis-deploy-"))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.databases: dict[str, PostgresServer] = {}
        self.ports = {port: free_port() for port in PORTS}
        self.router_port = free_port()
        first = free_ports(NODE_PORTS)
        self.services: dict[str, Any] = compose(
            MINIREDIS_ROUTER_PORT=str(self.router_port),
            MINIREDIS_FRONTEND_ADDRESS="127.0.0.1",
            MINIREDIS_GATEWAY_ADDRESS="127.0.0.1",
            REDIS_PORT_START=str(first),
            REDIS_PORT_END=str(first + NODE_PORTS - 1),
        )["services"]

    def prepare(self) -> None:
        """Start the databases, make the secrets and the folders that an engine would mount."""
        secrets = self.folder / "secrets"
        subprocess.run([DEPLOY / "make-secrets.sh", secrets], check=True, stdout=subprocess.DEVNULL)
        for name in ("main", "auth"):
            self.databases[name] = PostgresServer()
            url = secrets / f"{name}_database_url"
            url.unlink()
            url.write_text(self.databases[name].url + "\n")
        for name in OUR_SERVICES:
            (self.folder / name).mkdir(mode=0o700)
            (self.folder / f"{name}.log").touch()
        studio = self.folder / "studio" / "assets"
        studio.mkdir(parents=True)
        (studio.parent / "index.html").write_text(PAGE)
        (studio / "index-0a1b2c3d.js").write_text("export {};\n")
        self.write_nginx()
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, USER, USER)

    def write_nginx(self) -> None:
        """Put nginx's files where the image has them, with the test's places in them."""
        target = self.folder / "nginx"
        target.mkdir()
        for source in (DEPLOY / "nginx").glob("*.conf"):
            text = source.read_text()
            for old, new in (
                (" /tmp/", f" {self.folder / 'frontend'}/"),
                ("/etc/miniredis", str(target)),
                ("/srv/studio", str(self.folder / "studio")),
                ("listen 5173", f"listen 127.0.0.1:{self.ports[5173]}"),
            ):
                text = text.replace(old, new)
            (target / source.name).write_text(self.here(text))

    def here(self, text: str) -> str:
        """Return a text of a container with what it is called here."""
        text = text.replace("/run/secrets", str(self.folder / "secrets"))
        text = text.replace("0.0.0.0", "127.0.0.1")
        return re.sub(
            rf"\b(?:{'|'.join(OUR_SERVICES)}):(\d+)",
            lambda found: f"127.0.0.1:{self.ports[int(found[1])]}",
            text,
        )

    def secret(self, name: str) -> str:
        """Return a secret."""
        return (self.folder / "secrets" / name).read_text().strip()

    def log(self, name: str) -> str:
        """Return what a service has printed."""
        return (self.folder / f"{name}.log").read_text()

    def words(self, name: str) -> list[str]:
        """Return the command of a service, without privileges."""
        program, *rest = command_of(name)
        found = {
            "miniredisd": str(BINARIES / "miniredisd"),
            "/opt/miniredis/bin/python": sys.executable,
            "nginx": shutil.which("nginx") or "/usr/sbin/nginx",
        }[program]
        rest = [word.replace("/etc/miniredis", str(self.folder / "nginx")) for word in rest]
        return [*as_user(), found, *rest]

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service's container."""
        given = {**image_of(name).environment, **self.services[name].get("environment", {})}
        values = {variable: self.here(str(text)) for variable, text in given.items()}
        if "MINIREDIS_DATA_DIRECTORY" in values:
            values["MINIREDIS_DATA_DIRECTORY"] = str(self.folder / name)
        module = os.environ.get("MINIREDIS_PYTHON_DIR", str(ROOT / "build" / "python"))
        moved = {variable: str(self.ports[port]) for port, variable in PORTS.items() if variable}
        return clean_environment(**values, **moved, PYTHONPATH=module, HOME="/nonexistent")

    def start(self, name: str) -> None:
        """Start a service after those that it needs, and wait until it is healthy."""
        for needed in self.services[name].get("depends_on", {}):
            if needed in OUR_SERVICES and needed not in self.processes:
                self.start(needed)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.words(name),
                cwd=self.folder / name,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait_for(name, healthy=True)

    def is_healthy(self, name: str) -> bool:
        """Run the health check that compose.yaml has for a service."""
        kind, program, port, *rest = self.services[name]["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "healthcheck")
        check = [str(DEPLOY / "healthcheck.sh"), str(self.ports[int(port)]), *rest]
        done = subprocess.run(check, capture_output=True, timeout=10, check=False)
        return done.returncode == 0

    def wait_for(self, name: str, healthy: bool) -> None:
        """Wait until the health check says so."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self.is_healthy(name) != healthy:
            assert self.processes[name].poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < deadline, f"{name}:\n{self.log(name)}"
            time.sleep(0.05)

    def end(self, name: str) -> int:
        """End a service by the signal that an engine would send; return its exit status."""
        process = self.processes.pop(name)
        number = image_of(name).last("STOPSIGNAL") or ("SIGTERM",)
        process.send_signal(signal.Signals[number[0]])
        return process.wait(30)

    def stop(self) -> None:
        """End everything."""
        try:
            for process in self.processes.values():
                if process.poll() is None:
                    process.kill()
                    process.wait()
        finally:
            for database in self.databases.values():
                database.stop()
            shutil.rmtree(self.folder, ignore_errors=True)


def as_user() -> list[str]:
    """Return what takes a command's privileges away, as cap_drop and no-new-privileges do."""
    if os.geteuid() != 0:
        return []
    return [
        *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"),
        *("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"),
    ]
