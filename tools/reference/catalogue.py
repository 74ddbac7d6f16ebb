"""What there is to say of each command, out of the running library and the transcripts."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.reference.differences import differences

HERE = Path(__file__).resolve().parent
COMPARED_WITH = (7, 2)
# Group -> its title, in the order of the page.
GROUPS = {
    "string": "Strings",
    "hash": "Hashes",
    "list": "Lists",
    "set": "Sets",
    "sorted-set": "Sorted sets",
    "stream": "Streams",
    "bitmap": "Bitmaps",
    "hyperloglog": "HyperLogLog",
    "geo": "Places",
    "generic": "Keys of any type",
    "transactions": "Transactions",
    "pubsub": "Publishing and subscribing",
    "scripting": "Scripts and functions",
    "connection": "Connections",
    "server": "The node",
    "cluster": "Clusters",
}


@dataclass
class Entry:
    """A command or subcommand."""

    name: str
    summary: str
    syntax: str
    group: str
    since: str
    complexity: str
    example: str
    example_reply: str
    arity: int
    flags: list[str]
    categories: list[str]
    keys: list[str]
    differences: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The command line."""
        return f"{self.name} {self.syntax}".strip()

    @property
    def anchor(self) -> str:
        """What links to it lead to."""
        return self.name.lower().replace(" ", "-")

    @property
    def is_newer(self) -> bool:
        """Whether Redis has it from a later version on than the one that nodes are."""
        major, minor = self.since.split(".")[:2]
        return (int(major), int(minor)) > COMPARED_WITH

    @property
    def compared(self) -> str:
        """How it compares with Redis 7.2: "same", or how it differs."""
        reasons = self.differences
        if self.is_newer:
            reasons = [r for r in reasons if not re.search(r"\b(7\.4|8\.0)\b", r)]
            reasons = [f"Redis has it from {self.since} on", *reasons]
        return "differs: " + "; ".join(reasons) if reasons else "same"


@dataclass
class Catalogue:
    """All commands, and those of Redis that are not among them."""

    version: str
    redis_version: str
    entries: list[Entry]
    not_there: dict[str, str]

    def groups(self) -> list[tuple[str, list[Entry]]]:
        """Return the titles of groups, and what is in each."""
        unknown = {entry.group for entry in self.entries} - set(GROUPS)
        if unknown:
            raise SystemExit(f"groups without a title in {Path(__file__).name}: {sorted(unknown)}")
        return [
            (title, [entry for entry in self.entries if entry.group == group])
            for group, title in GROUPS.items()
        ]


def redis_commands() -> set[str]:
    """Return the names of all that Redis 7.2 has."""
    lines = (HERE / "redis_commands.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def not_there() -> dict[str, str]:
    """Return what of that a node does not have, and why."""
    found: dict[str, str] = {}
    reason = ""
    for line in (HERE / "not_there.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.endswith(":"):
            reason = line[:-1]
            continue
        if not reason or not line.startswith("  ") or line.strip() in found:
            raise SystemExit(f"not_there.txt: {line!r}: allowed: a reason, then its names, once")
        found[line.strip()] = reason
    return found


def check_names(declared: Collection[str], absent: Collection[str]) -> None:
    """Hold what is declared, and what is not there, against Redis 7.2."""
    known = redis_commands()
    unsaid = known - set(declared) - set(absent)
    if unsaid:
        raise SystemExit(f"neither declared nor in not_there.txt: {', '.join(sorted(unsaid))}")
    untrue = (set(absent) & set(declared)) | (set(absent) - known)
    if untrue:
        names = ", ".join(sorted(untrue))
        raise SystemExit(f"in not_there.txt, but declared or not in redis_commands.txt: {names}")


def place_words(spec: dict[str, Any]) -> str:
    """Say in words where the keys of a key specification stand."""
    begin, find = spec["begin_search"], spec["find_keys"]
    where, how = begin["spec"], find["spec"]
    if begin["type"] == "unknown" or find["type"] == "unknown":
        return "wherever its own words put them"
    by_index = begin["type"] == "index"
    first = f"word {where['index']}" if by_index else f"the word behind {where['keyword']}"
    if find["type"] == "keynum":
        return f"behind {first}, as many as it says"
    if how["lastkey"] == 0:
        return first
    if how["limit"] > 1:
        return f"the first half of the words behind {where['keyword']}"
    left_out = -how["lastkey"] - 1
    last = f"word {where['index'] + how['lastkey']}" if how["lastkey"] > 0 else "the last word"
    last += f" but {left_out}" if left_out > 0 else ""
    return f"{first} to {last}" + (f", every {how['keystep']}nd" if how["keystep"] > 1 else "")


def key_words(spec: dict[str, Any]) -> str:
    """Say where keys stand, and what becomes of them."""
    flags = sorted(spec["flags"], key=lambda flag: (flag.islower(), flag))
    return f"{place_words(spec)} ({', '.join(flags)})"


def as_map(value: Any) -> Any:
    """Turn replies into plain dictionaries and texts."""
    if isinstance(value, dict):
        return {as_map(name): as_map(content) for name, content in value.items()}
    if isinstance(value, (list, set, frozenset, tuple)):
        return [as_map(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


def infos_of(node: Any) -> dict[str, list[Any]]:
    """Return what COMMAND says of each, subcommands too."""
    found: dict[str, list[Any]] = {}

    def note(info: list[Any]) -> None:
        found[info[0].upper().replace("|", " ")] = info
        for sub in info[9]:
            note(sub)

    for info in as_map(node.execute("COMMAND")):
        note(info)
    return found


def catalogue(miniredis: Any, transcripts: Path) -> Catalogue:
    """Ask the library for everything."""
    declared = miniredis._core.command_infos()
    names = {info["name"] for info in declared}
    absent = not_there()
    check_names(names, absent)
    infos = infos_of(miniredis.open())
    differing = differences(transcripts, names)
    entries = [
        Entry(
            **{name: info[name] for name in ("name", "summary", "syntax", "group", "since")},
            complexity=info["complexity"],
            example=info["example"],
            example_reply=info["example_reply"],
            arity=info["arity"],
            flags=sorted(infos[info["name"]][2]),
            categories=sorted(infos[info["name"]][6]),
            keys=[key_words(spec) for spec in infos[info["name"]][8]],
            differences=differing.get(info["name"], []),
        )
        for info in declared
    ]
    return Catalogue(miniredis.__version__, miniredis.redis_version, entries, absent)
