"""The page of one instance: figures, keys, memory, clients, pub/sub, MONITOR, backups."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.compat.resp_client import RespClient
from tests.servers import start_redis
from tests.studio.conftest import TENANT
from tests.studio.platform import Platform
from tests.studio.visit import Visit

SECTIONS = (
    "overview",
    "keys",
    "cli",
    "memory",
    "slowlog",
    "clients",
    "pubsub",
    "monitor",
    "config",
    "users",
    "backup",
    "history",
)
VALUES: list[list[Any]] = [
    ["SET", "greeting", "hello"],
    ["SET", "json", '{"a": [1, 2]}'],
    ["SET", "user:1:name", "Ada", "EX", 1000],
    ["SET", "user:2:name", "Grace"],
    ["SET", "user:2:mail", "grace@example.com"],
    ["SET", {"base64": "AP8="}, {"base64": "/wA="}],
    ["HSET", "hash", "field", "value", "other", "12"],
    ["RPUSH", "list", "one", "two", "three"],
    ["SADD", "set", "red", "green"],
    ["ZADD", "scores", 1.5, "ada", 2, "grace"],
    ["XADD", "log", "1-1", "sensor", "7", "value", "21.5"],
    ["HSET", "elsewhere", "a", "b"],
]


class Instance:
    """A node with values of all types."""

    def __init__(self, platform: Platform, name: str) -> None:
        self.platform = platform
        self.node = platform.node(TENANT, name)
        self.id = self.node["id"]
        self.run(*VALUES)
        self.run(["SET", "in another", "v"], database=3)

    def run(self, *commands: list[Any], database: int = 0) -> list[Any]:
        """Run commands; return their replies."""
        path = f"/v1/nodes/{self.id}/execute"
        body = {"commands": commands, "database": database}
        replies: list[Any] = self.platform.ask("POST", path, body)["replies"]
        return replies

    def one(self, *command: Any) -> Any:
        """Run one command; return its reply."""
        return self.run(list(command))[0]


@pytest.fixture
def instance(platform: Platform, request: pytest.FixtureRequest) -> Iterator[Instance]:
    """Give a node of the test's own."""
    made = Instance(platform, re.sub(r"\W", "-", request.node.name)[:60])
    yield made
    platform.ask("DELETE", f"/v1/nodes/{made.id}")


def key(page: Page, name: str) -> None:
    """Choose a key in the tree."""
    page.get_by_role("button", name=name, exact=True).click()


def panel(page: Page) -> Any:
    """Return the value's side."""
    return page.get_by_role("tabpanel")


def open_keys(visit: Visit, instance: Instance) -> Page:
    """Open the browser of keys."""
    visit.go(f"/instances/{instance.id}/keys")
    expect(visit.page.get_by_text("keys, all of them")).to_be_visible()
    return visit.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_section_is_drawn(person: Visit, instance: Instance, scheme: str) -> None:
    person.scheme(scheme)
    for section in SECTIONS:
        person.go(f"/instances/{instance.id}/{section}")
        tab = person.page.get_by_role("tab", selected=True)
        expect(tab).to_be_visible()
        expect(person.page.get_by_role("status", name="Loading")).to_have_count(0)
        person.page.wait_for_load_state("networkidle") if section == "overview" else None
        person.picture(f"instance-{section}-{scheme}")
        person.check_access()


def test_a_narrow_screen(person: Visit, instance: Instance) -> None:
    person.page.set_viewport_size({"width": 360, "height": 740})
    for section in ("overview", "keys", "cli", "clients"):
        person.go(f"/instances/{instance.id}/{section}")
        expect(person.page.get_by_role("tab", selected=True)).to_be_attached()
        expect(person.page.get_by_role("status", name="Loading")).to_have_count(0)
        width = person.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, section
        person.picture(f"instance-{section}-narrow")


def test_from_the_list_to_the_figures(person: Visit, instance: Instance) -> None:
    person.go("/instances")
    person.page.get_by_role("link", name=instance.node["name"]).click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text(instance.node["name"])
    keys = person.page.locator("dl > div", has=person.page.get_by_text("Keys", exact=True))
    expect(keys.locator("dd")).to_have_text("13")
    expect(person.page.get_by_text("db3")).to_be_visible()
    instance.one("SET", "another", "1")
    expect(keys.locator("dd")).to_have_text("14")


def test_keys_are_a_tree(person: Visit, instance: Instance) -> None:
    page = open_keys(person, instance)
    expect(page.get_by_role("button", name="greeting", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="2:mail")).to_have_count(0)
    page.get_by_role("button", name="user: 3").click()
    expect(page.get_by_role("button", name="1:name")).to_be_visible()
    page.get_by_role("searchbox", name="Pattern").fill("user:2:*")
    page.get_by_role("button", name="Scan", exact=True).click()
    expect(page.get_by_text("2 keys, all of them")).to_be_visible()
    page.get_by_role("searchbox", name="Pattern").fill("nothing*")
    page.get_by_role("button", name="Scan", exact=True).click()
    expect(page.get_by_text("No keys fit")).to_be_visible()


def test_a_string_is_edited(person: Visit, instance: Instance) -> None:
    page = open_keys(person, instance)
    key(page, "greeting")
    editor = page.get_by_role("textbox", name="Value")
    expect(editor).to_have_value("hello")
    editor.fill("hello wörld")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved")).to_be_visible()
    assert instance.one("GET", "greeting") == "hello wörld"
    key(page, "\\x00\\xff")
    expect(editor).to_have_value("\\xff\\x00")
    editor.fill("\\xfe\\x01!")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved").last).to_be_visible()
    assert instance.one("GET", {"base64": "AP8="}) == {"base64": "/gEh"}
    key(page, "json")
    expect(page.locator("pre")).to_contain_text('"a": [')


def test_elements_are_added_changed_and_deleted(person: Visit, instance: Instance) -> None:
    page = open_keys(person, instance)
    key(page, "hash")
    page.get_by_role("button", name="Edit field").click()
    page.get_by_role("textbox", name="Value").fill("another")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("cell", name="another", exact=True)).to_be_visible()
    page.get_by_role("button", name="Set a field").click()
    page.get_by_role("textbox", name="Field").fill("third")
    page.get_by_role("textbox", name="Value").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("cell", name="third", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete other").click()
    expect(page.get_by_role("cell", name="other", exact=True)).to_have_count(0)
    assert instance.one("HGETALL", "hash") == {"field": "another", "third": "3"}
    key(page, "list")
    page.get_by_role("button", name="Delete 1", exact=True).click()
    expect(page.get_by_role("cell", name="two", exact=True)).to_have_count(0)
    assert instance.one("LRANGE", "list", 0, -1) == ["one", "three"]
    key(page, "scores")
    page.get_by_role("button", name="Edit ada").click()
    page.get_by_role("textbox", name="Score").fill("inf")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("cell", name="inf", exact=True)).to_be_visible()
    key(page, "log")
    expect(page.get_by_role("cell", name="sensor=7 value=21.5")).to_be_visible()


def test_time_to_live_name_and_deletion(person: Visit, instance: Instance) -> None:
    page = open_keys(person, instance)
    key(page, "set")
    page.get_by_role("button", name="Set the time to live").click()
    page.get_by_role("textbox", name="Seconds").fill("500")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Time to live: 8 min")).to_be_visible()
    assert 0 < instance.one("TTL", "set") <= 500
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="New name").fill("colours")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    key(page, "colours")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="colours", exact=True)).to_have_count(0)
    assert instance.one("EXISTS", "set", "colours") == 0


def test_a_key_is_made(person: Visit, instance: Instance) -> None:
    page = open_keys(person, instance)
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Key").fill("greeting")
    dialog.get_by_role("textbox", name="Value").fill("mine")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("There is such a key already")).to_be_visible()
    dialog.get_by_role("textbox", name="Key").fill("mine")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("textbox", name="Value")).to_have_value("mine")
    assert instance.run(["GET", "greeting"], ["GET", "mine"]) == ["hello", "mine"]


def test_a_key_that_goes_meanwhile(person: Visit, instance: Instance) -> None:
    page = open_keys(person, instance)
    instance.one("DEL", "hash")
    key(page, "hash")
    expect(page.get_by_text("The key is gone")).to_be_visible()


def test_memory_is_analysed(person: Visit, instance: Instance) -> None:
    instance.run(*(["SET", f"big:{i}", "x" * 5000] for i in range(20)))
    person.go(f"/instances/{instance.id}/memory")
    page = person.page
    expect(page.get_by_role("button", name="Analyse")).to_be_visible()
    page.get_by_role("button", name="Analyse").click()
    biggest = page.get_by_role("region", name="Biggest keys")
    expect(biggest.get_by_role("row").nth(1)).to_contain_text("big:")
    prefixes = page.get_by_role("region", name="By prefix")
    expect(prefixes.get_by_role("row").nth(1)).to_contain_text("big:")
    expect(prefixes.get_by_role("row").nth(1)).to_contain_text("20")


def test_clients_are_seen_and_ended(person: Visit, instance: Instance) -> None:
    person.go(f"/instances/{instance.id}/clients")
    with RespClient(instance.node["port"]) as client:
        client.call("AUTH", "secret")
        client.call("CLIENT", "SETNAME", "visitor")
        row = person.page.get_by_role("row").filter(has_text="visitor")
        expect(row).to_be_visible()
        row.get_by_role("button", name="Disconnect").click()
        person.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
        expect(row).to_have_count(0)
        with pytest.raises((OSError, EOFError)):
            client.call("PING")


def test_parameters_are_changed(person: Visit, instance: Instance) -> None:
    person.go(f"/instances/{instance.id}/config")
    page = person.page
    page.get_by_role("searchbox", name="Search parameters").fill("slowlog-log")
    page.get_by_role("button", name="Change slowlog-log-slower-than").click()
    value = page.get_by_role("dialog").get_by_role("textbox", name="Value")
    value.fill("nonsense")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    value.fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert instance.one("CONFIG", "GET", "slowlog-log-slower-than") == {
        "slowlog-log-slower-than": "0"
    }
    instance.one("SET", "slow", "one")
    page.get_by_role("tab", name="Slow log").click()
    expect(page.get_by_role("cell", name="SET slow one")).to_be_visible()
    page.get_by_role("button", name="Clear the log").click()
    expect(page.get_by_text("The slow log is empty")).to_be_visible()


def test_messages_are_sent_and_heard(person: Visit, instance: Instance) -> None:
    person.go(f"/instances/{instance.id}/pubsub")
    page = person.page
    page.get_by_role("region", name="Listen").get_by_role("button", name="Listen").click()
    feed = page.get_by_role("log", name="Messages")

    def heard() -> bool:
        return bool(instance.one("PUBLISH", "news", "hello there"))

    for _ in range(100):
        if heard():
            break
        page.wait_for_timeout(50)
    expect(feed).to_contain_text("hello there")
    publish = page.get_by_role("region", name="Publish")
    publish.get_by_role("textbox", name="Channel").fill("news")
    publish.get_by_role("textbox", name="Message").fill("from the page")
    publish.get_by_role("button", name="Send").click()
    expect(feed).to_contain_text("from the page")
    expect(page.get_by_text("1 client received it")).to_be_visible()


def test_commands_are_watched(person: Visit, instance: Instance) -> None:
    person.go(f"/instances/{instance.id}/monitor")
    page = person.page
    page.get_by_role("button", name="Start").click()
    feed = page.get_by_role("log", name="Commands")
    ending = threading.Event()

    def work() -> None:
        number = 0
        while not ending.wait(0.1) and number < 300:
            number += 1
            instance.one("SET", f"watched:{number}", "v")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        expect(feed).to_contain_text('"SET" "watched:')
        page.get_by_role("searchbox", name="Filter").fill("nothing of the kind")
        expect(feed).not_to_contain_text("watched")
        page.get_by_role("searchbox", name="Filter").fill("watched")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("lines came while it was paused")).to_be_visible()
    finally:
        ending.set()
        worker.join()


def test_a_backup_goes_out_and_comes_in(
    person: Visit, instance: Instance, platform: Platform, tmp_path: Path
) -> None:
    instance.run(
        *(["ZADD", "many", i, f"member:{i}"] for i in range(300)),
        ["SET", "compressed", "ab" * 5000],
        ["XGROUP", "CREATE", "log", "group", "0"],
        ["XREADGROUP", "GROUP", "group", "me", "STREAMS", "log", ">"],
    )
    person.go(f"/instances/{instance.id}/backup")
    page = person.page
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "node.rdb"
    waiting.value.save_as(file)
    expect(page.get_by_text(re.compile("^15 keys, "))).to_be_visible()

    other = platform.node(TENANT, "restored")
    platform.ask(
        "POST", f"/v1/nodes/{other['id']}/execute", {"command": ["SET", "greeting", "mine"]}
    )
    person.go(f"/instances/{other['id']}/backup")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("14 keys were imported")).to_be_visible()
    expect(page.get_by_text("1 were there already and were left alone")).to_be_visible()
    for command in (
        ["GET", "compressed"],
        ["HGETALL", "hash"],
        ["LRANGE", "list", 0, -1],
        ["ZRANGE", "many", 0, -1, "WITHSCORES"],
        ["XRANGE", "log", "-", "+"],
        ["GET", {"base64": "AP8="}],
    ):
        path = f"/v1/nodes/{other['id']}/execute"
        assert platform.ask("POST", path, {"command": command})["reply"] == instance.one(*command)
    platform.ask("DELETE", f"/v1/nodes/{other['id']}")

    # What is broken is told apart from what is no such file.
    broken = tmp_path / "broken.rdb"
    broken.write_bytes(file.read_bytes()[:-200])
    person.go(f"/instances/{instance.id}/backup")
    page.locator("input[type=file]").set_input_files(broken)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("The file is broken at byte")).to_be_visible()
    other_kind = tmp_path / "picture.rdb"
    other_kind.write_bytes(b"PNG nothing of the kind")
    page.locator("input[type=file]").set_input_files(other_kind)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("This is no RDB file")).to_be_visible()


def test_a_file_of_redis_is_imported(person: Visit, instance: Instance, tmp_path: Path) -> None:
    server = start_redis("--dir", str(tmp_path), "--dbfilename", "theirs.rdb")
    try:
        with RespClient(server.port) as client:
            for command in VALUES[:5]:
                client.call(*(str(word) for word in command))
            client.call("RPUSH", "queue", *(f"element {i}" for i in range(2000)))
            client.call("SET", "long " * 20, "key that is compressed")
            client.call("XADD", "events", "*", "a", "b")
            client.call("SELECT", "2")
            client.call("SADD", "members", *(str(i * 7919) for i in range(2000)))
            client.call("SAVE")
    finally:
        server.stop()
    instance.one("FLUSHALL")
    person.go(f"/instances/{instance.id}/backup")
    person.page.locator("input[type=file]").set_input_files(tmp_path / "theirs.rdb")
    person.page.get_by_role("button", name="Import").click()
    expect(person.page.get_by_text("9 keys were imported")).to_be_visible()
    assert instance.one("LLEN", "queue") == 2000
    assert instance.one("GET", "long " * 20) == "key that is compressed"
    assert 0 < instance.one("TTL", "user:1:name") <= 1000
    assert instance.run(["SCARD", "members"], database=2) == [2000]


def test_an_instance_that_is_deleted_under_the_page(person: Visit, platform: Platform) -> None:
    node = platform.node(TENANT, "short-lived")
    person.go(f"/instances/{node['id']}")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("short-lived")
    platform.ask("DELETE", f"/v1/nodes/{node['id']}")
    person.page.reload()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("This instance is gone")
    person.page.get_by_role("link", name="All instances").click()
    expect(person.page).to_have_url(re.compile("/instances$"))


def test_an_instance_that_is_stopped(person: Visit, instance: Instance) -> None:
    instance.platform.ask("POST", f"/v1/nodes/{instance.id}/stop")
    person.go(f"/instances/{instance.id}/keys")
    expect(person.page.get_by_text("The instance is not running")).to_be_visible()
    person.page.get_by_role("button", name="Start", exact=True).click()
    expect(person.page.get_by_role("searchbox", name="Pattern")).to_be_visible()
