"""What went wrong with a request, as RFC 9457 has it and as miniredisd says it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

# Type, the last part of urn:miniredis:problem:..., to status and title. Types of miniredisd's mean
# here what they mean there.
KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request makes no sense"),
    "malformed-json": (400, "The body is not JSON"),
    "unauthorized": (401, "A credential is needed"),
    "permission-denied": (403, "This is not allowed to you"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "The method does not fit here"),
    "already-exists": (409, "The name is taken"),
    "wrong-state": (409, "The state does not allow this"),
    "limit-reached": (409, "A limit is reached"),
    "gone": (410, "It was there and is no more"),
    "precondition-failed": (412, "It was changed meanwhile"),
    "body-too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be application/json"),
    "invalid-argument": (422, "A value is not allowed"),
    # Not 503: that says of the service itself that it is down, and callers leave it alone then.
    "failed-dependency": (424, "Somebody else's service does not answer"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "Something failed inside"),
    "unavailable": (503, "A service cannot be reached"),
}
MEDIA_TYPE = "application/problem+json"
STATUS_KINDS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}

logger = logging.getLogger("miniredis")


class ProblemBody(BaseModel):
    """The body of an error."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


class Problem(Exception):  # noqa: N818 (RFC 9457's word)
    """A request that is refused; becomes the answer.

    Parameters
    ----------
    kind
        One of `KINDS`.
    detail
        What was wrong and what is allowed. Goes to the caller: no secrets.
    field
        The field of the body or of the query that is to blame.
    headers
        Further headers of the answer.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title = KINDS[kind]
        self.kind = kind
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})


def response_of(problem: Problem) -> JSONResponse:
    """Return the answer that a problem is."""
    body = ProblemBody(
        type=f"urn:miniredis:problem:{problem.kind}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        field=problem.field,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def database_away() -> Problem:
    """Return the problem of a database that does not answer."""
    return Problem(
        "unavailable",
        "the database cannot be reached; nothing was changed",
        headers={"Retry-After": "2"},
    )


def problem_of_validation(failure: RequestValidationError) -> Problem:
    """Return what is wrong with a request that does not fit the operation's schema."""
    first: dict[str, Any] = dict(failure.errors()[0])
    if first["type"] == "json_invalid":
        return Problem("malformed-json", f"the body is not JSON: {first['ctx']['error']}")
    path = [str(part) for part in first["loc"][1:]]
    if not path:
        return Problem("bad-request", f"the {first['loc'][0]} is missing or of a wrong shape")
    # The value itself is not quoted: it may be a secret.
    return Problem("invalid-argument", f"{'.'.join(path)}: {first['msg']}", ".".join(path))


def add_problem_handlers(application: FastAPI) -> None:
    """Make every error of an application a problem+json."""

    @application.exception_handler(Problem)
    def of_problem(_: Request, failure: Problem) -> JSONResponse:
        return response_of(failure)

    @application.exception_handler(RequestValidationError)
    def of_validation(_: Request, failure: RequestValidationError) -> JSONResponse:
        return response_of(problem_of_validation(failure))

    @application.exception_handler(HTTPException)
    def of_framework(_: Request, failure: HTTPException) -> JSONResponse:
        kind = STATUS_KINDS.get(failure.status_code, "bad-request")
        return response_of(Problem(kind, str(failure.detail), headers=failure.headers))

    @application.exception_handler(OperationalError)
    @application.exception_handler(InterfaceError)
    @application.exception_handler(PoolTimeoutError)
    def of_database(_: Request, failure: Exception) -> JSONResponse:
        logger.error("the database refused", extra={"cause": str(failure).splitlines()[0]})
        return response_of(database_away())
