"""A PostgreSQL of the tests' own: made in a temporary directory, reached by loopback, ended by pid.

From another program, for a server that PostgresServer made:

    python tests/postgres.py <directory> start|stop|kill
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USER = "miniredis"
PASSWORD = "not-a-secret"
TIMEOUT_SECONDS = 30


def programs() -> Path:
    """Return the folder of the newest PostgreSQL there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: p.parts[-3])
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: tools/dev/bootstrap.sh test")
    return found[-1].parent


def as_server(command: list[str]) -> list[str]:
    """Return the command as the one who may run it: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def server_pid(directory: Path) -> int | None:
    """Return the pid of the server of a directory, if it has one."""
    try:
        return int((directory / "data" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_running(pid: int) -> bool:
    """Tell whether a process is there and has not merely gone unnoticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start(directory: Path) -> None:
    """Start the server and wait until it answers."""
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            as_server([str(programs() / "postgres"), "-D", str(directory / "data")]),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    port = int((directory / "port").read_text())
    ready = [str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while subprocess.run(ready, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((directory / "log").read_text(errors="replace")[-4000:])
        time.sleep(0.02)


def stop(directory: Path, with_signal: signal.Signals = signal.SIGINT) -> None:
    """End the server and wait until it is gone."""
    pid = server_pid(directory)
    if pid is None or not is_running(pid):
        return
    os.kill(pid, with_signal)
    # A test that ended early may have left it stopped.
    os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while is_running(pid):
        # When this process started it, it is also the one to take note of its end.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL {pid} does not end")
        time.sleep(0.01)


class PostgresServer:
    """A server with one superuser and a database named like it.

    Attributes
    ----------
    directory
        Where its files are.
    url
        How libpq finds it.
    """

    def __init__(self, *settings: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="miniredis-postgres-"))
        try:
            self._make(settings)
            start(self.directory)
        except BaseException:
            self.stop()
            raise

    def _make(self, settings: tuple[str, ...]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        (self.directory / "port").write_text(str(self.port))
        password = self.directory / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in (self.directory, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        data = self.directory / "data"
        # Sorted by the rules of a language, which no list of ours may follow.
        subprocess.run(
            as_server(
                [
                    *(
                        str(programs() / "initdb"),
                        "-D",
                        str(data),
                        "-U",
                        USER,
                        "-A",
                        "scram-sha-256",
                    ),
                    *("--pwfile", str(password), "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
                    *("--locale-provider=icu", "--icu-locale=en"),
                ]
            ),
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                "unix_socket_directories = ''\nfsync = off\nmax_connections = 100\n"
            )
            for setting in settings:
                configuration.write(setting + "\n")
        self.url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def query(self, sql: str) -> str:
        """Run SQL with psql and return what it prints, bare."""
        return subprocess.run(
            [str(programs() / "psql"), self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def stop(self) -> None:
        """End it and remove its files."""
        try:
            stop(self.directory, signal.SIGQUIT)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)


def main() -> None:
    """Start or end the server of a directory."""
    directory = Path(sys.argv[1])
    if sys.argv[2] == "start":
        start(directory)
    elif sys.argv[2] == "stop":
        stop(directory)
    elif sys.argv[2] == "kill":
        stop(directory, signal.SIGQUIT)
    else:
        sys.exit(f"unknown: {sys.argv[2]}")


if __name__ == "__main__":
    main()
