"""Replies as redis-py gives them, and words out of what redis-py takes: what typed methods call."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from miniredis._core import DataError, ok

__all__ = [
    "DataError",
    "autoclaimed",
    "claimed",
    "client",
    "clients",
    "coordinates",
    "counted",
    "entries",
    "flattened",
    "info_sections",
    "integers",
    "limited",
    "listed",
    "ms_of",
    "ms_since_1970",
    "ok",
    "pairs",
    "placed",
    "pong",
    "raw",
    "real",
    "s_of",
    "s_since_1970",
    "scanned",
    "scanned_fields",
    "scanned_scores",
    "scored",
    "streams",
    "text",
    "text_keys",
    "tupled",
]


def text(value: Any) -> Any:
    """Return bytes as str, anything else as it is."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def listed(keys: Any, more: Iterable[Any] = ()) -> list[Any]:
    """Return one value or many as a list."""
    if isinstance(keys, (str, bytes, bytearray, memoryview, int, float)):
        return [keys, *more]
    return [*keys, *more]


def pairs(mapping: Mapping[Any, Any]) -> list[Any]:
    """Return keys and values in turn."""
    if not mapping:
        raise DataError("an empty mapping says nothing to write")
    return [word for pair in mapping.items() for word in pair]


def _whole(value: datetime.timedelta, unit: datetime.timedelta) -> int:
    return value // unit


def limited(words: list[Any], offset: Any, num: Any) -> None:
    """Add a range of what is found."""
    if (offset is None) != (num is None):
        raise DataError("a range has both an offset and a number of members, or neither")
    if offset is not None:
        words += ("LIMIT", offset, num)


def s_of(value: Any) -> Any:
    """Return a span of time in seconds."""
    if isinstance(value, datetime.timedelta):
        return _whole(value, datetime.timedelta(seconds=1))
    return value


def ms_of(value: Any) -> Any:
    """Return a span of time in milliseconds."""
    if isinstance(value, datetime.timedelta):
        return _whole(value, datetime.timedelta(milliseconds=1))
    return value


def s_since_1970(value: Any) -> Any:
    """Return a moment as Unix seconds; one without a zone is local time, as redis-py has it."""
    return int(value.timestamp()) if isinstance(value, datetime.datetime) else value


def ms_since_1970(value: Any) -> Any:
    """Return a moment as Unix milliseconds."""
    return int(value.timestamp() * 1000) if isinstance(value, datetime.datetime) else value


def pong(reply: Any) -> bool:
    """Return whether the answer is the usual one."""
    return reply in (b"PONG", "PONG")


def tupled(reply: Any) -> Any:
    """Return an array as a tuple, and nothing as None."""
    return tuple(reply) if reply else None


def scored(reply: Any) -> Any:
    """Return members and scores as tuples."""
    if not reply:
        return reply
    if isinstance(reply[0], list):
        return [(member, score) for member, score in reply]
    return list(zip(reply[::2], reply[1::2], strict=False))


def flattened(reply: Any) -> Any:
    """Return fields and values in turn."""
    if reply and isinstance(reply[0], list):
        return [word for pair in reply for word in pair]
    return reply


def scanned(reply: Any) -> tuple[int, Any]:
    """Return the cursor as a number, and what was found."""
    return int(reply[0]), reply[1]


def scanned_fields(reply: Any) -> tuple[int, dict[Any, Any]]:
    """Return the cursor, and fields with their values."""
    found = reply[1]
    return int(reply[0]), dict(zip(found[::2], found[1::2], strict=False))


def scanned_scores(reply: Any) -> tuple[int, list[tuple[Any, float]]]:
    """Return the cursor, and members with their scores."""
    found = reply[1]
    return int(reply[0]), [(m, float(s)) for m, s in zip(found[::2], found[1::2], strict=False)]


def raw(reply: Any) -> bytes | None:
    """Return bytes that are no text, whether replies are decoded or not."""
    return reply.encode("utf-8", "surrogateescape") if isinstance(reply, str) else reply


def real(reply: Any) -> float | None:
    """Return a number that came as text, and nothing as None."""
    return None if reply is None else float(reply)


def coordinates(reply: Any) -> list[tuple[float, float] | None]:
    """Return places as longitude and latitude."""
    return [None if place is None else (float(place[0]), float(place[1])) for place in reply]


def placed(withdist: bool, withhash: bool, withcoord: bool, reply: Any) -> Any:
    """Return members with what was asked of each, in the order in which it comes."""
    if not isinstance(reply, list):
        return reply
    makers: list[Any] = [lambda member: member]
    makers += [float] if withdist else []
    makers += [int] if withhash else []
    makers += [lambda place: (float(place[0]), float(place[1]))] if withcoord else []
    return [[make(part) for make, part in zip(makers, one, strict=True)] for one in reply]


def integers(reply: Any) -> tuple[int, ...]:
    """Return numbers that came as text."""
    return tuple(int(n) for n in reply)


def _fields(flat: Any) -> Any:
    return None if flat is None else dict(zip(flat[::2], flat[1::2], strict=False))


def entries(reply: Any) -> Any:
    """Return a stream's entries as tuples of their number and their fields."""
    return None if reply is None else [(e[0], _fields(e[1])) for e in reply]


def streams(reply: Any) -> Any:
    """Return the entries of several streams."""
    if not reply:
        return []
    return [[name, entries(found)] for name, found in reply.items()]


def claimed(reply: Any) -> Any:
    """Return claimed entries; those that are gone were left out by the node."""
    return entries(reply)


def autoclaimed(reply: Any) -> Any:
    """Return where to go on, what was claimed, and what had been deleted."""
    return [reply[0], entries(reply[1]), *reply[2:]]


def text_keys(reply: Any) -> dict[Any, Any]:
    """Return a map whose names are text."""
    if isinstance(reply, list):
        reply = dict(zip(reply[::2], reply[1::2], strict=False))
    return {text(key): value for key, value in reply.items()}


def _number(value: str) -> Any:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _info_value(value: str) -> Any:
    if "," not in value or "=" not in value:
        return _number(value)
    parts = (part.partition("=") for part in value.split(","))
    return {name: _number(part) for name, _, part in parts}


def info_sections(reply: Any) -> dict[str, Any]:
    """Return INFO's lines as a map, numbers as numbers."""
    found = {}
    for line in text(reply).splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            found[name] = _info_value(value)
    return found


def client(reply: Any) -> dict[str, str]:
    """Return one line about a client as a map."""
    words = (word.partition("=") for word in text(reply).strip().split(" "))
    return {name: value for name, _, value in words}


def clients(reply: Any) -> list[dict[str, str]]:
    """Return lines about clients as maps."""
    return [client(line) for line in text(reply).splitlines()]


def counted(reply: Any) -> list[tuple[Any, int]]:
    """Return names with their counts."""
    if isinstance(reply, dict):
        return list(reply.items())
    return list(zip(reply[::2], reply[1::2], strict=False))
