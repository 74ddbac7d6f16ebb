"""A service's application and how it is run: request ids, access log, limits, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
import socket
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from miniredis._service.problems import Problem, add_problem_handlers, response_of

MOST_BODY_BYTES = 1 << 20
# How long an idle connection is kept: well beyond the gateway, which lets go of its own after 15 s.
# Who closes first loses nothing; were it this side, the gateway might send into a connection that
# is closed, and what changes something cannot be sent again.
KEEP_ALIVE_SECONDS = 60
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger("miniredis.http")


class RequestFrame:
    """What surrounds every request: its id, its line in the log, the limit of its body.

    The id is taken over from X-Request-Id where that is 1 to 64 characters out of
    ``a-z A-Z 0-9 . _ -``, else made; the answer carries it, and so does ``request.state``.
    """

    def __init__(self, application: ASGIApp, quiet: frozenset[str] = frozenset()) -> None:
        self.application = application
        self.quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        begun = time.monotonic()
        status = 0
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BODY_BYTES:
                raise HTTPException(413, f"a body has at most {MOST_BODY_BYTES} bytes")
            return message

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["X-Request-Id"] = request_id
                answer.setdefault("Cache-Control", "no-store")
                answer.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self.application(scope, receive_some, send_with_id)
        except Exception:
            logger.exception("a request failed", extra={"request_id": request_id})
            if status == 0:
                failure = Problem("internal", "something failed inside; the log names the request")
                await response_of(failure)(scope, receive, send_with_id)
        finally:
            if scope["path"] not in self.quiet:
                facts = {
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "ms": round((time.monotonic() - begun) * 1000, 1),
                    "request_id": request_id,
                    "from": scope["client"][0] if scope.get("client") else "",
                }
                logger.info("request", extra=facts)


def new_application(title: str, version: str, **options: Any) -> FastAPI:
    """Return an application with the house's errors, request ids, limits, and no pages of docs."""
    application = FastAPI(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        **options,
    )
    add_problem_handlers(application)
    application.add_middleware(RequestFrame, quiet=frozenset({"/healthz", "/readyz"}))
    return application


async def wait_for_end(end: asyncio.Event) -> None:
    """Wait until SIGTERM or SIGINT asks for the end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    await end.wait()


def listen(address: str, port: int) -> socket.socket:
    """Open the port; 0 is any free one.

    Raises
    ------
    OSError
        It is taken, or not allowed; the text names it.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((address, port))
    except OSError as failure:
        opened.close()
        raise OSError(f"cannot listen on {address}:{port}: {failure.strerror}") from failure
    return opened


class QuietServer(uvicorn.Server):
    """A uvicorn server whose signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to serve()."""
        yield


async def serve(
    name: str,
    application: FastAPI,
    opened: socket.socket,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
    drain_seconds: float = 5,
) -> None:
    """Serve until a signal; print where, once requests are taken.

    Parameters
    ----------
    name
        What stands in the line of what is ready: ``ready: auth on 127.0.0.1:8000``.
    opened
        The listening socket.
    beside
        Work that runs as long as the service, cancelled at its end.
    drain_seconds
        How long requests under way may take after the signal.
    """
    configuration = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(drain_seconds),
        h11_max_incomplete_event_size=16 * 1024,
    )
    server = QuietServer(configuration)
    end = asyncio.Event()
    signals = asyncio.create_task(wait_for_end(end))
    work = asyncio.create_task(beside()) if beside else None
    serving = asyncio.create_task(server.serve([opened]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        address, port = opened.getsockname()[:2]
        print(f"ready: {name} on {address}:{port}", flush=True)
        await asyncio.wait({signals, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    for task in (signals, work):
        if task is not None:
            task.cancel()
    await asyncio.gather(*(t for t in (signals, work) if t is not None), return_exceptions=True)
