"""Who asks: the gateway is asked with the caller's own credential, and its answer kept shortly."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

import httpx

from miniredis._service.problems import Problem
from miniredis.monitoring.settings import MonitoringSettings

KEEP_SECONDS = 5
MOST_KEPT = 10_000


@dataclass(frozen=True)
class Caller:
    """One who may ask. No tenant: the platform, who sees all."""

    tenant: str | None
    node: str | None = None
    writes: bool = False

    def sees(self, node: str, tenant: str) -> bool:
        """Tell whether a node is one of the caller's."""
        return self.tenant in {None, tenant} and self.node in {None, node}


class Callers:
    """Finds out who presents a credential."""

    def __init__(self, settings: MonitoringSettings) -> None:
        self.settings = settings
        self.known: dict[bytes, tuple[float, Caller]] = {}

    async def identify(self, authorization: str) -> Caller:
        """Return who it is.

        Raises
        ------
        Problem
            401 when it is nobody, 503 when the gateway cannot say.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(
                "unauthorized",
                "an Authorization header with a Bearer token or API key is needed",
                headers={"WWW-Authenticate": "Bearer"},
            )
        admin = self.settings.admin_token.get_secret_value().encode()
        if admin and hmac.compare_digest(admin, token.encode()):
            return Caller(None, writes=True)
        # Credentials are not kept, only what stands for them.
        mark = hashlib.sha256(token.encode()).digest()
        now = time.monotonic()
        found = self.known.get(mark)
        if found and found[0] > now:
            return found[1]
        caller = await self.ask(authorization)
        if len(self.known) >= MOST_KEPT:
            self.known.clear()
        self.known[mark] = (now + KEEP_SECONDS, caller)
        return caller

    async def ask(self, authorization: str) -> Caller:
        """Ask the gateway."""
        try:
            async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                answer = await client.get(
                    f"{self.settings.gateway_url.rstrip('/')}/v1/whoami",
                    headers={"Authorization": authorization},
                )
        except httpx.HTTPError as failure:
            raise Problem("unavailable", "the gateway cannot say who asks") from failure
        if answer.status_code == 401:
            raise Problem(
                "unauthorized",
                "the credential is not valid",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if answer.status_code != 200:
            raise Problem("unavailable", f"the gateway answered {answer.status_code} to who asks")
        identity = answer.json()
        if "nodes:read" not in identity["scopes"]:
            raise Problem("permission-denied", "this needs the scope nodes:read")
        tenant = identity.get("tenant") or None
        if tenant is None and "platform" not in identity["scopes"]:
            raise Problem("permission-denied", "this needs a tenant or the platform's scope")
        writes = "nodes:write" in identity["scopes"]
        return Caller(tenant, identity.get("node") or None, writes)
