"""MiniRedis: isolated, Redis-compatible nodes in this very process.

>>> import miniredis
>>> node = miniredis.open(memory_limit="10mb", decode_responses=True)
>>> node.set("greeting", "hello")
True
>>> node.get("greeting")
'hello'
>>> node.execute("STRLEN", "greeting")
5

`open` gives one node of an engine of its own. For several nodes, tenants and sockets make an
`Engine`, then tenants of it, then nodes of those; a `Server` gives nodes TCP ports.

Every call may be made from any thread, but for those of a `Session`, which is one client. The GIL
is released while a call waits or works for long. docs/python.md tells the rest.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal, overload

from miniredis import _core
from miniredis._commands import Commands
from miniredis._core import (
    AlreadyExistsError,
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,  # noqa: A004
    DataError,
    Engine,
    ExecAbortError,
    InvalidArgumentError,
    IoError,
    LimitReachedError,
    MiniRedisError,
    Node,
    NoPermissionError,
    NoScriptError,
    NotFoundError,
    OutOfMemoryError,
    PermissionDeniedError,
    ProtocolError,
    PubSubError,
    ReadOnlyError,
    ResponseError,
    Server,
    Session,
    ShuttingDownError,
    Tenant,
    ThrottledError,
    TimeoutError,  # noqa: A004
    UnauthorizedError,
    WatchError,
    WrongStateError,
    __version__,
    link_to_redis,
    redis_version,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miniredis._pipeline import Pipeline
    from miniredis._pubsub import Monitor, PubSub

__all__ = [
    "AlreadyExistsError",
    "AuthenticationError",
    "BusyLoadingError",
    "Commands",
    "ConnectionError",
    "DataError",
    "Engine",
    "ExecAbortError",
    "InvalidArgumentError",
    "IoError",
    "LimitReachedError",
    "MiniRedisError",
    "NoPermissionError",
    "NoScriptError",
    "Node",
    "NotFoundError",
    "OutOfMemoryError",
    "PermissionDeniedError",
    "ProtocolError",
    "PubSubError",
    "ReadOnlyError",
    "ResponseError",
    "Server",
    "Session",
    "ShuttingDownError",
    "Tenant",
    "ThrottledError",
    "TimeoutError",
    "UnauthorizedError",
    "WatchError",
    "WrongStateError",
    "__version__",
    "link_to_redis",
    "open",
    "redis_version",
]


def pipeline(self: Node[Any], transaction: bool = True, shard_hint: Any = None) -> Pipeline:
    """Collect commands to run them together; see `miniredis._pipeline.Pipeline`."""
    from miniredis._pipeline import Pipeline

    return Pipeline(self, transaction)


def transaction(self: Node[Any], *arguments: Any, **options: Any) -> Any:
    """Run a function with a pipeline until no watched key was changed under it."""
    from miniredis import _pipeline

    return _pipeline.transaction(self, *arguments, **options)


def pubsub(self: Node[Any], ignore_subscribe_messages: bool = False) -> PubSub:
    """Make a subscriber; see `miniredis._pubsub.PubSub`."""
    from miniredis._pubsub import PubSub

    return PubSub(self, ignore_subscribe_messages)


def monitor(self: Node[Any]) -> Monitor:
    """Watch every command that the node runs."""
    from miniredis._pubsub import Monitor

    return Monitor(self)


def _complete(kind: Any, *more: Any) -> None:
    """Give a compiled type the commands, as if it derived from Commands.

    The type outlives this module: it may have them from an earlier import.
    """
    for base in reversed(Commands.__mro__[:-1]):
        for name, member in vars(base).items():
            if callable(member) and not name.startswith("__"):
                if not isinstance(vars(kind).get(name, _complete), FunctionType):
                    raise ImportError(f"{kind.__name__} has a {name} of its own")
                setattr(kind, name, member)
    for function in more:
        setattr(kind, function.__name__, function)
    kind.__class_getitem__ = classmethod(lambda cls, _: cls)


_complete(_core.Node, pipeline, transaction, pubsub, monitor)
_complete(_core.Session)
del pipeline, transaction, pubsub, monitor


@overload
def open(  # noqa: A001
    *,
    memory_limit: int | str = ...,
    eviction_policy: str = ...,
    config: Mapping[str, str] | None = ...,
    decode_responses: Literal[False] = ...,
) -> Node[bytes]: ...
@overload
def open(  # noqa: A001
    *,
    memory_limit: int | str = ...,
    eviction_policy: str = ...,
    config: Mapping[str, str] | None = ...,
    decode_responses: Literal[True],
) -> Node[str]: ...
@overload
def open(  # noqa: A001
    *,
    memory_limit: int | str = ...,
    eviction_policy: str = ...,
    config: Mapping[str, str] | None = ...,
    decode_responses: bool,
) -> Node[Any]: ...
def open(  # noqa: A001 (miniredis.open reads well, and nobody imports it bare)
    *,
    memory_limit: int | str = "40mb",
    eviction_policy: str = "noeviction",
    config: Mapping[str, str] | None = None,
    decode_responses: bool = False,
) -> Node[Any]:
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
