"""Log-in with a password, refresh tokens, sessions."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.auth.service import PASSWORD, AuthService, User, new_tenant


def refresh(service: AuthService, token: str, status: int = 200, **more: Any) -> Any:
    """Refresh with a token in the body."""
    return service.post("/auth/v1/session/refresh", {"refresh_token": token, **more}, status)


def test_log_in_gives_tokens(service: AuthService) -> None:
    tenant = new_tenant()
    user = service.user({tenant: "member"}).log_in()
    assert user.tokens["token_type"] == "Bearer"
    assert user.tokens["refresh_token"].startswith("mrr_")
    assert (user.tokens["tenant"], user.tokens["role"]) == (tenant, "member")
    assert user.tokens["expires_in"] == 600
    assert user.tokens["csrf_token"] is None
    me = user.get("/auth/v1/me")
    assert me["user"]["email"] == user.email
    assert [(item["tenant"], item["role"]) for item in me["memberships"]] == [(tenant, "member")]
    assert me["session"]["current"] is True
    assert service.stored(user.email).last_login_at is not None


def test_wrong_log_ins_are_told_apart_by_nobody(service: AuthService) -> None:
    user = service.user()
    disabled = service.user()
    with service.auth.store.begin() as session:
        session.merge(service.stored(disabled.email)).disabled = True
    answers = []
    for email, password in [
        (user.email, "not the password"),
        ("nobody-at-all@example.com", PASSWORD),
        (disabled.email, PASSWORD),
        (service.user(password=None).email, PASSWORD),
    ]:
        before = service.auth.passwords.computed
        answer = service.http.post("/auth/v1/login", json={"email": email, "password": password})
        assert service.auth.passwords.computed == before + 1, email
        assert answer.headers["content-type"] == "application/problem+json"
        answers.append((answer.status_code, answer.text))
    assert set(answers) == {(401, answers[0][1])}


def test_the_address_is_the_same_in_any_case(service: AuthService) -> None:
    user = service.user()
    user.email = user.email.upper()
    assert user.log_in().tokens["user"]["email"] == user.email.lower()


def test_each_refresh_token_is_used_once(service: AuthService) -> None:
    user = service.user().log_in()
    first = user.tokens["refresh_token"]
    second = refresh(service, first)["refresh_token"]
    assert second != first
    third = refresh(service, second)["refresh_token"]
    service.clock.advance(11)
    problem = refresh(service, first, 401)
    assert problem["type"] == "urn:miniredis:problem:unauthorized"
    assert "token-reused" in problem["detail"]
    # Nobody knows who the thief is: the owner's token is of no use either.
    refresh(service, third, 401)
    user.tokens["access_token"] = user.tokens["access_token"]
    assert user.status("GET", "/auth/v1/me") == 401
    assert "session.ended denied" in service.events(user)


def test_a_lost_answer_is_given_again(service: AuthService) -> None:
    first = service.user().log_in().tokens["refresh_token"]
    second = refresh(service, first)["refresh_token"]
    service.clock.advance(8)
    assert refresh(service, first)["refresh_token"] == second
    third = refresh(service, second)["refresh_token"]
    assert third not in {first, second}


def test_two_pages_that_refresh_at_once_stay_logged_in(service: AuthService) -> None:
    token = service.user().log_in().tokens["refresh_token"]
    given: list[Any] = []

    def page() -> None:
        given.append(refresh(service, token)["refresh_token"])

    pages = [threading.Thread(target=page) for _ in range(6)]
    for thread in pages:
        thread.start()
    for thread in pages:
        thread.join(20)
    assert len(given) == 6
    assert len(set(given)) == 1
    refresh(service, given[0])


def test_sessions_end_when_unused_and_when_old(service: AuthService) -> None:
    user = service.user().log_in()
    token = user.tokens["refresh_token"]
    for _ in range(8):
        service.clock.advance(12 * 86400)
        answer = service.http.post("/auth/v1/session/refresh", json={"refresh_token": token})
        if answer.status_code != 200:
            break
        token = answer.json()["refresh_token"]
    # Ninety days are not divisible by twelve: the eighth refresh is too late.
    assert "expired" in answer.json()["detail"]
    token = service.user().log_in().tokens["refresh_token"]
    service.clock.advance(15 * 86400)
    assert "expired" in refresh(service, token, 401)["detail"]


def test_sessions_are_listed_and_ended(service: AuthService) -> None:
    user = service.user().log_in()
    others = [User(service, user.id, user.email).log_in() for _ in range(3)]
    items = user.get("/auth/v1/sessions")
    assert items["next_cursor"] is None
    assert len(items["items"]) == 4
    assert [item["id"] for item in items["items"] if item["current"]] == [user.tokens["session_id"]]
    gone = others[0].tokens["session_id"]
    assert user.status("DELETE", f"/auth/v1/sessions/{gone}") == 204
    assert user.status("DELETE", f"/auth/v1/sessions/{gone}") == 404
    assert others[0].status("GET", "/auth/v1/me") == 401
    stranger = service.user().log_in()
    mine = user.tokens["session_id"]
    assert stranger.status("DELETE", f"/auth/v1/sessions/{mine}") == 404
    assert user.status("DELETE", "/auth/v1/sessions") == 204
    assert others[1].status("GET", "/auth/v1/me") == 401
    assert len(user.get("/auth/v1/sessions")["items"]) == 1
    assert user.status("DELETE", "/auth/v1/session") == 204
    assert user.status("GET", "/auth/v1/me") == 401
    refresh(service, user.tokens["refresh_token"], 401)


def test_a_user_chooses_the_tenant(service: AuthService) -> None:
    one, two, foreign = new_tenant(), new_tenant(), new_tenant()
    user = service.user({one: "owner", two: "viewer"})
    assert user.log_in().tokens["tenant"] == one
    assert user.log_in(tenant=two).tokens["role"] == "viewer"
    body = {"email": user.email, "password": PASSWORD, "tenant": foreign}
    assert service.post("/auth/v1/login", body, 403)["field"] == "tenant"
    chosen = user.post("/auth/v1/session/tenant", {"tenant": one})
    assert (chosen["tenant"], chosen["role"], chosen["refresh_token"]) == (one, "owner", None)
    user.post("/auth/v1/session/tenant", {"tenant": foreign}, 403)
    refreshed = refresh(service, user.tokens["refresh_token"])
    assert refreshed["tenant"] == one
    assert refresh(service, refreshed["refresh_token"], tenant=two)["tenant"] == two


@pytest.mark.parametrize("token", ["", "mrr_", "mrr_" + "x" * 43, "é", "x" * 5000, "a\u0000b"])
def test_made_up_refresh_tokens(service: AuthService, token: str) -> None:
    answer = service.http.post("/auth/v1/session/refresh", json={"refresh_token": token})
    assert answer.status_code in {401, 422}


def test_guessing_is_slowed(service: AuthService) -> None:
    user = service.user()
    body = {"email": user.email, "password": "wrong password"}
    statuses = [service.http.post("/auth/v1/login", json=body).status_code for _ in range(7)]
    assert statuses[:5] == [401] * 5
    assert statuses[5:] == [429] * 2
    answer = service.http.post("/auth/v1/login", json=body)
    assert int(answer.headers["Retry-After"]) >= 1
    # The right password has to wait as well, or guessing would go on.
    body["password"] = PASSWORD
    assert service.http.post("/auth/v1/login", json=body).status_code == 429
    service.clock.advance(3)
    user.log_in()
    user.log_in()
    unknown = {"email": "unknown-" + user.email, "password": "wrong password"}
    statuses = [service.http.post("/auth/v1/login", json=unknown).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
