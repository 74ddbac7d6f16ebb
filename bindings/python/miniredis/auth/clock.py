"""Times: milliseconds since 1970 inside, RFC 3339 outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone

# Milliseconds since 1970.
Clock = Callable[[], int]

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def system_clock() -> int:
    """Return what time it is."""
    return time.time_ns() // 1_000_000


def rfc3339(at: int) -> str:
    """Return a time as answers have it."""
    moment = datetime.fromtimestamp(at / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_or_none(at: int | None) -> str | None:
    """Return a time as answers have it, or nothing."""
    return None if at is None else rfc3339(at)
