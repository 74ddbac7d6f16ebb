"""Access tokens, and the keys that sign them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from miniredis.auth.context import Auth
from miniredis.auth.tables import SigningKey

from tests.auth.service import AuthService, User


def keys_of(service: AuthService) -> dict[str, Any]:
    """Return the published keys by id."""
    answer = service.http.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    return {key["kid"]: key for key in answer.json()["keys"]}


def kid_of(token: str) -> str:
    """Return which key has signed a token."""
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def status_with(service: AuthService, token: str) -> int:
    """Ask something with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return service.http.get("/auth/v1/me", headers=headers).status_code


def test_a_token_says_what_the_gateway_reads(service: AuthService) -> None:
    user = service.user({"acme": "admin"}, platform_admin=True).log_in()
    token = user.tokens["access_token"]
    keys = keys_of(service)
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    public = keys[header["kid"]]
    assert set(public) == {"kty", "crv", "x", "kid", "alg", "use"}
    claims = jwt.decode(token, jwt.PyJWK(public).key, ["EdDSA"], audience="miniredis")
    assert claims["iss"] == "miniredis"
    assert claims["sub"] == user.id
    assert claims["sid"] == user.tokens["session_id"]
    assert (claims["tenant"], claims["role"]) == ("acme", "admin")
    assert claims["platform_admin"] is True
    assert claims["exp"] - claims["iat"] == 600
    assert claims["nbf"] == claims["iat"]
    plain = service.user().log_in().tokens["access_token"]
    claims = jwt.decode(plain, options={"verify_signature": False})
    assert not {"tenant", "role", "platform_admin"} & set(claims)


def test_both_prefixes_have_the_keys(service: AuthService) -> None:
    answer = service.http.get("/auth/.well-known/jwks.json")
    assert answer.json() == service.http.get("/.well-known/jwks.json").json()
    assert "max-age" in answer.headers["cache-control"]
    assert '"d"' not in answer.text


def test_tokens_expire(service: AuthService) -> None:
    user = service.user().log_in()
    service.clock.advance(620)
    # Within what clocks may differ by.
    assert user.status("GET", "/auth/v1/me") == 200
    service.clock.advance(15)
    assert user.status("GET", "/auth/v1/me") == 401


def test_tokens_that_prove_nothing(service: AuthService) -> None:
    user = service.user().log_in()
    good = user.tokens["access_token"]
    key = service.auth.ring.signing_key()
    claims = jwt.decode(good, options={"verify_signature": False})

    def signed(headers: dict[str, Any] | None = None, by: Any = key.private, **changes: Any) -> str:
        changed = {**claims, **changes}
        kept = {name: value for name, value in changed.items() if value is not None}
        return jwt.encode(kept, by, "EdDSA", headers={"kid": key.id, **(headers or {})})

    assert status_with(service, signed()) == 200
    assert status_with(service, signed(aud=["other", "miniredis"])) == 200
    head, payload, signature = good.split(".")
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "x"}).encode()).decode()
    stranger = ed25519.Ed25519PrivateKey.generate()
    elliptic = ec.generate_private_key(ec.SECP256R1())
    bad = {
        "other key": signed(by=stranger),
        "unknown key": signed({"kid": "unknown"}),
        "no key": jwt.encode(claims, key.private, "EdDSA"),
        "other algorithm": jwt.encode(claims, elliptic, "ES256", headers={"kid": key.id}),
        "none": jwt.encode(claims, "", "none", headers={"kid": key.id}),
        "HMAC": jwt.encode(
            claims, base64.urlsafe_b64decode(key.public["x"] + "="), "HS256", {"kid": key.id}
        ),
        "tampered": f"{head}.{changed.rstrip('=')}.{signature}",
        "cut": good[:-8],
        "no signature": f"{head}.{payload}.",
        "critical": signed({"crit": ["x"], "x": 1}),
        "type": signed({"typ": "id+jwt"}),
        "issuer": signed(iss="somebody"),
        "no issuer": signed(iss=None),
        "audience": signed(aud="others"),
        "no audience": signed(aud=None),
        "not yet": signed(nbf=int(service.clock() / 1000) + 60),
        "malformed not-before": signed(nbf="now"),
        "no expiry": signed(exp=None),
        "expiry that is true": signed(exp=True),
        "no subject": signed(sub=None),
        "no session": signed(sid=None),
        "somebody else's session": signed(sub=service.user().id),
        "unknown session": signed(sid="0" * 32),
        "long": signed(more="x" * 9000),
        "refresh token": user.tokens["refresh_token"],
    }
    for name, token in bad.items():
        assert status_with(service, token) == 401, name
    answer = service.http.get("/auth/v1/me")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_disabled_users_are_out_at_once(service: AuthService) -> None:
    user = service.user().log_in()
    with service.auth.store.begin() as session:
        session.merge(service.stored(user.email)).disabled = True
    assert user.status("GET", "/auth/v1/me") == 401
    body = {"refresh_token": user.tokens["refresh_token"]}
    assert "disabled" in service.post("/auth/v1/session/refresh", body, 401)["detail"]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_keys_rotate_by_age(fresh: Callable[..., AuthService], engine: str) -> None:
    service = fresh(engine, auth_algorithm="ES256", auth_session_days=3650, auth_idle_days=3650)
    user = service.user()
    first = kid_of(user.log_in().tokens["access_token"])
    assert set(keys_of(service)) == {first}
    assert keys_of(service)[first]["alg"] == "ES256"
    service.clock.advance(30 * 86400 - 890)
    old = user.log_in().tokens["access_token"]
    published = keys_of(service)
    # The next one is shown a quarter of an hour before it signs.
    assert len(published) == 2
    assert kid_of(old) == first
    (second,) = set(published) - {first}
    service.clock.advance(902)
    assert kid_of(user.log_in().tokens["access_token"]) == second
    # Tokens of the old one are good until they expire.
    assert set(keys_of(service)) == {first, second}
    service.clock.advance(700)
    assert set(keys_of(service)) == {second}
    assert status_with(service, old) == 401
    # Nothing was asked for a long time: the next key still comes before its use.
    service.clock.advance(100 * 86400)
    late = kid_of(user.log_in().tokens["access_token"])
    assert late == second
    assert len(keys_of(service)) == 2


def test_a_compromised_key_is_withdrawn(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    user = service.user().log_in()
    before = user.tokens["access_token"]
    with service.auth.store.begin() as session:
        service.auth.ring.rotate(session)
    service.auth.ring.forget()
    assert len(keys_of(service)) == 2
    assert status_with(service, before) == 200
    with service.auth.store.begin() as session:
        now = service.auth.ring.rotate(session, compromised=True)
    service.clock.advance(11)
    assert set(keys_of(service)) == {now}
    assert status_with(service, before) == 401
    assert status_with(service, user.log_in().tokens["access_token"]) == 200


def test_private_keys_are_sealed(service: AuthService) -> None:
    key = service.auth.ring.signing_key()
    with service.auth.store.begin() as session:
        row = session.get_one(SigningKey, key.id)
    assert isinstance(key.private, ed25519.Ed25519PrivateKey)
    raw = key.private.private_bytes_raw()
    assert raw not in base64.b64decode(row.private_sealed)


def test_several_processes_agree_on_the_first_key(
    new_database: Callable[[str], str], fresh: Callable[..., AuthService]
) -> None:
    service = fresh("postgresql")
    others = [Auth(service.settings, service.clock) for _ in range(4)]
    threads = [threading.Thread(target=other.keep_house) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    kids = {other.ring.signing_key().id for other in others}
    assert kids == {service.auth.ring.signing_key().id}
    for other in others:
        other.close()


def test_a_clock_that_was_set_back(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    user = service.user().log_in()
    service.clock.advance(-3600)
    assert kid_of(user.log_in().tokens["access_token"]) in keys_of(service)


def test_a_user_of_two_services(fresh: Callable[..., AuthService]) -> None:
    one, two = fresh(), fresh()
    user: User = one.user().log_in()
    assert status_with(two, user.tokens["access_token"]) == 401
