"""The fixtures, as tests of other people's projects have them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import miniredis
import pytest
import redis
import redis.asyncio
from miniredis._pytest import RunningServer


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
    done = pytester.runpytest("-p", "miniredis._pytest", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=2)


def test_it_loads_where_redis_py_is_not_there() -> None:
    code = """
import sys
class NoRedis:
    def find_spec(self, name, path=None, target=None):
        if name == "redis" or name.startswith("redis."):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoRedis())
import miniredis._pytest
print(miniredis.open().execute("ECHO", "here"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("b'here'\n", 0), done.stderr
