"""Server processes for tests: each on free ports of 127.0.0.1, ended with the test."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

ROOT = Path(__file__).resolve().parent.parent
BINARIES = Path(os.environ.get("MINIREDIS_BIN", ROOT / "build" / "bin"))


def free_port() -> int:
    """Return a TCP port that nothing listens on.

    Not one of those that the system gives to clients: who keeps trying to connect to such a port
    before anybody listens on it is now and then given that very port, and connected to itself.
    """
    while True:
        port = random.SystemRandom().randrange(12_000, 20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class ServerProcess:
    """A process that answers RESP on a port."""

    def __init__(
        self, command: list[str], port: int, environment: dict[str, str] | None = None
    ) -> None:
        self.port = port
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        deadline = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at once:\n{self.output()}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.005)

    def output(self) -> str:
        """Return what the process has printed so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def rss_bytes(self) -> int:
        """Return its resident memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """Return the processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> int:
        """End it with SIGTERM and return its exit status."""
        if self.alive():
            self.process.terminate()
        try:
            status = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.log.close()
        return status


def start_redis(*options: str) -> ServerProcess:
    """Start Debian's redis-server with nothing saved."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    # A file of its own: it would load whatever dump.rdb another server has left there.
    command += ["--dir", tempfile.gettempdir(), "--dbfilename", f"reference-{port}"]
    return ServerProcess([*command, *options], port)


def redis_client(
    port: int, username: str = "default", password: str = "", protocol: int = 2
) -> redis.Redis:
    """Return a redis-py client that gives text, and does not try again for seconds when refused."""
    return redis.Redis(
        port=port,
        username=username,
        password=password or None,
        protocol=protocol,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )


def start_standalone(*options: str) -> ServerProcess:
    """Start miniredisd with one node and no control plane."""
    port = free_port()
    command = [str(BINARIES / "miniredisd"), "--standalone", "--port", str(port), *options]
    return ServerProcess(command, port)


ADMIN_TOKEN = "test-admin-token-0123456789"


class Daemon(ServerProcess):
    """A miniredisd with its control plane and a router, on ports of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.http_port = free_port()
        self.router_port = free_port()
        first_node_port = free_port()
        while {self.http_port, self.router_port} & set(
            range(first_node_port, first_node_port + 21)
        ):
            first_node_port = free_port()
        # Not by a flag: miniredisd takes no secret from where a list of processes shows it.
        token_file = folder / "token"
        token_file.write_text(ADMIN_TOKEN)
        command = [
            *(str(BINARIES / "miniredisd"), "--http-port", str(self.http_port)),
            *("--router-port", str(self.router_port), "--data-directory", str(folder / "data")),
            *("--gateway-port", "-1", "--backend-port", "-1"),
            *("--admin-token-file", str(token_file), "--port-range-start", str(first_node_port)),
            *("--port-range-end", str(first_node_port + 20)),
        ]
        environment = {"MINIREDIS_ADMIN_TOKEN": ADMIN_TOKEN}
        super().__init__([*command, *options], self.http_port, environment)
        # It listens before it has brought its nodes back.
        deadline = time.monotonic() + 20
        while (answered := self.request("GET", "/readyz"))[0] != 200:
            assert time.monotonic() < deadline, f"not ready: {answered}\n{self.output()}"
            time.sleep(0.005)

    def request(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Make a request with the admin token; return status and JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {ADMIN_TOKEN}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def make_node(self, name: str, **settings: object) -> dict[str, object]:
        """Create a node, and its tenant where there is none yet; return what the API says of it."""
        status, tenant = self.request("POST", "/v1/tenants", {"name": "acme"})
        assert status in (201, 409), tenant
        status, node = self.request(
            "POST", "/v1/nodes", {"tenant": "acme", "name": name, **settings}
        )
        assert status == 201, node
        assert isinstance(node, dict)
        return node


def port_of(node: object) -> int:
    """Return the port of a node, from what the API says of it."""
    assert isinstance(node, dict)
    port = node["port"]
    assert isinstance(port, int)
    return port
