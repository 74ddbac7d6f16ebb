"""Commands on hashes, lists and sets whose shape in redis-py no rule gives; see __init__.py."""

# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import (
    DataError,
    flattened,
    listed,
    ms_of,
    ms_since_1970,
    pairs,
    s_of,
    s_since_1970,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from miniredis._commands import Moment, Span, T, Word

__all__ = ["Collections"]


class Collections:
    """What the generator cannot make."""

    _run: Any

    def hset(
        self,
        name: Word,
        key: Word | None = None,
        value: Word | None = None,
        mapping: Mapping[Any, Word] | None = None,
        items: Sequence[Word] | None = None,
    ) -> int:
        """Set fields given as a pair, a mapping or a flat list; return how many are new."""
        words = self._fields(key, value, mapping, items)
        return self._run(None, "HSET", name, *words)

    def hsetex(
        self,
        name: Word,
        key: Word | None = None,
        value: Word | None = None,
        mapping: Mapping[Any, Word] | None = None,
        items: Sequence[Word] | None = None,
        ex: Span | None = None,
        px: Span | None = None,
        exat: Moment | None = None,
        pxat: Moment | None = None,
        data_persist_option: Any = None,
        keepttl: bool = False,
    ) -> int:
        """Set fields and when they expire; `data_persist_option` is "FNX" or "FXX"."""
        fields = self._fields(key, value, mapping, items)
        words: list[Any] = ["HSETEX", name]
        if data_persist_option is not None:
            words.append(getattr(data_persist_option, "value", data_persist_option))
        for token, given in (
            ("EX", s_of(ex)),
            ("PX", ms_of(px)),
            ("EXAT", s_since_1970(exat)),
            ("PXAT", ms_since_1970(pxat)),
        ):
            words += (token, given) if given is not None else ()
        words += ("KEEPTTL",) if keepttl else ()
        return self._run(None, *words, "FIELDS", len(fields) // 2, *fields)

    def _fields(self, key: Any, value: Any, mapping: Any, items: Any) -> list[Any]:
        words: list[Any] = []
        if key is not None:
            words += (key, value)
        words += pairs(mapping) if mapping else []
        words += items or []
        if not words:
            raise DataError("fields are given as key and value, as mapping or as items")
        return words

    def hrandfield(self, key: Word, count: int | None = None, withvalues: bool = False) -> Any:
        """Return random fields, with `withvalues` each followed by its value."""
        words: list[Any] = ["HRANDFIELD", key]
        words += (count,) if count is not None else ()
        words += ("WITHVALUES",) if withvalues else ()
        return self._run(flattened if withvalues else None, *words)

    def lpop(self, name: Word, count: int | None = None) -> Any:
        """Take from the head: one, or a list of up to `count`."""
        return (
            self._run(None, "LPOP", name) if count is None else self._run(None, "LPOP", name, count)
        )

    def rpop(self, name: Word, count: int | None = None) -> Any:
        """Take from the tail: one, or a list of up to `count`."""
        return (
            self._run(None, "RPOP", name) if count is None else self._run(None, "RPOP", name, count)
        )

    def lmove(
        self, first_list: Word, second_list: Word, src: str = "LEFT", dest: str = "RIGHT"
    ) -> T | None:
        """Move an element between ends of lists."""
        return self._run(None, "LMOVE", first_list, second_list, src, dest)

    def blmove(
        self,
        first_list: Word,
        second_list: Word,
        timeout: float,
        src: str = "LEFT",
        dest: str = "RIGHT",
    ) -> T | None:
        """Move an element between ends of lists; wait for one up to `timeout` seconds."""
        return self._run(None, "BLMOVE", first_list, second_list, src, dest, timeout)

    def lmpop(self, num_keys: int, *args: Word, direction: str, count: int | None = 1) -> Any:
        """Take up to `count` elements of the first list that has some."""
        return self._run(None, "LMPOP", num_keys, *args, direction, "COUNT", count)

    def blmpop(
        self, timeout: float, numkeys: int, *args: Word, direction: str, count: int | None = 1
    ) -> Any:
        """Take up to `count` elements of the first list with some; wait `timeout` seconds."""
        return self._run(None, "BLMPOP", timeout, numkeys, *args, direction, "COUNT", count)

    def brpoplpush(self, src: Word, dst: Word, timeout: float | None = 0) -> T | None:
        """Move from a tail to a head; wait for an element up to `timeout` seconds, 0: for ever."""
        return self._run(None, "BRPOPLPUSH", src, dst, timeout or 0)

    def sintercard(self, numkeys: int, keys: Word | Iterable[Word], limit: int = 0) -> int:
        """Return the size of an intersection."""
        return self._run(None, "SINTERCARD", numkeys, *listed(keys), "LIMIT", limit)
