"""CONFIG REWRITE: settings that outlive the process, a file for each node."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import redis

from tests.compat.resp_client import RespClient
from tests.servers import Daemon, ServerProcess, port_of, redis_client, start_standalone


def rewrite(admin: redis.Redis) -> None:
    assert admin.config_rewrite()


def setting(admin: redis.Redis, name: str) -> str:
    return str(admin.config_get(name)[name])


def test_settings_outlive_the_daemon(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    made = daemon.make_node("kept", password="secret")
    other = daemon.make_node("other", password="secret")
    file = tmp_path / "data" / "settings" / f"{made['id']}.conf"
    with redis_client(port_of(made), password="secret") as admin:
        admin.config_set("timeout", 600)
        admin.config_set("notify-keyspace-events", "KEA")
        admin.config_set("requirepass", "changed")
        assert not file.exists()
        rewrite(admin)
        admin.config_set("timeout", 601)
    assert file.stat().st_mode & 0o777 == 0o600
    digest = sha256(b"changed").hexdigest()
    assert file.read_text().splitlines() == [
        "# Written by CONFIG REWRITE",
        "notify-keyspace-events AKE",
        f"requirepass-sha256 {digest}",
        "timeout 600",
    ]
    assert daemon.stop() == 0
    # Comments, and what somebody wrote by hand, are kept.
    file.write_text("# by hand\nmaxclients 77\n" + file.read_text())

    daemon = Daemon(tmp_path)
    admin = redis_client(port_of(daemon.request("GET", "/v1/nodes/kept")[1]), password="changed")
    assert setting(admin, "timeout") == "600"
    assert setting(admin, "maxclients") == "77"
    assert setting(redis_client(port_of(other), password="secret"), "timeout") == "0"
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis_client(port_of(made), password="secret").ping()
    admin.config_set("timeout", 0)
    rewrite(admin)
    assert file.read_text().splitlines()[:2] == ["# by hand", "maxclients 77"]
    assert "timeout 0" in file.read_text().splitlines()
    # What the API changes counts from then on, over restarts too.
    change = {"password": "by-api", "eviction_policy": "allkeys-lru", "max_clients": 99}
    assert daemon.request("PATCH", "/v1/nodes/kept", change)[0] == 200
    daemon.stop()
    daemon = Daemon(tmp_path)
    admin = redis_client(port_of(daemon.request("GET", "/v1/nodes/kept")[1]), password="by-api")
    assert setting(admin, "maxmemory-policy") == "allkeys-lru"
    assert setting(admin, "maxclients") == "99"
    assert daemon.request("DELETE", "/v1/nodes/kept")[0] in (200, 204)
    assert not file.exists()
    daemon.stop()


def test_a_refused_change_leaves_the_file_alone(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    made = daemon.make_node("kept", password="secret")
    file = tmp_path / "data" / "settings" / f"{made['id']}.conf"
    with redis_client(port_of(made), password="secret") as admin:
        admin.config_set("timeout", 600)
        rewrite(admin)
    before = file.read_text()
    taken = port_of(daemon.make_node("other", password="x"))
    status, _ = daemon.request(
        "PATCH", "/v1/nodes/kept", {"config": {"timeout": "5"}, "port": taken}
    )
    assert status >= 400
    assert file.read_text() == before
    assert setting(redis_client(port_of(made), password="secret"), "timeout") == "600"
    daemon.stop()


def test_a_lower_memory_limit_does_not_keep_a_node_from_starting(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    made = daemon.make_node("n", password="x")
    with redis_client(port_of(made), password="x") as admin:
        admin.config_set("maxmemory", "30mb")
        rewrite(admin)
    limit = 8 << 20
    assert daemon.request("PATCH", "/v1/nodes/n", {"memory_limit_bytes": limit})[0] == 200
    daemon.stop()
    daemon = Daemon(tmp_path)
    node = daemon.request("GET", "/v1/nodes/n")[1]
    assert setting(redis_client(port_of(node), password="x"), "maxmemory") == str(limit)
    daemon.stop()


def test_a_bad_line_stops_its_node_alone(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    broken = daemon.make_node("broken", password="x")
    whole = daemon.make_node("whole", password="x")
    daemon.stop()
    file = tmp_path / "data" / "settings" / f"{broken['id']}.conf"
    file.write_text("timeout 5\nmaxclients many\n")
    daemon = Daemon(tmp_path)
    assert redis_client(port_of(whole), password="x").ping()
    node = daemon.request("GET", "/v1/nodes/broken")[1]
    assert isinstance(node, dict)
    assert node["state"] == "failed"
    assert f"{broken['id']}.conf:2: maxclients: " in str(node)
    # It starts once the file makes sense.
    file.write_text("timeout 5\n")
    assert daemon.request("POST", "/v1/nodes/broken/start")[0] == 200
    assert setting(redis_client(port_of(broken), password="x"), "timeout") == "5"
    daemon.stop()


def call(server: ServerProcess, *words: str) -> object:
    with RespClient(server.port) as connection:
        return connection.call(*words)


def test_standalone_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "node.conf"
    path.write_text("# mine\ntimeout 7\n")
    server = start_standalone("--node-config-file", str(path))
    assert call(server, "CONFIG", "GET", "timeout") == ("*", [("$", b"timeout"), ("$", b"7")])
    assert call(server, "CONFIG", "SET", "timeout", "8", "maxclients", "50") == ("+", b"OK")
    assert call(server, "CONFIG", "REWRITE") == ("+", b"OK")
    server.stop()
    assert path.read_text() == "# mine\ntimeout 8\n# Written by CONFIG REWRITE\nmaxclients 50\n"
    path.write_text("timeout 7\nno-such-thing 1\n")
    with pytest.raises(RuntimeError, match=r"node\.conf:2: no-such-thing"):
        start_standalone("--node-config-file", str(path))
