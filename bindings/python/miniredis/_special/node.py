"""Commands on the node and its clients whose shape in redis-py no rule gives; see __init__.py."""

# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import DataError, clients, info_sections, listed, ok, pong, text, text_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miniredis._commands import T, Word

__all__ = ["Node"]


def _named_values(reply: Any) -> Any:
    return {name: text(value) for name, value in text_keys(reply).items()}


class Node:
    """What the generator cannot make."""

    _run: Any

    def client_kill(self, address: str) -> Any:
        """Close the connection of an address."""
        return self._run(ok, "CLIENT", "KILL", address)

    def client_kill_filter(
        self,
        _id: int | None = None,
        _type: str | None = None,
        addr: str | None = None,
        skipme: bool | None = None,
        laddr: str | None = None,
        user: str | None = None,
        maxage: int | None = None,
    ) -> int:
        """Close connections that match; return how many."""
        words: list[Any] = []
        for token, given in (
            ("ID", _id),
            ("TYPE", _type),
            ("ADDR", addr),
            ("LADDR", laddr),
            ("USER", user),
            ("MAXAGE", maxage),
        ):
            words += (token, given) if given is not None else ()
        if skipme is not None:
            words += ("SKIPME", "YES" if skipme else "NO")
        if not words:
            raise DataError("client_kill_filter takes at least one filter")
        return self._run(None, "CLIENT", "KILL", *words)

    def client_list(
        self, _type: str | None = None, client_id: Sequence[int] = ()
    ) -> list[dict[str, str]]:
        """Return the node's clients."""
        words: list[Any] = ["CLIENT", "LIST"]
        words += ("TYPE", _type) if _type is not None else ()
        words += ("ID", *listed(client_id)) if client_id else ()
        return self._run(clients, *words)

    def client_pause(self, timeout: int, all: bool = True) -> bool:  # noqa: A002
        """Hold back the commands of clients, or only their writes, for so many milliseconds."""
        return self._run(ok, "CLIENT", "PAUSE", timeout, "ALL" if all else "WRITE")

    def client_unblock(self, client_id: int, error: bool = False) -> bool:
        """End a client's wait."""
        return self._run(bool, "CLIENT", "UNBLOCK", client_id, *(("ERROR",) if error else ()))

    def client_reply(self, reply: str) -> Any:
        """Refused by the node: a call has one reply."""
        return self._run(None, "CLIENT", "REPLY", reply)

    def config_get(self, pattern: Word = "*", *args: Word) -> dict[str, str]:
        """Return parameters by their names."""
        return self._run(_named_values, "CONFIG", "GET", pattern, *args)

    def config_set(self, name: Word, value: Word, *args: Word) -> bool:
        """Set parameters."""
        return self._run(ok, "CONFIG", "SET", name, value, *args)

    def info(self, section: Word | None = None, *args: Word) -> dict[str, Any]:
        """Return INFO as a map."""
        return self._run(info_sections, "INFO", *(() if section is None else (section,)), *args)

    def pubsub_channels(self, pattern: Word = "*") -> list[T]:
        """Return channels that somebody listens to."""
        return self._run(None, "PUBSUB", "CHANNELS", pattern)

    def pubsub_shardchannels(self, pattern: Word = "*") -> list[T]:
        """Return shard channels that somebody listens to."""
        return self._run(None, "PUBSUB", "SHARDCHANNELS", pattern)

    def lolwut(self, *version_numbers: float | str) -> Any:
        """Return which Redis version the node behaves as."""
        return self._run(
            None, "LOLWUT", *(("VERSION", *version_numbers) if version_numbers else ())
        )

    def replicaof(self, *args: Word) -> T:
        """Have the node be no replica, which it never is: `replicaof("NO", "ONE")`."""
        return self._run(None, "REPLICAOF", *args)

    def ping(self) -> bool:
        """Return whether the node answers."""
        return self._run(pong, "PING")

    def command_list(
        self, module: str | None = None, category: str | None = None, pattern: str | None = None
    ) -> list[T]:
        """Return the names of commands."""
        words: list[Any] = ["COMMAND", "LIST"]
        for token, given in (("MODULE", module), ("ACLCAT", category), ("PATTERN", pattern)):
            words += ("FILTERBY", token, given) if given is not None else ()
        return self._run(None, *words)
