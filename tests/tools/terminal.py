"""A program on a terminal of its own: what a person types and sees."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from types import TracebackType


class Terminal:
    """Runs a program on a pseudo-terminal.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        Variables added to those of this process.
    """

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.output = ""
        self._seen = 0
        self._status: int | None = None
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm", **environment})

    def __enter__(self) -> Terminal:
        """Return the terminal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program."""
        if self._status is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    def type(self, text: str) -> None:
        """Send keys."""
        os.write(self._fd, text.encode())

    def expect(self, pattern: str, seconds: float = 10) -> re.Match[str]:
        """Wait until output that was not matched yet matches `pattern`."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.output[self._seen :])
            if found:
                self._seen += found.end()
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                rest = self.output[self._seen :]
                raise AssertionError(f"{pattern!r} does not come; instead: {rest!r}")

    def ends_within(self, seconds: float) -> bool:
        """Wait for the program's end; return whether it came."""
        deadline = time.monotonic() + seconds
        while self._read(max(0.0, deadline - time.monotonic())):
            pass
        while self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid == self._pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= deadline:
                return False
            else:
                time.sleep(0.01)
        return True

    def wait(self, seconds: float = 10) -> int:
        """Wait for the program's end and return its exit status."""
        assert self.ends_within(seconds), "the program does not end"
        assert self._status is not None
        return self._status

    def _read(self, seconds: float) -> bool:
        """Read what is there, or comes in time; False at the end or when nothing came."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.output += data.decode(errors="replace")
        return bool(data)
