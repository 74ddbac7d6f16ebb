"""pytest fixtures: a fresh node a test, by itself, by redis-py without a socket, by a port.

They come with the package; nothing needs to be imported or switched on. Every run of pytest loads
this file, so it must not need redis-py, which only some fixtures do. A node takes microseconds
to make and is gone, with all it held, after its test.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    import redis.asyncio

    import miniredis

COUNTER = itertools.count(1)


@dataclass(frozen=True)
class RunningServer:
    """A node that listens on a port of 127.0.0.1."""

    node: miniredis.Node[bytes]
    host: str
    port: int

    @property
    def url(self) -> str:
        """Its URL, as clients take it."""
        return f"redis://{self.host}:{self.port}/0"


@pytest.fixture(scope="session")
def miniredis_engine() -> miniredis.Engine:
    """Give one engine for all tests of the run."""
    import miniredis

    engine = miniredis.Engine(shards=1)
    engine.create_tenant("tests")
    return engine


@pytest.fixture
def miniredis_node(miniredis_engine: miniredis.Engine) -> Iterator[miniredis.Node[bytes]]:
    """Give a fresh node."""
    tenant = miniredis_engine.find_tenant("tests")
    assert tenant is not None
    node = tenant.create_node(f"test-{next(COUNTER)}")
    yield node
    node.remove()


@pytest.fixture(scope="session")
def miniredis_endpoints(miniredis_engine: miniredis.Engine) -> Iterator[miniredis.Server]:
    """Give what opens ports for nodes."""
    import miniredis

    server = miniredis.Server(miniredis_engine)
    yield server
    server.stop(drain_ms=0)


@pytest.fixture
def miniredis_server(
    miniredis_node: miniredis.Node[bytes], miniredis_endpoints: miniredis.Server
) -> Iterator[RunningServer]:
    """Give a fresh node with a port of its own, for clients that need a socket."""
    port = miniredis_endpoints.listen(miniredis_node, 0)
    yield RunningServer(miniredis_node, "127.0.0.1", port)
    miniredis_endpoints.unlisten(miniredis_node)


@pytest.fixture
def redis_client(miniredis_node: miniredis.Node[bytes]) -> Iterator[redis.Redis]:
    """Give redis-py's client on a fresh node, without a socket."""
    import redis

    from miniredis.testing import connection_pool

    client = redis.Redis(connection_pool=connection_pool(miniredis_node))
    yield client
    client.close()
    client.connection_pool.disconnect()


@pytest.fixture
def async_redis_client(miniredis_node: miniredis.Node[bytes]) -> Any:
    """Give redis-py's asyncio client on a fresh node; the test closes it, in its own loop."""
    import redis.asyncio

    from miniredis.testing import async_connection_pool

    return redis.asyncio.Redis(connection_pool=async_connection_pool(miniredis_node))
