"""Tests of a program that uses Redis, without a Redis: pytest's fixtures of miniredis.testing.

Run with ``pytest examples/python/test_with_fixtures.py``; the fixtures come with the package.
"""

from __future__ import annotations

from typing import Any


class Visits:
    """A program that knows nothing of MiniRedis: it is given a redis.Redis."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def count(self, page: str) -> int:
        """Count a visit; return how many there were."""
        return int(self.client.hincrby("visits", page, 1))

    def most_visited(self) -> str:
        """Return the page with the most visits."""
        pages = self.client.hgetall("visits")
        return str(max(pages, key=lambda page: int(pages[page])).decode())


def test_visits_are_counted(redis_client: Any) -> None:
    """Count some."""
    visits = Visits(redis_client)
    assert [visits.count("/"), visits.count("/"), visits.count("/about")] == [1, 2, 1]
    assert visits.most_visited() == "/"


def test_every_test_starts_with_nothing(redis_client: Any) -> None:
    """Find nothing of the test before."""
    assert Visits(redis_client).count("/") == 1
