"""Log-in by Firebase and by OpenID providers, with issuers of the tests' own."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.auth.issuer import PROJECT, Issuer, rsa_key
from tests.auth.service import PASSWORD, AuthService, new_tenant


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Start the issuers."""
    started = Issuer()
    yield started
    started.stop()


def providers(issuer: Issuer) -> dict[str, Any]:
    """Return the settings of both kinds of provider."""
    one = {"name": "corp", "issuer": issuer.url, "client_id": "us", "title": "Corp"}
    return {
        "auth_firebase_project": PROJECT,
        "auth_firebase_keys_url": f"{issuer.url}/certificates",
        "auth_openid_providers": json.dumps([{**one, "client_secret": "for the tests"}]),
    }


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest,
    issuer: Issuer,
    new_database: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AuthService]:
    """Start a service that believes the issuers."""
    started = AuthService(
        new_database(request.param), tmp_path_factory.mktemp("external"), **providers(issuer)
    )
    yield started
    started.stop()


def by_firebase(service: AuthService, token: str, status: int = 200, **more: Any) -> Any:
    """Log in with a token."""
    return service.post("/auth/v1/login/firebase", {"id_token": token, **more}, status)


def test_providers_are_listed(service: AuthService) -> None:
    items = service.http.get("/auth/v1/providers").json()["items"]
    assert [(item["name"], item["kind"]) for item in items] == [
        ("firebase", "firebase"),
        ("corp", "openid"),
    ]


def test_a_user_of_firebase(service: AuthService, issuer: Issuer) -> None:
    tenant = new_tenant()
    user = service.user({tenant: "member"})
    token = issuer.firebase_token(sub=user.id, email=user.email.upper())
    tokens = by_firebase(service, token)["tokens"]
    assert (tokens["user"]["id"], tokens["role"]) == (user.id, "member")
    # From now on the subject counts, whatever becomes of the address.
    moved = issuer.firebase_token(sub=user.id, email="moved@example.com", email_verified=False)
    assert by_firebase(service, moved)["tokens"]["user"]["id"] == user.id
    assert "identity.linked success" in service.events(user)


def test_strangers_need_an_invitation(service: AuthService, issuer: Issuer) -> None:
    email = f"{uuid.uuid4().hex[:10]}@example.com"
    token = issuer.firebase_token(sub=email, email=email, name="Ada")
    assert "invitation" in by_firebase(service, token, 403)["detail"]
    tenant = new_tenant()
    owner = service.user({tenant: "owner"}).log_in()
    path = f"/auth/v1/tenants/{tenant}/invitations"
    invitation = owner.post(path, {"email": email}, 201)["token"]
    other = issuer.firebase_token(sub="other", email="x" + email)
    by_firebase(service, other, 403, invitation=invitation)
    tokens = by_firebase(service, token, invitation=invitation)["tokens"]
    assert (tokens["tenant"], tokens["user"]["name"]) == (tenant, "Ada")
    assert tokens["user"]["has_password"] is False
    by_firebase(service, token, 410, invitation=invitation)


def test_only_verified_addresses_are_linked(service: AuthService, issuer: Issuer) -> None:
    user = service.user()
    for verified in (False, None, "true", 1):
        token = issuer.firebase_token(
            sub=f"thief-{verified}", email=user.email, email_verified=verified
        )
        by_firebase(service, token, 403)
    by_firebase(service, issuer.firebase_token(sub="no-mail"), 403)
    # An account that someone made under another's address does not catch its owner.
    planted = service.user(email_verified=False)
    token = issuer.firebase_token(sub="owner", email=planted.email)
    assert "password" in by_firebase(service, token, 409)["detail"]


def test_disabled_users_stay_outside(service: AuthService, issuer: Issuer) -> None:
    user = service.user()
    path = f"/auth/v1/users/{user.id}"
    assert service.admin().status("PATCH", path, {"disabled": True}) == 200
    by_firebase(service, issuer.firebase_token(sub=user.id, email=user.email), 401)


def test_tokens_that_prove_nothing(service: AuthService, issuer: Issuer) -> None:
    user = service.user()
    now = int(time.time())

    def token(**changes: Any) -> str:
        return issuer.firebase_token(**{"sub": "bad", "email": user.email, **changes})

    public = issuer.rsa["g1"].public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    good = token()
    head, payload, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    confused = jwt.api_jws.PyJWS()
    confused._algorithms["HS256"].prepare_key = lambda key: key  # type: ignore[method-assign]
    hmac = confused.encode(json.dumps(claims).encode(), pem, "HS256", headers={"kid": "g1"})
    other_payload = jwt.encode({**claims, "sub": "else"}, "k" * 32, "HS256").split(".")[1]
    bad = {
        "other audience": token(aud="another-project"),
        "audience in a list": token(aud=[PROJECT]),
        "other issuer": token(iss="https://securetoken.google.com/another-project"),
        "expired": token(exp=now - 60),
        "no expiry": token(exp=None),
        "expiry as text": token(exp=str(now + 60)),
        "issued in the future": token(iat=now + 120),
        "logged in in the future": token(auth_time=now + 120),
        "no log-in time": token(auth_time=None),
        "no subject": token(sub=None),
        "empty subject": token(sub=""),
        "long subject": token(sub="x" * 129),
        "unprintable subject": token(sub="\x00"),
        "unknown key": token(kid="g9", key=rsa_key()),
        "no key id": token(kid=None),
        "other key": token(key=rsa_key()),
        "RS512": token(algorithm="RS512"),
        "none": jwt.encode(claims, "", "none", headers={"kid": "g1"}),
        "HMAC with the public key": hmac,
        "tampered": f"{head}.{other_payload}.{signature}",
        "no signature": f"{head}.{payload}.",
        "no token": "x",
        "dots": "..",
    }
    for name, text in bad.items():
        answer = service.http.post("/auth/v1/login/firebase", json={"id_token": text})
        assert answer.status_code == 401, (name, answer.text)
        assert text not in answer.text
    # The clocks of two machines differ by a little.
    by_firebase(service, token(iat=now + 20, auth_time=now + 20))
    by_firebase(service, token(exp=now - 20))


def test_keys_are_kept_as_long_as_they_say(
    fresh: Callable[..., AuthService], issuer: Issuer
) -> None:
    service = fresh(**providers(issuer))
    user = service.user()
    issuer.max_age, before = 600, issuer.fetches
    claims: dict[str, Any] = {"sub": "cached", "email": user.email, "exp": int(time.time()) + 90000}
    for _ in range(3):
        by_firebase(service, issuer.firebase_token(**claims))
    assert issuer.fetches == before + 1
    # Google has rotated: unknown key ids are looked up, but not with each token.
    issuer.rsa["g2"] = rsa_key()
    by_firebase(service, issuer.firebase_token("g2", **claims), 401)
    service.clock.advance(31)
    by_firebase(service, issuer.firebase_token("g2", **claims))
    del issuer.rsa["g2"]
    service.clock.advance(601)
    assert service.auth.firebase is not None
    gone = issuer.firebase_token("g2", key=rsa_key(), **claims)
    by_firebase(service, gone, 401)
    service.clock.advance(601)
    issuer.broken = True
    try:
        problem = by_firebase(service, issuer.firebase_token(**claims), 424)
        assert problem["type"] == "urn:miniredis:problem:failed-dependency"
    finally:
        issuer.broken = False
    service.clock.advance(2)
    by_firebase(service, issuer.firebase_token(**claims))
    issuer.max_age = None


def test_the_emulator_is_for_development(fresh: Callable[..., AuthService]) -> None:
    from miniredis._service.settings import SettingError

    emulator: dict[str, Any] = {"auth_firebase_project": PROJECT, "auth_firebase_emulator": True}
    with pytest.raises(SettingError, match="DEVELOPMENT"):
        fresh(**emulator)
    with pytest.raises(SettingError, match="loopback"):
        fresh(**emulator, auth_development=True, auth_bind="0.0.0.0")
    service = fresh(**emulator, auth_development=True)
    user = service.user()
    now = int(time.time())
    claims = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "sub": "e1",
        "iat": now,
        "auth_time": now,
        "exp": now + 60,
        "email": user.email,
        "email_verified": True,
    }
    by_firebase(service, jwt.encode(claims, "", "none"))
    by_firebase(service, jwt.encode(claims, "k" * 32, "HS256"), 401)
    by_firebase(service, jwt.encode({**claims, "aud": "x"}, "", "none"), 401)


def test_firebase_is_off_by_default(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    by_firebase(service, "x", 404)
    assert service.http.get("/auth/v1/login/openid/corp").status_code == 404


PATH = "/auth/v1/login/openid/corp"


def begin(browser: httpx.Client, **query: str) -> str:
    """Start a log-in; return where the browser is sent."""
    answer = browser.get(PATH, params=query)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_browser_logs_in_by_openid(service: AuthService, issuer: Issuer) -> None:
    tenant = new_tenant()
    user = service.user({new_tenant(): "viewer", tenant: "member"})
    for algorithm in ("RS256", "ES256"):
        issuer.token_algorithm = algorithm
        with service.browser() as browser:
            url = begin(browser, return_to="/nodes?a=1", tenant=tenant)
            assert url.startswith(f"{issuer.url}/authorize?")
            back = issuer.authorize(url, sub=user.id, email=user.email)
            answer = browser.get(f"{PATH}/callback", params=back)
            assert (answer.status_code, answer.headers["location"]) == (303, "/nodes?a=1")
            headers = {"Origin": service.url, "X-CSRF-Token": browser.cookies["miniredis_csrf"]}
            tokens = browser.post("/auth/v1/session/refresh", headers=headers).json()
            assert (tokens["user"]["id"], tokens["tenant"]) == (user.id, tenant)
            # A code and its state are of use once.
            assert browser.get(f"{PATH}/callback", params=back).status_code == 401
    issuer.token_algorithm = "RS256"


def test_log_ins_by_openid_that_prove_nothing(service: AuthService, issuer: Issuer) -> None:
    user = service.user()
    now = int(time.time())
    wrong: list[dict[str, Any]] = [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "others"},
        {"aud": ["us", "others"]},
        {"azp": "others"},
        {"iss": "https://other.example"},
        {"exp": now - 60},
        {"iat": now + 600},
        {"sub": None},
    ]
    for claims in wrong:
        with service.browser() as browser:
            changed = {"sub": user.id, "email": user.email, **claims}
            back = issuer.authorize(begin(browser), **changed)
            answer = browser.get(f"{PATH}/callback", params=back)
            assert answer.status_code == 401, claims
            assert "miniredis_refresh" not in browser.cookies
    issuer.token_algorithm = "HS256"
    with service.browser() as browser:
        back = issuer.authorize(begin(browser), email=user.email)
        assert browser.get(f"{PATH}/callback", params=back).status_code == 401
    issuer.token_algorithm = "RS256"


def test_the_way_back_is_of_the_same_browser(service: AuthService, issuer: Issuer) -> None:
    user = service.user()
    with service.browser() as browser, service.browser() as other:
        url = begin(browser)
        begin(other)
        back = issuer.authorize(url, email=user.email, sub="same-browser")
        assert other.get(f"{PATH}/callback", params=back).status_code == 401
        # The state is used up by the attempt.
        assert browser.get(f"{PATH}/callback", params=back).status_code == 401
        url = begin(browser)
        state = issuer.authorize(url)["state"]
        refused = {"state": state, "error": "access_denied"}
        assert browser.get(f"{PATH}/callback", params=refused).status_code == 401
        url = begin(browser)
        state = issuer.authorize(url)["state"]
        unknown = {"state": state, "code": "unknown"}
        assert browser.get(f"{PATH}/callback", params=unknown).status_code == 401
        for target in ("https://evil.example", "//evil.example", "/\\evil.example", "nodes"):
            assert browser.get(PATH, params={"return_to": target}).status_code == 422, target


def test_a_provider_that_describes_another(
    fresh: Callable[..., AuthService], issuer: Issuer
) -> None:
    wrong: list[dict[str, Any]] = [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": None},
    ]
    for described in wrong:
        issuer.described = described
        service = fresh(**providers(issuer))
        assert service.http.get(PATH).status_code == 424, described
    issuer.described = {}
    assert service.http.get(PATH).status_code == 303


def test_the_second_factor_is_asked_for_here_too(service: AuthService, issuer: Issuer) -> None:
    import pyotp

    user = service.user().log_in()
    seed = user.post("/auth/v1/me/totp", {"password": PASSWORD})["secret"]
    code = pyotp.TOTP(seed).at(service.clock() // 1000)
    user.post("/auth/v1/me/totp/confirm", {"code": code})
    claims = {"sub": user.id, "email": user.email}
    assert by_firebase(service, issuer.firebase_token(**claims))["tokens"] is None
    with service.browser() as browser:
        back = issuer.authorize(begin(browser), **claims)
        location = browser.get(f"{PATH}/callback", params=back).headers["location"]
        assert location.startswith("/#second_factor=mrc_")


def test_settings_of_providers(tmp_path: Path) -> None:
    from miniredis._service.settings import SettingError, read_settings
    from miniredis.auth.settings import AuthSettings

    good = {"name": "a", "issuer": "https://id.example", "client_id": "c"}
    path = tmp_path / "providers.json"
    path.write_text(json.dumps([good]))
    assert read_settings(AuthSettings, auth_openid_providers=str(path)).providers[0].name == "a"
    for wrong in [
        [{**good, "issuer": "http://id.example"}],
        [{**good, "name": "A B"}],
        [{**good, "client_id": ""}],
        [good, good],
        [1],
        {"no": "array"},
    ]:
        with pytest.raises(SettingError, match="MINIREDIS_AUTH_OPENID_PROVIDERS"):
            read_settings(AuthSettings, auth_openid_providers=json.dumps(wrong))
    with pytest.raises(SettingError, match="cannot read"):
        read_settings(AuthSettings, auth_openid_providers=str(tmp_path / "none"))
    with pytest.raises(SettingError, match="https"):
        read_settings(AuthSettings, auth_firebase_keys_url="http://keys.example/x")
