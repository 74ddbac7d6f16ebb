"""A platform, a browser and a person who is logged in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.studio.platform import Platform
from tests.studio.visit import PICTURES, Visit

CHROMIUM = os.environ.get("MINIREDIS_CHROMIUM", "/usr/bin/chromium-headless-shell")
# How many times slower than the machine the pages are, to look for what only a busy one shows.
SLOWDOWN = float(os.environ.get("MINIREDIS_STUDIO_SLOWDOWN", "1"))
TENANT = "acme"
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"

# What holds is seen at once; what does not fails later, but not because the machine is busy.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start the platform, with a tenant and a user who owns it."""
    started = Platform(tmp_path_factory.mktemp("platform"))
    started.tenant(TENANT)
    started.user(EMAIL, PASSWORD, TENANT, "owner")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's chromium, the one without windows: tests take a fifth less time in it."""
    assert Path(CHROMIUM).is_file(), f"no {CHROMIUM}: tools/dev/bootstrap.sh test installs it"
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        shutil.rmtree(PICTURES, ignore_errors=True)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a browser profile of the test's own."""
    made = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC"
    )
    made.set_default_timeout(15_000)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Give an empty tab."""
    made = context.new_page()
    if SLOWDOWN > 1:
        debugger = context.new_cdp_session(made)
        debugger.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    return made


@pytest.fixture
def visit(page: Page, platform: Platform) -> Iterator[Visit]:
    """Give a tab that nobody has logged in to; it fails the test for errors on the console."""
    one = Visit(page, platform)
    yield one
    one.check_console()


@pytest.fixture
def person(visit: Visit) -> Visit:
    """Give an empty tab of the tenant's owner, who is logged in."""
    visit.bring_session(EMAIL, PASSWORD)
    return visit


@pytest.fixture
def operator(visit: Visit, platform: Platform) -> Visit:
    """Give an empty tab of the platform's administrator, who is logged in."""
    visit.bring_session(platform.email, platform.password)
    return visit
