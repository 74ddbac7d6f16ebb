"""Tells of alerts by HTTP: signed, tried again, and never to addresses inside the network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import socket
import time
from typing import Any

import httpx

from miniredis.monitoring.alert_rules import RuleBody

MOST_WAITING = 1000
WORKERS = 4
PAUSES = (1.0, 5.0, 25.0)
TIMEOUT_SECONDS = 10

logger = logging.getLogger("miniredis.monitoring")


class RefusedAddressError(Exception):
    """A webhook leads where it must not."""


def signature(secret: str, at_seconds: int, body: bytes) -> str:
    """Return the header's value: a receiver computes the same, and refuses old times."""
    signed = f"{at_seconds}.".encode() + body
    return f"t={at_seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


async def address_of(host: str, port: int, *, allow_private: bool) -> str:
    """Resolve a name, and return an address that may be asked.

    Raises
    ------
    RefusedAddressError
        One of its addresses is not one of the public network.
    OSError
        There is none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not allow_private and (not mapped.is_global or mapped.is_multicast):
            raise RefusedAddressError(f"{host} is at {address}, which is not public")
    return str(addresses[0])


class Webhooks:
    """What is still to be told."""

    def __init__(self, *, allow_private: bool, pauses: tuple[float, ...] = PAUSES) -> None:
        self.allow_private = allow_private
        self.pauses = pauses
        self.waiting: asyncio.Queue[tuple[RuleBody, dict[str, Any]]] = asyncio.Queue(MOST_WAITING)
        self.dropped = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    def tell(self, rule: RuleBody, event: dict[str, Any]) -> None:
        """Take up an event, from any thread; when too many wait it is dropped, and counted."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.put, rule, event)

    def put(self, rule: RuleBody, event: dict[str, Any]) -> None:
        """Take up an event in the loop's thread."""
        try:
            self.waiting.put_nowait((rule, event))
        except asyncio.QueueFull:
            self.dropped += 1
            logger.error("a webhook was dropped", extra={"rule": rule.name})

    async def run(self) -> None:
        """Tell, until cancelled."""
        self.loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False
        ) as client:
            await asyncio.gather(*(self.work(client) for _ in range(WORKERS)))

    async def work(self, client: httpx.AsyncClient) -> None:
        """Tell one event after the other."""
        while True:
            rule, event = await self.waiting.get()
            try:
                await self.deliver(client, rule, event)
            except Exception:
                logger.exception("a webhook failed", extra={"rule": rule.name})

    async def deliver(
        self, client: httpx.AsyncClient, rule: RuleBody, event: dict[str, Any]
    ) -> bool:
        """Tell one event; tell whether somebody took it."""
        for pause in (*self.pauses, None):
            try:
                status = await asyncio.wait_for(self.send(client, rule, event), TIMEOUT_SECONDS)
                if 200 <= status < 300:
                    return True
                cause = f"answered {status}"
            except RefusedAddressError as failure:
                logger.warning("a webhook is refused", extra={"cause": str(failure)})
                return False
            except (httpx.HTTPError, httpx.InvalidURL, OSError, asyncio.TimeoutError) as failure:
                cause = f"{type(failure).__name__}: {failure}"
            logger.warning("a webhook was not taken", extra={"rule": rule.name, "cause": cause})
            if pause is not None:
                await asyncio.sleep(pause)
        return False

    async def send(self, client: httpx.AsyncClient, rule: RuleBody, event: dict[str, Any]) -> int:
        """Send one event and return the status; the answer's body is not read."""
        if rule.webhook is None:
            raise ValueError("the rule has no webhook")
        url = httpx.URL(rule.webhook.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await address_of(url.host, port, allow_private=self.allow_private)
        body = json.dumps(event, separators=(",", ":")).encode()
        headers = {
            "Host": url.netloc.decode(),
            "Content-Type": "application/json",
            "X-MiniRedis-Signature": signature(rule.webhook.secret, int(time.time()), body),
        }
        # To the very address that was checked: the name may lead elsewhere the next moment.
        request = client.build_request(
            "POST",
            url.copy_with(host=address, username=None, password=None),
            content=body,
            headers=headers,
            extensions={"sni_hostname": url.host},
        )
        answer = await client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code
