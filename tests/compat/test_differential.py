"""The same random streams to redis-server and to MiniRedis; see differential.py."""

from __future__ import annotations

import os

import pytest

from tests.compat import differential
from tests.servers import ServerProcess

SEED = int(os.environ.get("MINIREDIS_SEED", "1"))
COUNT = int(os.environ.get("MINIREDIS_COUNT", "12000"))


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("pipelined", [False, True], ids=["one-by-one", "pipelined"])
def test_same_replies_and_same_keys(
    redis_server: ServerProcess, node: ServerProcess, protocol: int, pipelined: bool
) -> None:
    difference = differential.run(
        redis_server, node, seed=SEED, count=COUNT, protocol=protocol, pipelined=pipelined
    )
    assert difference is None, difference
