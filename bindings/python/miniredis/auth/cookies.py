"""Cookies for browsers: the refresh token where no script reads it, and what shows who sends it.

A page of another origin can make the browser send cookies. It cannot read ours, so it cannot repeat
the CSRF cookie in a header; and the token is computed from the session, so one that was planted
from elsewhere does not fit.
"""

from __future__ import annotations

import hmac

from fastapi import Request, Response

from miniredis._service.problems import Problem
from miniredis.auth.forwarded import Forwarded
from miniredis.auth.settings import AuthSettings, parts_of
from miniredis.auth.vault import Vault

# The gateway passes the path on as it is. Nothing outside needs the token.
PATH = "/auth/v1"
REFRESH = "miniredis_refresh"
CSRF = "miniredis_csrf"
CSRF_HEADER = "X-CSRF-Token"


class Cookies:
    """Sets, reads and clears them."""

    def __init__(self, settings: AuthSettings, forwarded: Forwarded, vault: Vault) -> None:
        self.forwarded = forwarded
        self.vault = vault
        self.origins = {origin.rstrip("/") for origin in parts_of(settings.auth_origins)}

    def names(self, request: Request) -> tuple[str, str]:
        """Return the names; with Secure, ones that only a secure origin can set."""
        if self.forwarded.may_be_plain(request):
            return REFRESH, CSRF
        return f"__Secure-{REFRESH}", f"__Host-{CSRF}"

    def csrf_token(self, session_id: str) -> str:
        """Return the token of a session."""
        return self.vault.mac("csrf", session_id)

    def set(
        self, request: Request, response: Response, session_id: str, refresh: str, seconds: int
    ) -> None:
        """Give the browser both."""
        refresh_name, csrf_name = self.names(request)
        secure = not self.forwarded.may_be_plain(request)
        response.set_cookie(
            refresh_name,
            refresh,
            max_age=seconds,
            path=PATH,
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        # Pages live elsewhere than at our path, and have to read it.
        response.set_cookie(
            csrf_name,
            self.csrf_token(session_id),
            max_age=seconds,
            path="/",
            secure=secure,
            samesite="strict",
        )

    def clear(self, request: Request, response: Response) -> None:
        """Take both away."""
        refresh_name, csrf_name = self.names(request)
        secure = not self.forwarded.may_be_plain(request)
        response.delete_cookie(
            refresh_name, path=PATH, secure=secure, httponly=True, samesite="strict"
        )
        response.delete_cookie(csrf_name, path="/", secure=secure, samesite="strict")

    def refresh_token(self, request: Request) -> str | None:
        """Return the cookie's token; nothing when there is none."""
        return request.cookies.get(self.names(request)[0])

    def check_origin(self, request: Request) -> None:
        """Refuse pages of other origins.

        Raises
        ------
        Problem
            It is one.
        """
        origin = request.headers.get("origin")
        if origin is not None:
            if origin not in self.origins and origin != self.forwarded.origin_of(request):
                raise Problem("permission-denied", "pages of this origin may not use cookies here")
        elif request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            raise Problem("permission-denied", "pages of other sites may not use cookies here")

    def check_csrf(self, request: Request, session_id: str) -> None:
        """Refuse who cannot read our cookies.

        Raises
        ------
        Problem
            The header is missing, is not the cookie's text, or not of this session.
        """
        given = request.headers.get(CSRF_HEADER, "")
        cookie = request.cookies.get(self.names(request)[1], "")
        right = self.csrf_token(session_id)
        same = hmac.compare_digest(given.encode(), cookie.encode())
        if not same or not hmac.compare_digest(given.encode(), right.encode()):
            raise Problem(
                "permission-denied",
                f"{CSRF_HEADER} must repeat the cookie {self.names(request)[1]} of this session",
            )
