"""TOTP and recovery codes."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from tests.auth.service import PASSWORD, AuthService, User


def code_of(service: AuthService, seed: str, steps: int = 0) -> str:
    """Return what the authenticator shows, or will in some steps."""
    return pyotp.TOTP(seed).at(service.clock() // 1000 + 30 * steps)


@pytest.fixture
def enrolled(service: AuthService) -> tuple[User, str, list[str]]:
    """Give a user with a second factor, its seed, and the recovery codes."""
    user = service.user().log_in()
    seed = user.post("/auth/v1/me/totp", {"password": PASSWORD})["secret"]
    # Not in effect before a code was seen.
    user.log_in()
    codes = user.post("/auth/v1/me/totp/confirm", {"code": code_of(service, seed)})
    service.clock.advance(60)
    return user, seed, codes["recovery_codes"]


def challenge(service: AuthService, user: User) -> str:
    """Take the first step of a log-in."""
    body = {"email": user.email, "password": PASSWORD}
    answer = service.post("/auth/v1/login", body)
    assert answer["tokens"] is None
    assert answer["second_factor"]["methods"] == ["totp", "recovery_code"]
    text: str = answer["second_factor"]["challenge"]
    return text


def second(service: AuthService, challenge: str, status: int = 200, **proof: Any) -> Any:
    """Take the second step."""
    body = {"challenge": challenge, **proof}
    return service.post("/auth/v1/login/second-factor", body, status)


def test_log_in_takes_two_steps(
    service: AuthService, enrolled: tuple[User, str, list[str]]
) -> None:
    user, seed, _ = enrolled
    started = challenge(service, user)
    code = code_of(service, seed)
    second(service, started, 401, code="000000" if code != "000000" else "000001")
    user.tokens = second(service, started, code=code)["tokens"]
    assert user.get("/auth/v1/me")["session"]["method"] == "password+totp"
    assert user.tokens["user"]["second_factor"] is True
    # Neither the challenge nor the code is good for more.
    second(service, started, 401, code=code_of(service, seed, 1))
    second(service, challenge(service, user), 401, code=code)
    second(service, challenge(service, user), code=code_of(service, seed, 1))


def test_challenges_end(service: AuthService, enrolled: tuple[User, str, list[str]]) -> None:
    user, seed, _ = enrolled
    started = challenge(service, user)
    service.clock.advance(301)
    second(service, started, 401, code=code_of(service, seed))
    started = challenge(service, user)
    statuses = []
    for _ in range(8):
        body = {"challenge": started, "code": "1"}
        answer = service.http.post("/auth/v1/login/second-factor", json=body)
        statuses.append(answer.status_code)
        service.clock.advance(int(answer.headers.get("Retry-After", 0)))
    assert set(statuses) == {401, 429}
    service.clock.advance(20)
    second(service, started, 401, code=code_of(service, seed))
    second(service, "mrc_made-up", 401, code="123456")
    second(service, started, 422)
    second(service, started, 422, code="1", recovery_code="2")


def test_recovery_codes_work_once(
    service: AuthService, enrolled: tuple[User, str, list[str]]
) -> None:
    user, seed, codes = enrolled
    assert len(set(codes)) == 10
    spelled = codes[0].upper().replace("-", " ")
    user.tokens = second(service, challenge(service, user), recovery_code=spelled)["tokens"]
    second(service, challenge(service, user), 401, recovery_code=codes[0])
    fresh = user.post("/auth/v1/me/totp/recovery-codes", {"code": code_of(service, seed)})
    second(service, challenge(service, user), 401, recovery_code=codes[1])
    second(service, challenge(service, user), recovery_code=fresh["recovery_codes"][1])
    service.clock.advance(60)
    assert user.post("/auth/v1/me/totp/recovery-codes", {"code": "1"}, 403)["field"] == "code"
    other = service.user().log_in()
    other.post("/auth/v1/me/totp/recovery-codes", {"code": "123456"}, 409)


def test_the_second_factor_is_removed(
    service: AuthService, enrolled: tuple[User, str, list[str]]
) -> None:
    user, seed, codes = enrolled
    path = "/auth/v1/me/totp/remove"
    user.post("/auth/v1/me/totp", {"password": PASSWORD}, 409)
    user.post(path, {"password": "wrong", "code": code_of(service, seed)}, 403)
    user.post(path, {"password": PASSWORD}, 403)
    user.post(path, {"password": PASSWORD, "recovery_code": codes[3]}, 204)
    user.log_in()
    user.post(path, {"password": PASSWORD}, 409)
    user.post("/auth/v1/me/totp/confirm", {"code": "123456"}, 409)
    user.post("/auth/v1/me/totp", {"password": PASSWORD})
    user.post("/auth/v1/me/totp/confirm", {"code": "1"}, 403)


def test_an_administrator_helps_who_has_lost_everything(
    service: AuthService, enrolled: tuple[User, str, list[str]]
) -> None:
    user, _, _ = enrolled
    assert service.admin().status("DELETE", f"/auth/v1/users/{user.id}/totp") == 204
    user.log_in()
    assert "totp.removed success" in service.events(user)


def test_the_seed_is_stored_sealed(
    service: AuthService, enrolled: tuple[User, str, list[str]]
) -> None:
    user, seed, _ = enrolled
    stored = service.stored(user.email)
    assert seed not in stored.totp_sealed
