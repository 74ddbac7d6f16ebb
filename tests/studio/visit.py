"""What a person does in a tab, and what is looked at there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.servers import ROOT
from tests.studio.platform import Platform

PICTURES = ROOT / "build" / "studio-screenshots"
AXE = ROOT / "service" / "studio" / "node_modules" / "axe-core" / "axe.min.js"
# What browsers write of answers that are no success; pages show those themselves.
OF_ANSWERS = "Failed to load resource"


@dataclass
class Visit:
    """A tab at the platform."""

    tab: Page
    platform: Platform
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    is_empty: bool = True

    def __post_init__(self) -> None:
        """Listen to the tab."""
        self.tab.on("console", self.hear)
        self.tab.on("pageerror", lambda failure: self.errors.append(str(failure)))
        self.tab.on("request", self.see)

    @property
    def page(self) -> Page:
        """The tab, with the first page of who has a session where none was opened yet."""
        if self.is_empty and self.tab.context.cookies():
            self.go("/")
            expect(self.tab.get_by_role("navigation")).to_be_attached()
        return self.tab

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type == "error" and OF_ANSWERS not in message.text:
            self.errors.append(message.text)

    def see(self, request: Request) -> None:
        """Note a request that leaves the origin."""
        if not request.url.startswith((self.platform.url, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def check_console(self) -> None:
        """Assert that nothing broke, and that no request left the origin."""
        assert not self.errors
        assert not self.elsewhere

    def go(self, path: str) -> None:
        """Open a page by its address."""
        self.is_empty = False
        self.tab.goto(self.platform.url + path)

    def bring_session(self, email: str, password: str) -> None:
        """Log in without the page, for tests of what is behind it: the browser has the cookies."""
        answer = self.tab.context.request.post(
            self.platform.url + "/auth/v1/login",
            data={"email": email, "password": password, "use_cookie": True},
        )
        assert answer.ok, answer.text()

    def log_in(self, email: str, password: str, path: str = "/login") -> None:
        """Log in with a password."""
        self.go(path)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("navigation")).to_be_attached()

    def scheme(self, name: str) -> None:
        """Choose light or dark."""
        if self.is_empty:
            self.tab.goto(self.platform.url + "/healthz")  # of the same origin, and small
        self.tab.evaluate("name => localStorage.setItem('miniredis-color-scheme', name)", name)
        if self.is_empty:
            return
        self.tab.reload()
        expect(self.tab.locator(f"html[data-mantine-color-scheme={name}]")).to_be_attached()

    def picture(self, name: str) -> None:
        """Take a picture."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")

    def check_access(self) -> None:
        """Assert that axe finds nothing.

        It is put in by the browser's debugger, which the page's policy does not bind.
        """
        self.page.evaluate(AXE.read_text() + ";0")
        found: dict[str, Any] = self.page.evaluate(
            "() => axe.run(document, {resultTypes: ['violations']})"
        )
        told = [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert not told, "\n".join(told)

    def check_width(self) -> None:
        """Assert that nothing stands out of the screen."""
        inner, outer = self.page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert inner <= outer, f"{inner} px in {outer}"
