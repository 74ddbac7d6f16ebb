"""Commands on sorted sets whose shape in redis-py no rule gives; see __init__.py."""

# ruff: noqa: A002 (the names are redis-py's)
# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import DataError, limited, listed, scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from miniredis._commands import T, Word

__all__ = ["SortedSets"]


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


class SortedSets:
    """What the generator cannot make."""

    _run: Any

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
    ) -> Any:
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
    ) -> Any:
        """Return members by score, from the highest down."""
        return self._ranged(
            ["ZREVRANGEBYSCORE", name, max, min], start, num, withscores, score_cast_func
        )

    def _ranged(self, words: list[Any], offset: Any, num: Any, withscores: bool, cast: Any) -> Any:
        limited(words, offset, num)
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
        limited(words, offset, num)
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
            lambda r: (
                int(r[0]),
                [(m, score_cast_func(s)) for m, s in zip(r[1][::2], r[1][1::2], strict=True)],
            ),
            *words,
        )

    def zmpop(
        self,
        num_keys: int,
        keys: Word | Iterable[Word],
        min: bool | None = False,
        max: bool | None = False,
        count: int | None = 1,
    ) -> Any:
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
    ) -> Any:
        """Take up to `count` members of the first set with some; wait `timeout` seconds."""
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
