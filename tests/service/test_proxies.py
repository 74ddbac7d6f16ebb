"""A proxy in front of the gateway: whose word on the client's address is taken."""

from __future__ import annotations

from pathlib import Path

from tests.service.daemon import run_program
from tests.service.plane import control_plane

CLIENT = "203.0.113.7"


def test_a_trusted_proxy_says_who_asks(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data", "--trusted-proxies", "10.0.0.0/8,127.0.0.1") as admin:
        through = {"X-Forwarded-For": f"6.6.6.6, {CLIENT}, 10.1.2.3"}
        assert admin.request("POST", "/v1/tenants", {"name": "far"}, through).status == 201
        assert admin.request("POST", "/v1/tenants", {"name": "near"}).status == 201
        entries = admin.get("/v1/audit?action=tenant.create")["items"]
        addresses = {entry["tenant"]: entry["address"] for entry in entries}
        assert addresses == {"far": CLIENT, "near": "127.0.0.1"}
        # Who guesses is slowed by where they are, and not whoever else comes through the proxy.
        guesser = admin.with_token("mra_guess")
        guess = [guesser.request("GET", "/v1/nodes", None, through).status for _ in range(30)]
        assert guess[0] == 401
        assert guess[-1] == 429
        other = {"X-Forwarded-For": "203.0.113.8"}
        assert guesser.request("GET", "/v1/nodes", None, other).status == 401
        assert f'peer="{CLIENT}"' in admin.daemon.log() or CLIENT in admin.daemon.log()


def test_nobody_is_trusted_by_default(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin:
        claimed = {"X-Forwarded-For": CLIENT}
        assert admin.request("POST", "/v1/tenants", {"name": "acme"}, claimed).status == 201
        entry = admin.get("/v1/audit?action=tenant.create")["items"][0]
        assert entry["address"] == "127.0.0.1"
        assert CLIENT not in admin.daemon.log()


def test_what_is_no_proxy_is_named(tmp_path: Path) -> None:
    done = run_program(
        *("--data-directory", str(tmp_path / "data"), "--http-port", "0", "--router-port", "0"),
        *("--gateway-port", "0", "--backend-port", "0", "--trusted-proxies", "10.0.0.1,balancer"),
    )
    assert done.returncode == 2
    assert "trusted_proxies" in done.stderr
    assert "'balancer' is refused; allowed: addresses and networks" in done.stderr
