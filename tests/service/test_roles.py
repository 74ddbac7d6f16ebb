"""Roles in processes of their own, and what becomes of the rest when one of them is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.service.daemon import PROGRAM, Daemon, clean_environment, free_ports, port_in, wait_until
from tests.service.plane import Caller, administrator

TOKEN = "a token that all roles share"


class Role:
    """One process of the control plane; start() may follow kill()."""

    def __init__(self, folder: Path, role: str, *flags: str) -> None:
        self.log = folder / f"{role}.log"
        self.command = [
            *(str(PROGRAM), "--role", role, "--data-directory", str(folder / role)),
            *flags,
        ]
        self.process: subprocess.Popen[str] | None = None
        self.line = ""

    def start(self) -> Role:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(
            self.command,
            env=clean_environment(MINIREDIS_ADMIN_TOKEN=TOKEN),
            stdout=subprocess.PIPE,
            stderr=self.log.open("a"),
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready: "):
                self.line = line
                return self
        raise RuntimeError(f"{self.command} ended: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


class Plane:
    """A node manager, a backend and a gateway, each a process."""

    def __init__(self, folder: Path) -> None:
        first = free_ports(12)
        self.ports = {"node-manager": first + 8, "backend": first + 9, "gateway": first + 10}
        inside = [
            *("--http-port", str(self.ports["node-manager"])),
            *("--backend-port", str(self.ports["backend"])),
        ]
        self.node_manager = Role(
            folder,
            "node-manager",
            "--router-port",
            "0",
            *inside,
            *("--port-range-start", str(first), "--port-range-end", str(first + 7)),
        )
        self.backend = Role(folder, "backend", *inside)
        self.gateway = Role(
            folder, "gateway", *inside, "--gateway-port", str(self.ports["gateway"])
        )
        for role in (self.node_manager, self.backend, self.gateway):
            role.start()
        daemon = Daemon(folder / "unused")
        daemon.token = TOKEN
        daemon.http_port = self.ports["node-manager"]
        daemon.gateway_port = port_in(self.gateway.line, "gateway on ")
        self.admin = administrator(daemon)

    def kill(self) -> None:
        """End all of it."""
        for role in (self.gateway, self.backend, self.node_manager):
            role.kill()


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    """Start the three roles."""
    made = Plane(tmp_path)
    yield made
    made.kill()


def statuses(admin: Caller) -> dict[str, str]:
    """Return the status of each part."""
    return {name: part["status"] for name, part in admin.get("/v1/health")["parts"].items()}


def test_roles_apart_are_one_platform(plane: Plane) -> None:
    admin = plane.admin
    admin.post("/v1/tenants", {"name": "acme"})
    node = admin.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
    assert admin.execute("cache", "SET", "k", "v") == "OK"
    caller = admin.with_key("acme")
    assert caller.execute("cache", "GET", "k") == "v"
    assert [item["id"] for item in caller.get("/v1/nodes")["items"]] == [node["id"]]
    entry = caller.get("/v1/audit?action=node.create")["items"][0]
    assert (entry["actor"], entry["address"]) == ("admin", "127.0.0.1")
    assert caller.post("/v1/nodes/cache/stop", None, 200)["state"] == "stopped"
    assert caller.post("/v1/nodes/cache/start", None, 200)["state"] == "running"
    entry = caller.get("/v1/audit?action=node.start")["items"][0]
    assert entry["actor"].startswith("key:")
    admin.post("/v1/tenants", {"name": "other"})
    assert admin.with_key("other").request("GET", "/v1/nodes/cache").status == 404
    assert statuses(admin) == {"gateway": "ok", "node_manager": "ok", "backend": "ok"}


def test_head_is_told_the_length_of_what_get_gives(plane: Plane) -> None:
    admin = plane.admin
    admin.post("/v1/tenants", {"name": "acme"})
    for path in ("/v1/tenants/acme", "/v1/nodes", "/v1/plans/standard"):
        got = admin.request("GET", path)
        head = admin.daemon.request("HEAD", path, token=TOKEN, port=admin.daemon.gateway_port)
        assert (head.status, head.text) == (200, "")
        assert head.headers["content-length"] == str(len(got.text.encode()))


def test_streams_go_through_the_gateway(plane: Plane) -> None:
    admin = plane.admin
    admin.post("/v1/tenants", {"name": "acme"})
    admin.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
    secret = admin.post("/v1/tenants/acme/keys", {})["secret"]
    url = f"ws://127.0.0.1:{admin.daemon.gateway_port}/v1/nodes/cache"
    # As a browser does, which can set no header but the subprotocols.
    protocols: Any = ["miniredis.v1", f"bearer.{secret}"]
    with connect(f"{url}/shell", subprotocols=protocols, close_timeout=2) as socket:
        assert socket.subprotocol == "miniredis.v1"
        socket.send(json.dumps({"id": 1, "line": "set k v"}))
        assert json.loads(socket.recv(timeout=5)) == {"id": 1, "reply": "OK"}
    connection = admin.daemon.connect(admin.daemon.gateway_port)
    headers = {"Authorization": f"Bearer {secret}"}
    connection.request("GET", "/redis/cache/subscribe/news", headers=headers)
    response = connection.getresponse()
    assert response.readline() == b"data: subscribe,news,1\n"
    assert response.readline() == b"\n"
    admin.execute("cache", "PUBLISH", "news", "hello")
    assert response.readline() == b"data: message,news,hello\n"
    connection.close()


def test_live_nodes_do_without_the_backend(plane: Plane) -> None:
    admin = plane.admin
    admin.post("/v1/tenants", {"name": "acme"})
    admin.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
    caller = admin.with_key("acme")
    assert caller.execute("cache", "SET", "k", "v") == "OK"
    plane.backend.kill()
    time.sleep(6)  # longer than a verdict is believed without a question
    assert caller.execute("cache", "GET", "k") == "v"
    assert caller.get("/v1/nodes")["items"][0]["name"] == "cache"
    answer = caller.request("POST", "/v1/nodes", {"name": "more", "port": False})
    assert answer.status == 503
    assert answer.headers["retry-after"]
    assert statuses(admin)["backend"] == "down"
    assert admin.get("/healthz") == {"status": "degraded"}
    plane.backend.start()
    wait_until(lambda: statuses(admin)["backend"] == "ok")
    assert caller.post("/v1/nodes", {"name": "more", "port": False})["state"] == "running"


def test_a_node_manager_that_is_away_leaves_nothing_half_made(plane: Plane) -> None:
    admin = plane.admin
    admin.post("/v1/tenants", {"name": "acme"})
    plane.node_manager.kill()
    answer = admin.request("POST", "/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
    assert answer.status == 503
    assert admin.request("GET", "/v1/nodes").status == 503
    assert admin.get("/v1/tenants/acme")["nodes"] == 0
    plane.node_manager.start()
    assert admin.get("/v1/nodes")["items"] == []
    body = {"tenant": "acme", "name": "cache", "port": False}
    assert admin.post("/v1/nodes", body)["state"] == "running"


def test_a_node_manager_that_hangs_leaves_a_node_or_none(plane: Plane) -> None:
    admin = plane.admin
    admin.post("/v1/tenants", {"name": "acme"})
    body = {"tenant": "acme", "name": "cache", "port": False}
    key = {"Idempotency-Key": "hanging"}
    process = plane.node_manager.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        answer = admin.request("POST", "/v1/nodes", body, key)
        assert answer.status in {503, 504}, answer
    finally:
        os.kill(process.pid, signal.SIGCONT)

    def settled() -> bool:
        again = admin.request("POST", "/v1/nodes", body, key)
        return again.status == 201

    wait_until(settled, 20)
    nodes = admin.get("/v1/nodes")["items"]
    assert [node["name"] for node in nodes] == ["cache"]
    assert admin.get("/v1/tenants/acme")["nodes"] == 1


def test_roles_that_ask_others_need_a_token(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(PROGRAM), "--role", "gateway", "--data-directory", str(tmp_path)],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert "admin_token" in done.stderr
