"""Server processes for tests: each on free ports of 127.0.0.1, ended with the test."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARIES = Path(os.environ.get("MINIREDIS_BIN", ROOT / "build" / "bin"))


def free_port() -> int:
    """Return a TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class ServerProcess:
    """A process that answers RESP on a port."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at once:\n{self.output()}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.005)

    def output(self) -> str:
        """Return what the process has printed so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def rss_bytes(self) -> int:
        """Return its resident memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> int:
        """End it with SIGTERM and return its exit status."""
        if self.alive():
            self.process.terminate()
        try:
            status = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.log.close()
        return status


def start_redis(*options: str) -> ServerProcess:
    """Start Debian's redis-server with nothing saved."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    return ServerProcess([*command, "--dir", tempfile.gettempdir(), *options], port)


def start_standalone(*options: str) -> ServerProcess:
    """Start miniredisd with one node and no control plane."""
    port = free_port()
    command = [str(BINARIES / "miniredisd"), "--standalone", "--port", str(port), *options]
    return ServerProcess(command, port)
