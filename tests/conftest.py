"""Servers that tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.servers import ServerProcess, start_redis, start_standalone

pytest_plugins = ["pytester"]

# With MINIREDIS_TEST_TARGET=redis-server, tests of the wire run against redis-server instead: a way
# to see whether a test asks for what Redis does.
REFERENCE = os.environ.get("MINIREDIS_TEST_TARGET") == "redis-server"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[ServerProcess]:
    """Start a redis-server."""
    server = start_redis()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_node() -> Iterator[ServerProcess]:
    """Start one node for tests that leave it as they found it."""
    server = start_redis() if REFERENCE else start_standalone("--maxmemory", "1gb")
    yield server
    server.stop()


@pytest.fixture
def node(shared_node: ServerProcess) -> Iterator[ServerProcess]:
    """Give the shared node, and hold the test to not having ended it."""
    assert shared_node.alive(), f"an earlier test ended the server:\n{shared_node.output()}"
    yield shared_node
    assert shared_node.alive(), f"the server ended:\n{shared_node.output()}"
