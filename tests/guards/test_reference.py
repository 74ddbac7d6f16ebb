"""The reference page: it has every command once, and knows of all that Redis has."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.compat.resp_client import RespClient
from tests.guards.test_transcripts import known_commands
from tests.servers import ROOT, ServerProcess

TOOL = ROOT / "tools" / "reference"


def names_of(node: ServerProcess) -> list[str]:
    """Return the names of all commands as the page has them."""
    return sorted(name.upper().replace("|", " ") for name in known_commands(node))


def anchor_of(name: str) -> str:
    """Return what links to a command lead to."""
    return name.lower().replace(" ", "-")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the pages."""
    folder = tmp_path_factory.mktemp("docs")
    done = subprocess.run(
        [sys.executable, "-m", "tools.reference.write", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Page(HTMLParser):
    """What the HTML page has: ids, and links with their texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: dict[str, str] = {}
        self.loaded: list[str] = []
        self._link = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if given.get("src") or tag == "link":
            self.loaded.append(str(given))
        self._link = (given.get("href") or "") if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        """Note the text of a link."""
        if self._link:
            self.links[data] = self._link


def test_every_command_stands_once_in_the_html_page(node: ServerProcess, pages: Path) -> None:
    page = Page((pages / "commands.html").read_text())
    names = names_of(node)
    assert len(names) > 300
    assert [name for name in names if page.ids.count(anchor_of(name)) != 1] == []
    assert {name: page.links.get(name) for name in names} == {
        name: f"#{anchor_of(name)}" for name in names
    }
    assert {link for link in page.links.values() if link[1:] not in page.ids} == set()
    assert page.loaded == [], "the page should need nothing else"


def test_every_command_stands_once_in_the_markdown_page(node: ServerProcess, pages: Path) -> None:
    text = (pages / "commands.md").read_text()
    headings = re.findall(r"^#{2,3} (.*)$", text, re.MULTILINE)
    assert len(headings) == len(set(headings))
    commands = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert sorted(commands) == names_of(node)
    anchors = {anchor_of(heading) for heading in headings}
    links = re.findall(r"\]\(#([^)]*)\)", text)
    assert set(links) <= anchors
    assert {anchor_of(name) for name in commands} <= set(links)


def row_of(pages: Path, name: str) -> str:
    """Return the row of a command in the table of its group."""
    text = (pages / "commands.md").read_text()
    found = re.findall(rf"^\| \[{re.escape(name)}\].*$", text, re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def test_differences_are_those_of_the_transcripts(pages: Path) -> None:
    assert row_of(pages, "APPEND").endswith("| same |")
    assert "a node shares its process with nodes of other tenants" in row_of(
        pages, "DEBUG SEGFAULT"
    )
    assert row_of(pages, "DEBUG DIGEST-VALUE").endswith("| same |")
    assert "Redis has it from 7.4.0 on" in row_of(pages, "HEXPIRE")
    # What only says that the reference is older is no difference.
    compared = re.findall(
        r"^\| \[.*\| differs: (.*) \|$", (pages / "commands.md").read_text(), re.MULTILINE
    )
    assert len(compared) > 10
    assert [text for text in compared if "7.0" in text or "7.2" in text] == []


def test_the_list_has_what_redis_server_has(redis_server: ServerProcess) -> None:
    listed = set((TOOL / "redis_commands.txt").read_text().splitlines())
    with RespClient(redis_server.port) as client:
        names = {name.decode() for _, name in client.call("COMMAND", "LIST")[1]}
        reply = client.call("COMMAND", "INFO", *sorted(names))
        for _, command in reply[1]:
            names |= {sub[1][0][1].decode() for sub in command[9][1]}
    assert {name.upper().replace("|", " ") for name in names} - listed == set()
