"""MiniRedis: isolated, Redis-compatible nodes in this very process.

>>> import miniredis
>>> node = miniredis.open(memory_limit="10mb", decode_responses=True)
>>> node.execute("SET", "greeting", "hello")
'OK'
>>> node.execute("GET", "greeting")
'hello'

`open` gives one node of an engine of its own. For several nodes, tenants and sockets make an
`Engine`, then tenants of it, then nodes of those; a `Server` gives nodes TCP ports.

Every call may be made from any thread, but for those of a `Session`, which is one client. The GIL
is released while a call waits or works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from miniredis._core import (
    AlreadyExistsError,
    Engine,
    InvalidArgumentError,
    IoError,
    LimitReachedError,
    MiniRedisError,
    Node,
    NotFoundError,
    OutOfMemoryError,
    PermissionDeniedError,
    ProtocolError,
    ResponseError,
    Server,
    Session,
    ShuttingDownError,
    Tenant,
    UnauthorizedError,
    WrongStateError,
    __version__,
    redis_version,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AlreadyExistsError",
    "Engine",
    "InvalidArgumentError",
    "IoError",
    "LimitReachedError",
    "MiniRedisError",
    "Node",
    "NotFoundError",
    "OutOfMemoryError",
    "PermissionDeniedError",
    "ProtocolError",
    "ResponseError",
    "Server",
    "Session",
    "ShuttingDownError",
    "Tenant",
    "UnauthorizedError",
    "WrongStateError",
    "__version__",
    "open",
    "redis_version",
]


def open(  # noqa: A001 (miniredis.open reads well, and nobody imports it bare)
    *,
    memory_limit: int | str = "40mb",
    eviction_policy: str = "noeviction",
    config: Mapping[str, str] | None = None,
    decode_responses: bool = False,
) -> Node:
    """Open a node of a private engine.

    The engine has one shard and lives as long as the node, or anything made from it, is held.

    Parameters
    ----------
    memory_limit
        What the node may hold, in bytes or as a text such as ``"10mb"``; at least 1 MiB.
    eviction_policy
        What happens at the limit: ``noeviction``, ``allkeys-lru``, ``allkeys-lfu``,
        ``allkeys-random``, ``volatile-lru``, ``volatile-lfu``, ``volatile-random``,
        ``volatile-ttl``.
    config
        Further parameters by their CONFIG names.
    decode_responses
        Whether strings in replies are ``str`` rather than ``bytes``. Bytes that are not UTF-8
        become lone surrogates (``surrogateescape``), so nothing is lost.

    Returns
    -------
    Node
        A running node.

    Raises
    ------
    MiniRedisError
        An option is out of its range; the text names the range.
    """
    tenant = Engine(shards=1).create_tenant("default")
    return tenant.create_node(
        "default",
        memory_limit=memory_limit,
        eviction_policy=eviction_policy,
        config=dict(config or {}),
        decode_responses=decode_responses,
    )
