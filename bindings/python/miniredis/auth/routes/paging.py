"""Pages of a list: by the key of the last item that was shown."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from miniredis._service.problems import Problem
from miniredis.auth.wire import Page

Row = TypeVar("Row")
Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")]
Cursor = Annotated[
    str | None, Query(max_length=400, description="next_cursor of the page before this one.")
]


def cursor_of(key: str) -> str:
    """Return the cursor behind an item."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str | None) -> str:
    """Return the key that a cursor stands for; empty at the beginning.

    Raises
    ------
    Problem
        It is none of ours.
    """
    if cursor is None:
        return ""
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as failure:
        raise Problem("invalid-argument", "cursor: take a next_cursor", "cursor") from failure
    if not key.isprintable():
        raise Problem("invalid-argument", "cursor: take a next_cursor", "cursor")
    return key


def page_of(
    rows: Sequence[Row], limit: int, show: Callable[[Row], Item], key: Callable[[Row], str]
) -> Page[Item]:
    """Return a page, out of one row more than it shows where there are so many."""
    shown = rows[:limit]
    following = cursor_of(key(shown[-1])) if len(rows) > limit else None
    return Page(items=[show(row) for row in shown], next_cursor=following)
