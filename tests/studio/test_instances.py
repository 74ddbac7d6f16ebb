"""What one does with instances."""

from __future__ import annotations

import re
import subprocess
import uuid

import pytest
from playwright.sync_api import Locator, expect

from tests.studio.platform import Platform
from tests.studio.visit import Visit


def row(visit: Visit, name: str) -> Locator:
    """Return the row of an instance."""
    return visit.page.get_by_role("row").filter(has=visit.page.get_by_role("link", name=name))


def choose(visit: Visit, name: str, item: str) -> None:
    """Choose from the menu of an instance."""
    visit.page.get_by_role("button", name=f"Actions of {name}", exact=True).click()
    visit.page.get_by_role("menuitem", name=item, exact=True).click()


@pytest.fixture
def node(platform: Platform) -> str:
    """Make an instance; return its name."""
    name = f"n-{uuid.uuid4().hex[:8]}"
    platform.node("acme", name, port=True, memory="64mb", eviction_policy="allkeys-lfu")
    return name


def by_name(platform: Platform, name: str) -> dict[str, object]:
    """Return the instance as the API has it."""
    found: dict[str, object] = platform.ask("GET", f"/v1/nodes/{name}")
    return found


def test_an_instance_is_created_and_reached_as_its_snippet_says(
    person: Visit, platform: Platform
) -> None:
    page = person.page
    name = f"made-{uuid.uuid4().hex[:8]}"
    expect(page.get_by_role("button", name="Create instance").first).to_be_visible()
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("no spaces")
    expect(dialog.get_by_text("1 to 64 letters")).to_be_visible()
    dialog.get_by_label("Name").fill(name)
    expect(dialog.get_by_text("1 to 64 letters")).to_have_count(0)
    dialog.get_by_label("Memory limit").fill("lots")
    expect(dialog.get_by_text("An amount such as 40mb, 1 MiB at least")).to_be_visible()
    dialog.get_by_label("Memory limit").fill("48mb")
    dialog.get_by_label("When memory is full").click()
    page.get_by_role("option", name="Evict the least recently used", exact=True).click()
    dialog.get_by_role("button", name="Make one").click()
    dialog.get_by_label("Commands a second").fill("5000")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text(f"{name} was created")).to_be_visible()
    person.picture("created")
    code = dialog.locator("pre").inner_text()
    reply = subprocess.run(
        [*code.replace("'", "").split(), "PING"],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert reply.stdout == "PONG\n"
    page.keyboard.press("Escape")
    expect(row(person, name).get_by_text("Running")).to_be_visible()
    made = by_name(platform, name)
    assert made["memory_limit_bytes"] == 48 << 20
    assert made["eviction_policy"] == "allkeys-lru"
    assert made["quota"] == {"ops_per_second": 5000, "bytes_per_second": 0, "max_wait_ms": 0} | {
        "max_wait_ms": made["quota"]["max_wait_ms"]  # type: ignore[index]
    }


def test_a_name_that_is_taken_is_said_at_its_field(person: Visit, node: str) -> None:
    person.page.get_by_role("button", name="Create instance").click()
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(node)
    expect(dialog.get_by_text("The tenant has an instance of this name")).to_be_visible()


def test_a_refusal_is_said_at_the_field_it_is_about(
    person: Visit, platform: Platform, node: str
) -> None:
    taken = by_name(platform, node)["port"]
    person.page.get_by_role("button", name="Create instance").click()
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(f"second-{node}")
    dialog.get_by_text("Fixed port").click()
    dialog.get_by_label("Port", exact=True).fill(str(taken))
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text(re.compile(f"{taken}.*(taken|use|belongs)"))).to_be_visible()
    dialog.get_by_text("Any free port").click()
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text(f"second-{node} was created")).to_be_visible()


def test_stop_start_restart(person: Visit, node: str) -> None:
    choose(person, node, "Stop")
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Stop").click()
    expect(row(person, node).get_by_text("Stopped")).to_be_visible()
    choose(person, node, "Start")
    expect(row(person, node).get_by_text("Running")).to_be_visible()
    choose(person, node, "Restart")
    dialog.get_by_role("button", name="Restart").click()
    expect(person.page.get_by_text(f"{node} was restarted")).to_be_visible()
    expect(row(person, node).get_by_text("Running")).to_be_visible()


def test_resize(person: Visit, platform: Platform, node: str) -> None:
    choose(person, node, "Resize …")
    dialog = person.page.get_by_role("dialog")
    expect(dialog.get_by_label("Memory limit")).to_have_value("64 MiB")
    dialog.get_by_label("Memory limit").fill("96mb")
    dialog.get_by_role("button", name="Resize").click()
    expect(row(person, node).get_by_text("/ 96 MiB")).to_be_visible()
    assert by_name(platform, node)["memory_limit_bytes"] == 96 << 20


def test_who_was_slower_is_told_so(person: Visit, platform: Platform, node: str) -> None:
    choose(person, node, "Resize …")
    dialog = person.page.get_by_role("dialog")
    platform.ask("PATCH", f"/v1/nodes/{node}", {"memory": "80mb"})
    dialog.get_by_label("Memory limit").fill("96mb")
    dialog.get_by_role("button", name="Resize").click()
    expect(dialog.get_by_role("alert")).to_contain_text("changed")
    assert by_name(platform, node)["memory_limit_bytes"] == 80 << 20


def test_clone_takes_the_settings(person: Visit, platform: Platform, node: str) -> None:
    choose(person, node, "Clone …")
    dialog = person.page.get_by_role("dialog")
    expect(dialog.get_by_text("Data and password are not")).to_be_visible()
    expect(dialog.get_by_label("Name")).to_have_value(f"{node}-copy")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("was created")).to_be_visible()
    source, copy = by_name(platform, node), by_name(platform, f"{node}-copy")
    for setting in ("memory_limit_bytes", "eviction_policy", "max_clients", "quota", "config"):
        assert copy[setting] == source[setting]


def test_delete_wants_the_name(person: Visit, platform: Platform, node: str) -> None:
    choose(person, node, "Delete …")
    dialog = person.page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Delete")
    expect(button).to_be_disabled()
    dialog.get_by_label(f"Type {node} to confirm").fill(node[:-1])
    expect(button).to_be_disabled()
    dialog.get_by_label(f"Type {node} to confirm").fill(node)
    button.click()
    expect(row(person, node)).to_have_count(0)
    with pytest.raises(AssertionError, match="not-found"):
        by_name(platform, node)


def test_what_others_do_is_seen_without_asking(
    person: Visit, platform: Platform, node: str
) -> None:
    expect(row(person, node).get_by_text("Running")).to_be_visible()
    platform.ask("POST", f"/v1/nodes/{node}/stop")
    expect(row(person, node).get_by_text("Stopped")).to_be_visible()
    later = platform.node("acme", f"later-{node}", port=False)
    expect(row(person, str(later["name"]))).to_be_visible()
    platform.ask("DELETE", f"/v1/nodes/{later['id']}")
    expect(row(person, str(later["name"]))).to_have_count(0)


def test_figures_are_live(person: Visit, platform: Platform, node: str) -> None:
    keys = row(person, node).get_by_role("cell").nth(4)
    expect(keys).to_have_text("0")
    commands = {"commands": [["SET", f"k{number}", "v"] for number in range(1234)]}
    platform.ask("POST", f"/v1/nodes/{node}/execute", commands)
    expect(keys).to_have_text("1,234")


def test_the_address_is_copied(person: Visit, platform: Platform, node: str) -> None:
    row(person, node).get_by_role("button", name="Copy the address").click()
    copied = person.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"localhost:{by_name(platform, node)['port']}"


def test_filters_and_order_are_in_the_address(person: Visit, platform: Platform, node: str) -> None:
    platform.ask("POST", f"/v1/nodes/{node}/stop")
    page = person.page
    expect(row(person, node)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(node)
    expect(page.get_by_text(re.compile(r"^1 of \d+ instances$"))).to_be_visible()
    page.get_by_role("button", name="Name").click()
    assert "sort=name" in page.url
    page.reload()
    expect(page.get_by_text(re.compile(r"^1 of \d+ instances$"))).to_be_visible()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    page.get_by_label("Search by name").fill("nothing is called this")
    expect(page.get_by_text("Nothing fits the filters")).to_be_visible()
    person.picture("instances-nothing-fits")
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(person, node)).to_be_visible()


def test_an_administrator_chooses_the_tenant(operator: Visit, platform: Platform) -> None:
    name = f"of-operator-{uuid.uuid4().hex[:6]}"
    page = operator.page
    page.get_by_role("button", name="Create instance").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("Choose a tenant")).to_be_visible()
    dialog.get_by_label("Tenant").click()
    page.get_by_role("option", name="acme").click()
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text(f"{name} was created")).to_be_visible()
    assert by_name(platform, name)["tenant"] == "acme"
