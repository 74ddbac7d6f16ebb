"""The fixtures, as tests of other people's projects have them."""

from __future__ import annotations

from typing import Any

import miniredis
import pytest
import redis
import redis.asyncio
from miniredis.testing.plugin import RunningServer


@pytest.mark.parametrize("_", range(3))
def test_a_client_finds_nothing_of_other_tests(redis_client: redis.Redis, _: int) -> None:
    assert redis_client.dbsize() == 0
    redis_client.set("k", "v")
    assert redis_client.get("k") == b"v"


def test_node_client_and_server_are_one(
    miniredis_node: miniredis.Node[bytes],
    redis_client: redis.Redis,
    miniredis_server: RunningServer,
) -> None:
    redis_client.set("k", "v")
    assert miniredis_node.get("k") == b"v"
    with redis.Redis.from_url(miniredis_server.url) as outside:
        assert outside.get("k") == b"v"
        outside.set("k", "w")
    assert redis_client.get("k") == b"w"


@pytest.mark.asyncio
async def test_an_asyncio_client(async_redis_client: redis.asyncio.Redis) -> None:
    async with async_redis_client as client:
        await client.set("k", "v")
        assert await client.get("k") == b"v"


def test_it_works_in_a_project_of_its_own(pytester: Any) -> None:
    pytester.makepyfile(
        """
        def test_counts(redis_client):
            assert redis_client.incr("n") == 1

        def test_starts_anew(redis_client):
            assert redis_client.incr("n") == 1
        """
    )
    done = pytester.runpytest("-p", "miniredis.testing.plugin", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=2)
