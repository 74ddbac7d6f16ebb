"""The same as coroutines, for asyncio.

>>> import asyncio, miniredis.aio
>>> async def main():
...     node = miniredis.aio.open(decode_responses=True)
...     await node.set("greeting", "hello")
...     return await node.get("greeting")
>>> asyncio.run(main())
'hello'

No thread is started. A command of some microseconds runs at once, in the thread of the loop:
handing it over would cost fifty times what it takes. One that waits for a key, or works for long,
is begun on a session of its own; the engine's threads bring it to its end, and wake the loop
through a descriptor. What a long command does before it is cut in slices, and with it what the loop
waits for, is about a millisecond.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

import miniredis
from miniredis import _core
from miniredis._commands import AsyncCommands
from miniredis._pipeline import Pipeline as _Pipeline
from miniredis._pipeline import name_of
from miniredis._pubsub import PubSub as _PubSub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from typing_extensions import Self

__all__ = ["Node", "Pipeline", "PubSub", "open"]

_DATA = {
    *("string", "generic", "list", "set", "sorted-set", "hash", "stream"),
    *("bitmap", "hyperloglog", "geo", "scripting"),
}


@cache
def _on_data() -> frozenset[str]:
    return frozenset(i["name"] for i in _core.command_infos() if i["group"] in _DATA)


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    came = loop.create_future()

    def note() -> None:
        if not came.done():
            came.set_result(None)

    loop.add_reader(descriptor, note)
    try:
        await came
    finally:
        loop.remove_reader(descriptor)


class Node(AsyncCommands[Any]):
    """A node whose commands are coroutines. Any number of tasks of one loop may use it."""

    def __init__(self, node: _core.Node[Any]) -> None:
        self.node = node
        self._attempt = node._attempt  # looked up once, not by each command
        self._idle: list[_core.Session[Any]] = []

    async def _run(self, convert: Any, *words: Any) -> Any:
        reply = self._attempt(*words)
        if reply is NotImplemented:
            if name_of(words) in _on_data():
                reply = await self._long(words)
            else:
                reply = self.node.execute(*words)
        return reply if convert is None else convert(reply)

    async def execute(self, *words: Any) -> Any:
        """Run one command by its words; return its reply as it is."""
        return await self._run(None, *words)

    async def _long(self, words: tuple[Any, ...]) -> Any:
        session = self._idle.pop() if self._idle else self.node.open_session()
        reply = session._start(*words)
        while reply is NotImplemented:
            try:
                await _readable(session.fileno())
            except BaseException:
                # One that can't be taken back goes on to its end, and its session with it.
                session.cancel()
                raise
            session.take_pushes()
            reply = session._finish()
        self._idle.append(session)
        return reply

    async def _walk(self, step: Callable[[int], Any]) -> AsyncIterator[Any]:
        cursor = 0
        while True:
            cursor, found = await step(cursor)
            for item in found.items() if isinstance(found, dict) else found:
                yield item
            if cursor == 0:
                return

    def pipeline(self, transaction: bool = True) -> Pipeline:
        """Collect commands to run them together."""
        return Pipeline(self.node, transaction)

    def pubsub(self, ignore_subscribe_messages: bool = False) -> PubSub:
        """Make a subscriber."""
        return PubSub(self.node, ignore_subscribe_messages)


class Pipeline(_Pipeline):
    """Commands that are collected; `execute` runs them at once, in the thread of the loop."""

    async def __aenter__(self) -> Self:
        """Give itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Forget what is left."""
        self.reset()

    def _run(self, convert: Any, *words: Any) -> Any:
        if self._watching and not self._explicit:
            return _given(super()._run(convert, *words))
        self._commands.append((convert, words))
        return self

    async def watch(self, *names: Any) -> bool:  # type: ignore[override]
        """Let `execute` fail if one of the keys is changed until then."""
        return super().watch(*names)

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # type: ignore[override]
        """Run what was collected; return the replies in order."""
        return super().execute(raise_on_error)


async def _given(value: Any) -> Any:
    return value


class PubSub(_PubSub):
    """A subscriber whose waits are coroutines."""

    async def __aenter__(self) -> Self:
        """Give itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave all channels."""
        self.close()

    async def subscribe(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Listen to channels; those given by keyword have a handler."""
        super().subscribe(*args, **kwargs)

    async def psubscribe(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Listen to all channels that match patterns."""
        super().psubscribe(*args, **kwargs)

    async def unsubscribe(self, *args: Any) -> None:  # type: ignore[override]
        """Leave channels, or all."""
        super().unsubscribe(*args)

    async def punsubscribe(self, *args: Any) -> None:  # type: ignore[override]
        """Leave patterns, or all."""
        super().punsubscribe(*args)

    async def get_message(  # type: ignore[override]
        self, ignore_subscribe_messages: bool = False, timeout: float | None = 0.0
    ) -> dict[str, Any] | None:
        """Return the next message, or None if none came within `timeout` seconds."""
        push = self._next()
        if push is None and timeout != 0.0:
            try:
                push = await asyncio.wait_for(self._wait(), timeout)
            except asyncio.TimeoutError:
                return None
        return None if push is None else self.handle(push, ignore_subscribe_messages)

    async def _wait(self) -> list[Any] | None:
        while not self._closed and not self._session.closed:
            await _readable(self._session.fileno())
            push = self._next()
            if push is not None:
                return push
        return None

    async def listen(self) -> AsyncIterator[dict[str, Any]]:  # type: ignore[override]
        """Give out messages until nothing is subscribed to."""
        while self.subscribed and not self._session.closed:
            message = await self.get_message(timeout=None)
            if message is not None:
                yield message


def open(**options: Any) -> Node:  # noqa: A001 (as miniredis.open)
    """Open a node of a private engine; the options are those of `miniredis.open`."""
    return Node(miniredis.open(**options))
