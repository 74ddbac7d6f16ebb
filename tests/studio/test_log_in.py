"""Logging in, staying logged in, and everything about one's own account."""

from __future__ import annotations

import json
import re
import uuid

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.studio.platform import Platform
from tests.studio.visit import Visit

PASSWORD = "a long enough password"
NEW_PASSWORD = "another long password"


@pytest.fixture
def someone(platform: Platform) -> str:
    """Make a user of the test's own; return the address."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    platform.user(email, PASSWORD, "acme", "member")
    return email


def signed_in(visit: Visit) -> None:
    """Wait until the tab shows the list of instances."""
    expect(visit.page.get_by_role("heading", name="Instances")).to_be_visible()


def test_a_wrong_password_is_said(visit: Visit, someone: str) -> None:
    visit.go("/login")
    visit.page.get_by_role("button", name="Log in").click()
    expect(visit.page.get_by_text("An e-mail address, such as")).to_be_visible()
    expect(visit.page.get_by_text("Enter your password")).to_be_visible()
    visit.page.get_by_label("E-mail").fill(someone)
    visit.page.get_by_label("Password", exact=True).fill("wrong password")
    visit.page.get_by_role("button", name="Log in").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("wrong")


def test_one_comes_back_to_where_one_wanted_to_be(visit: Visit, someone: str) -> None:
    visit.go("/account?x=1")
    expect(visit.page.get_by_role("heading", name="Log in to MiniRedis")).to_be_visible()
    visit.page.get_by_label("E-mail").fill(someone)
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in").click()
    expect(visit.page.get_by_role("heading", name="Account")).to_be_visible()
    assert visit.page.url.endswith("/account?x=1")


def test_no_address_leads_elsewhere(visit: Visit, someone: str) -> None:
    visit.log_in(someone, PASSWORD, "/login?return_to=//evil.example/x")
    signed_in(visit)


def test_nothing_secret_is_stored_or_readable(
    visit: Visit, someone: str, context: BrowserContext
) -> None:
    visit.log_in(someone, PASSWORD)
    signed_in(visit)
    stored = visit.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert "mrr_" not in stored
    assert "eyJ" not in stored
    refresh = next(one for one in context.cookies() if one["name"].endswith("miniredis_refresh"))
    assert refresh["httpOnly"]
    assert refresh["sameSite"] == "Strict"


def test_a_reload_keeps_the_session(visit: Visit, someone: str) -> None:
    visit.log_in(someone, PASSWORD)
    signed_in(visit)
    visit.page.reload()
    signed_in(visit)


def test_an_expired_token_is_renewed_and_the_request_repeated(visit: Visit, someone: str) -> None:
    visit.log_in(someone, PASSWORD)
    signed_in(visit)
    refused: list[str] = []

    def refuse_once(route: Route, request: Request) -> None:
        if refused:
            route.continue_()
            return
        refused.append(request.headers["authorization"])
        problem = {
            "type": "urn:miniredis:problem:unauthorized",
            "title": "A credential is needed",
            "status": 401,
            "detail": "",
        }
        route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(problem))

    visit.page.route("**/auth/v1/me", refuse_once)
    with visit.page.expect_response("**/auth/v1/session/refresh") as renewal:
        visit.page.get_by_role("link", name="Account").click()
    assert renewal.value.status == 200
    expect(visit.page.get_by_text(someone).first).to_be_visible()
    expect(visit.page.get_by_role("heading", name="Profile")).to_be_visible()
    assert len(refused) == 1


def test_a_session_that_was_ended_elsewhere_leads_to_the_log_in(
    visit: Visit, someone: str, platform: Platform
) -> None:
    visit.log_in(someone, PASSWORD)
    signed_in(visit)
    login = {"email": someone, "password": PASSWORD}
    other = platform.ask("POST", "/auth/v1/login", login, "")["tokens"]["access_token"]
    platform.ask("DELETE", "/auth/v1/sessions", token=other)
    visit.page.get_by_role("link", name="Account").click()
    expect(visit.page.get_by_text("Your session has ended")).to_be_visible()
    assert "return_to=%2Faccount" in visit.page.url


def test_two_tabs_share_a_session(visit: Visit, someone: str, context: BrowserContext) -> None:
    visit.log_in(someone, PASSWORD)
    signed_in(visit)
    tabs: list[Page] = [context.new_page() for _ in range(3)]
    # All of them want the one refresh token at once; whoever comes late must not end the session.
    for tab in tabs:
        tab.goto(visit.platform.url + "/instances", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_role("heading", name="Instances")).to_be_visible()
    visit.page.get_by_role("button", name=someone).click()
    visit.page.get_by_role("menuitem", name="Sign out", exact=True).click()
    for tab in [visit.page, *tabs]:
        expect(tab.get_by_role("heading", name="Log in to MiniRedis")).to_be_visible()


def test_sign_out_everywhere_ends_other_sessions(
    visit: Visit, someone: str, platform: Platform
) -> None:
    login = {"email": someone, "password": PASSWORD}
    other = platform.ask("POST", "/auth/v1/login", login, "")["tokens"]["access_token"]
    visit.log_in(someone, PASSWORD)
    signed_in(visit)
    visit.page.get_by_role("button", name=someone).click()
    visit.page.get_by_role("menuitem", name="Sign out everywhere").click()
    expect(visit.page.get_by_role("heading", name="Log in to MiniRedis")).to_be_visible()
    with pytest.raises(AssertionError, match="unauthorized"):
        platform.ask("GET", "/auth/v1/me", token=other)


def test_an_invitation_is_accepted(visit: Visit, platform: Platform) -> None:
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    token = platform.invite(email, "acme", "viewer")
    visit.go(f"/accept-invitation#{token}")
    visit.page.get_by_label("Name").fill("Grace")
    visit.page.get_by_label("Password", exact=True).fill("short")
    visit.page.get_by_role("button", name="Accept").click()
    expect(visit.page.get_by_text("At least 10 characters")).to_be_visible()
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Accept").click()
    signed_in(visit)
    # A viewer changes nothing.
    expect(visit.page.get_by_role("button", name="Create instance")).to_have_count(0)


def test_an_invitation_that_is_none_is_said_at_its_field(visit: Visit) -> None:
    visit.go("/accept-invitation#nonsense")
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Accept").click()
    expect(visit.page.get_by_text("begins with mri_")).to_be_visible()
    visit.page.get_by_label("Invitation").fill("mri_nothing-of-the-kind")
    visit.page.get_by_role("button", name="Accept").click()
    expect(visit.page.locator("[role=alert], .mantine-InputWrapper-error").first).to_be_visible()


def test_a_password_is_reset(visit: Visit, someone: str, platform: Platform) -> None:
    visit.go("/reset-password")
    visit.page.get_by_label("E-mail").fill(someone)
    visit.page.get_by_role("button", name="Send").click()
    expect(visit.page.get_by_text("If the address is known")).to_have_count(2)
    access = platform.admin_access()
    users = platform.ask("GET", "/auth/v1/users?limit=1000", token=access)["items"]
    user = next(one["id"] for one in users if one["email"] == someone)
    token = platform.ask("POST", f"/auth/v1/users/{user}/password-reset", {}, access)["token"]
    visit.go(f"/reset-password#{token}")
    visit.page.reload()
    visit.page.get_by_label("New password").fill(NEW_PASSWORD)
    visit.page.get_by_label("Repeat the password").fill(NEW_PASSWORD + "x")
    visit.page.get_by_role("button", name="Set password").click()
    expect(visit.page.get_by_text("The two are not the same")).to_be_visible()
    visit.page.get_by_label("Repeat the password").fill(NEW_PASSWORD)
    visit.page.get_by_role("button", name="Set password").click()
    expect(visit.page.get_by_text("The password is set")).to_be_visible()
    visit.log_in(someone, NEW_PASSWORD)
    signed_in(visit)


def test_a_password_is_changed(visit: Visit, someone: str) -> None:
    visit.log_in(someone, PASSWORD)
    visit.page.get_by_role("link", name="Account").click()
    visit.page.get_by_label("Current password").fill("not this one")
    visit.page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    visit.page.get_by_label("Repeat the new password").fill(NEW_PASSWORD)
    visit.page.get_by_role("button", name="Change password").click()
    expect(visit.page.get_by_text("the password is wrong")).to_be_visible()
    visit.page.get_by_label("Current password").fill(PASSWORD)
    visit.page.get_by_role("button", name="Change password").click()
    expect(visit.page.get_by_text("The password is changed")).to_be_visible()


def test_a_second_factor_from_set_up_to_removal(visit: Visit, someone: str) -> None:
    page = visit.page
    visit.log_in(someone, PASSWORD)
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Set up").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    visit.picture("second-factor")
    visit.check_access()
    seed = re.search(r"\b[A-Z2-7]{32}\b", dialog.inner_text())
    assert seed
    totp = pyotp.TOTP(seed.group())
    dialog.get_by_role("textbox", name="Code").fill("000000")
    dialog.get_by_role("button", name="Turn on").click()
    expect(dialog.get_by_text("the code is wrong")).to_be_visible()
    dialog.get_by_role("textbox", name="Code").fill(totp.now())
    dialog.get_by_role("button", name="Turn on").click()
    codes = dialog.get_by_role("list").get_by_role("listitem")
    expect(codes).to_have_count(10)
    visit.picture("recovery-codes")
    visit.check_access()
    recovery = codes.all_inner_texts()
    dialog.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("button", name="New recovery codes")).to_be_visible()

    page.get_by_role("button", name=someone).click()
    page.get_by_role("menuitem", name="Sign out", exact=True).click()
    page.get_by_label("E-mail").fill(someone)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    visit.picture("log-in-second-factor")
    visit.check_access()
    page.get_by_label("Code").first.press_sequentially("000000")
    expect(page.get_by_role("alert").filter(has_text="the challenge is over or")).to_be_visible()
    # A refusal that comes late takes nothing away of what is typed meanwhile.
    held: list[Route] = []
    page.route("**/auth/v1/login/second-factor", lambda route: held.append(route), times=1)
    with page.expect_request("**/auth/v1/login/second-factor"):
        page.get_by_label("Code").first.press_sequentially("111111")
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(recovery[0])
    with page.expect_response("**/auth/v1/login/second-factor"):
        held[0].continue_()
    expect(page.get_by_label("Recovery code")).to_have_value(recovery[0])
    page.get_by_role("button", name="Verify").click()
    signed_in(visit)

    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Turn off").click()
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("Code, or a recovery code").fill(recovery[1])
    dialog.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Set up")).to_be_visible()


def test_sessions_are_listed_and_ended(visit: Visit, someone: str, platform: Platform) -> None:
    login = {"email": someone, "password": PASSWORD}
    other = platform.ask("POST", "/auth/v1/login", login, "")["tokens"]["access_token"]
    visit.log_in(someone, PASSWORD)
    visit.page.get_by_role("link", name="Account").click()
    panel = visit.page.get_by_role("region", name="Sessions")
    expect(panel.get_by_role("listitem").filter(has_text="this one")).to_have_count(1)
    before = panel.get_by_role("listitem").count()
    panel.get_by_role("button", name=re.compile("End the session of", re.I)).first.click()
    expect(panel.get_by_role("listitem")).to_have_count(before - 1)
    # Last used first, after the one that looks.
    with pytest.raises(AssertionError, match="unauthorized"):
        platform.ask("GET", "/auth/v1/me", token=other)


def test_a_tenant_is_changed(visit: Visit, platform: Platform, someone: str) -> None:
    platform.tenant(name := f"other-{uuid.uuid4().hex[:6]}")
    platform.node(name, "of-the-other", port=False)
    invitation = platform.invite(someone, name, "member")
    visit.log_in(someone, PASSWORD)
    visit.page.get_by_role("link", name="Account").click()
    visit.page.get_by_label("Invitation").fill(invitation)
    visit.page.get_by_role("button", name="Accept").click()
    expect(visit.page.get_by_text("The invitation is accepted")).to_be_visible()
    visit.page.get_by_role("button", name=someone).click()
    visit.page.get_by_role("menuitem", name=name).click()
    visit.page.get_by_role("link", name="Instances").click()
    expect(visit.page.get_by_role("link", name="of-the-other")).to_be_visible()
    expect(visit.page.get_by_text("1 instance")).to_be_visible()
