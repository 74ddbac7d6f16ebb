"""Units of systemd and the example of TLS by nginx, for machines without containers."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, example_values
from tests.servers import BINARIES, free_port
from tests.service.daemon import run_program

UNITS = sorted((DEPLOY / "systemd").iterdir())
# systemd's own scale from 0 (safe) to 100; "OK" ends at 40.
MOST_EXPOSURE = "15"
ROLES = {"miniredisd@": ("all", "gateway", "backend", "node-manager")}
SERVICES = {"miniredis-service@": ("auth", "monitoring")}


def systemd_analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze to its end."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed: tools/dev/bootstrap.sh test")
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_are_understood(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text()
    program = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert program
    # The program has to be there for the unit to be verified.
    there = sys.executable if "python" in program[1] else str(BINARIES / "miniredisd")
    for instance in {**ROLES, **SERVICES}[unit.stem]:
        copy = tmp_path / f"{unit.stem}{instance}.service"
        copy.write_text(text.replace(program[1], there))
        done = systemd_analyze("verify", "--man=no", "--recursive-errors=no", copy)
        said = [line for line in done.stderr.splitlines() if unit.stem in line]
        assert (done.returncode, said) == (0, []), done.stderr
    copy.write_text(copy.read_text().replace("ProtectSystem=", "ProtectSytem="))
    assert "Unknown key" in systemd_analyze("verify", "--man=no", copy).stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_are_hardened(unit: Path) -> None:
    done = systemd_analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", unit)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_hand_over_secrets_as_files(unit: Path) -> None:
    text = unit.read_text()
    given = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.MULTILINE))
    assert given.pop("MINIREDIS_ADMIN_TOKEN_FILE") == "%d/admin-token"
    assert "LoadCredential=admin-token:/etc/miniredis/admin-token" in text
    assert not re.search("TOKEN|PASSWORD|SECRET", " ".join(given))


def test_roles_of_units_are_those_of_the_program() -> None:
    text = re.sub(r"\s+", " ", run_program("--help").stdout)
    assert "one of all, gateway, backend, node-manager" in text
    assert set(ROLES["miniredisd@"]) == {"all", "gateway", "backend", "node-manager"}


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self) -> None:
        """Answer."""
        names = ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "Connection")
        body = "\n".join(f"{name}: {self.headers.get(name, '')}" for name in names).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[int]:
    """Give the port of what answers with what it was asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


class Nginx:
    """The example of TLS in a configuration like Debian's."""

    def __init__(self, folder: Path, gateway: int) -> None:
        self.plain, self.secure = free_port(), free_port()
        self.configuration = folder / "nginx.conf"
        own = folder / "miniredis"
        own.mkdir()
        for source in ("gateway.conf", "tls.conf"):
            text = (DEPLOY / "nginx" / source).read_text()
            text = re.sub(r"\n\s*listen \[::\][^;]*;", "", text)
            for old, new in (
                ("/etc/nginx/", f"{folder}/"),
                ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
                ("listen 443 ", f"listen 127.0.0.1:{self.secure} "),
                ("127.0.0.1:8080", f"127.0.0.1:{gateway}"),
            ):
                text = text.replace(old, new)
            (own / source).write_text(text)
        places = [f"{n}_temp_path {folder}/{n};" for n in ("proxy", "fastcgi", "uwsgi", "scgi")]
        self.configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/body; {' '.join(places)}\n"
            "include miniredis/tls.conf; }\n"
        )
        key = ["-keyout", str(own / "key.pem"), "-out", str(own / "certificate.pem")]
        subprocess.run(
            [
                *(
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                ),
                *("-nodes", "-subj", "/CN=redis.example.com", "-days", "2"),
                *("-addext", "subjectAltName=DNS:redis.example.com", *key),
            ],
            check=True,
            capture_output=True,
        )
        self.certificate = own / "certificate.pem"

    def command(self, *more: str) -> list[str]:
        """Return the words that run it."""
        return ["nginx", "-e", "stderr", "-c", str(self.configuration), *more]

    def __enter__(self) -> Nginx:
        """Start it and wait until it listens."""
        self.process = subprocess.Popen(self.command(), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=1)
                connection.connect()
                connection.close()
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    def ask(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Ask over TLS."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("redis.example.com", self.secure, context=context)
        connection.sock = context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.secure), 10),
            server_hostname="redis.example.com",
        )
        connection.request("GET", path, headers=headers)
        return connection.getresponse()


def test_the_example_of_tls(tmp_path: Path, gateway: int) -> None:
    os.chmod(tmp_path, 0o755)  # noqa: PTH101
    nginx = Nginx(tmp_path, gateway)
    done = subprocess.run(nginx.command("-t"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr
    with nginx:
        connection = http.client.HTTPConnection("127.0.0.1", nginx.plain, timeout=10)
        connection.request("GET", "/nodes?x=1", headers={"Host": "redis.example.com"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Location")) == (
            308,
            "https://redis.example.com/nodes?x=1",
        )
        for path in ("/v1/nodes", "/auth/v1/me", "/"):
            answer = nginx.ask(path, **{"X-Forwarded-For": "203.0.113.9"})
            seen = dict(line.split(": ", 1) for line in answer.read().decode().splitlines())
            assert seen["Host"] == "redis.example.com:" + str(nginx.secure)
            # What a caller says of itself is worth nothing.
            assert seen["X-Forwarded-For"] == "127.0.0.1"
            assert answer.getheader("Strict-Transport-Security") == "max-age=31536000"
        statuses = [nginx.ask("/auth/v1/login").status for _ in range(40)]
        assert statuses[:10] == [200] * 10
        assert 429 in statuses


def test_the_example_of_variables_is_complete_for_a_shell() -> None:
    # Compose reads it as a shell would: nothing in it may need quotes.
    assert all(re.fullmatch(r"[\w.,:/@-]*", value) for value in example_values().values())
