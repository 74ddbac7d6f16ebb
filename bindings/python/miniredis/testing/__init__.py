"""For tests: nodes in the test's own process, with redis-py's clients on them.

Needs redis-py. As a pytest plugin it gives the fixtures of `miniredis._pytest`.

>>> from miniredis.testing import FakeRedis
>>> client = FakeRedis(decode_responses=True)
>>> client.incr("visits")
1
"""

from __future__ import annotations

from miniredis.testing.redis_py import (
    AsyncNodeConnection,
    FakeAsyncRedis,
    FakeAsyncStrictRedis,
    FakeRedis,
    FakeServer,
    FakeStrictRedis,
    NodeConnection,
    async_connection_pool,
    connection_pool,
)

__all__ = [
    "AsyncNodeConnection",
    "FakeAsyncRedis",
    "FakeAsyncStrictRedis",
    "FakeRedis",
    "FakeServer",
    "FakeStrictRedis",
    "NodeConnection",
    "async_connection_pool",
    "connection_pool",
]
