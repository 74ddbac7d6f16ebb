"""@upstash/redis, the real package, on the gateway's REST face."""

from __future__ import annotations

from pathlib import Path

from tests.compat.node_scripts import run_script
from tests.service.plane import control_plane


def test_upstash_redis(node_modules: Path, tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin:
        admin.post("/v1/tenants", {"name": "acme"})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
        tokens = f"/v1/nodes/{node['id']}/tokens"
        url = f"http://127.0.0.1:{admin.daemon.gateway_port}/redis/cache"
        writing, reading = (
            admin.post(tokens, {"read_only": read_only})["secret"] for read_only in (False, True)
        )
        seen = run_script(node_modules, "upstash_client.mjs", url, writing, reading)
    assert seen == {
        "set": "OK",
        "get": "hello",
        "missing": None,
        "ttl": True,
        "unicode": "💥 \x01",
        "json": {"a": [1, 2, {"b": None}]},
        "hash": {"name": "ada", "age": 36},
        "members": ["a", "b"],
        "scores": ["x", 1.5, "y", 2],
        "list": [1, 2, 3],
        "scan": ["z"],
        "pipeline": ["OK", 2, 2],
        "transaction": [3, 13],
        "error": "Command failed: ERR value is not an integer or out of range",
        "read": "hello",
        "refused": True,
        "stranger": "UpstashError",
        "receivers": 1,
        "message": {"channel": "news", "message": {"title": "hi"}},
    }
