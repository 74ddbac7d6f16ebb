"""A cache that may forget: results of slow work, kept for a while, the least used evicted first."""

from __future__ import annotations

import json
import time
from typing import Any

import miniredis


class Cache:
    """Results by key, within so much memory."""

    def __init__(self, memory: str, seconds: float) -> None:
        self.node = miniredis.open(memory_limit=memory, eviction_policy="allkeys-lfu")
        self.milliseconds = int(seconds * 1000)

    def get_or_make(self, key: str, make: Any) -> Any:
        """Return what is kept under the key, or make it and keep it."""
        kept = self.node.get(key)
        if kept is not None:
            return json.loads(kept)
        made = make()
        self.node.set(key, json.dumps(made), px=self.milliseconds)
        return made


def main() -> None:
    """Ask for more results than there is room for, some of them often."""
    cache = Cache("2mb", seconds=60)
    calls = 0

    def slow(number: int) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        return {"number": number, "text": "x" * 1000}

    for number in range(5000):
        cache.get_or_make(f"report:{number}", lambda: slow(number))  # noqa: B023
        assert cache.get_or_make("report:popular", lambda: slow(-1))["number"] == -1
    stats = cache.node.stats()
    print(f"{calls} results made, {stats['hits']} taken from the cache, {stats['evicted']} evicted")
    assert calls <= 5010
    assert stats["evicted"] > 0
    # What is evicted is what the next write needs: the last one may stand a little above.
    assert cache.node.memory_used_bytes <= (2 << 20) + 4096

    brief = Cache("2mb", seconds=0.05)
    brief.get_or_make("k", lambda: 1)
    time.sleep(0.1)
    assert brief.get_or_make("k", lambda: 2) == 2


if __name__ == "__main__":
    main()
