"""An HTTP server that answers what a test wants and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """One request as it came in."""

    method: str
    path: str
    body: Any
    token: str | None
    idempotency_key: str | None = None


Answer = tuple[int, Any]  # a status of 0: the connection ends without an answer


@dataclass
class FakeDaemon:
    """What a test sees of the server."""

    url: str
    requests: list[Request] = field(default_factory=list)


@contextmanager
def fake_daemon(answer: Callable[[Request], Answer]) -> Iterator[FakeDaemon]:
    """Serve `answer`'s status and JSON (None: no body) until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(size)) if size else None
            request = Request(
                self.command,
                self.path,
                body,
                self.headers.get("Authorization"),
                self.headers.get("Idempotency-Key"),
            )
            daemon.requests.append(request)
            status, content = answer(request)
            if status == 0:
                self.close_connection = True
                return
            data = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            kind = "application/problem+json" if status >= 400 else "application/json"
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 (the base class' names)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    daemon = FakeDaemon(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield daemon
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
