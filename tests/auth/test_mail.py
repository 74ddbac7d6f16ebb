"""Mail: by SMTP, into the log, or by hand."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, cast

import pytest
from miniredis.auth import mail

from tests.auth.service import PASSWORD, AuthService, new_tenant


class MailServer:
    """Takes mails as SMTP has it; refuses the first ones when told to."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.recipients: list[str] = []
        self.refuse = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        """Serve one after the other until the socket is closed."""
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self.talk(cast("BinaryIO", stream))

    def talk(self, stream: BinaryIO) -> None:
        """Speak with one client."""

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 tests")
        for raw in stream:
            line = raw.decode().rstrip()
            command = line[:4].upper()
            if command == "QUIT":
                say("221 bye")
                return
            if command == "RCPT" and self.refuse:
                self.refuse -= 1
                say("451 later")
                continue
            if command == "RCPT":
                self.recipients.append(line)
            if command == "DATA":
                say("354 go on")
                lines = []
                for part in stream:
                    if part == b".\r\n":
                        break
                    lines.append(part.decode())
                self.mails.append("".join(lines))
            say("250 well")

    def stop(self) -> None:
        """End it."""
        self.listening.close()


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Start a mail server."""
    started = MailServer()
    yield started
    started.stop()


def sending(fresh: Callable[..., AuthService], server: MailServer) -> AuthService:
    """Start a service that sends mails."""
    return fresh(
        auth_smtp_host="127.0.0.1",
        auth_smtp_port=server.port,
        auth_smtp_security="none",
        auth_public_url="https://redis.example.com",
        auth_mail_from="no-reply@example.com",
    )


def token_in(text: str) -> str:
    """Return the token of a mail."""
    whole = text.replace("=\r\n", "").replace("=\n", "")
    found = re.search(r"#(mr[ip]_[\w-]+)", whole)
    assert found, text
    return found[1]


def test_a_reset_by_mail(fresh: Callable[..., AuthService], server: MailServer) -> None:
    service = sending(fresh, server)
    user = service.user(email_verified=False).log_in()
    service.post("/auth/v1/password/reset-request", {"email": "nobody@example.com"}, 202)
    service.post("/auth/v1/password/reset-request", {"email": user.email}, 202)
    service.auth.background.wait()
    service.auth.background.wait()
    assert len(server.mails) == 1
    assert user.email in server.recipients[0]
    assert "From: no-reply@example.com" in server.mails[0]
    assert "https://redis.example.com/reset-password#mrp_" in server.mails[0].replace("=\r\n", "")
    body = {"token": token_in(server.mails[0]), "new_password": "another long one"}
    service.post("/auth/v1/password/reset", body, 204)
    assert user.status("GET", "/auth/v1/me") == 401
    user.password = "another long one"
    # Who could read the mail has the mailbox.
    assert user.log_in().tokens["user"]["email_verified"] is True


def test_an_invitation_by_mail(fresh: Callable[..., AuthService], server: MailServer) -> None:
    service = sending(fresh, server)
    tenant = new_tenant()
    owner = service.user({tenant: "owner"}).log_in()
    path = f"/auth/v1/tenants/{tenant}/invitations"
    made = owner.post(path, {"email": "ada@example.com"}, 201)
    # Who invites does not see the token: accepting it proves that one has the mailbox.
    assert (made["token"], made["mailed"]) == (None, True)
    service.auth.background.wait()
    body = {"token": token_in(server.mails[0]), "password": PASSWORD}
    tokens = service.post("/auth/v1/invitations/accept", body)["tokens"]
    assert tokens["user"]["email_verified"] is True
    reset = service.admin().post(f"/auth/v1/users/{owner.id}/password-reset", status=201)
    assert (reset["token"], reset["mailed"]) == (None, True)


def test_a_mail_is_tried_again(
    fresh: Callable[..., AuthService], server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "PAUSE_SECONDS", 0.01)
    service = sending(fresh, server)
    user = service.user()
    server.refuse = 2
    service.auth.mailer.send(user.email, "Hello", "text")
    service.auth.background.wait()
    assert len(server.mails) == 1
    server.refuse = 3
    service.auth.mailer.send(user.email, "Hello", "text")
    service.auth.background.wait()
    assert len(server.mails) == 1


def test_mails_are_logged_in_development_only(
    fresh: Callable[..., AuthService], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "miniredis.auth")
    for development in (False, True):
        caplog.clear()
        service = fresh(auth_development=development)
        user = service.user()
        service.post("/auth/v1/password/reset-request", {"email": user.email}, 202)
        service.auth.background.wait()
        tokens = [getattr(record, "mail", "") for record in caplog.records]
        assert any("mrp_" in text for text in tokens) is development


def test_too_much_work_is_dropped(fresh: Callable[..., AuthService]) -> None:
    service = fresh()
    background = service.auth.background
    gate = threading.Event()
    done: list[int] = []

    def wait() -> None:
        gate.wait(10)

    def fail() -> None:
        raise ValueError("on purpose")

    background.submit(wait)
    background.submit(fail)
    for at in range(300):
        background.submit(partial(done.append, at))
    gate.set()
    background.wait()
    assert 150 < len(done) <= mail.MOST_WAITING
