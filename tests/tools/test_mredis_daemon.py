"""`mredis` against a real miniredisd: a tenant's node from its creation to its end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.service.daemon import Daemon, wait_until
from tests.service.plane import PLANE
from tests.tools.processes import run_mredis

Mredis = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    data = tmp_path_factory.mktemp("daemon") / "data"
    with Daemon(data, plane=PLANE) as started:
        yield started


@pytest.fixture
def mredis(daemon: Daemon) -> Mredis:
    environment = {
        "MINIREDIS_URL": f"http://127.0.0.1:{daemon.gateway_port}",
        "MINIREDIS_TOKEN": daemon.token,
    }

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_mredis(*arguments, environment={**environment, **more})

    return run


def test_from_tenant_to_deleted_node(mredis: Mredis, daemon: Daemon) -> None:
    made = mredis("plan", "create", "small", "--memory", "100mb", "--nodes", "3")
    assert made.returncode == 0, made.stderr
    made = mredis("tenant", "create", "acme", "--plan", "small", "--display-name", "Acme & Co")
    assert made.returncode == 0, made.stderr
    made = mredis(
        *("node", "create", "cache", "--tenant", "acme", "--memory", "10mb"),
        *("--policy", "allkeys-lru", "--password", "secret", "--json"),
    )
    assert made.returncode == 0, made.stderr
    node = json.loads(made.stdout)
    assert (node["memory_limit_bytes"], node["state"]) == (10 << 20, "running")
    assert "cache" in mredis("node", "list").stdout
    assert json.loads(mredis("node", "get", node["id"], "--json").stdout)["name"] == "cache"

    # The same data by its own port, by the router, and over HTTP.
    at = ["-p", str(node["port"])]
    assert mredis(*at, "SET", "k", "v", MINIREDIS_PASSWORD="secret").stdout == "OK\n"
    routed = mredis(
        "-p", str(daemon.router_port), "--user", "cache", "--pass", "secret", "GET", "k"
    )
    assert routed.stdout == "v\n"
    assert mredis("node", "exec", "cache", "GET", "k").stdout == "v\n"
    failed = mredis("node", "exec", "cache", "INCR", "k")
    assert failed.returncode == 1
    assert failed.stdout.startswith("ERR value is not an integer")

    top = mredis("node", "top", "--once").stdout.splitlines()
    assert top[1].split()[:3] == ["cache", "acme", "running"]
    assert top[1].split()[6] == "1"

    assert mredis("node", "stop", "cache").stdout == "cache: stopped\n"
    assert mredis(*at, "PING", MINIREDIS_PASSWORD="secret").returncode == 3
    assert mredis("node", "start", "cache").stdout == "cache: running\n"
    assert mredis(*at, "GET", "k", MINIREDIS_PASSWORD="secret").stdout == "v\n"

    assert mredis("node", "delete", "cache", "--yes").returncode == 0
    assert mredis("node", "get", "cache").returncode == 1
    assert mredis("tenant", "suspend", "acme").stdout == "acme: suspended\n"
    assert mredis("node", "create", "late", "--tenant", "acme").returncode == 1
    assert mredis("tenant", "resume", "acme").stdout == "acme: active\n"
    gone = mredis("tenant", "delete", "acme", "--yes", "--grace-seconds", "0")
    assert gone.stdout.startswith("acme: deleting, gone at 20"), gone
    wait_until(lambda: mredis("tenant", "get", "acme").returncode == 1)
    assert mredis("plan", "delete", "small").returncode == 0


def test_what_is_changed_shows_in_history_and_audit(mredis: Mredis) -> None:
    assert mredis("tenant", "create", "busy").returncode == 0
    made = mredis("node", "create", "b1", "--tenant", "busy", "--port", "none", "--memory", "8mb")
    assert made.returncode == 0, made.stderr
    changed = mredis("node", "update", "b1", "--memory", "16mb", "--policy", "allkeys-lfu")
    assert "16.0M" in changed.stdout
    assert mredis("node", "stop", "b1").returncode == 0
    history = mredis("node", "history", "b1").stdout.splitlines()
    assert history[0].split() == ["AT", "FROM", "TO", "CAUSE", "BY"]
    assert any("running" in line and "stopped" in line for line in history[1:])
    audit = mredis("platform", "audit", "--tenant", "busy", "--limit", "10").stdout
    for action in ("tenant.create", "node.create", "node.update", "node.stop"):
        assert action in audit


def test_keys_and_tokens_open_what_they_are_for(mredis: Mredis) -> None:
    for name in ("own", "other"):
        assert mredis("tenant", "create", name).returncode == 0
        assert mredis("node", "create", f"{name}1", "--tenant", name, "--port", "none").stderr == ""
    made = json.loads(mredis("key", "create", "own", "--scopes", "nodes:read", "--json").stdout)
    key = {"MINIREDIS_TOKEN": made["secret"]}
    assert mredis("node", "get", "own1", **key).returncode == 0
    assert mredis("node", "get", "other1", **key).returncode == 1
    assert mredis("node", "stop", "own1", **key).returncode == 1
    assert "own" in mredis("platform", "whoami", **key).stdout
    assert made["id"] in mredis("key", "list", "own").stdout
    assert mredis("key", "revoke", "own", made["id"]).stdout == f"{made['id']}: revoked\n"
    assert mredis("node", "get", "own1", **key).returncode == 1

    created = mredis("token", "create", "own1", "--read-only", "--json")
    token = json.loads(created.stdout)
    reader = {"MINIREDIS_TOKEN": token["secret"]}
    assert mredis("node", "exec", "own1", "DBSIZE", **reader).stdout == "0\n"
    assert mredis("node", "exec", "own1", "SET", "k", "v", **reader).returncode == 1
    assert token["id"] in mredis("token", "list", "own1").stdout
    assert mredis("token", "revoke", "own1", token["id"]).returncode == 0


def test_the_platform_at_a_glance(mredis: Mredis) -> None:
    health = mredis("platform", "health")
    assert health.returncode == 0, health
    assert "parts.backend.status" in health.stdout
    assert "ports.available" in mredis("platform", "capacity").stdout
    assert "local" in mredis("platform", "hosts").stdout
    assert "standard" in mredis("plan", "list").stdout


def test_the_token_is_needed(mredis: Mredis) -> None:
    refused = mredis("node", "list", MINIREDIS_TOKEN="wrong")
    assert refused.returncode == 1
    assert "MINIREDIS_TOKEN" in refused.stderr
