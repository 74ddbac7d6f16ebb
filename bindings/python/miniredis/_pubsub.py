"""Subscribers and MONITOR, as iterators."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from miniredis import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

__all__ = ["Monitor", "PubSub", "PubSubWorkerThread"]

_CONFIRMATIONS = {
    *("subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe")
}


def _kind(push: list[Any]) -> str:
    return push[0].decode() if isinstance(push[0], bytes) else str(push[0])


class PubSub:
    """A subscriber of a node.

    Messages are maps of ``type``, ``pattern``, ``channel`` and ``data``. A channel can have a
    handler, which is then called in the place of giving the message out. `get_message` and `listen`
    wait with the GIL released; other threads may subscribe meanwhile.

    >>> import miniredis
    >>> node = miniredis.open(decode_responses=True)
    >>> with node.pubsub(ignore_subscribe_messages=True) as p:
    ...     p.subscribe("news")
    ...     node.publish("news", "hello")
    ...     p.get_message(timeout=1)["data"]
    1
    'hello'
    """

    def __init__(self, node: _core.Node[Any], ignore_subscribe_messages: bool = False) -> None:
        self._session = node.open_session()
        self.ignore_subscribe_messages = ignore_subscribe_messages
        self.channels: dict[Any, Callable[[Any], Any] | None] = {}
        self.patterns: dict[Any, Callable[[Any], Any] | None] = {}
        self.shard_channels: dict[Any, Callable[[Any], Any] | None] = {}
        self._came: deque[list[Any]] = deque()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def subscribed(self) -> bool:
        """Whether there is a channel or a pattern to listen to."""
        return bool(self.channels or self.patterns or self.shard_channels)

    def close(self) -> None:
        """Leave all channels; waiting threads return."""
        if not self._closed:
            self._closed = True
            self.channels.clear()
            self.patterns.clear()
            self.shard_channels.clear()
            self._session.execute("UNSUBSCRIBE")
            self._session.execute("PUNSUBSCRIBE")
            self._session.execute("SUNSUBSCRIBE")

    def _key(self, name: Any) -> Any:
        return name.encode("utf-8", "surrogateescape") if isinstance(name, str) else bytes(name)

    def _tell(self, command: str, names: list[Any]) -> None:
        if self._closed:
            raise _core.PubSubError("the subscriber is closed")
        self._came.extend(self._session.take_pushes())
        reply = self._session.execute(command, *names)
        if isinstance(reply, list):
            self._came.append(reply)
        self._came.extend(self._session.take_pushes())

    def subscribe(self, *args: Any, **kwargs: Callable[[Any], Any]) -> None:
        """Listen to channels; those given by keyword have a handler."""
        self._enter("SUBSCRIBE", self.channels, args, kwargs)

    def psubscribe(self, *args: Any, **kwargs: Callable[[Any], Any]) -> None:
        """Listen to all channels that match patterns."""
        self._enter("PSUBSCRIBE", self.patterns, args, kwargs)

    def ssubscribe(self, *args: Any, **kwargs: Callable[[Any], Any]) -> None:
        """Listen to shard channels; those given by keyword have a handler."""
        self._enter("SSUBSCRIBE", self.shard_channels, args, kwargs)

    def _enter(self, command: str, into: Any, args: Any, handlers: Any) -> None:
        names = [n for a in args for n in (a if isinstance(a, (list, tuple, set)) else (a,))]
        given = {self._key(n): None for n in names} | {self._key(n): h for n, h in handlers.items()}
        if not given:
            raise _core.DataError(f"{command} takes at least one name")
        into.update(given)
        self._tell(command, list(given))

    def unsubscribe(self, *args: Any) -> None:
        """Leave channels, or all."""
        self._leave("UNSUBSCRIBE", self.channels, args)

    def punsubscribe(self, *args: Any) -> None:
        """Leave patterns, or all."""
        self._leave("PUNSUBSCRIBE", self.patterns, args)

    def sunsubscribe(self, *args: Any) -> None:
        """Leave shard channels, or all."""
        self._leave("SUNSUBSCRIBE", self.shard_channels, args)

    def _leave(self, command: str, of: Any, args: Any) -> None:
        names = [
            self._key(n) for a in args for n in (a if isinstance(a, (list, tuple, set)) else (a,))
        ]
        self._tell(command, names)
        for name in names or list(of):
            of.pop(name, None)

    def _next(self) -> list[Any] | None:
        if not self._came:
            self._came.extend(self._session.take_pushes())
        while self._came:
            push = self._came.popleft()
            if not (self.ignore_subscribe_messages and _kind(push) in _CONFIRMATIONS):
                return push
        return None

    def handle(self, push: list[Any], ignore: bool) -> dict[str, Any] | None:
        """Return a push as a message, or None if it was for a handler or is to be ignored."""
        kind = _kind(push)
        if kind in _CONFIRMATIONS:
            if ignore:
                return None
            return {"type": kind, "pattern": None, "channel": push[1], "data": push[2]}
        pattern = push[1] if kind == "pmessage" else None
        message = {"type": kind, "pattern": pattern, "channel": push[-2], "data": push[-1]}
        handlers = {"pmessage": self.patterns, "smessage": self.shard_channels}.get(
            kind, self.channels
        )
        handler = handlers.get(self._key(pattern if pattern is not None else push[-2]))
        if handler is None:
            return message
        handler(message)
        return None

    def get_message(
        self, ignore_subscribe_messages: bool = False, timeout: float | None = 0.0
    ) -> dict[str, Any] | None:
        """Return the next message, or None if none came within `timeout` seconds.

        With None it waits until there is one, or until the session is closed.
        """
        push = self._next()
        while push is None:
            came = self._session.wait_push(timeout)
            push = self._next()
            if push is None and (not came or self._closed or self._session.closed):
                return None
            if push is None and timeout is not None:
                return None
        return self.handle(push, ignore_subscribe_messages)

    def listen(self) -> Iterator[dict[str, Any]]:
        """Give out messages until nothing is subscribed to."""
        while self.subscribed and not self._session.closed:
            message = self.get_message(timeout=0.1)
            if message is not None:
                yield message

    def run_in_thread(
        self,
        sleep_time: float = 1.0,
        daemon: bool = False,
        exception_handler: Callable[[BaseException, PubSub, threading.Thread], None] | None = None,
    ) -> PubSubWorkerThread:
        """Start a thread that calls the handlers; every name has one."""
        names = (self.channels, self.patterns, self.shard_channels)
        if any(handler is None for each in names for handler in each.values()):
            raise _core.PubSubError("a channel or pattern has no handler")
        thread = PubSubWorkerThread(self, sleep_time, daemon, exception_handler)
        thread.start()
        return thread


class PubSubWorkerThread(threading.Thread):
    """Calls the handlers of a subscriber until it is stopped."""

    def __init__(
        self, pubsub: PubSub, sleep_time: float, daemon: bool, exception_handler: Any
    ) -> None:
        super().__init__(daemon=daemon)
        self._pubsub = pubsub
        self._sleep_time = sleep_time
        self._exception_handler = exception_handler
        self._running = threading.Event()
        self._running.set()

    def run(self) -> None:
        """Wait for messages."""
        while self._running.is_set():
            try:
                self._pubsub.get_message(True, self._sleep_time)
            except BaseException as error:
                if self._exception_handler is None:
                    raise
                self._exception_handler(error, self._pubsub, self)
        self._pubsub.close()

    def stop(self) -> None:
        """End after the wait that is under way; join() waits for that."""
        self._running.clear()


class Monitor:
    """Every command that the node runs, as it runs."""

    def __init__(self, node: _core.Node[Any]) -> None:
        self._session = node.open_session()
        self._session.execute("MONITOR")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.execute("QUIT")

    def listen(self, timeout: float | None = None) -> Iterator[str]:
        """Give out lines as MONITOR has them; end when none came for `timeout` seconds."""
        while self._session.wait_push(timeout):
            for line in self._session.take_pushes():
                yield line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)
            if self._session.closed:
                return
