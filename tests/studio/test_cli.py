"""RedisCLI: a shell on the chosen instance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.studio.conftest import TENANT
from tests.studio.platform import Platform
from tests.studio.visit import Visit


@pytest.fixture
def node(platform: Platform, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Give a node of the test's own."""
    made = platform.node(TENANT, re.sub(r"\W", "-", request.node.name)[:60])
    yield made
    platform.ask("DELETE", f"/v1/nodes/{made['id']}")


class Shell:
    """The page with its prompt."""

    def __init__(self, visit: Visit, node: dict[str, Any]) -> None:
        visit.go(f"/cli?instance={node['id']}")
        self.page: Page = visit.page
        self.prompt: Locator = self.page.get_by_role("textbox", name="Command")
        self.output: Locator = self.page.get_by_role("log", name="Replies")
        expect(self.output).to_contain_text("Connected to")

    def type(self, line: str) -> None:
        """Send a line."""
        self.prompt.fill(line)
        self.prompt.press("Enter")

    def says(self, text: str | re.Pattern[str]) -> None:
        """Wait until it is answered."""
        expect(self.output).to_contain_text(text)


@pytest.fixture
def shell(person: Visit, node: dict[str, Any]) -> Shell:
    """Give a shell."""
    return Shell(person, node)


def test_commands_and_their_replies(shell: Shell, person: Visit) -> None:
    shell.type('SET greeting "hello \\"world\\""')
    shell.says("OK")
    shell.type("GET greeting")
    shell.says('hello "world"')
    shell.type("INCR n")
    shell.says("(integer) 1")
    shell.type("GET missing")
    shell.says("(nil)")
    shell.type("HSET h a 1 b 2")
    shell.type("HGETALL h")
    table = shell.output.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(3)
    shell.type("RPUSH l x y z")
    shell.type("LRANGE l 0 -1")
    shell.says("1)x")
    shell.type("LPUSH greeting x")
    shell.says("WRONGTYPE")
    shell.type("NONSENSE")
    shell.says("unknown command")
    shell.type('SET binary "\\x00\\xff"')
    shell.type("GET binary")
    expect(shell.output.get_by_text("\\x00\\xff", exact=True)).to_be_visible()
    person.picture("cli")
    person.check_access()
    shell.page.get_by_text("JSON", exact=True).click()
    shell.says('"a": "1"')


def test_the_session_is_kept(shell: Shell) -> None:
    shell.type("MULTI")
    shell.type("INCR n")
    shell.says("QUEUED")
    shell.type("EXEC")
    shell.says("1)(integer) 1")
    shell.type("SELECT 5")
    shell.type("DBSIZE")
    shell.says("(integer) 0")


def test_completion_hints_and_help(shell: Shell) -> None:
    shell.prompt.press_sequentially("hgeta")
    shell.prompt.press("Tab")
    expect(shell.prompt).to_have_value("HGETALL ")
    expect(shell.page.get_by_role("strong").filter(has_text="HGETALL key")).to_be_visible()
    shell.prompt.fill("")
    shell.prompt.press_sequentially("config ")
    shell.prompt.press("Tab")
    expect(shell.page.get_by_role("option", name="CONFIG SET")).to_be_visible()
    shell.prompt.fill("SET k ")
    expect(shell.page.get_by_role("strong").filter(has_text="NX | XX")).to_be_visible()
    shell.type("HELP ZADD")
    shell.says("ZADD key")
    shell.type("HELP @list")
    shell.says("LPUSH")
    shell.type("HELP nonsense")
    shell.says("There is no command NONSENSE")


def test_history(shell: Shell) -> None:
    shell.type("SET first 1")
    shell.type("SET second 2")
    shell.type("AUTH a-secret")
    shell.says("SET second 2")
    shell.prompt.press("ArrowUp")
    expect(shell.prompt).to_have_value("SET second 2")
    shell.prompt.press("ArrowUp")
    expect(shell.prompt).to_have_value("SET first 1")
    shell.prompt.press("ArrowDown")
    shell.prompt.press("ArrowDown")
    expect(shell.prompt).to_have_value("")


def test_what_destroys_asks_first(shell: Shell, platform: Platform, node: dict[str, Any]) -> None:
    shell.type("SET k v")
    shell.says("OK")
    shell.type("FLUSHALL")
    dialog = shell.page.get_by_role("dialog", name="Run FLUSHALL?")
    dialog.get_by_role("button", name="Cancel").click()
    shell.type("EXISTS k")
    shell.says("(integer) 1")
    shell.type("FLUSHALL")
    dialog.get_by_role("button", name="Run it").click()
    expect(dialog).to_have_count(0)
    path = f"/v1/nodes/{node['id']}/execute"
    for _ in range(100):
        if platform.ask("POST", path, {"command": ["EXISTS", "k"]})["reply"] == 0:
            break
        shell.page.wait_for_timeout(50)
    else:
        pytest.fail("nothing was deleted")


def test_ctrl_c_ends_what_waits(shell: Shell) -> None:
    shell.type("SELECT 4")
    shell.says("OK")
    shell.type("BLPOP queue 0")
    expect(shell.page.get_by_text("Ctrl-C ends it")).to_be_visible()
    shell.prompt.press("Control+c")
    shell.says("UNBLOCKED")
    # The same client goes on.
    shell.type("SET here 1")
    shell.type("DBSIZE")
    shell.says("(integer) 1")


def test_messages_come_by_themselves(
    shell: Shell, platform: Platform, node: dict[str, Any]
) -> None:
    shell.type("SUBSCRIBE news")
    expect(shell.page.get_by_text("1 subscription: messages")).to_be_visible()
    path = f"/v1/nodes/{node['id']}/execute"
    platform.ask("POST", path, {"command": ["PUBLISH", "news", "it rains"]})
    shell.says("it rains")
    shell.prompt.press("Control+c")
    expect(shell.page.get_by_text("1 subscription: messages")).to_have_count(0)
    assert platform.ask("POST", path, {"command": ["PUBLISH", "news", "gone"]})["reply"] == 0


def test_a_connection_that_ends(shell: Shell, platform: Platform, node: dict[str, Any]) -> None:
    platform.ask("POST", f"/v1/nodes/{node['id']}/restart")
    again = shell.page.get_by_role("button", name="Connect again")
    again.click()
    shell.type("PING")
    shell.says("PONG")


def test_instances_to_choose_from(person: Visit, node: dict[str, Any], platform: Platform) -> None:
    other = platform.node(TENANT, "other-instance")
    shell = Shell(person, node)
    shell.type("SET only here")
    shell.says("OK")
    shell.page.get_by_role("combobox", name="Instance").or_(
        shell.page.get_by_role("textbox", name="Instance")
    ).click()
    shell.page.get_by_role("option", name=f"{TENANT} / other-instance").click()
    shell.says("Connected to other-instance")
    shell.type("EXISTS only")
    shell.says("(integer) 0")
    platform.ask("DELETE", f"/v1/nodes/{other['id']}")
