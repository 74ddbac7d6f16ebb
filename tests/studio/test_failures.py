"""Servers that are away, slow, or answer nonsense: a page says so and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.studio.platform import Platform
from tests.studio.visit import Visit

NONSENSE = {
    "a page": ("text/html", "<html><body>It works!</body></html>"),
    "nothing": ("application/json", ""),
    "null": ("application/json", "null"),
    "a list": ("application/json", "[]"),
    "an object of another kind": ("application/json", '{"nodes": 5}'),
    "items that are none": ("application/json", '{"items": [null, 5], "next_cursor": null}'),
    "an item with less": ("application/json", '{"items": [{"name": "x"}], "next_cursor": null}'),
}


def is_list(url: str) -> bool:
    """Tell whether a request asks for the list of instances."""
    return "/v1/nodes?" in url


@pytest.mark.parametrize("kind", NONSENSE)
def test_an_answer_of_another_shape_is_an_error_of_its_panel(person: Visit, kind: str) -> None:
    content_type, body = NONSENSE[kind]
    person.page.route(is_list, lambda route: route.fulfill(content_type=content_type, body=body))
    person.page.reload()
    expect(person.page.get_by_text("The server answered something unexpected")).to_be_visible()
    if kind == "a page":
        person.picture("wrong-shape")
        person.check_access()
    # The rest of the page is there, and the panel can be tried again.
    expect(person.page.get_by_role("link", name="Account")).to_be_visible()
    person.page.unroute(is_list)
    person.page.get_by_role("button", name="Try again").click()
    expect(person.page.get_by_text("The server answered something unexpected")).to_have_count(0)


def test_a_time_that_is_none_has_a_dash(person: Visit, platform: Platform) -> None:
    platform.node("acme", "of-no-time", port=False)

    def without_time(route: Route) -> None:
        answer = route.fetch()
        nodes = answer.json()
        for node in nodes["items"]:
            node["created_at"] = "0000-99-99"
        route.fulfill(response=answer, body=json.dumps(nodes))

    person.page.route(is_list, without_time)
    person.page.reload()
    row = person.page.get_by_role("row").filter(
        has=person.page.get_by_role("link", name="of-no-time")
    )
    expect(row.get_by_text("\u2013")).to_be_visible()
    expect(person.page.get_by_text("Invalid")).to_have_count(0)


def test_a_refusal_of_a_change_says_why(person: Visit, platform: Platform) -> None:
    platform.node("acme", "refused", port=False)
    person.page.reload()
    problem = {
        "type": "urn:miniredis:problem:unavailable",
        "title": "A service cannot be reached",
        "status": 503,
        "detail": "the backend is away",
    }
    person.page.route(
        "**/v1/nodes/*/stop",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    person.page.get_by_role("button", name="Actions of refused").click()
    person.page.get_by_role("menuitem", name="Stop").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(person.page.get_by_text("the backend is away")).to_be_visible()


def test_a_slow_answer_shows_that_it_is_waited_for(person: Visit) -> None:
    held: list[Route] = []
    released = False

    def hold(route: Route) -> None:
        # What is asked for again later is not held any more.
        if released:
            route.continue_()
        else:
            held.append(route)

    person.page.route(is_list, hold)
    person.page.reload()
    expect(person.page.get_by_role("status", name="Loading")).to_be_visible()
    person.picture("loading")
    expect(person.page.get_by_role("link", name="Account")).to_be_visible()
    # What is shown already works already, and so does its key.
    expect(person.page.get_by_role("button", name="Create instance")).to_be_visible()
    person.page.keyboard.press("c")
    expect(person.page.get_by_role("dialog").get_by_label("Name")).to_be_visible()
    person.page.keyboard.press("Escape")
    expect(person.page.get_by_role("dialog")).to_have_count(0)
    expect(person.page.get_by_role("status", name="Loading")).to_be_visible()
    released = True
    for route in held:
        route.continue_()
    expect(person.page.get_by_role("status", name="Loading")).to_have_count(0)


def test_a_part_that_cannot_be_loaded_says_so(visit: Visit, platform: Platform) -> None:
    visit.page.route("**/assets/account-*.js", lambda route: route.fulfill(status=404))
    visit.log_in("ada@example.com", "correct horse battery")
    visit.page.get_by_role("link", name="Account").click()
    expect(visit.page.get_by_text("There may be a new version")).to_be_visible()
    expect(visit.page.get_by_role("link", name="Instances")).to_be_visible()
    visit.page.unroute("**/assets/account-*.js")
    visit.page.get_by_role("button", name="Try again").click()
    expect(visit.page.get_by_role("heading", name="Profile")).to_be_visible()
    visit.errors.clear()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Platform]:
    """Start a platform that the test may end."""
    started = Platform(tmp_path, 8)
    yield started
    started.stop()


def test_a_server_that_goes_and_comes_back(browser: Browser, mortal: Platform) -> None:
    mortal.tenant("acme")
    mortal.node("acme", "survivor", port=False)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    visit = Visit(context.new_page(), mortal)
    visit.log_in(mortal.email, mortal.password)
    expect(visit.page.get_by_role("link", name="survivor")).to_be_visible()
    mortal.stop()
    visit.page.get_by_role("link", name="Account").click()
    banner = visit.page.get_by_text("The server cannot be reached. What you see may be old.")
    expect(banner).to_be_visible(timeout=15_000)
    visit.picture("server-away")
    visit.check_access()
    # What was seen is still there.
    visit.page.get_by_role("link", name="Instances").click()
    expect(visit.page.get_by_role("link", name="survivor")).to_be_visible()
    mortal.start()
    expect(banner).to_have_count(0, timeout=20_000)
    # The streams come back by themselves, and what happens is seen again.
    mortal.node("acme", "newcomer", port=False)
    expect(visit.page.get_by_role("link", name="newcomer")).to_be_visible(timeout=35_000)
    context.close()


def test_a_reload_while_the_server_is_away_asks_again(browser: Browser, mortal: Platform) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    visit = Visit(context.new_page(), mortal)
    visit.log_in(mortal.email, mortal.password)
    visit.page.route("**/auth/v1/session/refresh", lambda route: route.abort())
    visit.page.reload()
    expect(visit.page.get_by_text("The server cannot be reached")).to_be_visible()
    visit.picture("unreachable")
    visit.page.unroute("**/auth/v1/session/refresh")
    visit.page.get_by_role("button", name="Try again").click()
    expect(visit.page.get_by_role("heading", name="Instances")).to_be_visible()
    context.close()
