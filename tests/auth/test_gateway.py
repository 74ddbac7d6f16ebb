"""The service behind the real gateway: what a browser and a program see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from tests.auth.issuer import Issuer
from tests.auth.service import AuthService
from tests.service.daemon import wait_until
from tests.service.plane import Caller, control_plane


@dataclass
class Platform:
    """A gateway, and the auth service behind it."""

    plane: Caller
    service: AuthService

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.plane.daemon.gateway_port}"


@pytest.fixture(scope="module")
def platform(service: AuthService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start a control plane before the service."""
    data = tmp_path_factory.mktemp("plane") / "data"
    with control_plane(data, "--auth-url", service.url) as plane:
        plane.post("/v1/tenants", {"name": "acme"})
        yield Platform(plane, service)


def test_a_user_makes_a_node(platform: Platform) -> None:
    service = platform.service
    member = service.user({"acme": "member"})
    with httpx.Client(base_url=platform.url, timeout=20) as program:

        def log_in(email: str, password: str) -> Caller:
            body = {"email": email, "password": password}
            answer = program.post("/auth/v1/login", json=body)
            assert answer.status_code == 200, answer.text
            return platform.plane.with_token(answer.json()["tokens"]["access_token"])

        user = log_in(member.email, member.password)
        node = user.post("/v1/nodes", {"tenant": "acme", "name": "cache", "port": False})
        assert node["tenant"] == "acme"
        assert user.execute("cache", "SET", "k", "v") == "OK"
        viewer = service.user({"acme": "viewer"})
        reader = log_in(viewer.email, viewer.password)
        assert reader.request("GET", "/v1/nodes/cache").status == 200
        made = reader.request("POST", "/v1/nodes", {"tenant": "acme", "name": "x", "port": False})
        assert made.status == 403
        stranger = service.user({"elsewhere": "owner"})
        outside = log_in(stranger.email, stranger.password)
        assert outside.request("GET", "/v1/nodes/cache").status == 404
        admin = service.user(platform_admin=True)
        assert log_in(admin.email, admin.password).get("/v1/tenants")["items"]


def test_a_browser_by_the_gateway(platform: Platform) -> None:
    user = platform.service.user({"acme": "owner"})
    with httpx.Client(base_url=platform.url, timeout=20) as browser:
        origin = {"Origin": platform.url}
        body = {"email": user.email, "password": user.password, "use_cookie": True}
        answer = browser.post("/auth/v1/login", json=body, headers=origin)
        assert answer.status_code == 200, answer.text
        set_cookies = answer.headers.get_list("set-cookie")
        assert len(set_cookies) == 2
        refresh_cookie = next(text for text in set_cookies if text.startswith("miniredis_refresh"))
        assert "HttpOnly" in refresh_cookie
        assert "SameSite=strict" in refresh_cookie
        assert "Path=/auth/v1" in refresh_cookie
        tokens = answer.json()["tokens"]
        assert tokens["refresh_token"] is None
        headers = {**origin, "X-CSRF-Token": tokens["csrf_token"]}
        answer = browser.post("/auth/v1/session/refresh", headers=headers)
        assert answer.status_code == 200, answer.text
        assert browser.post("/auth/v1/session/refresh", headers=origin).status_code == 403
        foreign = {**headers, "Origin": "http://evil.example"}
        assert browser.post("/auth/v1/session/refresh", headers=foreign).status_code == 403
        # A page cannot say that it is somebody else's, nor where it comes from.
        posed = {**foreign, "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "8.8.8.8"}
        assert browser.post("/auth/v1/session/refresh", headers=posed).status_code == 403
        token = answer.json()["access_token"]
        caller = platform.plane.with_token(token)
        assert caller.request("GET", "/v1/nodes").status == 200
        answer = browser.delete("/auth/v1/session", headers=headers)
        assert (answer.status_code, answer.text) == (204, "")
        assert len(answer.headers.get_list("set-cookie")) == 2
        assert browser.post("/auth/v1/session/refresh", headers=headers).status_code == 401
        bearer = {"Authorization": f"Bearer {token}"}
        assert browser.get("/auth/v1/me", headers=bearer).status_code == 401


def test_answers_come_whole_through_the_gateway(platform: Platform) -> None:
    with httpx.Client(base_url=platform.url, timeout=20) as program:
        answer = program.post("/auth/v1/login", json={"email": "nobody"})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["field"] == "email"
        direct = platform.service.http.get("/.well-known/jwks.json").json()
        assert program.get("/auth/.well-known/jwks.json").json() == direct
        assert program.get("/auth/v1/health").json()["status"] == "ok"
        assert program.get("/auth/v1/nothing").status_code == 404


def test_the_gateway_takes_up_rotated_keys(platform: Platform) -> None:
    service = platform.service
    user = service.user({"acme": "viewer"}).log_in()
    before = platform.plane.with_token(user.tokens["access_token"])
    assert before.request("GET", "/v1/nodes").status == 200
    with service.auth.store.begin() as session:
        service.auth.ring.rotate(session, compromised=True)
    service.auth.ring.forget()
    after = platform.plane.with_token(user.log_in().tokens["access_token"])
    # Unknown keys make the gateway fetch the set, but not more often than every ten seconds.
    wait_until(lambda: after.request("GET", "/v1/nodes").status == 200, 25)
    assert user.status("GET", "/auth/v1/me") == 200


def test_a_provider_by_the_gateway(fresh: Callable[..., AuthService], tmp_path: Path) -> None:
    issuer = Issuer()
    one = {"name": "corp", "issuer": issuer.url, "client_id": "us"}
    provider = {**one, "client_secret": "for the tests"}
    service = fresh(auth_openid_providers=json.dumps([provider]))
    user = service.user({"acme": "member"})
    path = "/auth/v1/login/openid/corp"
    (tmp_path / "plane").mkdir()
    with control_plane(tmp_path / "plane" / "data", "--auth-url", service.url) as plane:
        origin = f"http://127.0.0.1:{plane.daemon.gateway_port}"
        with httpx.Client(base_url=origin, timeout=20) as browser:
            answer = browser.get(path, params={"return_to": "/nodes"})
            assert answer.status_code == 303, answer.text
            sent_to = answer.headers["location"]
            assert parse_qs(urlsplit(sent_to).query)["redirect_uri"] == [f"{origin}{path}/callback"]
            back = issuer.authorize(sent_to, email=user.email)
            answer = browser.get(f"{path}/callback", params=back)
            assert (answer.status_code, answer.headers["location"]) == (303, "/nodes")
            csrf = {"Origin": origin, "X-CSRF-Token": browser.cookies["miniredis_csrf"]}
            answer = browser.post("/auth/v1/session/refresh", headers=csrf)
            assert answer.json()["tenant"] == "acme"
    issuer.stop()


def test_a_purged_tenant_has_no_members(fresh: Callable[..., AuthService], tmp_path: Path) -> None:
    """Who was in a tenant is nobody in the next one of its name."""
    token = "mra_" + "t" * 43
    service = fresh(admin_token=SecretStr(token))
    variables = {"MINIREDIS_ADMIN_TOKEN": token}
    with control_plane(
        tmp_path / "data", "--auth-url", service.url, variables=variables
    ) as started:
        plane = started.with_token(token)
        plane.post("/v1/tenants", {"name": "acme"})
        owner = service.user({"acme": "owner"})
        members = "/auth/v1/tenants/acme/members"
        assert owner.log_in().status("GET", members) == 200
        strange = httpx.delete(
            service.url + members, headers={b"Authorization": "Bearer mra_ä".encode()}
        )
        assert strange.status_code == 401
        # Without the auth service the tenant stays, and its name is not free.
        service.server.should_exit = True
        service.thread.join(10)
        plane.request("DELETE", "/v1/tenants/acme?grace_seconds=0")
        wait_until(lambda: "has not forgotten" in plane.daemon.log())
        assert plane.get("/v1/tenants/acme")["state"] == "deleting"
        again = fresh(admin_token=SecretStr(token), auth_port=urlsplit(service.url).port)
        user = again.user({"acme": "owner"})
        wait_until(lambda: plane.request("GET", "/v1/tenants/acme").status == 404, 20)
        plane.post("/v1/tenants", {"name": "acme"})
        assert user.log_in().status("GET", members) == 404
