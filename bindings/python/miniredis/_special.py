"""Commands whose shape in redis-py no rule gives.

The generator reads the annotations here: T is bytes or str, and a reply of type X is that of a call,
of a coroutine or of a step of a pipeline, whichever the class is. `_run` sees to it: it takes what
makes the reply of redis-py out of the node's, or None, and the words.
"""

# ruff: noqa: E501, D102
# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import (
    DataError,
    autoclaimed,
    claimed,
    clients,
    flattened,
    info_sections,
    listed,
    ms_of,
    ms_since_1970,
    ok,
    pairs,
    pong,
    s_of,
    s_since_1970,
    scored,
    streams,
    text,
    text_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from miniredis._commands import Moment, Span, T, Word

__all__ = ["SpecialCommands"]


def _limited(words: list[Any], offset: Any, num: Any) -> None:
    if (offset is None) != (num is None):
        raise DataError("a range has both an offset and a number of members, or neither")
    if offset is not None:
        words += ("LIMIT", offset, num)


def _weighted(keys: Any) -> list[Any]:
    """Return the count, keys and weights of a command on several sorted sets."""
    names = listed(keys)
    words = [len(names), *names]
    if isinstance(keys, dict):
        words += ("WEIGHTS", *keys.values())
    return words


def _one_of(what: str, **given: bool) -> list[str]:
    chosen = [name.upper() for name, wanted in given.items() if wanted]
    if len(chosen) > 1:
        raise DataError(f"{what} takes one of {', '.join(given)}")
    return chosen


def _read_streams(words: list[Any], given: Mapping[Any, Any]) -> list[Any]:
    if not given:
        raise DataError("streams is a mapping of at least one stream to the entry to read after")
    return [*words, "STREAMS", *given.keys(), *given.values()]


def _trim(maxlen: Any, minid: Any, approximate: bool, limit: Any) -> list[Any]:
    if maxlen is not None and minid is not None:
        raise DataError("a stream is trimmed by maxlen or by minid, not both")
    if maxlen is None and minid is None:
        return []
    words: list[Any] = ["MAXLEN" if maxlen is not None else "MINID"]
    words += ("~",) if approximate else ()
    words.append(maxlen if maxlen is not None else minid)
    return words if limit is None else [*words, "LIMIT", limit]


class SpecialCommands:
    """What Commands gets besides what is generated."""

    _run: Any
    execute: Any

    # Strings and keys

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
    ) -> Any:  # noqa: A002
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
        _limited(words, start, num)
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

    # Hashes

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

    # Lists

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
        """Take up to `count` elements of the first list that has some; wait for up to `timeout` seconds."""
        return self._run(None, "BLMPOP", timeout, numkeys, *args, direction, "COUNT", count)

    def brpoplpush(self, src: Word, dst: Word, timeout: float | None = 0) -> T | None:
        """Move from a tail to a head; wait for an element up to `timeout` seconds, 0: for ever."""
        return self._run(None, "BRPOPLPUSH", src, dst, timeout or 0)

    # Sets

    def sintercard(self, numkeys: int, keys: Word | Iterable[Word], limit: int = 0) -> int:
        """Return the size of an intersection."""
        return self._run(None, "SINTERCARD", numkeys, *listed(keys), "LIMIT", limit)

    # Sorted sets

    def zadd(
        self,
        name: Word,
        mapping: Mapping[Any, float | str | bytes],
        nx: bool = False,
        xx: bool = False,
        ch: bool = False,
        incr: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> Any:
        """Set scores of members, given as a mapping; return how many are new."""
        if not mapping:
            raise DataError("zadd takes at least one member with its score")
        words: list[Any] = ["ZADD", name]
        words += [
            w
            for w, wanted in (
                ("NX", nx),
                ("XX", xx),
                ("GT", gt),
                ("LT", lt),
                ("CH", ch),
                ("INCR", incr),
            )
            if wanted
        ]
        for member, score in mapping.items():
            words += (score, member)
        return self._run(None, *words)

    def zincrby(self, name: Word, amount: float, value: Word) -> float:
        """Add to a member's score; return the new one."""
        return self._run(None, "ZINCRBY", name, amount, value)

    def zrange(
        self,
        name: Word,
        start: Word,
        end: Word,
        desc: bool = False,
        withscores: bool = False,
        score_cast_func: Any = float,
        byscore: bool = False,
        bylex: bool = False,
        offset: int | None = None,
        num: int | None = None,
    ) -> Any:
        """Return members by rank, score or name; with `withscores`, tuples."""
        words: list[Any] = ["ZRANGE", name, start, end]
        words += _one_of("zrange", byscore=byscore, bylex=bylex)
        words += ("REV",) if desc else ()
        return self._ranged(words, offset, num, withscores, score_cast_func)

    def zrevrange(
        self,
        name: Word,
        start: int,
        end: int,
        withscores: bool = False,
        score_cast_func: Any = float,
    ) -> Any:
        """Return members by rank from the highest score down."""
        return self._ranged(
            ["ZREVRANGE", name, start, end], None, None, withscores, score_cast_func
        )

    def zrangebyscore(
        self,
        name: Word,
        min: Word,
        max: Word,
        start: int | None = None,
        num: int | None = None,
        withscores: bool = False,
        score_cast_func: Any = float,
    ) -> Any:  # noqa: A002
        """Return members by score."""
        return self._ranged(
            ["ZRANGEBYSCORE", name, min, max], start, num, withscores, score_cast_func
        )

    def zrevrangebyscore(
        self,
        name: Word,
        max: Word,
        min: Word,
        start: int | None = None,
        num: int | None = None,
        withscores: bool = False,
        score_cast_func: Any = float,
    ) -> Any:  # noqa: A002
        """Return members by score, from the highest down."""
        return self._ranged(
            ["ZREVRANGEBYSCORE", name, max, min], start, num, withscores, score_cast_func
        )

    def _ranged(self, words: list[Any], offset: Any, num: Any, withscores: bool, cast: Any) -> Any:
        _limited(words, offset, num)
        if not withscores:
            return self._run(None, *words)
        convert = (
            scored if cast is float else lambda reply: [(m, cast(s)) for m, s in scored(reply)]
        )
        return self._run(convert, *words, "WITHSCORES")

    def zrangestore(
        self,
        dest: Word,
        name: Word,
        start: Word,
        end: Word,
        byscore: bool = False,
        bylex: bool = False,
        desc: bool = False,
        offset: int | None = None,
        num: int | None = None,
    ) -> int:
        """Store a range; return how many members that is."""
        words: list[Any] = ["ZRANGESTORE", dest, name, start, end]
        words += _one_of("zrangestore", byscore=byscore, bylex=bylex)
        words += ("REV",) if desc else ()
        _limited(words, offset, num)
        return self._run(None, *words)

    def zrank(
        self, name: Word, value: Word, withscore: bool = False, score_cast_func: Any = float
    ) -> Any:
        """Return a member's rank, or None; with `withscore`, a list of rank and score."""
        return self._rank("ZRANK", name, value, withscore, score_cast_func)

    def zrevrank(
        self, name: Word, value: Word, withscore: bool = False, score_cast_func: Any = float
    ) -> Any:
        """Return a member's rank from the highest score down, or None."""
        return self._rank("ZREVRANK", name, value, withscore, score_cast_func)

    def _rank(self, command: str, name: Any, value: Any, withscore: bool, cast: Any) -> Any:
        if not withscore:
            return self._run(None, command, name, value)
        return self._run(
            lambda reply: reply and [reply[0], cast(reply[1])], command, name, value, "WITHSCORE"
        )

    def zscan(
        self,
        name: Word,
        cursor: int = 0,
        match: Word | None = None,
        count: int | None = None,
        score_cast_func: Any = float,
    ) -> tuple[int, list[tuple[T, float]]]:
        """Return the next cursor, and members with their scores."""
        words: list[Any] = ["ZSCAN", name, cursor]
        words += ("MATCH", match) if match is not None else ()
        words += ("COUNT", count) if count is not None else ()
        return self._run(
            lambda r: (int(r[0]), [(m, score_cast_func(s)) for m, s in zip(r[1][::2], r[1][1::2])]),
            *words,
        )

    def zmpop(
        self,
        num_keys: int,
        keys: Word | Iterable[Word],
        min: bool | None = False,
        max: bool | None = False,
        count: int | None = 1,
    ) -> Any:  # noqa: A002
        """Take up to `count` members of the first sorted set that has some."""
        end = self._end(bool(min), bool(max))
        return self._run(None, "ZMPOP", num_keys, *listed(keys), end, "COUNT", count)

    def bzmpop(
        self,
        timeout: float,
        numkeys: int,
        keys: Word | Iterable[Word],
        min: bool | None = False,
        max: bool | None = False,
        count: int | None = 1,
    ) -> Any:  # noqa: A002
        """Take up to `count` members of the first sorted set that has some; wait up to `timeout` seconds."""
        end = self._end(bool(min), bool(max))
        return self._run(None, "BZMPOP", timeout, numkeys, *listed(keys), end, "COUNT", count)

    def _end(self, lowest: bool, highest: bool) -> str:
        if lowest == highest:
            raise DataError("members are taken from one end: min or max")
        return "MIN" if lowest else "MAX"

    def zrandmember(self, key: Word, count: int | None = None, withscores: bool = False) -> Any:
        """Return random members; with `withscores`, tuples."""
        words: list[Any] = ["ZRANDMEMBER", key]
        words += (count,) if count is not None else ()
        words += ("WITHSCORES",) if withscores else ()
        return self._run(scored if withscores else None, *words)

    def zinter(self, keys: Any, aggregate: str | None = None, withscores: bool = False) -> Any:
        """Return an intersection; keys are a sequence, or a mapping to their weights."""
        return self._combine("ZINTER", None, keys, aggregate, withscores)

    def zunion(
        self,
        keys: Any,
        aggregate: str | None = None,
        withscores: bool = False,
        score_cast_func: Any = float,
    ) -> Any:
        """Return a union; keys are a sequence, or a mapping to their weights."""
        return self._combine("ZUNION", None, keys, aggregate, withscores, score_cast_func)

    def zinterstore(self, dest: Word, keys: Any, aggregate: str | None = None) -> int:
        """Store an intersection; return its size."""
        return self._combine("ZINTERSTORE", dest, keys, aggregate, False)

    def zunionstore(self, dest: Word, keys: Any, aggregate: str | None = None) -> int:
        """Store a union; return its size."""
        return self._combine("ZUNIONSTORE", dest, keys, aggregate, False)

    def _combine(
        self,
        command: str,
        dest: Any,
        keys: Any,
        aggregate: Any,
        withscores: bool,
        cast: Any = float,
    ) -> Any:
        words: list[Any] = [command, *(() if dest is None else (dest,)), *_weighted(keys)]
        words += ("AGGREGATE", aggregate) if aggregate is not None else ()
        return self._ranged(words, None, None, withscores, cast)

    def zintercard(self, numkeys: int, keys: Word | Iterable[Word], limit: int = 0) -> int:
        """Return the size of an intersection."""
        return self._run(None, "ZINTERCARD", numkeys, *listed(keys), "LIMIT", limit)

    # Streams

    def xadd(
        self,
        name: Word,
        fields: Mapping[Any, Word],
        id: Word = "*",
        maxlen: int | None = None,
        approximate: bool = True,
        nomkstream: bool = False,
        minid: Word | None = None,
        limit: int | None = None,
    ) -> T:  # noqa: A002
        """Add an entry; return its number."""
        words: list[Any] = ["XADD", name]
        words += ("NOMKSTREAM",) if nomkstream else ()
        words += _trim(maxlen, minid, approximate, limit)
        return self._run(None, *words, id, *pairs(fields))

    def xtrim(
        self,
        name: Word,
        maxlen: int | None = None,
        approximate: bool = True,
        minid: Word | None = None,
        limit: int | None = None,
    ) -> int:
        """Drop the oldest entries; return how many."""
        words = _trim(maxlen, minid, approximate, limit)
        if not words:
            raise DataError("a stream is trimmed by maxlen or by minid")
        return self._run(None, "XTRIM", name, *words)

    def xread(
        self, streams: Mapping[Any, Word], count: int | None = None, block: int | None = None
    ) -> Any:
        """Return entries after those given for each stream; wait for some for `block` milliseconds."""
        words: list[Any] = ["XREAD"]
        words += ("COUNT", count) if count is not None else ()
        words += ("BLOCK", block) if block is not None else ()
        return self._run(_streams, *_read_streams(words, streams))

    def xreadgroup(
        self,
        groupname: Word,
        consumername: Word,
        streams: Mapping[Any, Word],
        count: int | None = None,
        block: int | None = None,
        noack: bool = False,
    ) -> Any:
        """Return entries as a consumer of a group; wait for some for `block` milliseconds."""
        words: list[Any] = ["XREADGROUP", "GROUP", groupname, consumername]
        words += ("COUNT", count) if count is not None else ()
        words += ("BLOCK", block) if block is not None else ()
        words += ("NOACK",) if noack else ()
        return self._run(_streams, *_read_streams(words, streams))

    def xautoclaim(
        self,
        name: Word,
        groupname: Word,
        consumername: Word,
        min_idle_time: int,
        start_id: Word = "0-0",
        count: int | None = None,
        justid: bool = False,
    ) -> Any:
        """Take over entries that were idle for so many milliseconds."""
        words: list[Any] = ["XAUTOCLAIM", name, groupname, consumername, min_idle_time, start_id]
        words += ("COUNT", count) if count is not None else ()
        if justid:
            return self._run(lambda reply: reply[1], *words, "JUSTID")
        return self._run(autoclaimed, *words)

    def xclaim(
        self,
        name: Word,
        groupname: Word,
        consumername: Word,
        min_idle_time: int,
        message_ids: Sequence[Word],
        idle: int | None = None,
        time: int | None = None,
        retrycount: int | None = None,
        force: bool = False,
        justid: bool = False,
    ) -> Any:
        """Take over the entries given if they were idle for so many milliseconds."""
        words: list[Any] = [
            "XCLAIM",
            name,
            groupname,
            consumername,
            min_idle_time,
            *listed(message_ids),
        ]
        for token, given in (("IDLE", idle), ("TIME", time), ("RETRYCOUNT", retrycount)):
            words += (token, given) if given is not None else ()
        words += ("FORCE",) if force else ()
        return self._run(None, *words, "JUSTID") if justid else self._run(claimed, *words)

    def xgroup_create(
        self,
        name: Word,
        groupname: Word,
        id: Word = "$",
        mkstream: bool = False,
        entries_read: int | None = None,
    ) -> bool:  # noqa: A002
        """Make a group that reads after `id`."""
        words: list[Any] = ["XGROUP", "CREATE", name, groupname, id]
        words += ("MKSTREAM",) if mkstream else ()
        words += ("ENTRIESREAD", entries_read) if entries_read is not None else ()
        return self._run(ok, *words)

    def xgroup_setid(
        self, name: Word, groupname: Word, id: Word, entries_read: int | None = None
    ) -> bool:  # noqa: A002
        """Set after which entry a group reads."""
        words: list[Any] = ["XGROUP", "SETID", name, groupname, id]
        words += ("ENTRIESREAD", entries_read) if entries_read is not None else ()
        return self._run(ok, *words)

    def xinfo_stream(self, name: Word, full: bool = False) -> dict[str, Any]:
        """Return what is known about a stream."""
        return self._run(_named, "XINFO", "STREAM", name, *(("FULL",) if full else ()))

    def xinfo_groups(self, name: Word) -> list[dict[str, Any]]:
        """Return what is known about a stream's groups."""
        return self._run(_all_named, "XINFO", "GROUPS", name)

    def xinfo_consumers(self, name: Word, groupname: Word) -> list[dict[str, Any]]:
        """Return what is known about a group's consumers."""
        return self._run(_all_named, "XINFO", "CONSUMERS", name, groupname)

    def xpending(self, name: Word, groupname: Word) -> dict[str, Any]:
        """Return how much of a group is not acknowledged, and whose."""
        return self._run(_pending, "XPENDING", name, groupname)

    def xpending_range(
        self,
        name: Word,
        groupname: Word,
        min: Word,
        max: Word,
        count: int,
        consumername: Word | None = None,
        idle: int | None = None,
    ) -> list[dict[str, Any]]:  # noqa: A002
        """Return entries of a group that are not acknowledged."""
        words: list[Any] = ["XPENDING", name, groupname]
        words += ("IDLE", idle) if idle is not None else ()
        words += (min, max, count)
        words += (consumername,) if consumername is not None else ()
        return self._run(_pending_entries, *words)

    # The node

    def client_kill(self, address: str) -> Any:
        """Close the connection of an address."""
        return self._run(ok, "CLIENT", "KILL", address)

    def client_kill_filter(
        self,
        _id: int | None = None,
        _type: str | None = None,
        addr: str | None = None,
        skipme: bool | None = None,
        laddr: str | None = None,
        user: str | None = None,
        maxage: int | None = None,
    ) -> int:
        """Close connections that match; return how many."""
        words: list[Any] = []
        for token, given in (
            ("ID", _id),
            ("TYPE", _type),
            ("ADDR", addr),
            ("LADDR", laddr),
            ("USER", user),
            ("MAXAGE", maxage),
        ):
            words += (token, given) if given is not None else ()
        if skipme is not None:
            words += ("SKIPME", "YES" if skipme else "NO")
        if not words:
            raise DataError("client_kill_filter takes at least one filter")
        return self._run(None, "CLIENT", "KILL", *words)

    def client_list(
        self, _type: str | None = None, client_id: Sequence[int] = ()
    ) -> list[dict[str, str]]:
        """Return the node's clients."""
        words: list[Any] = ["CLIENT", "LIST"]
        words += ("TYPE", _type) if _type is not None else ()
        words += ("ID", *listed(client_id)) if client_id else ()
        return self._run(_clients, *words)

    def client_pause(self, timeout: int, all: bool = True) -> bool:  # noqa: A002
        """Hold back the commands of clients, or only their writes, for so many milliseconds."""
        return self._run(ok, "CLIENT", "PAUSE", timeout, "ALL" if all else "WRITE")

    def client_unblock(self, client_id: int, error: bool = False) -> bool:
        """End a client's wait."""
        return self._run(bool, "CLIENT", "UNBLOCK", client_id, *(("ERROR",) if error else ()))

    def client_reply(self, reply: str) -> Any:
        """Refused by the node: a call has one reply."""
        return self._run(None, "CLIENT", "REPLY", reply)

    def config_get(self, pattern: Word = "*", *args: Word) -> dict[str, str]:
        """Return parameters by their names."""
        return self._run(_named_values, "CONFIG", "GET", pattern, *args)

    def config_set(self, name: Word, value: Word, *args: Word) -> bool:
        """Set parameters."""
        return self._run(ok, "CONFIG", "SET", name, value, *args)

    def info(self, section: Word | None = None, *args: Word) -> dict[str, Any]:
        """Return INFO as a map."""
        return self._run(_info, "INFO", *(() if section is None else (section,)), *args)

    def pubsub_channels(self, pattern: Word = "*") -> list[T]:
        """Return channels that somebody listens to."""
        return self._run(None, "PUBSUB", "CHANNELS", pattern)

    def ping(self) -> bool:
        """Return whether the node answers."""
        return self._run(_pong, "PING")

    def command_list(
        self, module: str | None = None, category: str | None = None, pattern: str | None = None
    ) -> list[T]:
        """Return the names of commands."""
        words: list[Any] = ["COMMAND", "LIST"]
        for token, given in (("MODULE", module), ("ACLCAT", category), ("PATTERN", pattern)):
            words += ("FILTERBY", token, given) if given is not None else ()
        return self._run(None, *words)


_clients, _info, _pong, _streams = clients, info_sections, pong, streams


def _named_values(reply: Any) -> Any:
    return {name: text(value) for name, value in text_keys(reply).items()}


def _named(reply: Any) -> Any:
    return text_keys(reply)


def _all_named(reply: Any) -> Any:
    return [text_keys(row) for row in reply]


def _pending(reply: Any) -> dict[str, Any]:
    consumers = [{"name": name, "pending": int(count)} for name, count in reply[3] or ()]
    return {"pending": reply[0], "min": reply[1], "max": reply[2], "consumers": consumers}


def _pending_entries(reply: Any) -> list[dict[str, Any]]:
    names = ("message_id", "consumer", "time_since_delivered", "times_delivered")
    return [dict(zip(names, row)) for row in reply]
