"""Who really asks, where a proxy stands before us."""

from __future__ import annotations

import ipaddress

from fastapi import Request

from miniredis.auth.audit import MOST_AGENT, Whence
from miniredis.auth.settings import AuthSettings, is_loopback, parts_of


def host_name(host: str) -> str:
    """Return a host without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[")
    return host.partition(":")[0]


class Forwarded:
    """Reads X-Forwarded-For and -Host of those who are trusted to set them."""

    def __init__(self, settings: AuthSettings) -> None:
        self.networks = [
            ipaddress.ip_network(part, strict=False)
            for part in parts_of(settings.auth_trusted_proxies)
        ]
        self.public_url = settings.auth_public_url

    def is_trusted(self, address: str) -> bool:
        """Tell whether that one may speak for others."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.networks)

    def address_of(self, request: Request) -> str:
        """Return the nearest address that is no trusted proxy's."""
        address = request.client.host if request.client else ""
        given = parts_of(",".join(request.headers.getlist("x-forwarded-for")))
        while given and self.is_trusted(address):
            candidate = given.pop()
            try:
                address = str(ipaddress.ip_address(candidate))
            except ValueError:
                break
        return address

    def whence(self, request: Request) -> Whence:
        """Return where a request came from."""
        # What a header may hold and a column may not.
        agent = request.headers.get("user-agent", "").replace("\0", "")
        request_id = str(request.state.request_id)
        return Whence(self.address_of(request), agent[:MOST_AGENT], request_id)

    def origin_of(self, request: Request) -> str:
        """Return the origin that the browser thinks it talks to."""
        if self.public_url:
            return self.public_url
        peer = request.client.host if request.client else ""
        host = request.headers.get("host", "")
        scheme = "http"
        if self.is_trusted(peer):
            host = request.headers.get("x-forwarded-host", host)
            if request.headers.get("x-forwarded-proto", "") == "https":
                scheme = "https"
        return f"{scheme}://{host}"

    def may_be_plain(self, request: Request) -> bool:
        """Tell whether this is plain HTTP on loopback, where browsers take no Secure cookie."""
        scheme, _, host = self.origin_of(request).partition("://")
        return scheme == "http" and is_loopback(host_name(host))
