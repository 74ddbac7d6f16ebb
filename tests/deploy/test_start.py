"""What containers would run, started in their order and used through nginx."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.deploy.containers import PAGE, Containers
from tests.deploy.files import OUR_SERVICES
from tests.postgres import start, stop
from tests.service.daemon import RespClient, wait_until


@pytest.fixture(scope="module")
def containers() -> Iterator[Containers]:
    """Start all services."""
    started = Containers()
    try:
        started.prepare()
        assert not any(started.is_healthy(name) for name in OUR_SERVICES)
        started.start("frontend")
        assert set(started.processes) == set(OUR_SERVICES)
        yield started
    finally:
        started.stop()


def ask(
    containers: Containers, method: str, path: str, body: Any = None, token: str = ""
) -> tuple[int, dict[str, str], bytes]:
    """Ask the frontend."""
    connection = http.client.HTTPConnection("127.0.0.1", containers.ports[5173], timeout=20)
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_the_frontend_serves_pages_and_passes_the_rest_on(containers: Containers) -> None:
    for path in ("/", "/nodes/some/page"):
        status, headers, body = ask(containers, "GET", path)
        assert (status, body.decode()) == (200, PAGE)
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["cache-control"] == "no-cache"
    status, headers, _ = ask(containers, "GET", "/assets/index-0a1b2c3d.js")
    assert (status, "immutable" in headers["cache-control"]) == (200, True)
    assert ask(containers, "GET", "/assets/none.js")[0] == 404
    status, headers, body = ask(containers, "GET", "/v1/nodes")
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert json.loads(ask(containers, "GET", "/openapi.json")[2])["openapi"]


def test_the_platform_works_behind_it(containers: Containers) -> None:
    password = containers.secret("auth_admin_password")
    body = {"email": "admin@miniredis.example", "password": password}
    status, _, text = ask(containers, "POST", "/auth/v1/login", body)
    assert status == 200, text
    token = json.loads(text)["tokens"]["access_token"]
    admin = containers.secret("admin_token")

    def parts() -> dict[str, str]:
        health = json.loads(ask(containers, "GET", "/v1/health", token=admin)[2])
        return {name: part["status"] for name, part in health["parts"].items()}

    names = ("gateway", "node_manager", "backend", "auth", "monitoring")
    wait_until(lambda: parts() == dict.fromkeys(names, "ok"), 20)

    assert ask(containers, "POST", "/v1/tenants", {"name": "acme"}, token)[0] == 201
    wish = {"tenant": "acme", "name": "cache", "memory": "4mb", "password": "hush"}
    status, _, text = ask(containers, "POST", "/v1/nodes", wish, token)
    assert status == 201, text
    node = json.loads(text)
    assert (node["host"], node["router"]["port"]) == ("127.0.0.1", containers.router_port)
    for port, login in ((node["port"], ("hush",)), (containers.router_port, ("cache", "hush"))):
        with RespClient(port) as client:
            assert client.call("AUTH", *login) == "OK"
            assert client.call("SET", "greeting", "hello") == "OK"

    def counted() -> bool:
        status, _, text = ask(containers, "GET", "/v1/monitoring/summary", token=token)
        return status == 200 and json.loads(text)["states"] == {"running": 1}

    wait_until(counted, 30)


def test_streams_and_shells_pass_through(containers: Containers) -> None:
    admin = containers.secret("admin_token")
    connection = http.client.HTTPConnection("127.0.0.1", containers.ports[5173], timeout=10)
    connection.request("GET", "/v1/stream", headers={"Authorization": f"Bearer {admin}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline()
    connection.close()
    with connect(
        f"ws://127.0.0.1:{containers.ports[5173]}/v1/nodes/cache/shell",
        additional_headers={"Authorization": f"Bearer {admin}"},
    ) as shell:
        shell.send(json.dumps({"id": 1, "command": ["GET", "greeting"]}))
        assert json.loads(shell.recv(10)) == {"id": 1, "reply": "hello"}


def test_health_checks_tell_when_a_database_is_away(containers: Containers) -> None:
    directory = containers.databases["auth"].directory
    stop(directory)
    containers.wait_for("auth", healthy=False)
    assert containers.is_healthy("gateway")
    start(directory)
    containers.wait_for("auth", healthy=True)


def test_no_secret_is_in_a_log_a_command_line_or_an_environment(containers: Containers) -> None:
    secrets = [path.read_text().strip() for path in (containers.folder / "secrets").iterdir()]
    secrets += ["not-a-secret"]
    for name, process in containers.processes.items():
        seen = containers.log(name)
        for file in ("cmdline", "environ"):
            seen += Path(f"/proc/{process.pid}/{file}").read_text()
        assert not [secret for secret in secrets if secret in seen], name
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert "\nUid:\t0\t" not in status, name


def test_each_ends_when_it_is_told_to(containers: Containers) -> None:
    for name in reversed(list(containers.processes)):
        assert containers.end(name) == 0, containers.log(name)
