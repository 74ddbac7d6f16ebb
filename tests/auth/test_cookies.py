"""Browsers: cookies, CSRF, origins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.auth.service import AuthService, User

REFRESH = "/auth/v1/session/refresh"


class Browser:
    """A page of the service's own origin."""

    def __init__(self, service: AuthService, user: User) -> None:
        self.service = service
        self.http = service.browser()
        self.origin = {"Origin": service.url}
        body = {"email": user.email, "password": user.password, "use_cookie": True}
        answer = self.http.post("/auth/v1/login", json=body, headers=self.origin)
        assert answer.status_code == 200, answer.text
        self.answer = answer
        self.tokens: dict[str, Any] = answer.json()["tokens"]

    @property
    def headers(self) -> dict[str, str]:
        """What the page sends."""
        return {**self.origin, "X-CSRF-Token": self.http.cookies["miniredis_csrf"]}

    def refresh(self, headers: dict[str, str]) -> httpx.Response:
        """Refresh by cookie."""
        return self.http.post(REFRESH, headers=headers)


@pytest.fixture
def browser(service: AuthService) -> Browser:
    """Log a browser in."""
    return Browser(service, service.user({"acme": "member"}))


def test_the_refresh_token_is_out_of_scripts_reach(browser: Browser) -> None:
    cookies = browser.answer.headers.get_list("set-cookie")
    refresh = next(text for text in cookies if text.startswith("miniredis_refresh=mrr_"))
    csrf = next(text for text in cookies if text.startswith("miniredis_csrf="))
    assert {"HttpOnly", "SameSite=strict", "Path=/auth/v1"} <= set(refresh.split("; "))
    assert {"SameSite=strict", "Path=/"} <= set(csrf.split("; "))
    assert "HttpOnly" not in csrf
    assert browser.tokens["refresh_token"] is None
    assert browser.tokens["csrf_token"] == browser.http.cookies["miniredis_csrf"]
    before = browser.http.cookies["miniredis_refresh"]
    answer = browser.refresh(browser.headers)
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] is None
    assert browser.http.cookies["miniredis_refresh"] != before


def test_other_pages_cannot_use_the_cookie(browser: Browser, service: AuthService) -> None:
    other = Browser(service, service.user())
    right = browser.headers
    csrf = right["X-CSRF-Token"]
    for headers in [
        {},
        browser.origin,
        {**browser.origin, "X-CSRF-Token": ""},
        {**browser.origin, "X-CSRF-Token": csrf[:-1]},
        {**browser.origin, "X-CSRF-Token": other.headers["X-CSRF-Token"]},
        {**right, "Origin": "http://evil.example"},
        {**right, "Origin": "null"},
        {**right, "Origin": service.url.replace("127.0.0.1", "localhost")},
        {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "same-site"},
    ]:
        assert browser.refresh(headers).status_code == 403, headers
        assert browser.http.delete("/auth/v1/session", headers=headers).status_code == 403
    assert browser.refresh({"X-CSRF-Token": csrf}).status_code == 200


def test_a_planted_csrf_cookie_does_not_fit(browser: Browser) -> None:
    # Another application of this host may set cookies, and repeat them in the header.
    browser.http.cookies.set("miniredis_csrf", "planted", path="/")
    headers = {**browser.origin, "X-CSRF-Token": "planted", "Cookie": (
        f"miniredis_csrf=planted; miniredis_refresh={browser.http.cookies['miniredis_refresh']}"
    )}  # fmt: skip
    assert httpx.post(browser.service.url + REFRESH, headers=headers).status_code == 403


def test_log_in_with_cookies_is_for_our_pages(service: AuthService) -> None:
    user = service.user()
    body = {"email": user.email, "password": user.password, "use_cookie": True}
    foreign = {"Origin": "http://evil.example"}
    service.post("/auth/v1/login", body, 403, headers=foreign)


def test_sign_out_clears_the_cookies(browser: Browser) -> None:
    headers = browser.headers
    answer = browser.http.delete("/auth/v1/session", headers=headers)
    assert answer.status_code == 204
    assert all("Max-Age=0" in text for text in answer.headers.get_list("set-cookie"))
    assert "miniredis_refresh" not in browser.http.cookies
    assert browser.http.delete("/auth/v1/session", headers=headers).status_code == 401


def test_two_tabs(browser: Browser) -> None:
    cookies = dict(browser.http.cookies)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {**browser.headers, "Cookie": cookie}
    answers = [httpx.post(browser.service.url + REFRESH, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    tokens = {answer.cookies["miniredis_refresh"] for answer in answers}
    assert len(tokens) == 1


def test_behind_https_the_cookies_are_secure(fresh: Callable[..., AuthService]) -> None:
    service = fresh(
        auth_public_url="https://redis.example.com/", auth_origins="https://studio.example.com"
    )
    user = service.user()
    body = {"email": user.email, "password": user.password, "use_cookie": True}
    for origin in ("https://redis.example.com", "https://studio.example.com"):
        answer = service.http.post("/auth/v1/login", json=body, headers={"Origin": origin})
        cookies = answer.headers.get_list("set-cookie")
        assert [text.partition("=")[0] for text in cookies] == [
            "__Secure-miniredis_refresh",
            "__Host-miniredis_csrf",
        ]
        assert all("Secure" in text.split("; ") for text in cookies)
        assert not any("Domain" in text for text in cookies)
    service.post("/auth/v1/login", body, 403, headers={"Origin": service.url})


def test_a_proxy_that_speaks_https(service: AuthService) -> None:
    user = service.user()
    body = {"email": user.email, "password": user.password, "use_cookie": True}
    headers = {
        "Origin": "https://redis.example.com",
        "X-Forwarded-Host": "redis.example.com",
        "X-Forwarded-Proto": "https",
    }
    answer = service.http.post("/auth/v1/login", json=body, headers=headers)
    assert answer.status_code == 200
    assert "__Secure-miniredis_refresh" in answer.headers["set-cookie"]


def address_seen(service: AuthService, forwarded: str) -> str:
    """Return where the service thinks a log-in came from."""
    user = service.user()
    body = {"email": user.email, "password": user.password}
    user.tokens = service.post("/auth/v1/login", body, headers={"X-Forwarded-For": forwarded})[
        "tokens"
    ]
    address: str = user.get("/auth/v1/me")["session"]["address"]
    return address


def test_addresses_are_believed_of_proxies(
    service: AuthService, fresh: Callable[..., AuthService]
) -> None:
    assert address_seen(service, "203.0.113.7") == "203.0.113.7"
    # What the client itself has written stands to the left.
    assert address_seen(service, "198.51.100.1, 203.0.113.7") == "203.0.113.7"
    assert address_seen(service, "203.0.113.7, 127.0.0.1") == "203.0.113.7"
    assert address_seen(service, "203.0.113.7, nonsense") == "127.0.0.1"
    assert address_seen(service, "2001:db8::1") == "2001:db8::1"
    strict = fresh(auth_trusted_proxies="192.0.2.1")
    assert address_seen(strict, "203.0.113.7") == "127.0.0.1"


def test_guessing_from_many_addresses_is_slowed_by_account(service: AuthService) -> None:
    user = service.user()
    body = {"email": user.email, "password": "wrong password"}

    def guess(address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return service.http.post("/auth/v1/login", json=body, headers=headers).status_code

    statuses = [guess(f"203.0.113.{host}") for host in range(25)]
    assert statuses[:20] == [401] * 20
    assert 429 in statuses[20:]
    # From one network of IPv6 it is one address, whatever its lower half.
    others = [service.user() for _ in range(60)]
    statuses = []
    for at, other in enumerate(others):
        body["email"] = other.email
        statuses.append(guess(f"2001:db8::{at + 1:x}"))
    assert 429 in statuses
