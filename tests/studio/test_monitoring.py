"""The page Monitoring: what is, what was, rules, services, and what it says when one is away."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.studio.busy import OWNER, PASSWORD, Busy, busy_platform
from tests.studio.platform import Platform
from tests.studio.visit import Visit

SCHEMES = ("light", "dark")
CHARTS = 8
SLOW = 20_000
ABSENT = "\u2013"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """Start a platform at work."""
    yield from busy_platform(tmp_path_factory.mktemp("busy"))


@pytest.fixture(scope="module")
def platform(busy: Busy) -> Platform:
    """Give it to the browser's fixtures."""
    return busy.platform


@pytest.fixture
def person(visit: Visit) -> Visit:
    """Give a tab with the owner of a tenant logged in."""
    visit.log_in(OWNER, PASSWORD)
    return visit


def stat(page: Page, name: str) -> Locator:
    """Return a figure of the row at the top."""
    return page.locator(
        "dl > div", has=page.locator("dt", has_text=re.compile(f"^{name}"))
    ).locator("dd")


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a list."""
    page.get_by_role("combobox", name=label).or_(page.get_by_role("textbox", name=label)).click()
    page.get_by_role("option", name=option, exact=True).click()


def open_overview(visit: Visit) -> Page:
    """Open the page and wait until figures arrive."""
    visit.go("/monitoring")
    expect(visit.page.get_by_text("Live", exact=True).first).to_be_visible()
    expect(stat(visit.page, "Memory").first).not_to_have_text(ABSENT)
    return visit.page


def test_the_overview_has_all_nodes_at_once(operator: Visit, busy: Busy) -> None:
    page = open_overview(operator)
    expect(stat(page, "Running").first).to_have_text(str(len(busy.nodes)))
    expect(stat(page, "Running").nth(1)).to_have_text(f"of {len(busy.nodes)}")
    expect(page.locator(".u-over")).to_have_count(CHARTS)
    # Live: the load is some hundred operations a second.
    expect(stat(page, "Ops/s").first).to_have_text(re.compile(r"^[1-9]"), timeout=SLOW)
    expect(stat(page, "Hit ratio").first).to_have_text(re.compile(r"^\d+(\.\d)? %$"), timeout=SLOW)
    tiles = page.get_by_role("list", name="Memory by tenant").get_by_role("link")
    expect(tiles).to_have_count(len(busy.nodes))
    expect(page.get_by_role("link", name=re.compile("^cache-eu .*of acme"))).to_be_visible()
    expect(page.get_by_role("table", name="Top instances").get_by_role("row")).to_have_count(
        len(busy.nodes)
    )
    expect(page.get_by_role("table", name="Shards").get_by_role("meter").first).to_be_visible()
    expect(page.get_by_role("table", name="Hosts").get_by_text("Reachable")).to_be_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_overview_looks_well(operator: Visit, scheme: str) -> None:
    operator.page.set_viewport_size({"width": 1280, "height": 1900})
    operator.go("/monitoring?range=1h")
    operator.scheme(scheme)
    page = operator.page
    expect(page.get_by_role("link", name=re.compile("^cache-eu .*of acme"))).to_be_visible()
    expect(stat(page, "Hit ratio").first).not_to_have_text(ABSENT, timeout=SLOW)
    operator.picture(f"monitoring-{scheme}")
    operator.check_access()


@pytest.mark.parametrize("view", ["", "?view=alerts", "?view=services"])
def test_on_a_telephone(operator: Visit, view: str) -> None:
    operator.page.set_viewport_size({"width": 360, "height": 740})
    operator.go(f"/monitoring{view}")
    page = operator.page
    expect(page.get_by_role("heading", name="Monitoring", exact=True)).to_be_visible()
    expect(page.get_by_role("region").first).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)
    operator.picture(f"monitoring{view.replace('?view=', '-')}-360")
    operator.check_width()
    operator.check_access()


def test_ranges_reach_back_and_stand_in_the_address(operator: Visit) -> None:
    page = open_overview(operator)
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(f"{answer.status} {answer.url}"))
    for option, key in (
        ("1 hour", "1h"),
        ("6 hours", "6h"),
        ("1 day", "1d"),
        ("7 days", "7d"),
        ("31 days", "31d"),
        ("1 year", "1y"),
    ):
        asked.clear()
        with page.expect_response(re.compile("/v1/monitoring/series.*metric=cpu_share")):
            choose(page, "Range", option)
        assert f"range={key}" in page.url
    assert all(line.startswith("200 ") for line in asked if "/v1/monitoring/" in line), asked
    page.reload()
    chosen = page.get_by_role("textbox", name="Range").or_(
        page.get_by_role("combobox", name="Range")
    )
    expect(chosen).to_have_value("1 year")


def test_live_can_be_stopped(operator: Visit) -> None:
    page = open_overview(operator)
    page.get_by_role("switch", name="Live").click(force=True)
    expect(page.get_by_text("Paused")).to_be_visible()
    assert "live=off" in page.url
    page.get_by_role("switch", name="Live").click(force=True)
    expect(page.get_by_text("Paused")).to_have_count(0)


def test_the_top_goes_by_what_is_asked(operator: Visit) -> None:
    page = open_overview(operator)
    table = page.get_by_role("table", name="Top instances")
    choose(page, "By", "Memory")
    expect(table.get_by_role("row").first).to_contain_text("cache-eu")
    expect(table.get_by_role("row").first).to_contain_text("MiB")
    choose(page, "How many", "5")
    expect(table.get_by_role("row")).to_have_count(5)


def test_it_can_be_narrowed_to_a_tenant(operator: Visit) -> None:
    page = operator.page
    operator.go("/monitoring?tenant=globex")
    expect(stat(page, "Running").first).to_have_text("2")
    expect(page.get_by_role("list", name="Memory by tenant").get_by_role("link")).to_have_count(2)


def test_an_owner_sees_the_tenant_alone(person: Visit) -> None:
    page = open_overview(person)
    expect(stat(page, "Running").first).to_have_text("3")
    expect(page.get_by_role("list", name="Memory by tenant").get_by_role("link")).to_have_count(3)
    expect(page.get_by_role("table", name="Hosts")).to_have_count(0)
    page.get_by_role("tab", name="Services").click()
    expect(page.get_by_text("for platform administrators")).to_be_visible()
    person.check_access()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_services_with_their_causes(operator: Visit, scheme: str) -> None:
    operator.go("/monitoring?view=services")
    operator.scheme(scheme)
    page = operator.page
    seen = page.get_by_role("table", name="As the gateway sees them")
    for name in ("Gateway", "Node manager", "Backend", "Auth", "Monitoring"):
        expect(seen.get_by_role("row", name=name)).to_contain_text("Healthy")
    expect(page.get_by_role("table", name="As the monitoring service sees them")).to_contain_text(
        "ms"
    )
    operator.picture(f"monitoring-services-{scheme}")
    operator.check_access()


def fill_rule(page: Page, name: str, value: str) -> None:
    """Fill the form of a rule about keys."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    choose(page, "Figure", "Keys")
    choose(page, "Compares", "is at least")
    dialog.get_by_label("Value").fill(value)
    dialog.get_by_label("Holds for, seconds").fill("0")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_rule_fires_is_changed_and_goes(person: Visit, scheme: str) -> None:
    name = f"many-keys-{scheme}"
    person.go("/monitoring?view=alerts")
    person.scheme(scheme)
    page = person.page
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog")
    fill_rule(page, "not a name", "many")
    dialog.get_by_role("button", name="Save rule").click()
    expect(dialog.get_by_text("1 to 64 letters")).to_be_visible()
    expect(dialog.get_by_text("A number, or an amount")).to_be_visible()
    fill_rule(page, name, "100")
    dialog.get_by_label("Webhook", exact=True).fill("https://example.com/hook")
    dialog.get_by_label("Secret of the webhook").fill("a secret of the tests")
    person.picture(f"monitoring-rule-{scheme}")
    person.check_access()
    dialog.get_by_role("button", name="Save rule").click()
    expect(dialog).to_have_count(0)

    rules = page.get_by_role("table", name="Rules")
    row = rules.get_by_role("row", name=name)
    expect(row).to_contain_text("Keys ≥ 100")
    expect(row).to_contain_text("https://example.com/hook")
    now = page.get_by_role("table", name="Now")
    expect(now.get_by_role("row", name=name).first).to_contain_text("Firing", timeout=SLOW)
    expect(page.get_by_role("table", name="History")).to_contain_text(name, timeout=SLOW)
    person.picture(f"monitoring-alerts-{scheme}")
    person.check_access()

    # Without the secret, which nobody has any more.
    row.get_by_role("switch").click(force=True)
    expect(row.get_by_role("switch")).not_to_be_checked()
    expect(now.get_by_role("row", name=name)).to_have_count(0, timeout=SLOW)
    row.get_by_role("button", name=f"Actions of rule {name}").click()
    page.get_by_role("menuitem", name="Edit …").click()
    dialog.get_by_label("Value").fill("1000000")
    dialog.get_by_role("button", name="Save rule").click()
    expect(row).to_contain_text("Keys ≥ 1,000,000")
    expect(row).to_contain_text("https://example.com/hook")

    page.get_by_role("button", name="New rule").click()
    fill_rule(page, name, "1")
    dialog.get_by_role("button", name="Save rule").click()
    expect(dialog.get_by_text(f"there is a rule {name}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    row.get_by_role("button", name=f"Actions of rule {name}").click()
    page.get_by_role("menuitem", name="Delete …").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_service_that_is_missing_or_down_is_explained(operator: Visit) -> None:
    page = operator.page

    def missing(route: Route) -> None:
        body = {"type": "urn:miniredis:problem:not-found", "title": "There is no such thing"}
        route.fulfill(status=404, content_type="application/problem+json", json=body)

    def down(route: Route) -> None:
        body = {"type": "urn:miniredis:problem:unavailable", "title": "It cannot be reached"}
        route.fulfill(status=503, content_type="application/problem+json", json=body)

    page.route("**/v1/monitoring/**", missing)
    operator.go("/monitoring")
    notice = page.get_by_role("alert").filter(has_text="The monitoring service is not there")
    expect(notice).to_contain_text("miniredis up", timeout=SLOW)
    # What the node manager tells goes on.
    expect(stat(page, "Running").first).to_have_text("6")
    expect(stat(page, "Memory").first).not_to_have_text(ABSENT, timeout=SLOW)
    operator.picture("monitoring-missing")
    operator.check_access()
    page.unroute("**/v1/monitoring/**")
    page.route("**/v1/monitoring/**", down)
    operator.go("/monitoring")
    expect(notice).to_contain_text("It does not answer", timeout=SLOW)
    page.unroute("**/v1/monitoring/**")
    expect(notice).to_have_count(0, timeout=SLOW)


def monitoring_pid(platform: Platform) -> int:
    """Return the process of the monitoring service."""
    for task in Path(f"/proc/{platform.process.pid}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if "miniredis.monitoring" in Path(f"/proc/{pid}/cmdline").read_text():
                return int(pid)
    raise AssertionError("the monitoring service does not run")


def test_a_service_that_ends_and_comes_back(operator: Visit, platform: Platform) -> None:
    page = open_overview(operator)
    expect(page.get_by_role("table", name="Top instances")).to_be_visible()
    before = monitoring_pid(platform)
    os.kill(before, signal.SIGKILL)
    with page.expect_response(
        lambda answer: "/v1/monitoring/top" in answer.url and answer.status == 200, timeout=SLOW
    ):
        pass
    expect(page.get_by_role("table", name="Top instances")).to_be_visible()
    expect(page.get_by_text("has broken down")).to_have_count(0)


@pytest.mark.parametrize(
    "body", [{"items": "none"}, {"metric": 1, "items": [{}]}, [], "text", None]
)
def test_answers_of_a_wrong_shape_break_their_panel_alone(operator: Visit, body: Any) -> None:
    page = operator.page
    page.route("**/v1/monitoring/top**", lambda route: route.fulfill(json=body))
    page.route("**/v1/hosts**", lambda route: route.fulfill(json=body))
    operator.go("/monitoring")
    panel = page.get_by_role("region", name="Top instances")
    expect(panel.get_by_role("alert")).to_contain_text("unexpected", timeout=SLOW)
    expect(page.get_by_role("region", name="Hosts").get_by_role("alert")).to_be_visible()
    expect(stat(page, "Running").first).to_have_text("6")
    page.unroute("**/v1/monitoring/top**")
    panel.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table", name="Top instances")).to_be_visible()
