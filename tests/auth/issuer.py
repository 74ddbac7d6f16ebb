"""Issuers of ID tokens for tests: Firebase with certificates as Google has them, and OpenID."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PROJECT = "demo-project"


def certificate(key: rsa.RSAPrivateKey) -> str:
    """Return a certificate of a key, signed by itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "securetoken.test")])
    now = datetime.now(timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=10))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


class Issuer:
    """A server with keys; what it answers can be made wrong."""

    def __init__(self) -> None:
        self.rsa = {"g1": rsa_key()}
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.max_age: int | None = 3600
        self.broken = False
        self.fetches = 0
        self.codes: dict[str, dict[str, Any]] = {}
        self.described: dict[str, Any] = {}
        self.token_algorithm = "RS256"
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                """Answer a request."""
                length = int(self.headers.get("Content-Length", 0))
                status, found = issuer.answer(self.path, self.rfile.read(length).decode())
                text = found.encode() if isinstance(found, str) else json.dumps(found).encode()
                self.send_response(status)
                if issuer.max_age is not None:
                    header = f"public, max-age={issuer.max_age}, must-revalidate"
                    self.send_header("Cache-Control", header)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def answer(self, path: str, body: str) -> tuple[int, Any]:
        """Answer a request."""
        if self.broken:
            return 500, {}
        if path == "/certificates":
            self.fetches += 1
            return 200, {name: certificate(key) for name, key in self.rsa.items()}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.described,
            }
        if path == "/keys":
            return 200, {"keys": self.key_set()}
        if path == "/token":
            return self.exchange({name: texts[0] for name, texts in parse_qs(body).items()})
        return 404, {}

    def key_set(self) -> list[dict[str, Any]]:
        """Return the keys, and some that nobody may use."""
        shown = []
        for name, key in self.rsa.items():
            public = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(key.public_key()))
            shown.append({**public, "kid": name, "use": "sig", "alg": "RS256"})
        public = json.loads(jwt.get_algorithm_by_name("ES256").to_jwk(self.ec.public_key()))
        shown.append({**public, "kid": "e1"})
        secret = base64.urlsafe_b64encode(b"s" * 32).decode().rstrip("=")
        return [*shown, {"kty": "oct", "k": secret, "kid": "secret", "alg": "HS256"}, {"kty": "?"}]

    def exchange(self, form: dict[str, str]) -> tuple[int, Any]:
        """Give the ID token of a code to who has begun the log-in."""
        waiting = self.codes.pop(form["code"], None)
        if waiting is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        fits = (
            challenge == waiting["code_challenge"]
            and form["redirect_uri"] == waiting["redirect_uri"]
            and form["client_secret"] == "for the tests"
        )
        if not fits:
            return 401, {"error": "invalid_client"}
        return 200, {"id_token": self.sign(self.token_algorithm, waiting["claims"])}

    def sign(self, algorithm: str, claims: dict[str, Any]) -> str:
        """Sign claims as the OpenID provider."""
        key: Any = self.ec if algorithm == "ES256" else self.rsa["g1"]
        kid = "e1" if algorithm == "ES256" else "g1"
        if algorithm == "HS256":
            key, kid = "s" * 32, "secret"
        return jwt.encode(claims, key, algorithm, headers={"kid": kid})

    def authorize(self, url: str, **claims: Any) -> dict[str, str]:
        """Agree to a log-in; return the parameters of the way back."""
        asked = {name: texts[0] for name, texts in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        now = int(time.time())
        code = f"code-{len(self.codes)}-{asked['state'][:8]}"
        whole = {
            **{"iss": self.url, "aud": asked["client_id"], "sub": "s1", "nonce": asked["nonce"]},
            **{"iat": now, "exp": now + 300, "email_verified": True, **claims},
        }
        kept = {name: value for name, value in whole.items() if value is not None}
        self.codes[code] = {**asked, "claims": kept}
        return {"code": code, "state": asked["state"]}

    def firebase_token(
        self, kid: str | None = "g1", algorithm: str = "RS256", key: Any = None, **claims: Any
    ) -> str:
        """Make a token as Firebase does, but for what the claims say."""
        now = int(time.time())
        whole = {
            **{"iss": f"https://securetoken.google.com/{PROJECT}", "aud": PROJECT, "sub": "f1"},
            **{"iat": now, "auth_time": now, "exp": now + 3600, "email_verified": True, **claims},
        }
        kept = {name: value for name, value in whole.items() if value is not None}
        headers = {"kid": kid} if kid is not None else {}
        return jwt.encode(kept, key or self.rsa[kid or "g1"], algorithm, headers=headers)
