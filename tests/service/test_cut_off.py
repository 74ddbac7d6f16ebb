"""Creations that are cut off: by a kill of the process, by a database that goes away."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests import postgres as servers
from tests.postgres import PostgresServer
from tests.service.daemon import Daemon, wait_until
from tests.service.plane import PLANE, Caller, administrator, control_plane

KILLS = 12


def nodes_of(admin: Caller) -> dict[str, str]:
    """Return the states of all nodes by name."""
    return {item["name"]: item["state"] for item in admin.get("/v1/nodes?limit=1000")["items"]}


def test_a_kill_leaves_a_node_or_none(tmp_path: Path) -> None:
    dice = random.Random(3)
    daemon = Daemon(tmp_path / "data", plane=PLANE, range_size=64)
    daemon.start()
    try:
        admin = administrator(daemon)
        admin.post("/v1/tenants", {"name": "acme"})
        acknowledged: set[str] = set()
        for round_number in range(KILLS):
            names = [f"n{round_number}-{number}" for number in range(40)]

            def create(admin: Caller = admin, names: list[str] = names) -> None:
                for name in names:
                    body = {"tenant": "acme", "name": name, "port": False, "memory": "1mb"}
                    try:
                        answer = admin.request("POST", "/v1/nodes", body, {"Idempotency-Key": name})
                    except (OSError, HTTPException):  # the end, or an answer that was cut off
                        return
                    assert answer.status == 201, answer
                    acknowledged.add(name)

            worker = threading.Thread(target=create)
            worker.start()
            time.sleep(dice.uniform(0.001, 0.12))
            daemon.kill()
            worker.join(10)
            daemon.start()
            admin = administrator(daemon)

            def settled(admin: Caller = admin) -> bool:
                live = nodes_of(admin)
                return bool(admin.get("/v1/tenants/acme")["nodes"] == len(live))

            wait_until(settled)
            live = nodes_of(admin)
            assert acknowledged <= set(live)
            assert set(live.values()) <= {"running"}
            # The node that was cut off can be asked for again, by the same key.
            again = next((name for name in names if name not in acknowledged), None)
            if again is not None:
                body = {"tenant": "acme", "name": again, "port": False, "memory": "1mb"}
                key = {"Idempotency-Key": again}

                def made(
                    admin: Caller = admin, body: dict[str, Any] = body, key: dict[str, str] = key
                ) -> bool:
                    return admin.request("POST", "/v1/nodes", body, key).status == 201

                wait_until(made)
                acknowledged.add(again)
        assert admin.execute(next(iter(acknowledged)), "SET", "k", "v") == "OK"
    finally:
        daemon.__exit__()


def test_a_kill_in_mid_deletion_leaves_a_node_or_none(tmp_path: Path) -> None:
    dice = random.Random(5)
    daemon = Daemon(tmp_path / "data", plane=PLANE, range_size=64)
    daemon.start()
    try:
        admin = administrator(daemon)
        admin.post("/v1/tenants", {"name": "acme"})
        for round_number in range(4):
            for number in range(30):
                name = f"d{round_number}-{number}"
                body = {"tenant": "acme", "name": name, "port": False, "memory": "1mb"}
                admin.post("/v1/nodes", body)

            def delete(admin: Caller = admin) -> None:
                try:
                    for name in nodes_of(admin):
                        admin.request("DELETE", f"/v1/nodes/{name}")
                except Exception:
                    return

            worker = threading.Thread(target=delete)
            worker.start()
            time.sleep(dice.uniform(0.01, 0.1))
            daemon.kill()
            worker.join(10)
            daemon.start()
            admin = administrator(daemon)

            def settled(admin: Caller = admin) -> bool:
                return bool(admin.get("/v1/tenants/acme")["nodes"] == len(nodes_of(admin)))

            wait_until(settled)
            delete(admin)
            wait_until(settled)
            assert nodes_of(admin) == {}
    finally:
        daemon.__exit__()


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL of our own."""
    server = PostgresServer()
    yield server
    server.stop()


def test_the_same_on_postgresql(tmp_path: Path, postgres: PostgresServer) -> None:
    variables = {"MINIREDIS_MAIN_DATABASE_URL": postgres.url}
    with control_plane(tmp_path / "data", variables=variables) as admin:
        admin.post("/v1/tenants", {"name": "acme"})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
        key = admin.with_key("acme")
        assert key.execute("cache", "SET", "k", "v") == "OK"
        assert admin.get(f"/v1/nodes/{node['id']}/history")["items"][0]["to"] == "running"
        assert [item["action"] for item in admin.get("/v1/audit")["items"]] == [
            "key.create",
            "node.create",
            "tenant.create",
        ]

        servers.stop(postgres.directory)
        assert key.execute("cache", "GET", "k") == "v"
        assert admin.get("/v1/nodes")["items"][0]["name"] == "cache"
        for method, path, body in (
            ("POST", "/v1/nodes", {"tenant": "acme", "name": "more", "port": False}),
            ("PATCH", "/v1/nodes/cache", {"memory": "2mb"}),
            ("POST", "/v1/nodes/cache/stop", None),
            ("DELETE", "/v1/nodes/cache", None),
            ("POST", "/v1/tenants", {"name": "other"}),
        ):
            answer = admin.request(method, path, body)
            assert (answer.status, "retry-after" in answer.headers) == (503, True), answer
        assert admin.get("/healthz") == {"status": "degraded"}
        live = admin.get("/v1/nodes")["items"]
        assert [(item["name"], item["state"]) for item in live] == [("cache", "running")]
        assert live[0]["memory_limit_bytes"] == 40 << 20

        servers.start(postgres.directory)
        wait_until(lambda: admin.get("/healthz") == {"status": "ok"}, 20)
        assert admin.get("/v1/tenants/acme")["nodes"] == 1
        more = {"tenant": "acme", "name": "more", "port": False}
        assert admin.post("/v1/nodes", more)["state"] == "running"


def test_a_database_that_comes_and_goes(tmp_path: Path, postgres: PostgresServer) -> None:
    variables = {"MINIREDIS_MAIN_DATABASE_URL": postgres.url}
    with control_plane(tmp_path / "data", variables=variables, range_size=64) as admin:
        admin.post("/v1/tenants", {"name": "acme"})
        stopping = threading.Event()
        made: list[str] = []

        def create() -> None:
            number = 0
            while not stopping.is_set() and number < 2000:
                number += 1
                name = f"p{number}"
                body = {"tenant": "acme", "name": name, "port": False, "memory": "1mb"}
                answer = admin.request("POST", "/v1/nodes", body)
                assert answer.status in {201, 503}, answer
                if answer.status == 201:
                    made.append(name)

        worker = threading.Thread(target=create)
        worker.start()
        for _ in range(2):
            time.sleep(0.5)
            servers.stop(postgres.directory)
            time.sleep(0.3)
            servers.start(postgres.directory)
        time.sleep(0.5)
        stopping.set()
        worker.join(30)
        assert not worker.is_alive()

        def settled() -> bool:
            live = nodes_of(admin)
            answer = admin.request("GET", "/v1/tenants/acme")
            return answer.status == 200 and answer.json["nodes"] == len(live)

        wait_until(settled, 20)
        live = nodes_of(admin)
        assert set(made) <= set(live)
