"""What the live page Monitoring costs the browser with a hundred nodes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.studio.platform import Platform
from tests.studio.test_speed import STRICT, note
from tests.studio.visit import Visit

NODES = 100
SECONDS = 10
MOST_OF_A_CORE = 0.10
MESSAGES = 9


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start a platform with a hundred nodes of ten tenants."""
    started = Platform(tmp_path_factory.mktemp("hundred"))
    try:
        for tenant in range(NODES // 10):
            started.tenant(f"tenant-{tenant}")
        for number in range(NODES):
            node = started.node(f"tenant-{number % 10}", f"node-{number}", port=False, memory="2mb")
            commands = [["SET", f"k:{key}", "x" * 1000] for key in range(1 + number)]
            started.ask("POST", f"/v1/nodes/{node['id']}/execute", {"commands": commands})
        yield started
    finally:
        started.stop()


def processor_seconds(browser: Browser) -> dict[str, float]:
    """Return the processor time of the browser's processes so far, by their kind."""
    session = browser.new_browser_cdp_session()
    try:
        spent: dict[str, float] = {}
        for one in session.send("SystemInfo.getProcessInfo")["processInfo"]:
            spent[one["type"]] = spent.get(one["type"], 0.0) + one["cpuTime"]
        return spent
    finally:
        session.detach()


def test_a_hundred_nodes_cost_little(operator: Visit, browser: Browser) -> None:
    page = operator.page
    received: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
    )
    operator.go("/monitoring")
    running = page.locator("dl > div", has_text=re.compile("^Running"))
    expect(running.locator("dd").first).to_have_text(str(NODES))
    tiles = page.get_by_role("list", name="Memory by tenant").get_by_role("link")
    expect(tiles).to_have_count(NODES)
    # The first seconds belong to the load of the page.
    page.wait_for_timeout(3000)
    before, told, begun = processor_seconds(browser), len(received), time.monotonic()
    page.wait_for_timeout(SECONDS * 1000)
    # It is live: a message a second, or a little later where the machine is busy.
    for _ in range(200):
        if len(received) - told >= MESSAGES:
            break
        page.wait_for_timeout(100)
    assert len(received) - told >= MESSAGES
    after, seconds = processor_seconds(browser), time.monotonic() - begun
    share = {
        kind: round((after[kind] - before.get(kind, 0)) / seconds, 3) for kind in sorted(after)
    }
    note("monitoring, 100 nodes, live: share of a core", share)
    assert share["renderer"] < MOST_OF_A_CORE * (1 if STRICT else 5), share
    operator.picture("monitoring-100")
