"""Commands on strings and keys whose shape in redis-py no rule gives; see __init__.py."""

# ruff: noqa: A002 (the names are redis-py's)
# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import (
    DataError,
    limited,
    listed,
    ms_of,
    ms_since_1970,
    ok,
    pairs,
    s_of,
    s_since_1970,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from miniredis._commands import Moment, Span, T, Word

__all__ = ["Keys"]


class Keys:
    """What the generator cannot make."""

    _run: Any

    def migrate(
        self,
        host: str,
        port: int,
        keys: Word | Sequence[Word],
        destination_db: int,
        timeout: int,
        copy: bool = False,
        replace: bool = False,
        auth: Word | None = None,
    ) -> Any:
        """Move keys to another server, which `Server.start` must allow; b"NOKEY" if none is there.

        `timeout` is in milliseconds without progress; `auth` the other server's password.
        """
        names = listed(keys)
        if not names:
            raise DataError("MIGRATE requires at least one key")
        words: list[Any] = ["MIGRATE", host, port, "", destination_db, timeout]
        words += [w for w, wanted in (("COPY", copy), ("REPLACE", replace)) if wanted]
        if auth is not None:
            words += ("AUTH", auth)
        return self._run(None, *words, "KEYS", *names)

    def set(
        self,
        name: Word,
        value: Word,
        ex: Span | None = None,
        px: Span | None = None,
        nx: bool = False,
        xx: bool = False,
        keepttl: bool = False,
        get: bool = False,
        exat: Moment | None = None,
        pxat: Moment | None = None,
    ) -> Any:
        """Set a string; True, or None when `nx` or `xx` forbade it. With `get`: the old value."""
        if (
            ex is None
            and px is None
            and not (nx or xx or keepttl or get)
            and exat is None
            and pxat is None
        ):
            return self._run(ok, "SET", name, value)
        words: list[Any] = ["SET", name, value]
        if ex is not None:
            words += ("EX", s_of(ex))
        if px is not None:
            words += ("PX", ms_of(px))
        if exat is not None:
            words += ("EXAT", s_since_1970(exat))
        if pxat is not None:
            words += ("PXAT", ms_since_1970(pxat))
        words += [
            w
            for w, wanted in (("NX", nx), ("XX", xx), ("KEEPTTL", keepttl), ("GET", get))
            if wanted
        ]
        return self._run(None if get else ok, *words)

    def decr(self, name: Word, amount: int = 1) -> int:
        """Subtract from a number."""
        return self._run(None, "DECRBY", name, amount)

    def incr(self, name: Word, amount: int = 1) -> int:
        """Add to a number."""
        return self._run(None, "INCRBY", name, amount)

    def substr(self, name: Word, start: int, end: int = -1) -> T:
        """Return part of a string."""
        return self._run(None, "SUBSTR", name, start, end)

    def msetnx(self, mapping: Mapping[Any, Word]) -> bool:
        """Set strings if none of the keys is there."""
        return self._run(bool, "MSETNX", *pairs(mapping))

    def keys(self, pattern: Word = "*") -> list[T]:
        """Return the keys that match."""
        return self._run(None, "KEYS", pattern)

    def lcs(
        self,
        key1: Word,
        key2: Word,
        len: bool = False,
        idx: bool = False,
        minmatchlen: int | None = 0,
        withmatchlen: bool = False,
    ) -> Any:
        """Return the longest common subsequence, its length, or where it is."""
        words: list[Any] = ["LCS", key1, key2]
        words += ("LEN",) if len else ()
        words += ("IDX",) if idx else ()
        words += ("MINMATCHLEN", minmatchlen) if minmatchlen else ()
        words += ("WITHMATCHLEN",) if withmatchlen else ()
        return self._run(None, *words)

    def object(self, infotype: str, key: Word) -> Any:
        """Return what the node knows about a key: "encoding", "freq", "idletime" or "refcount"."""
        return self._run(None, "OBJECT", infotype, key)

    def scan_iter(
        self, match: Word | None = None, count: int | None = None, _type: str | None = None
    ) -> Iterator[T]:
        """Walk all keys that match."""
        return self._walk(lambda cursor: self.scan(cursor, match, count, _type))  # type: ignore[attr-defined]

    def hscan_iter(
        self, name: Word, match: Word | None = None, count: int | None = None
    ) -> Iterator[tuple[T, T]]:
        """Walk a hash, as tuples of field and value."""
        return self._walk(lambda cursor: self.hscan(name, cursor, match, count))  # type: ignore[attr-defined]

    def sscan_iter(
        self, name: Word, match: Word | None = None, count: int | None = None
    ) -> Iterator[T]:
        """Walk a set."""
        return self._walk(lambda cursor: self.sscan(name, cursor, match, count))  # type: ignore[attr-defined]

    def zscan_iter(
        self, name: Word, match: Word | None = None, count: int | None = None
    ) -> Iterator[tuple[T, float]]:
        """Walk a sorted set, as tuples of member and score."""
        return self._walk(lambda cursor: self.zscan(name, cursor, match, count))  # type: ignore[attr-defined]

    def _walk(self, step: Any) -> Any:
        cursor = 0
        while True:
            cursor, found = step(cursor)
            yield from found.items() if isinstance(found, dict) else found
            if cursor == 0:
                return

    def sort(
        self,
        name: Word,
        start: int | None = None,
        num: int | None = None,
        by: Word | None = None,
        get: Word | Sequence[Word] | None = None,
        desc: bool = False,
        alpha: bool = False,
        store: Word | None = None,
        groups: bool = False,
    ) -> Any:
        """Sort a list, set or sorted set. With `groups`, tuples of what the `get` patterns gave."""
        return self._sort("SORT", name, start, num, by, get, desc, alpha, store, groups)

    def sort_ro(
        self,
        key: Word,
        start: int | None = None,
        num: int | None = None,
        by: Word | None = None,
        get: Word | Sequence[Word] | None = None,
        desc: bool = False,
        alpha: bool = False,
    ) -> Any:
        """Sort without storing."""
        return self._sort("SORT_RO", key, start, num, by, get, desc, alpha, None, False)

    def _sort(
        self,
        command: str,
        name: Any,
        start: Any,
        num: Any,
        by: Any,
        get: Any,
        desc: bool,
        alpha: bool,
        store: Any,
        groups: bool,
    ) -> Any:
        words: list[Any] = [command, name]
        words += ("BY", by) if by is not None else ()
        limited(words, start, num)
        patterns = [] if get is None else listed(get)
        for pattern in patterns:
            words += ("GET", pattern)
        words += ("DESC",) if desc else ()
        words += ("ALPHA",) if alpha else ()
        words += ("STORE", store) if store is not None else ()
        if not groups:
            return self._run(None, *words)
        width = len(patterns)
        if width < 2:
            raise DataError("groups needs at least two patterns in get")
        return self._run(
            lambda reply: [tuple(reply[i : i + width]) for i in range(0, len(reply), width)], *words
        )
