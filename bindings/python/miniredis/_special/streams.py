"""Commands on streams whose shape in redis-py no rule gives; see __init__.py."""

# ruff: noqa: A002 (the names are redis-py's)
# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import DataError, autoclaimed, claimed, listed, ok, pairs, text_keys
from miniredis._replies import streams as read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miniredis._commands import T, Word

__all__ = ["Streams"]


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


def _named(reply: Any) -> Any:
    return text_keys(reply)


def _all_named(reply: Any) -> Any:
    return [text_keys(row) for row in reply]


def _pending(reply: Any) -> dict[str, Any]:
    consumers = [{"name": name, "pending": int(count)} for name, count in reply[3] or ()]
    return {"pending": reply[0], "min": reply[1], "max": reply[2], "consumers": consumers}


def _pending_entries(reply: Any) -> list[dict[str, Any]]:
    names = ("message_id", "consumer", "time_since_delivered", "times_delivered")
    return [dict(zip(names, row, strict=False)) for row in reply]


class Streams:
    """What the generator cannot make."""

    _run: Any

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
    ) -> T:
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
        """Return entries after those given; wait for some for `block` milliseconds."""
        words: list[Any] = ["XREAD"]
        words += ("COUNT", count) if count is not None else ()
        words += ("BLOCK", block) if block is not None else ()
        return self._run(read, *_read_streams(words, streams))

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
        return self._run(read, *_read_streams(words, streams))

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
    ) -> bool:
        """Make a group that reads after `id`."""
        words: list[Any] = ["XGROUP", "CREATE", name, groupname, id]
        words += ("MKSTREAM",) if mkstream else ()
        words += ("ENTRIESREAD", entries_read) if entries_read is not None else ()
        return self._run(ok, *words)

    def xgroup_setid(
        self, name: Word, groupname: Word, id: Word, entries_read: int | None = None
    ) -> bool:
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
    ) -> list[dict[str, Any]]:
        """Return entries of a group that are not acknowledged."""
        words: list[Any] = ["XPENDING", name, groupname]
        words += ("IDLE", idle) if idle is not None else ()
        words += (min, max, count)
        words += (consumername,) if consumername is not None else ()
        return self._run(_pending_entries, *words)
