"""A RESP client of our own, which shows replies as they were on the wire and can send any bytes.

A reply is a pair of its RESP type byte and its content: ``("+", b"OK")``, ``(":", 5)``,
``("$", None)`` for a null bulk string, ``("*", [...])``. Real clients hide these differences, and a
test of the protocol must see them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import Any

Argument = bytes | str | int
Reply = tuple[str, Any]


class ProtocolError(Exception):
    """The server sent bytes that are not RESP."""


def encode(arguments: Iterable[Argument]) -> bytes:
    """Encode one command as an array of bulk strings."""
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in arguments]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class RespClient:
    """One connection."""

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        unix_path: str | None = None,
        timeout: float = 10.0,
        sock: socket.socket | None = None,
    ) -> None:
        if sock is not None:
            self.socket = sock
        elif unix_path is not None:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.connect(unix_path)
        else:
            self.socket = socket.create_connection((host, port), timeout=timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(timeout)
        self.buffer = b""

    def __enter__(self) -> RespClient:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def send_raw(self, data: bytes) -> None:
        """Send any bytes."""
        self.socket.sendall(data)

    def send(self, *arguments: Argument) -> None:
        """Send one command and don't wait."""
        self.send_raw(encode(arguments))

    def call(self, *arguments: Argument) -> Reply:
        """Send one command and return its reply."""
        self.send(*arguments)
        return self.read()

    def pipeline(self, commands: Sequence[Sequence[Argument]]) -> list[Reply]:
        """Send commands in one write and return their replies."""
        self.send_raw(b"".join(encode(command) for command in commands))
        return [self.read() for _ in commands]

    def _fill(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("closed by the server")
        self.buffer += data

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self._fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _bytes(self, size: int) -> bytes:
        chunks = [self.buffer]
        have = len(self.buffer)
        while have < size + 2:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("closed by the server")
            chunks.append(data)
            have += len(data)
        everything = b"".join(chunks)
        if everything[size : size + 2] != b"\r\n":
            raise ProtocolError("a bulk string without its line end")
        self.buffer = everything[size + 2 :]
        return everything[:size]

    def read(self) -> Reply:
        """Read one reply."""
        line = self._line()
        kind, rest = line[:1].decode("latin-1"), line[1:]
        if kind in "+-,#(":
            return kind, rest
        if kind == ":":
            return kind, int(rest)
        if kind == "_":
            return kind, None
        if kind in "$=!":
            return kind, None if int(rest) < 0 else self._bytes(int(rest))
        if kind in "*~>%":
            count = int(rest) * (2 if kind == "%" else 1)
            return kind, None if count < 0 else [self.read() for _ in range(count)]
        raise ProtocolError(f"no reply begins with {line[:40]!r}")

    def closed_by_peer(self) -> bool:
        """Whether the server closes within the time-out; drops what it still sends."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True
