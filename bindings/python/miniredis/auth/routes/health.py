"""Whether the service works, and the keys that everyone may see."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from miniredis.auth.routes.callers import AuthParts
from miniredis.auth.version import VERSION
from miniredis.auth.wire import Health

router = APIRouter(tags=["service"])


def health_of(auth: AuthParts) -> Health:
    """Ask the database."""
    cause = auth.store.check()
    return Health(
        status="degraded" if cause else "ok",
        version=VERSION,
        database="down" if cause else "ok",
        cause=cause or None,
    )


@router.get("/healthz", summary="Whether the process answers")
async def healthz() -> dict[str, str]:
    """Say that the process lives, even when every thread waits for the database."""
    return {"status": "ok"}


@router.get("/readyz", summary="Whether requests can be served", responses={503: {"model": Health}})
def readyz(auth: AuthParts, response: Response) -> Health:
    """Say whether the database is there."""
    health = health_of(auth)
    if health.status != "ok":
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return health


@router.get("/auth/v1/health", summary="How the service is")
def health(auth: AuthParts) -> Health:
    """Say how it is; always 200, for this is the answer to the question."""
    return health_of(auth)


@router.get("/.well-known/jwks.json", summary="Keys that access tokens are signed with")
@router.get("/auth/.well-known/jwks.json", include_in_schema=False)
def jwks(auth: AuthParts, response: Response) -> dict[str, Any]:
    """Return the key set (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return auth.ring.key_set()
