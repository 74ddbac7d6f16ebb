"""`mredis` against a real miniredisd: a tenant's node from its creation to its end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.service.daemon import Daemon
from tests.tools.processes import run_mredis

Mredis = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("daemon") / "data") as started:
        yield started


@pytest.fixture
def mredis(daemon: Daemon) -> Mredis:
    environment = {
        "MINIREDIS_URL": f"http://127.0.0.1:{daemon.http_port}",
        "MINIREDIS_TOKEN": daemon.token,
    }

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_mredis(*arguments, environment={**environment, **more})

    return run


def test_from_tenant_to_deleted_node(mredis: Mredis, daemon: Daemon) -> None:
    assert mredis("tenant", "create", "acme", "--memory", "100mb").returncode == 0
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

    taken = mredis("tenant", "delete", "acme", "--yes")
    assert taken.returncode == 1
    assert mredis("node", "delete", "cache", "--yes").returncode == 0
    assert mredis("tenant", "delete", "acme", "--yes").returncode == 0
    assert mredis("node", "get", "cache").returncode == 1


def test_the_token_is_needed(mredis: Mredis) -> None:
    refused = mredis("node", "list", MINIREDIS_TOKEN="wrong")
    assert refused.returncode == 1
    assert "MINIREDIS_TOKEN" in refused.stderr
