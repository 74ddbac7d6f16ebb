"""The service as a process beside a real daemon: figures, ranges, who sees what, coming back."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.monitoring.conftest import PACKAGES, PYTHON
from tests.service.daemon import Daemon, clean_environment, wait_until
from tests.service.plane import control_plane


@contextmanager
def monitoring(daemon: Daemon, port: int = 0) -> Iterator[int]:
    """Start the service; give its port."""
    process = subprocess.Popen(
        [*PYTHON, "-m", "miniredis.monitoring"],
        env=clean_environment(
            PYTHONPATH=PACKAGES,
            MINIREDIS_MONITORING_PORT=str(port),
            MINIREDIS_NODE_MANAGER_URL=f"http://127.0.0.1:{daemon.http_port}",
            MINIREDIS_GATEWAY_URL=f"http://127.0.0.1:{daemon.gateway_port}",
            MINIREDIS_BACKEND_URL=f"http://127.0.0.1:{daemon.backend_port}",
            MINIREDIS_ADMIN_TOKEN=daemon.token,
            MINIREDIS_DATA_DIRECTORY=str(daemon.data),
            MINIREDIS_MONITORING_INTERVAL_SECONDS="0.2",
            **daemon.variables,
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.terminate()
        assert process.wait(10) == 0


def ask(port: int, path: str, token: str) -> tuple[int, Any]:
    """GET; return the status and the body."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as failure:
        return failure.code, json.load(failure)


def test_a_tenant_sees_its_nodes_and_no_others(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin:
        for name in ("acme", "other"):
            admin.post("/v1/tenants", {"name": name})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "one"})["id"]
        own, foreign = admin.with_key("acme").token, admin.with_key("other").token
        with monitoring(admin.daemon) as port:
            path = f"/v1/monitoring/nodes/{node}"
            wait_until(lambda: ask(port, path, admin.token)[0] == 200)
            admin.execute(node, "SET", "k", "v")
            wait_until(lambda: ask(port, path, own)[1]["keys"] == 1)
            assert ask(port, path, foreign)[0] == 404
            assert ask(port, "/v1/monitoring/nodes", foreign)[1]["items"] == []
            assert ask(port, "/v1/monitoring/health", foreign)[0] == 403
            assert ask(port, path, "no-such-token")[0] == 401

            now = datetime.now(timezone.utc)
            span = {
                "from": (now - timedelta(seconds=60)).isoformat(),
                "to": (now + timedelta(seconds=60)).isoformat(),
                "metric": "keys",
                "step_seconds": "10",
                "how": "max",
            }
            query = f"{path}/range?{urllib.parse.urlencode(span)}"
            points = lambda: [p["value"] for p in ask(port, query, own)[1]["items"]]  # noqa: E731
            wait_until(lambda: 1 in points())
            assert len(points()) == 12
            assert None in points()
            assert ask(port, query, foreign)[0] == 404
            assert ask(port, query.replace("metric=keys", "metric=x"), own)[0] == 422


def test_it_is_degraded_without_the_node_manager(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin, monitoring(admin.daemon) as port:
        health = lambda: ask(port, "/v1/monitoring/health", admin.token)[1]  # noqa: E731
        wait_until(lambda: health()["status"] == "ok")
        admin.daemon.kill()
        wait_until(lambda: "node_manager" in health()["causes"])
        # The probe of services may see it before the collector asks again.
        wait_until(lambda: ask(port, "/readyz", admin.token)[0] == 503)
        assert ask(port, "/healthz", admin.token)[0] == 200


def test_it_is_degraded_with_an_older_schema(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin, monitoring(admin.daemon) as port:
        health = lambda: ask(port, "/v1/monitoring/health", admin.token)[1]  # noqa: E731
        wait_until(lambda: health()["status"] == "ok")
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "main.db")) as database:
            database.execute("ALTER TABLE monitoring_progress RENAME TO other")
            wait_until(lambda: "monitoring_progress" in str(health()["causes"]))
            assert ask(port, "/v1/monitoring/nodes", admin.token)[0] == 200
            database.execute("ALTER TABLE other RENAME TO monitoring_progress")
        wait_until(lambda: health()["status"] == "ok")
