"""Pipelines and transactions: many commands in one go."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from miniredis import _core
from miniredis._commands import PipelineCommands

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

__all__ = ["Pipeline", "blocking_commands", "transaction"]


@cache
def blocking_commands() -> frozenset[str]:
    """Return the names of commands that may wait for a key."""
    return frozenset(i["name"] for i in _core.command_infos() if "blocking" in i["flags"])


def name_of(words: tuple[Any, ...]) -> str:
    """Return the command's name in upper case."""
    word = words[0]
    return (word if isinstance(word, str) else bytes(word).decode(errors="replace")).upper()


class Pipeline(PipelineCommands[Any]):
    """Commands that are collected and run together by `execute`.

    With `transaction` they run between MULTI and EXEC, with nothing of others in between. After
    `watch` commands run at once, until `multi`; `execute` then raises WatchError if a watched key
    was changed. One thread at a time.

    >>> import miniredis
    >>> node = miniredis.open(decode_responses=True)
    >>> with node.pipeline() as p:
    ...     p.set("a", 1).incr("a").execute()
    [True, 2]
    """

    def __init__(self, node: _core.Node[Any], transaction: bool = True) -> None:
        self._node = node
        self._transaction = transaction
        self._commands: list[tuple[Any, tuple[Any, ...]]] = []
        self._session: _core.Session[Any] | None = None
        self._watching = False
        self._explicit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()

    def __len__(self) -> int:
        return len(self._commands)

    def __bool__(self) -> bool:
        return True

    def _run(self, convert: Any, *words: Any) -> Any:
        if self._watching and not self._explicit:
            reply = self._own_session().execute(*words)
            return reply if convert is None else convert(reply)
        self._commands.append((convert, words))
        return self

    def execute_command(self, *words: Any) -> Any:
        """Add a command by its words; its reply comes as it is."""
        if not words:
            raise _core.DataError("a command has at least its name")
        return self._run(None, name_of(words), *words[1:])

    def _own_session(self) -> _core.Session[Any]:
        if self._session is None:
            self._session = self._node.open_session()
        return self._session

    def watch(self, *names: Any) -> bool:
        """Let `execute` fail if one of the keys is changed until then."""
        if self._explicit:
            raise _core.MiniRedisError("watch comes before multi")
        self._own_session().execute("WATCH", *names)
        self._watching = True
        return True

    def unwatch(self) -> bool:
        """Forget what is watched."""
        if self._watching:
            self._own_session().execute("UNWATCH")
            self._watching = False
        return True

    def multi(self) -> None:
        """Collect from here on, after `watch`."""
        if self._explicit:
            raise _core.MiniRedisError("multi was called already")
        if self._commands:
            raise _core.MiniRedisError("multi comes before the first command")
        self._explicit = True

    def reset(self) -> None:
        """Forget commands and watched keys."""
        self._commands = []
        self.unwatch()
        self._explicit = False

    def discard(self) -> None:
        """Forget the commands."""
        self.reset()

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Run what was collected; return the replies in order.

        Parameters
        ----------
        raise_on_error
            Whether the first error is raised, when all have run. Otherwise errors stand among the
            replies.

        Raises
        ------
        WatchError
            A watched key was changed; nothing has run.
        ResponseError
            A command was answered with an error.
        """
        commands = self._commands
        try:
            if not commands and not self._watching:
                return []
            replies: list[Any]
            if self._transaction or self._explicit:
                replies = self._run_transaction(commands)
            else:
                replies = self._run_plain(commands)
            return self._finish(commands, replies, raise_on_error)
        finally:
            self.reset()

    def _run_plain(self, commands: list[tuple[Any, tuple[Any, ...]]]) -> list[Any]:
        if blocking_commands().isdisjoint({words[0] for _, words in commands}):
            return self._node.execute_batch([words for _, words in commands])
        # One that waits must be open to Ctrl-C, and holds up those behind it as on a connection.
        replies: list[Any] = []
        for _, words in commands:
            try:
                replies.append(self._node.execute(*words))
            except _core.ResponseError as error:
                replies.append(error)
        return replies

    def _run_transaction(self, commands: list[tuple[Any, tuple[Any, ...]]]) -> list[Any]:
        words = [("MULTI",), *(words for _, words in commands), ("EXEC",)]
        replies = self._own_session().execute_batch(words)
        self._watching = False  # EXEC forgets what was watched
        if isinstance(replies[0], _core.ResponseError):
            raise replies[0]
        executed = replies[-1]
        if isinstance(executed, _core.ResponseError):
            for at, reply in enumerate(replies[1:-1]):
                if isinstance(reply, _core.ResponseError):
                    raise _told(at, commands[at][1], reply)
            raise executed
        if executed is None:
            raise _core.WatchError("a watched key was changed")
        return list(executed)

    @staticmethod
    def _finish(
        commands: list[tuple[Any, tuple[Any, ...]]], replies: list[Any], raise_on_error: bool
    ) -> list[Any]:
        for at, ((convert, words), reply) in enumerate(zip(commands, replies, strict=False)):
            if isinstance(reply, _core.ResponseError):
                if raise_on_error:
                    raise _told(at, words, reply)
            elif convert is not None:
                replies[at] = convert(reply)
        return replies


def _told(at: int, words: tuple[Any, ...], error: _core.ResponseError) -> _core.ResponseError:
    """Return the error with the command that it is of."""
    shown = " ".join(w if isinstance(w, str) else repr(w) for w in words)
    shown = shown if len(shown) <= 100 else shown[:97] + "..."
    return type(error)(f"Command # {at + 1} ({shown}) of pipeline caused error: {error}")


def transaction(
    self: _core.Node[Any],
    func: Callable[[Pipeline], Any],
    *watches: Any,
    shard_hint: str | None = None,
    value_from_callable: bool = False,
    watch_delay: float | None = None,
) -> Any:
    """Run `func` with a pipeline that watches keys, again and again until none was changed.

    Returns the replies, or what `func` returned with `value_from_callable`. `watch_delay`: seconds
    before the next try. `shard_hint` means nothing here.
    """
    with Pipeline(self) as pipe:
        while True:
            try:
                if watches:
                    pipe.watch(*watches)
                value = func(pipe)
                replies = pipe.execute()
            except _core.WatchError:
                if watch_delay is not None and watch_delay > 0:
                    time.sleep(watch_delay)
                continue
            return value if value_from_callable else replies
