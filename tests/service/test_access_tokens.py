"""Access tokens of an auth service at the gateway, and the services that it proxies."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.service.daemon import wait_until
from tests.service.plane import Caller, control_plane

KINDS = {"RS256": "rsa", "ES256": "ec", "EdDSA": "ed"}


def new_key(kind: str) -> Any:
    """Make a private key."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


class AuthService:
    """Publishes keys and signs tokens; /echo tells what came through the gateway."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {}
        self.fetches = 0
        self.broken = False
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                """Answer a request of any method."""
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                status, answer = service.answer(self.path, dict(self.headers.items()), body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Set-Cookie", "a=1; HttpOnly")
                self.send_header("Set-Cookie", "b=2; HttpOnly")
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        """Answer a request."""
        if path.endswith("/.well-known/jwks.json"):
            self.fetches += 1
            return 200, {"keys": [self.public(kid) for kid in self.keys]}
        if self.broken:
            return 503, {"broken": True}
        return 200, {"path": path, "headers": headers, "body": body}

    def add_key(self, kid: str, algorithm: str) -> None:
        """Publish another key."""
        self.keys[kid] = (algorithm, new_key(KINDS[algorithm]))

    def public(self, kid: str) -> dict[str, Any]:
        """Return a key as the set shows it."""
        algorithm, key = self.keys[kid]
        converter = jwt.get_algorithm_by_name(algorithm)
        public: dict[str, Any] = json.loads(converter.to_jwk(key.public_key()))
        public.pop("key_ops", None)
        return {**public, "kid": kid, "alg": algorithm, "use": "sig"}

    def sign(self, kid: str, **claims: Any) -> str:
        """Make a token that is good for a minute, but for what the claims say."""
        algorithm, key = self.keys[kid]
        now = int(time.time())
        whole = {
            **{"iss": "miniredis", "aud": "miniredis", "sub": "ada", "iat": now, "exp": now + 60},
            **claims,
        }
        payload = {name: value for name, value in whole.items() if value is not None}
        return str(jwt.encode(payload, key, algorithm, headers={"kid": kid}))

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture(scope="module")
def auth() -> Iterator[AuthService]:
    """Start an auth service with a key of each kind."""
    service = AuthService()
    for algorithm in KINDS:
        service.add_key(algorithm.lower(), algorithm)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory, auth: AuthService) -> Iterator[Caller]:
    """Start a control plane that believes the auth service."""
    flags = ("--auth-url", auth.url, "--monitoring-url", auth.url)
    with control_plane(tmp_path_factory.mktemp("tokens") / "data", *flags) as admin:
        for tenant in ("acme", "other"):
            admin.post("/v1/tenants", {"name": tenant})
            body = {"tenant": tenant, "name": f"{tenant}-cache", "port": False}
            admin.post("/v1/nodes", body)
        yield admin


@pytest.mark.parametrize("algorithm", list(KINDS))
def test_a_user_is_who_the_token_says(plane: Caller, auth: AuthService, algorithm: str) -> None:
    token = auth.sign(algorithm.lower(), tenant="acme", role="member")
    user = plane.with_token(token)
    assert [item["name"] for item in user.get("/v1/nodes")["items"]] == ["acme-cache"]
    identity = user.get("/v1/whoami")
    assert (identity["actor"], identity["tenant"]) == ("user:ada", "acme")
    assert user.execute("acme-cache", "SET", "k", "v") == "OK"
    assert user.request("GET", "/v1/nodes/other-cache").status == 404


def test_roles_allow_more_or_less(plane: Caller, auth: AuthService) -> None:
    def status(role: str, method: str, path: str, body: Any = None) -> int:
        user = plane.with_token(auth.sign("rs256", tenant="acme", role=role))
        return user.request(method, path, body).status

    assert status("viewer", "GET", "/v1/nodes/acme-cache") == 200
    assert status("viewer", "POST", "/v1/nodes/acme-cache/stop") == 403
    assert status("viewer", "GET", "/v1/tenants/acme/keys") == 403
    assert status("member", "POST", "/v1/nodes/acme-cache/restart") == 200
    assert status("member", "POST", "/v1/tenants/acme/keys", {}) == 403
    assert status("owner", "POST", "/v1/tenants/acme/keys", {}) == 201
    assert status("owner", "POST", "/v1/tenants", {"name": "more"}) == 403
    wait_until(lambda: status("emperor", "GET", "/v1/nodes") == 401)
    admin = plane.with_token(auth.sign("rs256", platform_admin=True))
    assert len(admin.get("/v1/nodes")["items"]) == 2


def tampered(token: str) -> str:
    """Give the token another tenant under the old signature."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["tenant"] = "other"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


def test_tokens_that_prove_nothing(plane: Caller, auth: AuthService) -> None:
    good = {"tenant": "acme", "role": "owner"}
    stranger = AuthService()
    stranger.add_key("rs256", "RS256")
    now = int(time.time())
    public = json.dumps(auth.public("rs256"))
    bad = {
        "expired": auth.sign("rs256", exp=now - 60, **good),
        "not yet": auth.sign("rs256", nbf=now + 600, **good),
        "no end": auth.sign("rs256", exp=None, **good),
        "issuer": auth.sign("rs256", iss="somebody", **good),
        "audience": auth.sign("rs256", aud="others", **good),
        "nobody": auth.sign("rs256", sub=None, **good),
        "no tenant": auth.sign("rs256", role="owner"),
        "other key": stranger.sign("rs256", **good),
        "tampered": tampered(auth.sign("rs256", **good)),
        "none": jwt.encode({"sub": "x", **good}, "", "none", headers={"kid": "rs256"}),
        "hmac": jwt.encode(
            {"sub": "x", "exp": now + 60, **good}, "k" * 64, "HS256", headers={"kid": "rs256"}
        ),
        "cut": auth.sign("rs256", **good)[:-10],
        "key as text": public,
    }
    stranger.stop()
    for name, token in bad.items():
        status = plane.with_token(token).request("GET", "/v1/nodes").status
        assert status in {401, 429}, name
        time.sleep(0.25)  # who presents wrong tokens is slowed down
    assert plane.with_token(auth.sign("rs256", **good)).request("GET", "/v1/nodes").status == 200


def test_a_new_key_is_taken_up(plane: Caller, auth: AuthService) -> None:
    auth.add_key("fresh", "ES256")
    token = auth.sign("fresh", tenant="acme", role="viewer")
    user = plane.with_token(token)
    wait_until(lambda: user.request("GET", "/v1/nodes").status == 200, 20)
    assert auth.fetches <= 5


def test_services_behind_the_gateway(plane: Caller, auth: AuthService) -> None:
    daemon = plane.daemon

    def ask(method: str, path: str, token: str = "", body: Any = None) -> Any:
        return daemon.request(method, path, body, token=token, port=daemon.gateway_port)

    answer = ask("POST", "/auth/login?next=%2F", "", {"user": "ada"})
    assert answer.status == 200
    came = answer.json
    assert came["path"] == "/auth/login?next=%2F"
    assert json.loads(came["body"]) == {"user": "ada"}
    assert came["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert came["headers"]["X-Request-Id"] == answer.headers["x-request-id"]
    # Not at once when others from this address have guessed just now.
    wait_until(lambda: ask("GET", "/v1/monitoring/series").status == 401)
    answer = ask("GET", "/v1/monitoring/series", plane.token)
    principal = json.loads(answer.json["headers"]["X-Miniredis-Principal"])
    assert principal["actor"] == "admin"


def test_a_service_that_is_broken_is_left_alone_for_a_while(
    tmp_path: Path, auth: AuthService
) -> None:
    with control_plane(tmp_path / "data", "--auth-url", auth.url) as admin:
        daemon = admin.daemon

        def login() -> int:
            return daemon.request("POST", "/auth/login", {}, port=daemon.gateway_port).status

        auth.broken = True
        try:
            assert [login() for _ in range(5)] == [503] * 5
            part = admin.get("/v1/health")["parts"]["auth"]
            assert (part["status"], part["breaker"]) == ("down", "open")
            asked = part["requests"]
            assert login() == 503
            assert admin.get("/v1/health")["parts"]["auth"]["requests"] == asked
        finally:
            auth.broken = False
        wait_until(lambda: login() == 200)
        assert admin.get("/v1/health")["parts"]["auth"]["status"] == "ok"
        assert admin.get("/v1/nodes")["items"] == []
