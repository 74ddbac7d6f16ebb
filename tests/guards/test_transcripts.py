"""Every command of a node has a transcript, and every transcript has a command."""

from __future__ import annotations

import re

from tests.compat.resp_client import RespClient
from tests.servers import ROOT, ServerProcess

FOLDER = ROOT / "tests" / "commands"
# Transcripts of something other than one command.
OTHERS = {
    "client_tracking",
    "collection_changes",
    "collection_events",
    "collection_keys",
    "keyspace_events",
}


def commands_in(text: str) -> set[str]:
    """Return the commands that a transcript calls, containers with their subcommands too."""
    found = set()
    for line in re.findall(r"^(?:@\w+)?\??> (\S+)(?: (\S+))?", text, re.MULTILINE):
        found.add(line[0].lower())
        found.add(f"{line[0]}|{line[1]}".lower())
    return found


def known_commands(node: ServerProcess) -> set[str]:
    """Ask the node for its commands, subcommands as `config|get`."""
    with RespClient(node.port) as client:
        names = {name.decode().lower() for _, name in client.call("COMMAND", "LIST")[1]}
        reply = client.call("COMMAND", "INFO", *sorted(names))
        for _, command in reply[1]:
            names |= {sub[1][0][1].decode().lower() for sub in command[9][1]}
        return names


def test_every_command_has_its_file(node: ServerProcess) -> None:
    files = {path.stem for path in FOLDER.glob("*/*.rt")}
    names = {name for name in known_commands(node) if "|" not in name}
    assert names - files == set(), "commands without a transcript"
    assert files - names - OTHERS == set(), "transcripts without a command"


def test_every_subcommand_is_called(node: ServerProcess) -> None:
    called: set[str] = set()
    for path in FOLDER.glob("*/*.rt"):
        called |= commands_in(path.read_text())
    assert known_commands(node) - called == set()


def test_every_difference_has_a_reason() -> None:
    for path in FOLDER.glob("*/*.rt"):
        for line in path.read_text().splitlines():
            if "differs" in line:
                assert re.search(r"differs: \S+ \S+", line), f"{path.name}: {line}"
