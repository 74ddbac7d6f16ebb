"""Commands on bits of strings whose shape in redis-py no rule gives; see __init__.py."""

# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from miniredis._bitfield import BitFieldOperation
from miniredis._replies import DataError

if TYPE_CHECKING:
    from miniredis._commands import Word

__all__ = ["Bits"]


class Bits:
    """What the generator cannot make."""

    _run: Any

    def bitcount(
        self,
        key: Word,
        start: int | None = None,
        end: int | None = None,
        mode: Literal["BYTE", "BIT"] | None = None,
    ) -> int:
        """Count the bits that are set, in a range of bytes, or of bits with `mode` ``BIT``."""
        if (start is None) != (end is None):
            raise DataError("a range has both a start and an end, or neither")
        if mode is not None and start is None:
            raise DataError("mode says what start and end count: give them too")
        words = [word for word in (start, end, mode) if word is not None]
        return self._run(None, "BITCOUNT", key, *words)

    def bitpos(
        self,
        key: Word,
        bit: int,
        start: int | None = None,
        end: int | None = None,
        mode: Literal["BYTE", "BIT"] | None = None,
    ) -> int:
        """Return the place of the first bit that is 1 or 0, or -1."""
        if bit not in {0, 1}:
            raise DataError("bit is 0 or 1")
        if start is None and end is not None:
            raise DataError("a range with an end has a start")
        if mode is not None and end is None:
            raise DataError("mode says what start and end count: give them too")
        words = [word for word in (start, end, mode) if word is not None]
        return self._run(None, "BITPOS", key, bit, *words)

    def bitop(
        self, operation: Literal["AND", "OR", "XOR", "NOT"] | str, dest: Word, *keys: Word
    ) -> int:
        """Combine strings bit by bit into `dest`; return its length."""
        return self._run(None, "BITOP", operation, dest, *keys)

    def bitfield(self, key: Word, default_overflow: str | None = None) -> Any:
        """Return what gathers the steps of one BITFIELD: ``.set(...).incrby(...).execute()``."""
        return BitFieldOperation(self._run, key, default_overflow)

    def bitfield_ro(
        self,
        key: Word,
        encoding: str,
        offset: int | str,
        items: list[tuple[str, int | str]] | None = None,
    ) -> list[int]:
        """Read a field, and those of `items`."""
        words: list[Any] = ["GET", encoding, offset]
        for kind, place in items or ():
            words += ("GET", kind, place)
        return self._run(None, "BITFIELD_RO", key, *words)
