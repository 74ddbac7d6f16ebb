"""Commands on places in sorted sets whose shape in redis-py no rule gives; see __init__.py."""

# ruff: noqa: A002 (the names are redis-py's)
# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from miniredis._replies import DataError, coordinates, placed, real

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miniredis._commands import Word

__all__ = ["Places"]

_UNITS = ("m", "km", "mi", "ft")


def _unit(unit: str | None) -> str:
    if unit is None:
        return "m"
    if unit.lower() not in _UNITS:
        raise DataError(f"unit is one of {', '.join(_UNITS)}")
    return unit


def _order(words: list[Any], sort: str | None, count: int | None, any: bool) -> None:
    """Add in which order places come, and how many."""
    if any and count is None:
        raise DataError("any takes the first that are found: say how many by count")
    if count is not None:
        words += ("COUNT", count, "ANY") if any else ("COUNT", count)
    if sort is not None:
        if sort.upper() not in {"ASC", "DESC"}:
            raise DataError("sort is ASC or DESC")
        words.append(sort.upper())


def _around(
    words: list[Any],
    member: Any,
    longitude: float | None,
    latitude: float | None,
    unit: str,
    radius: float | None,
    width: float | None,
    height: float | None,
) -> None:
    """Add the shape that is searched."""
    if (longitude is None) != (latitude is None):
        raise DataError("longitude and latitude are given both or not at all")
    if (member is None) == (longitude is None):
        raise DataError("a search begins at a member or at longitude and latitude")
    if (width is None) != (height is None):
        raise DataError("width and height are given both or not at all")
    if (radius is None) == (width is None):
        raise DataError("a search has a radius or width and height")
    words += ("FROMMEMBER", member) if longitude is None else ("FROMLONLAT", longitude, latitude)
    words += ("BYRADIUS", radius) if width is None else ("BYBOX", width, height)
    words.append(_unit(unit))


class Places:
    """What the generator cannot make."""

    _run: Any

    def geoadd(
        self,
        name: Word,
        values: Sequence[Word],
        nx: bool = False,
        xx: bool = False,
        ch: bool = False,
    ) -> int:
        """Add places, given as longitude, latitude and member in turn; return how many are new."""
        if nx and xx:
            raise DataError("geoadd takes one of nx, xx")
        if not values or len(values) % 3 != 0:
            raise DataError("values are longitude, latitude and member in turn")
        words = [w for w, wanted in (("NX", nx), ("XX", xx), ("CH", ch)) if wanted]
        return self._run(None, "GEOADD", name, *words, *values)

    def geodist(
        self, name: Word, place1: Word, place2: Word, unit: str | None = None
    ) -> float | None:
        """Return how far two members are apart, in metres unless `unit` says otherwise."""
        words = () if unit is None else (_unit(unit),)
        return self._run(real, "GEODIST", name, place1, place2, *words)

    def geopos(self, name: Word, *values: Word) -> list[tuple[float, float] | None]:
        """Return longitude and latitude of members."""
        return self._run(coordinates, "GEOPOS", name, *values)

    def geosearch(
        self,
        name: Word,
        member: Word | None = None,
        longitude: float | None = None,
        latitude: float | None = None,
        unit: str = "m",
        radius: float | None = None,
        width: float | None = None,
        height: float | None = None,
        sort: str | None = None,
        count: int | None = None,
        any: bool = False,
        withcoord: bool = False,
        withdist: bool = False,
        withhash: bool = False,
    ) -> Any:
        """Return members inside of a circle or a box; with more of each, lists."""
        words: list[Any] = ["GEOSEARCH", name]
        _around(words, member, longitude, latitude, unit, radius, width, height)
        _order(words, sort, count, any)
        return self._found(words, withdist, withhash, withcoord)

    def geosearchstore(
        self,
        dest: Word,
        name: Word,
        member: Word | None = None,
        longitude: float | None = None,
        latitude: float | None = None,
        unit: str = "m",
        radius: float | None = None,
        width: float | None = None,
        height: float | None = None,
        sort: str | None = None,
        count: int | None = None,
        any: bool = False,
        storedist: bool = False,
    ) -> int:
        """Store members inside of a circle or a box in `dest`; return how many."""
        words: list[Any] = ["GEOSEARCHSTORE", dest, name]
        _around(words, member, longitude, latitude, unit, radius, width, height)
        _order(words, sort, count, any)
        return self._run(None, *words, *(("STOREDIST",) if storedist else ()))

    def georadius(
        self,
        name: Word,
        longitude: float,
        latitude: float,
        radius: float,
        unit: str | None = None,
        withdist: bool = False,
        withcoord: bool = False,
        withhash: bool = False,
        count: int | None = None,
        sort: str | None = None,
        store: Word | None = None,
        store_dist: Word | None = None,
        any: bool = False,
    ) -> Any:
        """Return members around a place, or store them; geosearch is its newer name."""
        words: list[Any] = ["GEORADIUS", name, longitude, latitude, radius, _unit(unit)]
        _order(words, sort, count, any)
        return self._stored(words, store, store_dist, withdist, withhash, withcoord)

    def georadiusbymember(
        self,
        name: Word,
        member: Word,
        radius: float,
        unit: str | None = None,
        withdist: bool = False,
        withcoord: bool = False,
        withhash: bool = False,
        count: int | None = None,
        sort: str | None = None,
        store: Word | None = None,
        store_dist: Word | None = None,
        any: bool = False,
    ) -> Any:
        """Return members around another, or store them; geosearch is its newer name."""
        words: list[Any] = ["GEORADIUSBYMEMBER", name, member, radius, _unit(unit)]
        _order(words, sort, count, any)
        return self._stored(words, store, store_dist, withdist, withhash, withcoord)

    def georadius_ro(
        self,
        name: Word,
        longitude: float,
        latitude: float,
        radius: float,
        unit: str | None = None,
        withdist: bool = False,
        withcoord: bool = False,
        withhash: bool = False,
        count: int | None = None,
        sort: str | None = None,
        any: bool = False,
    ) -> Any:
        """Return members around a place; geosearch is its newer name."""
        words: list[Any] = ["GEORADIUS_RO", name, longitude, latitude, radius, _unit(unit)]
        _order(words, sort, count, any)
        return self._found(words, withdist, withhash, withcoord)

    def georadiusbymember_ro(
        self,
        name: Word,
        member: Word,
        radius: float,
        unit: str | None = None,
        withdist: bool = False,
        withcoord: bool = False,
        withhash: bool = False,
        count: int | None = None,
        sort: str | None = None,
        any: bool = False,
    ) -> Any:
        """Return members around another; geosearch is its newer name."""
        words: list[Any] = ["GEORADIUSBYMEMBER_RO", name, member, radius, _unit(unit)]
        _order(words, sort, count, any)
        return self._found(words, withdist, withhash, withcoord)

    def _found(self, words: list[Any], withdist: bool, withhash: bool, withcoord: bool) -> Any:
        """Run a search whose members come alone, or each with more."""
        asked = [
            w
            for w, wanted in (
                ("WITHDIST", withdist),
                ("WITHHASH", withhash),
                ("WITHCOORD", withcoord),
            )
            if wanted
        ]
        reply = partial(placed, withdist, withhash, withcoord) if asked else None
        return self._run(reply, *words, *asked)

    def _stored(
        self,
        words: list[Any],
        store: Word | None,
        store_dist: Word | None,
        withdist: bool,
        withhash: bool,
        withcoord: bool,
    ) -> Any:
        """Run a search whose members may go to a key."""
        if store is not None and store_dist is not None:
            raise DataError("members are stored once: give store or store_dist")
        if store is None and store_dist is None:
            return self._found(words, withdist, withhash, withcoord)
        if withdist or withhash or withcoord:
            raise DataError("what is stored does not come with a distance, a hash or a place")
        words += ("STORE", store) if store_dist is None else ("STOREDIST", store_dist)
        return self._run(None, *words)
