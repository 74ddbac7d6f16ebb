"""The FastAPI application of the service."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError

from miniredis._service.application import new_application
from miniredis._service.problems import Problem, ProblemBody, response_of
from miniredis.auth.context import Auth
from miniredis.auth.routes import (
    audit,
    external,
    health,
    invitations,
    log_in,
    members,
    passwords,
    second_factor,
    session,
    users,
)
from miniredis.auth.vault import WrongSecretError
from miniredis.auth.version import VERSION

PARTS = (
    health,
    log_in,
    external,
    session,
    passwords,
    second_factor,
    invitations,
    members,
    users,
    audit,
)
PROBLEM = {
    "description": "What was wrong (RFC 9457)",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
    },
}

logger = logging.getLogger("miniredis.auth")


def application_of(auth: Auth) -> FastAPI:
    """Return the application over the service's parts."""
    application = new_application(
        "MiniRedis auth service", VERSION, responses={"default": PROBLEM, 422: PROBLEM}
    )
    application.state.auth = auth
    for part in PARTS:
        application.include_router(part.router)
    add_handlers(application)
    describe_problems(application)
    return application


def add_handlers(application: FastAPI) -> None:
    """Make answers of what only this service meets."""

    @application.exception_handler(IntegrityError)
    def of_race(_: Request, failure: IntegrityError) -> JSONResponse:
        logger.warning("two changes met", extra={"cause": type(failure.orig).__name__})
        return response_of(
            Problem("wrong-state", "something was changed at the same time; look and try again")
        )

    @application.exception_handler(WrongSecretError)
    def of_secret(_: Request, failure: WrongSecretError) -> JSONResponse:
        logger.error("a secret does not fit", extra={"cause": str(failure)})
        return response_of(Problem("unavailable", "the service's secret is not what it was"))


def describe_problems(application: FastAPI) -> None:
    """Have the OpenAPI document say what errors look like."""
    usual = application.openapi

    def described() -> dict[str, object]:
        if application.openapi_schema is None:
            document = usual()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemBody"] = ProblemBody.model_json_schema()
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            application.openapi_schema = document
        return application.openapi_schema or {}

    application.openapi = described  # type: ignore[method-assign]
