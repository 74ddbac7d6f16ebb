"""The validation checklist of README.md, as far as it is about the Studio, in one go."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Response, expect

from tests.studio.platform import Platform
from tests.studio.visit import Visit

# The least that is allowed.
TOKEN_SECONDS = 10


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start a platform whose access tokens end soon."""
    started = Platform(
        tmp_path_factory.mktemp("checklist"),
        MINIREDIS_AUTH_ACCESS_TOKEN_SECONDS=str(TOKEN_SECONDS),
    )
    started.tenant("acme")
    yield started
    started.stop()


def test_the_checklist(operator: Visit, platform: Platform) -> None:
    page = operator.page
    renewals: list[Response] = []
    page.on(
        "response",
        lambda response: (
            renewals.append(response) if response.url.endswith("/session/refresh") else None
        ),
    )
    begun = time.monotonic()

    # All services are healthy.
    operator.go("/monitoring?view=services")
    seen = page.get_by_role("table", name="As the gateway sees them")
    for name in ("Gateway", "Node manager", "Backend", "Auth", "Monitoring"):
        expect(seen.get_by_role("row", name=name)).to_contain_text("Healthy", timeout=20_000)

    # The gateway's health answers.
    with urllib.request.urlopen(f"{platform.url}/healthz", timeout=10) as answer:
        assert answer.status == 200
        assert json.loads(answer.read())["status"] == "ok"

    # An instance that was created is in the list.
    operator.go("/instances")
    page.get_by_role("button", name="Create instance").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("checked")
    dialog.get_by_label("Tenant").click()
    page.get_by_role("option", name="acme").click()
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("checked was created")).to_be_visible()
    page.keyboard.press("Escape")
    row = page.get_by_role("row").filter(has_text="checked")
    expect(row.get_by_text("Running")).to_be_visible()

    # RedisCLI runs a command on the chosen instance.
    row.get_by_role("link", name="checked").click()
    page.get_by_role("tab", name="RedisCLI").click()
    prompt = page.get_by_role("textbox", name="Command")
    output = page.get_by_role("log", name="Replies")
    expect(output).to_contain_text("Connected to checked")
    prompt.fill("SET seen yes")
    prompt.press("Enter")
    expect(output).to_contain_text("OK")
    node = platform.ask("GET", "/v1/nodes")["items"][0]
    reply = platform.ask("POST", f"/v1/nodes/{node['id']}/execute", {"command": ["GET", "seen"]})
    assert reply == {"reply": "yes"}

    # Monitoring counts it.
    operator.go("/monitoring")
    running = page.locator(
        "dl > div", has=page.locator("dt", has_text=re.compile("^Running"))
    ).locator("dd")
    expect(running.first).to_have_text("1", timeout=20_000)

    # The session outlives its access tokens: nobody is asked to log in again.
    page.wait_for_timeout(max(0, TOKEN_SECONDS + 1 - (time.monotonic() - begun)) * 1000)
    operator.go("/instances")
    expect(row.get_by_text("Running")).to_be_visible()
    assert renewals
    assert all(response.status == 200 for response in renewals)
    assert "/login" not in page.url
