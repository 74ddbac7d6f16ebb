"""Random commands made from the declarations: from what COMMAND DOCS says of each."""

from __future__ import annotations

import random
from typing import Any

from tests.compat import streams
from tests.compat.resp_client import RespClient

# What answers by chance or by the clock, waits, or has a text that depends on the version.
LEFT_OUT = {
    *(b"spop", b"srandmember", b"hrandfield", b"zrandmember", b"sscan", b"hscan", b"zscan"),
    *(b"xadd", b"xautoclaim", b"xclaim", b"xpending", b"xreadgroup", b"xread", b"xsetid"),
    *(b"getex", b"lcs", b"psetex", b"setex", b"set", b"lpos", b"zrank", b"zrevrank"),
}
NEWEST = (7, 0)
KEYS = {
    b"list": streams.lkey,
    b"hash": streams.hkey,
    b"set": streams.skey,
    b"sorted-set": streams.zkey,
    b"stream": streams.xkey,
    b"string": streams.key,
    b"bitmap": streams.key,
    b"hyperloglog": streams.key,
    b"geo": streams.zkey,
}
ELEMENTS = [*streams.MEMBERS, *streams.INTEGERS[:8], b"", b"\x00"]


def plain(reply: Any) -> Any:
    """Turn a typed reply of RESP3 into plain values."""
    kind, value = reply
    if kind == "%":
        items = [plain(item) for item in value]
        return dict(zip(items[::2], items[1::2], strict=True))
    if kind in "*~" and value is not None:
        return [plain(item) for item in value]
    return value


class Grammar:
    """The commands of a server that can be compared, with their arguments."""

    def __init__(self, port: int) -> None:
        self.key = streams.key
        client = RespClient(port, timeout=30)
        client.call("HELLO", 3)
        docs = plain(client.call("COMMAND", "DOCS"))
        self.commands = sorted(
            (name, doc[b"group"], doc.get(b"arguments", []))
            for name, doc in docs.items()
            if doc[b"group"] in KEYS
            and name not in LEFT_OUT
            and not name.startswith(b"b")
            and b"subcommands" not in doc
            and tuple(int(part) for part in doc[b"since"].split(b".")[:2]) <= NEWEST
        )

    def command(self, rng: random.Random) -> list[bytes]:
        """Make one command."""
        name, group, arguments = rng.choice(self.commands)
        self.key = KEYS[group]
        words = [name.upper()]
        for position, argument in enumerate(arguments):
            words += self._argument(rng, argument, arguments[position + 1 :], name)
        return words

    def _argument(
        self, rng: random.Random, argument: dict[bytes, Any], behind: list[Any], name: bytes
    ) -> list[bytes]:
        flags = argument.get(b"flags", [])
        if b"optional" in flags and rng.random() < 0.6:
            return []
        # What counts the words behind it is right most of the time.
        if argument[b"name"] == b"numkeys" and behind and rng.random() < 0.9:
            return [b"2"]
        times = 1
        if b"multiple" in flags:
            is_key = argument[b"type"] == b"key"
            times = 2 if is_key and rng.random() < 0.8 else rng.randint(1, 4)
        words: list[bytes] = []
        for number in range(times):
            token = argument.get(b"token")
            repeats = number == 0 or b"multiple_token" in flags
            if token and argument[b"type"] != b"pure-token" and repeats:
                words.append(token)
            words += self._value(rng, argument, name)
        return words

    def _value(self, rng: random.Random, argument: dict[bytes, Any], name: bytes) -> list[bytes]:
        kind = argument[b"type"]
        if kind == b"oneof":
            return self._argument(rng, rng.choice(argument[b"arguments"]), [], name)
        if kind == b"block":
            parts = argument[b"arguments"]
            return [word for part in parts for word in self._argument(rng, part, [], name)]
        if kind == b"pure-token":
            return [rng.choice([argument[b"token"], argument[b"token"].lower()])]
        makers = {
            b"key": self.key,
            b"integer": streams.mostly(streams.INTEGERS[:9], streams.INTEGERS, streams.ODD),
            b"double": streams.real,
            b"pattern": streams.pattern,
            b"unix-time": streams.moment_s,
        }
        if kind in makers:
            return [makers[kind](rng)]
        return [rng.choice(ELEMENTS)]


def stream_of(grammar: Grammar, seed: int, count: int) -> list[streams.Command]:
    """Make `count` commands, some of them broken, and among them some that fill the keys."""
    rng = random.Random(seed)
    made: list[streams.Command] = []
    for _ in range(count):
        if rng.random() < 0.4:
            made.append(streams.one_command(rng))
            continue
        command = grammar.command(rng)
        if rng.random() < 0.1:
            command = streams.damage(rng, command)
        made.append(tuple(command))
    return made
