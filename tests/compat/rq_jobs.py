"""Jobs that a worker of rq does."""

from __future__ import annotations


def add(a: int, b: int) -> int:
    """Return the sum."""
    return a + b


def fail(text: str) -> None:
    """Fail."""
    raise ValueError(text)
