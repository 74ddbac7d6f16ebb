"""A rate limiter: so many requests of a client in a sliding window, counted in a sorted set."""

from __future__ import annotations

import time

import miniredis


class RateLimiter:
    """At most `limit` requests within `window_seconds`, for each client."""

    def __init__(self, node: miniredis.Node[str], limit: int, window_seconds: float) -> None:
        self.node = node
        self.limit = limit
        self.window = window_seconds
        self.count = 0

    def allow(self, client: str, now: float) -> bool:
        """Count a request made at `now`, in seconds; tell whether it may be served."""
        self.count += 1
        name = f"requests:{client}"
        with self.node.pipeline() as pipe:
            pipe.zremrangebyscore(name, "-inf", now - self.window)
            pipe.zadd(name, {f"{now}:{self.count}": now})
            pipe.zcard(name)
            pipe.expire(name, int(self.window) + 1)
            _, _, within, _ = pipe.execute()
        if within <= self.limit:
            return True
        self.node.zrem(name, f"{now}:{self.count}")
        return False


def main() -> None:
    """Ask too often, then later."""
    limiter = RateLimiter(miniredis.open(decode_responses=True), limit=5, window_seconds=60)
    now = time.time()
    assert [limiter.allow("ada", now + n) for n in range(8)] == [True] * 5 + [False] * 3
    assert limiter.allow("bob", now), "others have a count of their own"
    assert not limiter.allow("ada", now + 59)
    assert limiter.allow("ada", now + 61)
    print("five requests in a minute, and no more, for each client")


if __name__ == "__main__":
    main()
