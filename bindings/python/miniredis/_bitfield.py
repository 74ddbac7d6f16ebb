"""BITFIELD step by step, as redis-py has it."""

from __future__ import annotations

from typing import Any

__all__ = ["BitFieldOperation"]


class BitFieldOperation:
    """Gathers the steps of one BITFIELD, as redis-py's does; `execute` runs them.

    Parameters
    ----------
    run
        What runs a command: takes what makes the reply, or None, and the words.
    key
        The string that holds the fields.
    default_overflow
        How increments overflow unless a step says otherwise: ``WRAP``, ``SAT`` or ``FAIL``.
    """

    def __init__(self, run: Any, key: Any, default_overflow: str | None = None) -> None:
        self._run = run
        self._key = key
        self._default_overflow = default_overflow or "WRAP"
        self.reset()

    def reset(self) -> None:
        """Forget all steps."""
        self.operations: list[tuple[Any, ...]] = []
        self._last_overflow = "WRAP"
        self.overflow(self._default_overflow)

    def overflow(self, overflow: str) -> BitFieldOperation:
        """Say how the steps behind this one overflow: ``WRAP``, ``SAT`` or ``FAIL``."""
        overflow = overflow.upper()
        if overflow != self._last_overflow:
            self._last_overflow = overflow
            self.operations.append(("OVERFLOW", overflow))
        return self

    def incrby(
        self, fmt: str, offset: int | str, increment: int, overflow: str | None = None
    ) -> BitFieldOperation:
        """Add to a field, such as ``u8`` at bit 16 or ``"#2"``."""
        if overflow is not None:
            self.overflow(overflow)
        self.operations.append(("INCRBY", fmt, offset, increment))
        return self

    def get(self, fmt: str, offset: int | str) -> BitFieldOperation:
        """Read a field."""
        self.operations.append(("GET", fmt, offset))
        return self

    def set(self, fmt: str, offset: int | str, value: int) -> BitFieldOperation:
        """Set a field; its answer is what was there."""
        self.operations.append(("SET", fmt, offset, value))
        return self

    @property
    def command(self) -> list[Any]:
        """The words of the command so far."""
        return ["BITFIELD", self._key, *(word for step in self.operations for word in step)]

    def execute(self) -> Any:
        """Run all steps as one command; return an answer for each."""
        command = self.command
        self.reset()
        return self._run(None, *command)
