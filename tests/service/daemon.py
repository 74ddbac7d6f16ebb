"""A miniredisd with its control plane for tests: real process, real sockets, nothing shared."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers import BINARIES

PROGRAM = BINARIES if BINARIES.is_file() else BINARIES / "miniredisd"
OUR_VARIABLES = ("MINIREDIS_", "REDIS_PORT_", "XDG_STATE_HOME")


def clean_environment(**extra: str) -> dict[str, str]:
    """Return this process' environment without anything miniredisd would read, plus `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OUR_VARIABLES)}
    return {**kept, **extra}


def free_ports(count: int) -> int:
    """Return the first of `count` adjacent ports that nothing listens on."""
    places = range(21_000, 32_000 - count, count)
    # Other processes of the same run look too: not all in the same place.
    for start in random.sample(places, len(places)):
        sockets: list[socket.socket] = []
        try:
            for port in range(start, start + count):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return start
        except OSError:
            continue
        finally:
            for opened in sockets:
                opened.close()
    raise RuntimeError("no free ports")


def run_program(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run miniredisd to its end."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def port_in(line: str, label: str) -> int:
    """Return the port behind a label in the line of what is ready; 0 when it is not there."""
    if label not in line:
        return 0
    return int(line.split(label)[1].split(",")[0].rsplit(":", 1)[1])


@dataclass
class Answer:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass
class Daemon:
    """One daemon over one data directory; start() may follow stop() or kill()."""

    data: Path
    flags: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    range_size: int = 8
    # The node manager alone, unless told otherwise.
    plane: tuple[str, ...] = ("--gateway-port", "-1", "--backend-port", "-1")
    token: str = ""
    http_port: int = 0
    router_port: int = 0
    backend_port: int = 0
    gateway_port: int = 0
    output: str = ""

    def __post_init__(self) -> None:
        """Choose the ports for nodes."""
        self.first_port = free_ports(self.range_size)
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Daemon:
        """Start it and wait until it is ready."""
        ports = ["--port-range-start", str(self.first_port)]
        ports += ["--port-range-end", str(self.first_port + self.range_size - 1)]
        ports += ["--data-directory", str(self.data)]
        self.process = subprocess.Popen(
            [
                str(PROGRAM),
                "--http-port",
                "0",
                "--router-port",
                "0",
                *ports,
                *self.plane,
                *self.flags,
            ],
            env=clean_environment(**self.variables),
            stdout=subprocess.PIPE,
            stderr=(self.data.parent / "log").open("a"),
            text=True,
        )
        assert self.process.stdout is not None
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            if line.startswith("admin token"):
                self.token = line.split()[-1]
            if line.startswith("ready: "):
                break
        else:
            raise RuntimeError(f"miniredisd ended: {self.output}{self.log()}")
        self.http_port = port_in(line, "http on ")
        self.router_port = port_in(line, "router on ")
        self.backend_port = port_in(line, "backend on ")
        self.gateway_port = port_in(line, "gateway on ")
        return self

    def log(self) -> str:
        """Return what it has logged."""
        return (self.data.parent / "log").read_text()

    def signal(self, number: int) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout: float = 10) -> int:
        """Wait for its end; return the exit code."""
        assert self.process is not None
        code = self.process.wait(timeout)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def stop(self) -> int:
        """End it with SIGTERM; return the exit code."""
        if self.process is None or self.process.poll() is not None:
            return -1
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.signal(signal.SIGKILL)
        self.wait()

    def connect(self, port: int = 0) -> http.client.HTTPConnection:
        """Open an HTTP connection to the node manager, or to another port."""
        return http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=10)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        token: str | None = None,
        port: int = 0,
    ) -> Answer:
        """Make one request; `body` is sent as JSON unless it is bytes."""
        sent = {"Authorization": f"Bearer {self.token if token is None else token}"}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        connection = self.connect(port)
        try:
            connection.request(method, path, data, {**sent, **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """GET and expect 200."""
        answer = self.request("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def make_tenant(self, name: str = "acme", **body: Any) -> Any:
        """Create a tenant."""
        answer = self.request("POST", "/v1/tenants", {"name": name, **body})
        assert answer.status == 201, answer
        return answer.json

    def make_node(self, name: str, tenant: str = "acme", **body: Any) -> Any:
        """Create a node, without a port of its own unless told otherwise."""
        body = {"tenant": tenant, "name": name, "port": False, **body}
        answer = self.request("POST", "/v1/nodes", body)
        assert answer.status == 201, answer
        return answer.json

    def execute(self, node: str, *command: Any, **more: Any) -> Any:
        """Run one command; return the reply."""
        answer = self.request(
            "POST", f"/v1/nodes/{node}/execute", {"command": list(command), **more}
        )
        assert answer.status == 200, answer
        return answer.json["reply"]

    def __enter__(self) -> Daemon:
        """Start it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self.process is not None and self.process.poll() is None:
            self.kill()


class RespClient:
    """Just enough RESP2 to see who answers on a port."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.reader = self.socket.makefile("rb")

    def call(self, *words: str) -> str | None:
        """Run a command; return its reply as text, errors with their dash."""
        parts = [f"*{len(words)}\r\n"] + [f"${len(w.encode())}\r\n{w}\r\n" for w in words]
        self.socket.sendall("".join(parts).encode())
        line = self.reader.readline()
        assert line.endswith(b"\r\n"), "the connection was closed"
        kind, rest = line[:1], line[1:-2].decode()
        if kind != b"$":
            return line[:-2].decode() if kind == b"-" else rest
        if rest == "-1":
            return None
        return self.reader.read(int(rest) + 2)[:-2].decode()

    def close(self) -> None:
        """Close the connection."""
        self.reader.close()
        self.socket.close()

    def __enter__(self) -> RespClient:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()


def refuses_connections(port: int) -> bool:
    """Tell whether nothing listens on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def wait_until(condition: Any, seconds: float = 20) -> None:
    """Wait until `condition()` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
