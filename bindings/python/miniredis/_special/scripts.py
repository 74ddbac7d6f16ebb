"""Commands on scripts whose shape in redis-py no rule gives; see __init__.py."""

# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from miniredis._replies import listed, ok, raw, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miniredis._commands import Word

__all__ = ["Script", "Scripts"]


def _booleans(reply: Any) -> Any:
    return [bool(each) for each in reply]


class Scripts:
    """What the generator cannot make."""

    _run: Any

    def eval(self, script: str, numkeys: int, *keys_and_args: Word) -> Any:
        """Run a script of Lua on so many keys, followed by its other arguments."""
        return self._run(None, "EVAL", script, numkeys, *keys_and_args)

    def eval_ro(self, script: str, numkeys: int, *keys_and_args: Word) -> Any:
        """Run a script that may not write."""
        return self._run(None, "EVAL_RO", script, numkeys, *keys_and_args)

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: Word) -> Any:
        """Run a script that the node was shown already, by its SHA-1."""
        return self._run(None, "EVALSHA", sha, numkeys, *keys_and_args)

    def evalsha_ro(self, sha: str, numkeys: int, *keys_and_args: Word) -> Any:
        """Run a script that the node was shown already and that may not write."""
        return self._run(None, "EVALSHA_RO", sha, numkeys, *keys_and_args)

    def script_debug(self, *args: Word) -> Any:
        """Set the debug mode: there is none but "NO"."""
        return self._run(ok, "SCRIPT", "DEBUG", *args)

    def script_exists(self, *args: Word) -> list[bool]:
        """Tell of each SHA-1 whether the node knows its script."""
        return self._run(_booleans, "SCRIPT", "EXISTS", *args)

    def script_flush(self, sync_type: str | None = None) -> bool:
        """Forget all scripts."""
        return self._run(ok, "SCRIPT", "FLUSH", *((sync_type,) if sync_type else ()))

    def script_kill(self) -> bool:
        """End the script that runs, if it has not written yet."""
        return self._run(ok, "SCRIPT", "KILL")

    def script_load(self, script: str) -> str:
        """Show the node a script; return its SHA-1."""
        return self._run(text, "SCRIPT", "LOAD", script)

    def fcall(self, function: str, numkeys: int, *keys_and_args: Word) -> Any:
        """Call a function of a library on so many keys, followed by its other arguments."""
        return self._run(None, "FCALL", function, numkeys, *keys_and_args)

    def fcall_ro(self, function: str, numkeys: int, *keys_and_args: Word) -> Any:
        """Call a function that said that it does not write."""
        return self._run(None, "FCALL_RO", function, numkeys, *keys_and_args)

    def function_delete(self, library: str) -> bool:
        """Delete a library and its functions."""
        return self._run(ok, "FUNCTION", "DELETE", library)

    def function_dump(self) -> bytes:
        """Return all libraries as bytes that function_restore() takes."""
        return self._run(raw, "FUNCTION", "DUMP")

    def function_flush(self, mode: str = "SYNC") -> bool:
        """Delete all libraries."""
        return self._run(ok, "FUNCTION", "FLUSH", mode)

    def function_kill(self) -> bool:
        """End the function that runs, if it has not written yet."""
        return self._run(ok, "FUNCTION", "KILL")

    def function_list(self, library: str = "*", withcode: bool = False) -> Any:
        """Describe the libraries whose name the pattern matches."""
        code = ("WITHCODE",) if withcode else ()
        return self._run(None, "FUNCTION", "LIST", "LIBRARYNAME", library, *code)

    def function_load(self, code: str, replace: bool = False) -> str:
        """Load a library, in place of one of its name if `replace`; return its name."""
        option = ("REPLACE",) if replace else ()
        return self._run(text, "FUNCTION", "LOAD", *option, code)

    def function_restore(self, payload: bytes, policy: str = "APPEND") -> bool:
        """Load libraries that function_dump() gave: `policy` is APPEND, FLUSH or REPLACE."""
        return self._run(ok, "FUNCTION", "RESTORE", payload, policy)

    def function_stats(self) -> Any:
        """Tell which function runs, and how many libraries there are."""
        return self._run(None, "FUNCTION", "STATS")

    def register_script(self, script: str) -> Script:
        """Return the script as something to call: `script(keys=[...], args=[...])`."""
        return Script(self, script)


class Script:
    """A script of Lua to call again and again.

    Attributes
    ----------
    script
        Its text.
    sha
        The SHA-1 of the text.
    registered_client
        Whom it runs on when a call names nobody else.
    """

    def __init__(self, registered_client: Any, script: str) -> None:
        self.registered_client = registered_client
        self.script = script
        self.sha = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()

    def __call__(
        self,
        keys: Sequence[Word] | None = None,
        args: Sequence[Word] | None = None,
        client: Any = None,
    ) -> Any:
        """Run it. A node finds a script by its text as fast as by its name, so the text is sent."""
        runs_on = self.registered_client if client is None else client
        names = listed(keys or ())
        return runs_on.eval(self.script, len(names), *names, *listed(args or ()))
