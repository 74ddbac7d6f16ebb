"""Random calls against a dict of Python's."""

# ruff: noqa: D102 (rules say themselves what they do)

from __future__ import annotations

from typing import Any

import miniredis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

KEYS = st.sampled_from([b"a", b"b", b"c", "ä".encode()])
VALUES = st.one_of(st.binary(max_size=40), st.integers(-(2**63), 2**63 - 1))


def stored(value: bytes | int) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class Strings(RuleBasedStateMachine):
    """Strings, hashes and sets under keys of their own, by calls and by pipelines."""

    def __init__(self) -> None:
        super().__init__()
        self.node = miniredis.open()
        self.strings: dict[bytes, bytes] = {}
        self.hashes: dict[bytes, dict[bytes, bytes]] = {}
        self.sets: dict[bytes, set[bytes]] = {}

    @rule(key=KEYS, value=VALUES, nx=st.booleans())
    def put(self, key: bytes, value: bytes | int, nx: bool) -> None:
        refused = nx and key in self.strings
        assert self.node.set(b"s" + key, value, nx=nx) is (None if refused else True)
        if not refused:
            self.strings[key] = stored(value)

    @rule(key=KEYS)
    def get(self, key: bytes) -> None:
        assert self.node.get(b"s" + key) == self.strings.get(key)

    @rule(key=KEYS, tail=st.binary(max_size=10))
    def append(self, key: bytes, tail: bytes) -> None:
        self.strings[key] = self.strings.get(key, b"") + tail
        assert self.node.append(b"s" + key, tail) == len(self.strings[key])

    @rule(keys=st.lists(KEYS, min_size=1, unique=True))
    def delete(self, keys: list[bytes]) -> None:
        there = [key for key in keys if self.strings.pop(key, None) is not None]
        assert self.node.delete(*(b"s" + key for key in keys)) == len(there)

    @rule(key=KEYS, fields=st.dictionaries(KEYS, VALUES, min_size=1))
    def hset(self, key: bytes, fields: dict[bytes, bytes | int]) -> None:
        model = self.hashes.setdefault(key, {})
        new = len(fields.keys() - model.keys())
        assert self.node.hset(b"h" + key, mapping=fields) == new
        model.update({field: stored(value) for field, value in fields.items()})

    @rule(key=KEYS, members=st.lists(KEYS, min_size=1), add=st.booleans())
    def members(self, key: bytes, members: list[bytes], add: bool) -> None:
        model = self.sets.setdefault(key, set())
        given = set(members)
        if add:
            assert self.node.sadd(b"t" + key, *members) == len(given - model)
            model |= given
        else:
            assert self.node.srem(b"t" + key, *members) == len(given & model)
            model -= given

    @rule(keys=st.lists(KEYS), transaction=st.booleans())
    def pipeline(self, keys: list[bytes], transaction: bool) -> None:
        with self.node.pipeline(transaction) as pipe:
            for key in keys:
                pipe.get(b"s" + key).hgetall(b"h" + key).smembers(b"t" + key)
            expected: list[Any] = []
            for key in keys:
                expected += (
                    self.strings.get(key),
                    self.hashes.get(key, {}),
                    self.sets.get(key, set()),
                )
            assert pipe.execute() == expected

    @invariant()
    def sizes_agree(self) -> None:
        sets = sum(1 for members in self.sets.values() if members)
        assert self.node.dbsize() == len(self.strings) + len(self.hashes) + sets


TestStrings = Strings.TestCase
TestStrings.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
