"""Invitations, members, users, passwords."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.auth.service import PASSWORD, AuthService, User, new_tenant

NEW_PASSWORD = "another long one"


def new_email() -> str:
    """Return an address that nobody has."""
    return f"{uuid.uuid4().hex[:12]}@example.com"


def invited(by: User, tenant: str, email: str, role: str = "member") -> Any:
    """Invite somebody."""
    path = f"/auth/v1/tenants/{tenant}/invitations"
    return by.post(path, {"email": email, "role": role}, 201)


def accept(service: AuthService, token: str, status: int = 200, **more: Any) -> Any:
    """Accept an invitation."""
    body = {"token": token, "password": PASSWORD, **more}
    return service.post("/auth/v1/invitations/accept", body, status)


def test_sign_up_is_by_invitation(service: AuthService) -> None:
    tenant, email = new_tenant(), new_email()
    owner = service.user({tenant: "owner"}).log_in()
    made = invited(owner, tenant, email)
    assert (made["state"], made["mailed"], made["token"][:4]) == ("open", False, "mri_")
    tokens = accept(service, made["token"], name="Ada")["tokens"]
    assert (tokens["tenant"], tokens["role"]) == (tenant, "member")
    assert tokens["user"]["name"] == "Ada"
    # The token went to the owner, who may be anyone: it proves nothing of the mailbox.
    assert tokens["user"]["email_verified"] is False
    assert accept(service, made["token"], 410)["detail"] == "the invitation is accepted"
    items = owner.get(f"/auth/v1/tenants/{tenant}/invitations")["items"]
    assert [(item["state"], item["token"]) for item in items] == [("accepted", None)]


def test_invitations_end(service: AuthService) -> None:
    tenant = new_tenant()
    owner = service.user({tenant: "owner"}).log_in()
    first = invited(owner, tenant, email := new_email())
    second = invited(owner, tenant, email)
    accept(service, first["token"], 410)
    path = f"/auth/v1/tenants/{tenant}/invitations/{second['id']}"
    other = service.user({new_tenant(): "owner"}).log_in()
    assert other.status("DELETE", path) == 404
    assert owner.status("DELETE", path) == 204
    assert owner.status("DELETE", path) == 404
    accept(service, second["token"], 410)
    late = invited(owner, tenant, email)
    service.clock.advance(8 * 86400)
    assert "expired" in accept(service, late["token"], 410)["detail"]
    accept(service, "mri_made-up", 404)
    weak = invited(service.user({tenant: "owner"}).log_in(), tenant, email)["token"]
    assert accept(service, weak, 422, password="short")["field"] == "password"
    assert accept(service, weak, 422, password=email)["field"] == "password"


def test_who_may_invite_whom(service: AuthService) -> None:
    tenant = new_tenant()
    path = f"/auth/v1/tenants/{tenant}/invitations"
    allowed = {}
    for role in ("viewer", "member", "admin", "owner"):
        user = service.user({tenant: role}).log_in()
        for offered in ("viewer", "admin", "owner"):
            body = {"email": new_email(), "role": offered}
            allowed[role, offered] = user.status("POST", path, body)
    assert {key for key, status in allowed.items() if status == 201} == {
        ("admin", "viewer"),
        ("admin", "admin"),
        ("owner", "viewer"),
        ("owner", "admin"),
        ("owner", "owner"),
    }
    stranger = service.user({new_tenant(): "owner"}).log_in()
    assert stranger.status("POST", path, {"email": new_email()}) == 404
    assert stranger.status("GET", path) == 404
    wish = {"email": new_email(), "platform_admin": True}
    assert stranger.status("POST", "/auth/v1/invitations", wish) == 403
    admin = service.admin()
    token = admin.post("/auth/v1/invitations", wish, 201)["token"]
    user_view = accept(service, token)["tokens"]["user"]
    assert (user_view["platform_admin"], user_view["email_verified"]) == (True, True)
    admin.post("/auth/v1/invitations", {**wish, "tenant": tenant}, 422)
    made = admin.post("/auth/v1/invitations", {"email": new_email()}, 201)
    listed = admin.get("/auth/v1/invitations?limit=1")
    assert listed["next_cursor"]
    assert admin.status("DELETE", f"/auth/v1/invitations/{made['id']}") == 204


def test_a_user_takes_a_second_tenant(service: AuthService) -> None:
    one, two = new_tenant(), new_tenant()
    user = service.user({one: "viewer"})
    owner = service.user({two: "owner", one: "owner"}).log_in()
    token = invited(owner, two, user.email, "admin")["token"]
    accept(service, token, 401, password="not the password")
    assert accept(service, token, tenant=two)["tokens"]["role"] == "admin"
    # Whoever is a member already keeps the higher role.
    token = invited(owner, two, user.email, "viewer")["token"]
    user.log_in().post("/auth/v1/me/invitations", {"token": token})
    assert user.log_in(tenant=two).tokens["role"] == "admin"
    stranger = service.user().log_in()
    token = invited(owner, two, user.email)["token"]
    stranger.post("/auth/v1/me/invitations", {"token": token}, 403)


def test_members_are_managed(service: AuthService) -> None:
    tenant = new_tenant()
    path = f"/auth/v1/tenants/{tenant}/members"
    owner = service.user({tenant: "owner"}).log_in()
    admin = service.user({tenant: "admin"}).log_in()
    viewer = service.user({tenant: "viewer"}).log_in()
    roles = {item["email"]: item["role"] for item in viewer.get(path)["items"]}
    assert roles == {owner.email: "owner", admin.email: "admin", viewer.email: "viewer"}
    first = viewer.get(f"{path}?limit=2")
    rest = viewer.get(f"{path}?limit=2&cursor={first['next_cursor']}")
    assert len(first["items"]) == 2
    assert len(rest["items"]) == 1
    assert rest["next_cursor"] is None
    promoted = {"role": "member"}
    assert viewer.status("PATCH", f"{path}/{viewer.id}", promoted) == 403
    assert admin.status("PATCH", f"{path}/{viewer.id}", promoted) == 200
    assert admin.status("PATCH", f"{path}/{admin.id}", {"role": "owner"}) == 403
    assert admin.status("PATCH", f"{path}/{owner.id}", {"role": "viewer"}) == 403
    assert admin.status("DELETE", f"{path}/{owner.id}") == 403
    assert owner.status("PATCH", f"{path}/{owner.id}", {"role": "admin"}) == 409
    assert owner.status("DELETE", f"{path}/{owner.id}") == 409
    assert owner.status("PATCH", f"{path}/{admin.id}", {"role": "owner"}) == 200
    assert owner.status("DELETE", f"{path}/{owner.id}") == 204
    assert owner.status("GET", path) == 404
    assert viewer.status("DELETE", f"{path}/{viewer.id}") == 204
    assert viewer.status("GET", path) == 404
    assert admin.status("DELETE", f"{path}/{viewer.id}") == 404
    events = {item["event"] for item in admin.get(f"/auth/v1/tenants/{tenant}/audit")["items"]}
    assert {"member.changed", "member.removed"} <= events
    stranger = service.user().log_in()
    assert stranger.status("GET", f"/auth/v1/tenants/{tenant}/audit") == 404


def test_a_deleted_tenant_is_forgotten(service: AuthService) -> None:
    tenant = new_tenant()
    owner = service.user({tenant: "owner"}).log_in()
    token = invited(owner, tenant, new_email())["token"]
    path = f"/auth/v1/tenants/{tenant}/members"
    assert owner.status("DELETE", path) == 403
    assert service.admin().status("DELETE", path) == 204
    assert owner.status("GET", path) == 404
    accept(service, token, 410)


def test_two_owners_cannot_both_leave(service: AuthService) -> None:
    for _ in range(5):
        tenant = new_tenant()
        owners = [service.user({tenant: "owner"}).log_in() for _ in range(2)]
        statuses: list[int] = []

        def leave(owner: User, tenant: str = tenant, into: list[int] = statuses) -> None:
            with service.browser() as http:
                path = f"/auth/v1/tenants/{tenant}/members/{owner.id}"
                into.append(http.delete(path, headers=owner.bearer).status_code)

        threads = [threading.Thread(target=leave, args=(owner,)) for owner in owners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(statuses) == [204, 409]


def test_a_removed_member_has_no_role_after_the_next_refresh(service: AuthService) -> None:
    tenant = new_tenant()
    owner = service.user({tenant: "owner"}).log_in()
    member = service.user({tenant: "member"}).log_in()
    assert owner.status("DELETE", f"/auth/v1/tenants/{tenant}/members/{member.id}") == 204
    body = {"refresh_token": member.tokens["refresh_token"]}
    tokens = service.post("/auth/v1/session/refresh", body)
    assert (tokens["tenant"], tokens["role"]) == (None, None)


def test_users_are_managed_by_platform_administrators(service: AuthService) -> None:
    admin = service.admin()
    tenant = new_tenant()
    user = service.user({tenant: "owner"}).log_in()
    path = f"/auth/v1/users/{user.id}"
    for method, below in [("GET", ""), ("PATCH", ""), ("DELETE", "/sessions"), ("DELETE", "/totp")]:
        assert user.status(method, path + below, {}) == 403
    assert user.status("GET", "/auth/v1/users") == 403
    assert user.status("GET", "/auth/v1/audit") == 403
    assert admin.get(f"/auth/v1/users?email={user.email}")["items"][0]["id"] == user.id
    assert len(admin.get("/auth/v1/users?limit=1")["items"]) == 1
    assert admin.get(path)["email"] == user.email
    assert admin.get(f"{path}/memberships")["items"][0]["tenant"] == tenant
    assert admin.request("PATCH", path, {"name": "Ada"}).json()["name"] == "Ada"
    assert admin.status("DELETE", f"{path}/sessions") == 204
    assert user.status("GET", "/auth/v1/me") == 401
    user.log_in()
    assert admin.request("PATCH", path, {"disabled": True}).json()["disabled"] is True
    assert user.status("GET", "/auth/v1/me") == 401
    body = {"email": user.email, "password": PASSWORD}
    service.post("/auth/v1/login", body, 401)
    assert admin.status("GET", f"/auth/v1/users/{'0' * 32}") == 404
    assert admin.status("PATCH", path, {"admin": True}) == 422
    assert "user.changed success" in service.events(user)


def test_a_platform_administrator_remains(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    # The one of the first start is there already.
    admin = service.admin()
    first = service.stored("admin@miniredis.example")
    path = f"/auth/v1/users/{first.id}"
    assert admin.status("PATCH", path, {"platform_admin": False}) == 200
    mine = f"/auth/v1/users/{admin.id}"
    assert admin.status("PATCH", mine, {"platform_admin": False}) == 409
    assert admin.status("PATCH", mine, {"disabled": True}) == 409


def test_a_password_is_changed(service: AuthService) -> None:
    user = service.user().log_in()
    other = User(service, user.id, user.email).log_in()
    path = "/auth/v1/me/password"
    body = {"current_password": "wrong", "new_password": NEW_PASSWORD}
    assert user.post(path, body, 403)["field"] == "current_password"
    body["current_password"] = PASSWORD
    for weak in ("short", "aaaaaaaaaaaaa", "x" * 2000):
        problem = user.post(path, {**body, "new_password": weak}, 422)
        assert problem["field"] == "new_password"
        assert weak not in problem["detail"]
    user.post(path, body, 204)
    assert user.status("GET", "/auth/v1/me") == 200
    assert other.status("GET", "/auth/v1/me") == 401
    service.post("/auth/v1/login", {"email": user.email, "password": PASSWORD}, 401)
    user.password = NEW_PASSWORD
    user.log_in()
    assert user.request("PATCH", "/auth/v1/me", {"name": "Bo"}).json()["name"] == "Bo"
    assert user.status("PATCH", "/auth/v1/me", {"name": "a\x00b"}) == 422


def test_a_forgotten_password_by_an_administrator(service: AuthService) -> None:
    admin, user = service.admin(), service.user(email_verified=False).log_in()
    path = f"/auth/v1/users/{user.id}/password-reset"
    first = admin.post(path, status=201)["token"]
    token = admin.post(path, status=201)["token"]
    use = {"token": first, "new_password": NEW_PASSWORD}
    service.post("/auth/v1/password/reset", use, 410)
    use["token"] = token
    service.post("/auth/v1/password/reset", {**use, "new_password": "short"}, 422)
    service.post("/auth/v1/password/reset", use, 204)
    service.post("/auth/v1/password/reset", use, 410)
    assert user.status("GET", "/auth/v1/me") == 401
    user.password = NEW_PASSWORD
    assert user.log_in().tokens["user"]["email_verified"] is True
    late = admin.post(path, status=201)["token"]
    service.clock.advance(31 * 60)
    service.post("/auth/v1/password/reset", {**use, "token": late}, 410)


def test_a_reset_is_asked_for_without_learning_who_is_known(service: AuthService) -> None:
    user = service.user()
    answers = [
        service.http.post("/auth/v1/password/reset-request", json={"email": email})
        for email in (user.email, new_email())
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    service.auth.background.wait()
    assert "password.reset-asked success" in service.events(user)
    body = {"email": user.email}
    statuses = [
        service.http.post("/auth/v1/password/reset-request", json=body).status_code
        for _ in range(6)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@", "@b", "a b@example.com", "a@b\x00.com", "x" * 300 + "@b.com"]
)
def test_what_is_no_address(service: AuthService, email: str) -> None:
    problem = service.post("/auth/v1/login", {"email": email, "password": "x"}, 422)
    assert problem["field"] == "email"
