"""The log of a service: one line an event on standard error, for people or as JSON objects.

Facts of an event are given as ``extra``: ``logger.info("signed in", extra={"user": user.id})``.
Nothing secret goes in.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 1,
}
# What every record has; the rest are facts of the event.
USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def time_of(record: logging.LogRecord) -> str:
    """Return when it was, in RFC 3339."""
    at = datetime.fromtimestamp(record.created, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def facts_of(record: logging.LogRecord) -> dict[str, str]:
    """Return the facts of the event, and the traceback where there is one."""
    facts = {key: str(value) for key, value in vars(record).items() if key not in USUAL}
    if record.exc_info:
        facts["traceback"] = logging.Formatter().formatException(record.exc_info)
    return facts


class JsonLines(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event = {
            "time": time_of(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        return json.dumps({**event, **facts_of(record)}, ensure_ascii=False)


class TextLines(logging.Formatter):
    """A line for people. Line breaks in facts are escaped: a line is an event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = "".join(
            f" {key}={json.dumps(text, ensure_ascii=False)}"
            for key, text in facts_of(record).items()
        )
        event = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        return f"{time_of(record)} {record.levelname.lower()} {event}{facts}"


def configure_log(level: str, form: str) -> None:
    """Set up logging of the whole process.

    Parameters
    ----------
    level
        One of `LEVELS`.
    form
        ``text`` or ``json``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("miniredis").setLevel(LEVELS[level])
