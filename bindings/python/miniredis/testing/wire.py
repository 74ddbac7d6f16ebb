"""A node at the other end of a connection that is no socket: bytes in, bytes out.

Programs' clients speak RESP; `Wire` reads their requests, runs them in a session of a node and
writes the replies, in the client's own thread. Nothing is listened on, nothing is copied through
the kernel.
"""

from __future__ import annotations

import errno
import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from miniredis._core import Node, ResponseError, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Their messages come unasked. A session of RESP2 cannot tell such from replies, so these commands
# are given one of RESP3 to themselves, as clients give them a connection of their own.
SUBSCRIBING = {b"SUBSCRIBE", b"PSUBSCRIBE", b"UNSUBSCRIBE", b"PUNSUBSCRIBE", b"MONITOR"}
MOST_ARGUMENT_BYTES = 512 << 20
MOST_PATIENCE_SECONDS = 0.1


class WireError(Exception):
    """What came is no request; the text says why. The connection is of no use any more."""


def bulk(data: bytes) -> bytes:
    """Return a bulk string."""
    return b"$%d\r\n%b\r\n" % (len(data), data)


def encoded(value: Any, protocol: int) -> bytes:
    """Return a reply as RESP writes it."""
    if isinstance(value, bytes):
        return bulk(value)
    if isinstance(value, str):
        return bulk(value.encode("utf-8", "surrogateescape"))
    if value is None:
        return b"$-1\r\n" if protocol == 2 else b"_\r\n"
    if isinstance(value, bool):
        return b"#t\r\n" if value else b"#f\r\n"
    if isinstance(value, int):
        small = -(1 << 63) <= value < 1 << 63
        return b":%d\r\n" % value if small else b"(%d\r\n" % value
    if isinstance(value, float):
        return b",%b\r\n" % repr(value).encode()
    if isinstance(value, Exception):
        return b"-%b\r\n" % str(value).replace("\r", " ").replace("\n", " ").encode()
    if isinstance(value, dict):
        pairs = (encoded(item, protocol) for pair in value.items() for item in pair)
        return b"%%%d\r\n" % len(value) + b"".join(pairs)
    if isinstance(value, (list, tuple, set, frozenset)):
        mark = b"~" if isinstance(value, (set, frozenset)) else b"*"
        items = b"".join(encoded(item, protocol) for item in value)
        return b"%b%d\r\n" % (mark, len(value)) + items
    raise TypeError(f"a reply has a {type(value).__name__}")


class Requests:
    """Takes requests, arrays of bulk strings, out of a stream of bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes as they came."""
        self._bytes += data

    def _number(self, at: int, mark: int) -> tuple[int, int] | None:
        """Read a line such as ``*3``; return its number and where the next line begins."""
        end = self._bytes.find(b"\r\n", at)
        if end < 0:
            return None
        digits = bytes(self._bytes[at + 1 : end])
        if self._bytes[at] != mark or not digits.isdigit() or len(digits) > 10:
            raise WireError(f"{bytes(self._bytes[at:end])!r} where '{chr(mark)}<count>' belongs")
        return int(digits), end + 2

    def _next(self) -> list[bytes] | None:
        head = self._number(0, ord("*")) if self._bytes else None
        if head is None:
            return None
        count, at = head
        words = []
        for _ in range(count):
            size = self._number(at, ord("$")) if at < len(self._bytes) else None
            if size is None:
                return None
            length, begin = size
            if length > MOST_ARGUMENT_BYTES:
                raise WireError(f"an argument of {length} bytes; allowed: {MOST_ARGUMENT_BYTES}")
            if len(self._bytes) < begin + length + 2:
                return None
            words.append(bytes(self._bytes[begin : begin + length]))
            at = begin + length + 2
        del self._bytes[:at]
        return words

    def __iter__(self) -> Iterator[list[bytes]]:
        """Give the requests that are whole."""
        while (words := self._next()) is not None:
            if words:
                yield words


class Wire:
    """One client's connection to a node.

    Any thread may call, one at a time, but for `close`.

    Parameters
    ----------
    node
        What the requests are for.
    """

    def __init__(self, node: Node[Any]) -> None:
        self._node = node
        self._protocol = 2
        self._session: Session[Any] = node.open_session(protocol=2)
        self._subscriber: Session[Any] | None = None
        self._under_way: Session[Any] | None = None
        self._requests = Requests()
        self._waiting: deque[list[bytes]] = deque()
        self._out = bytearray()

    @property
    def ended(self) -> bool:
        """Whether the node has ended the connection and all that it said is taken."""
        return self._session.closed and not self._out

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes of a client; run what is whole.

        Raises
        ------
        WireError
            They are no request.
        """
        self._requests.feed(data)
        self._waiting.extend(self._requests)
        self._go_on()

    def peek(self, most: int) -> bytes:
        """Return bytes for the client, at most so many, and keep them."""
        if not self._out:
            self._go_on()
        return bytes(self._out[:most])

    def take(self, most: int) -> bytes:
        """Return bytes for the client, at most so many; empty when there are none yet."""
        data = self.peek(most)
        del self._out[: len(data)]
        return data

    def descriptors(self) -> list[int]:
        """Return what becomes readable when there may be more to take."""
        sessions = {self._under_way or self._session, self._subscriber or self._session}
        return [session.fileno() for session in sessions]

    def close(self) -> None:
        """End the connection; what it waits for is given up."""
        if self._under_way is not None:
            self._under_way.cancel()

    def _go_on(self) -> None:
        # Pushes first: taking them clears the descriptor, and nothing may be missed after that.
        self._take_pushes()
        if self._under_way is not None:
            session = self._under_way
            self._answer(session, session._finish)
        while self._waiting and self._under_way is None:
            self._run(self._waiting.popleft())
        self._take_pushes()

    def _run(self, words: list[bytes]) -> None:
        name = words[0].upper()
        subscribing = name in SUBSCRIBING
        if self._protocol == 2 and name == b"PING" and self._subscriber is not None:
            self._out += self._push([b"pong", words[1] if len(words) > 1 else b""])
            return
        session = self._subscribed() if subscribing else self._session
        self._take_pushes()
        self._answer(session, lambda: session._start(*words), subscribing)
        if name == b"HELLO" and len(words) > 1 and words[1] in {b"2", b"3"}:
            self._protocol = int(words[1])

    def _subscribed(self) -> Session[Any]:
        if self._protocol == 3:
            self._subscriber = self._session
        elif self._subscriber is None:
            self._subscriber = self._node.open_session(protocol=3)
        return self._subscriber

    def _answer(
        self, session: Session[Any], get: Callable[[], Any], subscribing: bool = False
    ) -> None:
        self._under_way = None
        try:
            reply = get()
        except ResponseError as failure:
            reply = failure
        if reply is NotImplemented:
            self._under_way = session
        elif subscribing and isinstance(reply, list):
            self._out += self._push(reply)
        else:
            self._out += encoded(reply, self._protocol)

    def _push(self, items: Any) -> bytes:
        if isinstance(items, bytes):  # a line of MONITOR
            # Clients know addresses of TCP and of unix sockets; ours is nearer to these.
            return b"+%b\r\n" % items.replace(b" embedded] ", b" unix:embedded] ", 1)
        mark = b">" if self._protocol == 3 else b"*"
        body = b"".join(encoded(item, self._protocol) for item in items)
        return b"%b%d\r\n" % (mark, len(items)) + body

    def _take_pushes(self) -> None:
        for session in {self._session, self._subscriber or self._session}:
            for push in session.take_pushes():
                self._out += self._push(push)


class WireSocket:
    """As much of a socket as a client's connection uses, over a `Wire`."""

    def __init__(self, node: Node[Any], timeout: float | None = None) -> None:
        self._wire = Wire(node)
        self._timeout = timeout
        self._closed = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to receive, ever."""
        return self._closed.is_set() or self._wire.ended

    def settimeout(self, timeout: float | None) -> None:
        """Say how long a call may wait; None: for ever."""
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        """Return how long a call may wait."""
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        """Wait for ever, or never."""
        self._timeout = None if flag else 0.0

    def setsockopt(self, *_: Any) -> None:
        """Do nothing: there is no wire to set anything of."""

    def sendall(self, data: bytes) -> None:
        """Send a request, or a part of one."""
        if self._closed.is_set():
            raise OSError(errno.EBADF, "the connection is closed")
        try:
            self._wire.send(data)
        except WireError as failure:
            raise ConnectionResetError(errno.ECONNRESET, str(failure)) from failure

    def can_read(self, timeout: float | None) -> bool:
        """Tell whether there is something to receive, or the end, within so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while not (self._wire.peek(1) or self.ended):
            rest = None if until is None else until - time.monotonic()
            if rest is not None and rest <= 0:
                return False
            # Another thread's close() rings no descriptor of ours: it is looked for.
            patience = MOST_PATIENCE_SECONDS if rest is None else min(rest, MOST_PATIENCE_SECONDS)
            select.select(self._wire.descriptors(), [], [], patience)
        return True

    def recv(self, size: int) -> bytes:
        """Receive bytes; empty when the connection has ended.

        Raises
        ------
        TimeoutError
            None came in time.
        BlockingIOError
            There are none, and nothing may be waited for.
        """
        if not self.can_read(self._timeout):
            if self._timeout == 0:
                raise BlockingIOError(errno.EAGAIN, "nothing to receive")
            raise TimeoutError("timed out")
        return self._wire.take(size)

    def recv_into(self, buffer: Any, size: int = 0) -> int:
        """Receive bytes into a buffer; return how many."""
        view = memoryview(buffer)
        data = self.recv(size or len(view))
        view[: len(data)] = data
        return len(data)

    def shutdown(self, _: int) -> None:
        """End both directions."""
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._closed.set()
        self._wire.close()
