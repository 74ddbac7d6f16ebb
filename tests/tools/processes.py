"""Where the programs under test are, and servers for them to talk to."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import BINARIES, free_port

BIN = BINARIES
__all__ = ["BIN", "free_port", "redis_server", "run_mredis", "wait_until_listening"]


def wait_until_listening(port: int, process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Return when `port` accepts connections; fail when `process` ends before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended with status {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def redis_server(port: int, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a redis-server without persistence on `port` (0: on none)."""
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if port:
            wait_until_listening(port, process)
        yield process
    finally:
        process.kill()
        process.wait()


def run_mredis(
    *arguments: str, text_in: str = "", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run mredis to its end, without a terminal."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MINIREDIS_")}
    return subprocess.run(
        [str(BIN / "mredis"), *arguments],
        input=text_in,
        capture_output=True,
        text=True,
        timeout=30,
        env={**inherited, **(environment or {})},
        check=False,
    )
