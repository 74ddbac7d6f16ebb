"""E-mail addresses as they are stored and compared."""

from __future__ import annotations

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field


def normal_email(text: str) -> str:
    """Return the address in the one form it is stored in.

    Case never tells two people apart: nearly all mail systems ignore it, and a second account by
    other case would be a way to pass for somebody.

    Raises
    ------
    ValueError
        It is no address.
    """
    try:
        checked = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as failure:
        raise ValueError(f"is no e-mail address: {failure}") from failure
    return checked.normalized.lower()


Email = Annotated[str, Field(max_length=254), AfterValidator(normal_email)]
