"""Mail, and work that no answer waits for.

How mails go out is one of three: by SMTP; in development into the log; or not at all, and then an
administrator fetches the token and hands it over.
"""

from __future__ import annotations

import logging
import queue
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage

from miniredis.auth.settings import AuthSettings

MOST_WAITING = 200
TRIES = 3
PAUSE_SECONDS = 2.0
TIMEOUT_SECONDS = 10

logger = logging.getLogger("miniredis.auth")


class Background:
    """One thread that does what it is given, one after the other; what is too much is dropped."""

    def __init__(self) -> None:
        self.work: queue.Queue[Callable[[], None] | None] = queue.Queue(MOST_WAITING)
        self.thread = threading.Thread(target=self.run, name="background", daemon=True)
        self.thread.start()

    def submit(self, job: Callable[[], None]) -> None:
        """Have something done soon."""
        try:
            self.work.put_nowait(job)
        except queue.Full:
            logger.warning("work is dropped: too much waits", extra={"waiting": MOST_WAITING})

    def run(self) -> None:
        """Do it."""
        while (job := self.work.get()) is not None:
            try:
                job()
            except Exception:
                logger.exception("work in the background failed")
            finally:
                self.work.task_done()
        self.work.task_done()

    def wait(self) -> None:
        """Wait until all is done that was given so far."""
        self.work.join()

    def stop(self) -> None:
        """End the thread, once it has done what it was given."""
        self.work.put(None)
        self.thread.join(TIMEOUT_SECONDS)


class Mailer:
    """Sends mails.

    Attributes
    ----------
    delivers
        Whether what is sent arrives in the mailbox of the address and nowhere else.
    """

    def __init__(self, settings: AuthSettings, background: Background) -> None:
        self.settings = settings
        self.background = background
        self.delivers = bool(settings.auth_smtp_host)
        self.to_log = settings.auth_development and not self.delivers

    def send(self, to: str, subject: str, text: str) -> None:
        """Send soon; failures go to the log, without the text."""
        if self.to_log:
            logger.info(
                "a mail, in development", extra={"to": to, "subject": subject, "mail": text}
            )
        elif self.delivers:
            self.background.submit(lambda: self.deliver(to, subject, text))

    def deliver(self, to: str, subject: str, text: str) -> None:
        """Send now, and once more where the server was not to be reached."""
        message = EmailMessage()
        message["From"] = self.settings.auth_mail_from or self.settings.auth_admin_email
        message["To"] = to
        message["Subject"] = subject
        message.set_content(text)
        for left in reversed(range(TRIES)):
            try:
                self.transmit(message)
            except (OSError, smtplib.SMTPException) as failure:
                # The server's words may quote the mail.
                logger.warning("a mail was not sent", extra={"cause": type(failure).__name__})
                if left:
                    time.sleep(PAUSE_SECONDS)
            else:
                return

    def transmit(self, message: EmailMessage) -> None:
        """Talk to the server."""
        host, port = self.settings.auth_smtp_host, self.settings.auth_smtp_port
        security = self.settings.auth_smtp_security
        context = ssl.create_default_context()
        if security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            client = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        with client:
            if security == "starttls":
                client.starttls(context=context)
            password = self.settings.auth_smtp_password
            if self.settings.auth_smtp_user and password is not None:
                client.login(self.settings.auth_smtp_user, password.get_secret_value())
            client.send_message(message)


def link_to(settings: AuthSettings, page: str, token: str) -> str:
    """Return the page that takes a token; behind #, for what stands there is sent to no server."""
    return f"{settings.auth_public_url}/{page}#{token}" if settings.auth_public_url else token
