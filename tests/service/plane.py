"""The control plane for tests: a daemon with its gateway and backend, and callers of its API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.service.daemon import Answer, Daemon

PLANE = ("--gateway-port", "0", "--backend-port", "0")


@dataclass
class Contract:
    """The OpenAPI document, and whether answers keep to it."""

    document: dict[str, Any]
    checked: set[str] = field(default_factory=set)

    def operation_of(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the operation that a request is for; nothing when there is none."""
        segments = path.partition("?")[0].split("/")
        best: tuple[int, dict[str, Any]] | None = None
        for pattern, methods in self.document["paths"].items():
            parts = pattern.split("/")
            open_end = parts[-1] == "{command}"
            if len(parts) != len(segments) and not (open_end and len(segments) >= len(parts) - 1):
                continue
            fixed = sum(part == segment for part, segment in zip(parts, segments, strict=False))
            fits = all(
                part == segment or part.startswith("{")
                for part, segment in zip(parts, segments, strict=False)
            )
            if fits and method.lower() in methods and (best is None or fixed > best[0]):
                best = (fixed, methods[method.lower()])
        return best[1] if best else None

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        """Return what checks a value against a schema of the document."""
        whole = {**schema, "components": self.document["components"]}
        return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Assert that the answer is one that the document promises."""
        operation = self.operation_of(method, path)
        if operation is None:
            assert answer.status in {401, 404, 405, 400}, (method, path, answer)
            return
        responses = operation["responses"]
        promised = responses.get(str(answer.status), responses["default"])
        problem = answer.headers.get("content-type", "") == "application/problem+json"
        if problem:
            promised = responses["default"]
        assert problem or str(answer.status) in responses, (method, path, answer)
        self.checked.add(operation["operationId"])
        if "content" not in promised:
            assert answer.text == "", (method, path, answer)
            return
        ((kind, content),) = promised["content"].items()
        assert answer.headers["content-type"] == kind, (method, path, answer)
        if "json" in kind:
            errors = list(self.validator(content["schema"]).iter_errors(answer.json))
            assert not errors, (method, path, answer.text, errors[0].message)


@dataclass
class Caller:
    """One who calls the gateway; every answer is held against the OpenAPI document."""

    daemon: Daemon
    contract: Contract
    token: str

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Make one request; creations get an idempotency key."""
        sent = dict(headers or {})
        if method == "POST":
            sent.setdefault("Idempotency-Key", uuid.uuid4().hex)
        answer = self.daemon.request(method, path, body, sent, self.token, self.daemon.gateway_port)
        self.contract.check(method, path, answer)
        return answer

    def get(self, path: str) -> Any:
        """GET and expect 200."""
        answer = self.request("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        """POST and expect the status."""
        answer = self.request("POST", path, body, headers)
        assert answer.status == status, answer
        return answer.json

    def execute(self, node: str, *command: Any) -> Any:
        """Run one command; return the reply."""
        return self.post(f"/v1/nodes/{node}/execute", {"command": list(command)}, 200)["reply"]

    def with_token(self, token: str) -> Caller:
        """Return a caller with other credentials."""
        return Caller(self.daemon, self.contract, token)

    def with_key(self, tenant: str, **body: Any) -> Caller:
        """Return a caller with a fresh API key of the tenant."""
        return self.with_token(self.post(f"/v1/tenants/{tenant}/keys", body)["secret"])


@contextmanager
def control_plane(
    data: Path, *flags: str, variables: dict[str, str] | None = None, range_size: int = 8
) -> Iterator[Caller]:
    """Start a daemon with its control plane; give the administrator."""
    daemon = Daemon(data, list(flags), variables or {}, range_size, PLANE)
    with daemon:
        yield administrator(daemon)


def administrator(daemon: Daemon) -> Caller:
    """Return the administrator at a gateway."""
    document = json.loads(daemon.request("GET", "/openapi.json", port=daemon.gateway_port).text)
    return Caller(daemon, Contract(document), daemon.token)
