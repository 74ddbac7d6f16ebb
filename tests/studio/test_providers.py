"""Logging in by others: Firebase and an OpenID provider, both played by the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.auth.issuer import PROJECT, Issuer
from tests.studio.platform import Platform
from tests.studio.visit import Visit

SIGN_IN = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Play the providers."""
    started = Issuer()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Platform]:
    """Start a platform that knows the providers."""
    corp = {"name": "corp", "issuer": issuer.url, "client_id": "studio", "title": "Corp"}
    corp["client_secret"] = "for the tests"
    started = Platform(
        tmp_path_factory.mktemp("provided"),
        8,
        MINIREDIS_AUTH_FIREBASE_PROJECT=PROJECT,
        MINIREDIS_AUTH_FIREBASE_KEYS_URL=f"{issuer.url}/certificates",
        MINIREDIS_AUTH_FIREBASE_API_KEY="key of the web",
        MINIREDIS_AUTH_FIREBASE_SIGN_IN_URL=SIGN_IN,
        MINIREDIS_AUTH_OPENID_PROVIDERS=json.dumps([corp]),
    )
    started.tenant("acme")
    yield started
    started.stop()


@pytest.fixture
def stranger(browser: Browser, provided: Platform) -> Iterator[Visit]:
    """Give a tab that nobody has logged in to."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    visit = Visit(context.new_page(), provided)
    yield visit
    assert not visit.errors
    context.close()


def test_firebase_is_asked_when_one_logs_in_by_it(
    stranger: Visit, provided: Platform, issuer: Issuer
) -> None:
    page = stranger.page
    asked: list[str] = []

    def firebase(route: Route) -> None:
        asked.append(route.request.url)
        body = route.request.post_data_json or {}
        cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if route.request.method == "OPTIONS":
            route.fulfill(headers=cors)
        elif body["password"] != "firebase password":
            wrong = {"error": {"message": "INVALID_LOGIN_CREDENTIALS"}}
            route.fulfill(status=400, headers=cors, json=wrong)
        else:
            token = issuer.firebase_token(sub="ada", email=body["email"])
            route.fulfill(headers=cors, json={"idToken": token})

    page.route(f"{SIGN_IN}/**", firebase)
    invitation = provided.invite("ada@example.com", "acme", "member")
    stranger.go(f"/accept-invitation#{invitation}")
    page.get_by_role("button", name="Continue with Firebase").click()
    assert not stranger.elsewhere
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("ada@example.com")
    dialog.get_by_label("Password", exact=True).fill("wrong")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_text("The e-mail address or the password is wrong.")).to_be_visible()
    stranger.check_access()
    dialog.get_by_label("Password", exact=True).fill("firebase password")
    dialog.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Instances")).to_be_visible()
    assert all(
        url.endswith("accounts:signInWithPassword?key=key%20of%20the%20web") for url in asked
    )
    assert set(stranger.elsewhere) == set(asked)


def test_an_openid_provider_is_gone_to_with_the_way_back(stranger: Visit, issuer: Issuer) -> None:
    page = stranger.page
    stranger.go("/account")
    expect(page.get_by_role("button", name="Continue with Corp")).to_be_visible()
    stranger.picture("log-in-providers")
    stranger.check_access()
    with page.expect_request(lambda request: request.url.startswith(issuer.url)) as gone:
        page.get_by_role("button", name="Continue with Corp").click()
    answer = issuer.authorize(gone.value.url, email="ada@example.com", sub="ada-at-corp")
    callback = f"/auth/v1/login/openid/corp/callback?code={answer['code']}&state={answer['state']}"
    stranger.go(callback)
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
