"""Every page as people see it: pictures, axe in both schemes, a narrow screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.studio.platform import Platform
from tests.studio.visit import Visit

SCHEMES = ("light", "dark")
OPEN_PAGES = {
    "/login": "Log in to MiniRedis",
    "/accept-invitation": "Accept your invitation",
    "/reset-password": "Forgot the password",
    "/reset-password#mrp_x": "Set a new password",
}
PAGES = {"/instances": "Instances", "/account": "Account", "/nowhere": "No such page"}


@pytest.fixture(scope="module")
def nodes(platform: Platform) -> list[dict[str, Any]]:
    """Make some instances, one of each kind."""
    made = [
        platform.node("acme", "sessions", port=True, memory="64mb"),
        platform.node("acme", "cache-eu", port=True, memory="1gb", eviction_policy="allkeys-lru"),
        platform.node("acme", "jobs", port=False, memory="40mb"),
        platform.node("acme", "leaderboard.v2", port=True, memory="2mb"),
    ]
    platform.ask("POST", f"/v1/nodes/{made[2]['id']}/stop")
    for number in range(900):
        command = {"command": ["SET", f"key:{number}", "x" * 1000]}
        platform.ask("POST", f"/v1/nodes/{made[3]['id']}/execute", command)
    return made


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_pages_without_a_session(visit: Visit, path: str, scheme: str) -> None:
    visit.go(path)
    visit.scheme(scheme)
    expect(visit.page.get_by_role("heading", name=OPEN_PAGES[path])).to_be_visible()
    visit.picture(f"{path.strip('/').replace('#', '-')}-{scheme}")
    visit.check_access()


@pytest.mark.usefixtures("nodes")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", PAGES)
def test_pages(person: Visit, path: str, scheme: str) -> None:
    person.go(path)
    person.scheme(scheme)
    expect(person.page.get_by_role("heading", level=1)).to_be_visible()
    expect(person.page.get_by_text(PAGES[path]).first).to_be_visible()
    if path == "/instances":
        full = person.page.get_by_role("meter", name="Memory of leaderboard.v2")
        expect(full).not_to_have_attribute("aria-valuenow", "0")
    person.picture(f"{path.strip('/')}-{scheme}")
    person.check_access()


@pytest.mark.usefixtures("nodes")
@pytest.mark.parametrize("path", ["/instances", "/account"])
def test_pages_on_a_telephone(person: Visit, path: str) -> None:
    person.page.set_viewport_size({"width": 360, "height": 740})
    person.go(path)
    expect(person.page.get_by_role("heading", name=PAGES[path])).to_be_visible()
    person.picture(f"{path.strip('/')}-360")
    person.check_width()
    person.check_access()
    person.page.get_by_role("button", name="Open navigation").click()
    expect(person.page.get_by_role("link", name="Account")).to_be_visible()
    person.picture(f"{path.strip('/')}-360-navigation")
    person.check_access()


@pytest.mark.usefixtures("nodes")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_dialogs(person: Visit, scheme: str) -> None:
    person.scheme(scheme)
    page = person.page
    page.get_by_role("button", name="Create instance").click()
    expect(page.get_by_label("Memory limit")).to_be_visible()
    person.picture(f"create-{scheme}")
    person.check_access()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for item, name in (("Connect …", "connect"), ("Resize …", "resize"), ("Delete …", "delete")):
        page.get_by_role("button", name="Actions of sessions").click()
        expect(page.get_by_role("menuitem", name=item)).to_be_visible()
        if name == "connect":
            person.picture(f"menu-{scheme}")
        page.get_by_role("menuitem", name=item).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        person.picture(f"{name}-{scheme}")
        person.check_access()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_placeholder("Go to, or do …")).to_be_visible()
    person.picture(f"palette-{scheme}")
    person.check_access()
