"""redis-py on a node of this process: connections, pools and clients without a socket.

>>> import redis
>>> import miniredis
>>> from miniredis.testing import connection_pool
>>> client = redis.Redis(connection_pool=connection_pool(miniredis.open()))
>>> client.set("greeting", "hello")
True
>>> client.get("greeting")
b'hello'

`FakeRedis`, `FakeStrictRedis`, `FakeAsyncRedis` and `FakeServer` have the names that users of
fakeredis know; behind them is the engine itself.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import redis
import redis.asyncio
import redis.asyncio.connection
import redis.connection

import miniredis
from miniredis.testing.wire import Wire, WireError, WireSocket

if TYPE_CHECKING:
    from collections.abc import Iterable

READ_BYTES = 64 * 1024
REFUSED = "FakeServer is not connected"


class FakeServer:
    """A node that clients share.

    Parameters
    ----------
    node
        The node; by default a fresh one of an engine of its own.
    connected
        Set to False, and every command of every client raises ``redis.ConnectionError``.
    **options
        For `miniredis.open`, where there is no node.
    """

    _by_address: ClassVar[weakref.WeakValueDictionary[str, FakeServer]] = (
        weakref.WeakValueDictionary()
    )
    _lock = threading.Lock()

    def __init__(
        self, node: miniredis.Node[Any] | None = None, *, connected: bool = True, **options: Any
    ) -> None:
        self.node = miniredis.open(**options) if node is None else node
        self.connected = connected

    @classmethod
    def at(cls, address: str) -> FakeServer:
        """Return the server of an address, made at the first time; gone with its last client."""
        with cls._lock:
            server = cls._by_address.get(address)
            if server is None:
                server = cls()
                cls._by_address[address] = server
            return server


class NodeConnection(redis.connection.Connection):
    """redis-py's connection to a node of this process."""

    def __init__(self, server: FakeServer, **options: Any) -> None:
        self._server = server
        super().__init__(**options)

    def _connect(self) -> Any:
        if not self._server.connected:
            raise ConnectionError(REFUSED)
        return WireSocket(self._server.node, self.socket_timeout)

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send, unless the server is said to be away."""
        if not self._server.connected:
            self.disconnect()
            raise redis.ConnectionError(REFUSED)
        super().send_packed_command(command, check_health)

    def can_read(self, timeout: float = 0) -> bool:
        """Tell whether a reply is there, or comes within so many seconds.

        Raises
        ------
        redis.ConnectionError
            The node has ended the connection.
        """
        if self._sock is None:
            self.connect()
        reader: Any = getattr(self._parser, "_reader", None)  # hiredis' parser, and the other one
        buffer: Any = getattr(self._parser, "_buffer", None)
        if hasattr(reader, "has_data") and reader.has_data():
            return True
        if hasattr(buffer, "unread_bytes") and buffer.unread_bytes():
            return True
        opened: Any = self._sock
        if not opened.can_read(timeout):
            return False
        if opened.ended:
            self.disconnect()
            raise redis.ConnectionError("the node has ended the connection")
        return True

    def repr_pieces(self) -> list[tuple[str, Any]]:
        """Say what it is connected to."""
        return [("node", self._server.node.name), ("db", self.db)]


class WireWriter:
    """As much of an asyncio.StreamWriter as redis-py uses; what comes back goes to a reader."""

    def __init__(self, wire: Wire, reader: asyncio.StreamReader) -> None:
        self._wire = wire
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        self._watched: set[int] = set()
        self._closed = False

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._wire.send(data)
        except WireError as failure:
            raise ConnectionResetError(str(failure)) from failure
        self._receive()

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Send many."""
        self.write(b"".join(lines))

    async def drain(self) -> None:
        """Return at once: nothing is kept back."""

    def close(self) -> None:
        """End the connection."""
        if self._closed:
            return
        self._closed = True
        for descriptor in self._watched:
            self._loop.remove_reader(descriptor)
        self._watched.clear()
        self._wire.close()
        self._reader.feed_eof()

    def is_closing(self) -> bool:
        """Tell whether it is at its end."""
        return self._closed

    async def wait_closed(self) -> None:
        """Return at once."""

    def get_extra_info(self, _: str, default: Any = None) -> Any:
        """Return the default: there is no socket to tell of."""
        return default

    def _receive(self) -> None:
        if self._closed:
            return
        while data := self._wire.take(READ_BYTES):
            self._reader.feed_data(data)
        wanted = set(self._wire.descriptors())
        for descriptor in self._watched - wanted:
            self._loop.remove_reader(descriptor)
        for descriptor in wanted - self._watched:
            self._loop.add_reader(descriptor, self._receive)
        self._watched = wanted
        if self._wire.ended:
            self.close()


class AsyncNodeConnection(redis.asyncio.connection.Connection):
    """redis-py's asyncio connection to a node of this process."""

    def __init__(self, server: FakeServer, **options: Any) -> None:
        self._server = server
        super().__init__(**options)

    async def _connect(self) -> None:
        if not self._server.connected:
            raise ConnectionError(REFUSED)
        reader = asyncio.StreamReader(limit=2**30)
        self._reader = reader
        self._writer = WireWriter(Wire(self._server.node), reader)  # type: ignore[assignment]

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send, unless the server is said to be away."""
        if not self._server.connected:
            await self.disconnect()
            raise redis.ConnectionError(REFUSED)
        await super().send_packed_command(command, check_health)

    def repr_pieces(self) -> list[tuple[str, Any]]:
        """Say what it is connected to."""
        return [("node", self._server.node.name), ("db", self.db)]


def server_of(node: miniredis.Node[Any] | FakeServer) -> FakeServer:
    """Return a node as a server."""
    return node if isinstance(node, FakeServer) else FakeServer(node)


def connection_pool(node: miniredis.Node[Any] | FakeServer, **options: Any) -> redis.ConnectionPool:
    """Return a pool of connections to a node, for ``redis.Redis(connection_pool=...)``.

    Parameters
    ----------
    node
        The node.
    **options
        As ``redis.ConnectionPool`` takes them: ``db``, ``decode_responses``, ``protocol``, ...
    """
    return redis.ConnectionPool(connection_class=NodeConnection, server=server_of(node), **options)


def async_connection_pool(
    node: miniredis.Node[Any] | FakeServer, **options: Any
) -> redis.asyncio.ConnectionPool:
    """Return the same for ``redis.asyncio.Redis(connection_pool=...)``."""
    return redis.asyncio.ConnectionPool(
        connection_class=AsyncNodeConnection, server=server_of(node), **options
    )


# Options of clients that are about sockets, or fakeredis' own.
NOT_FOR_POOLS = {"host", "port", "server", "version", "connected", "singleton", "lua_modules"}


def split_options(options: dict[str, Any]) -> tuple[FakeServer, dict[str, Any]]:
    """Return the server that a client's options name, and what is left for its pool."""
    server = options.get("server")
    if server is None and ("host" in options or "port" in options):
        address = f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
        server = FakeServer.at(address)
    if server is None:
        server = FakeServer()
    if not isinstance(server, FakeServer):
        raise TypeError(f"server is a FakeServer, not a {type(server).__name__}")
    if not options.get("connected", True):
        server.connected = False
    rest = {name: value for name, value in options.items() if name not in NOT_FOR_POOLS}
    return server, rest


def options_of_url(url: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return what a URL says beside options: ``redis://host:port/db``."""
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError(f"{url!r}: a URL is redis://, rediss:// or unix://")
    found: dict[str, Any] = {"host": parts.hostname or parts.path, "port": parts.port or 6379}
    if parts.scheme != "unix" and parts.path.strip("/"):
        found["db"] = int(parts.path.strip("/"))
    return {**found, **options}


class FakeRedis(redis.Redis):
    """A ``redis.Redis`` on a node of this process.

    Parameters
    ----------
    server
        The `FakeServer` to share; without one, and without ``host`` and ``port``, a fresh one.
        Clients of the same ``host`` and ``port`` share one.
    **options
        As ``redis.Redis`` takes them.
    """

    def __init__(self, **options: Any) -> None:
        server, rest = split_options(options)
        super().__init__(connection_pool=connection_pool(server, **rest))

    @classmethod
    def from_url(cls, url: str, **options: Any) -> FakeRedis:
        """Return a client of the server of an address."""
        return cls(**options_of_url(url, options))


class FakeAsyncRedis(redis.asyncio.Redis):
    """A ``redis.asyncio.Redis`` on a node of this process; options as `FakeRedis` has them."""

    def __init__(self, **options: Any) -> None:
        server, rest = split_options(options)
        super().__init__(connection_pool=async_connection_pool(server, **rest))

    @classmethod
    def from_url(  # type: ignore[override]
        cls, url: str, **options: Any
    ) -> FakeAsyncRedis:
        """Return a client of the server of an address."""
        return cls(**options_of_url(url, options))


FakeStrictRedis = FakeRedis
FakeAsyncStrictRedis = FakeAsyncRedis
