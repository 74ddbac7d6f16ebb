"""The OpenAPI document: what fits it gets an answer that does too, and breaks nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.auth.service import AuthService, User

EXAMPLES = 8
CONFORMANCE = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest,
    new_database: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AuthService]:
    """Start a service with all that can be set up."""
    started = AuthService(
        new_database(request.param),
        tmp_path_factory.mktemp("contract"),
        auth_firebase_project="demo-project",
        auth_firebase_keys_url="http://127.0.0.1:1/certificates",
    )
    yield started
    started.stop()


def document_of(service: AuthService) -> dict[str, Any]:
    """Return the document."""
    document: dict[str, Any] = service.http.get("/openapi.json").json()
    return document


def test_the_document_describes_the_service(service: AuthService) -> None:
    document = document_of(service)
    assert document["openapi"].startswith("3.1")
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) > 40
    for path, method, operation in operations:
        assert operation["summary"], (path, method)
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"]["$ref"].endswith("/ProblemBody")
    Draft202012Validator.check_schema(document["components"]["schemas"]["ProblemBody"])
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_nothing_that_fits_the_document_breaks_the_service(service: AuthService) -> None:
    schema = schemathesis.openapi.from_dict(document_of(service))
    asked: dict[int, int] = {}
    users: list[User] = [service.admin()]

    def ask(case: Case[Any]) -> None:
        # Some operations end the session, or the caller's rights.
        if users[0].status("GET", "/auth/v1/users?limit=1") != 200:
            service.forgive()
            users[0] = service.admin()
        answer = case.call(base_url=service.url, headers=users[0].bearer)
        asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        case.validate_response(answer, checks=CONFORMANCE)

    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        bounded = settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        service.forgive()
        bounded(given(case=operation.as_strategy())(ask))()
    assert sum(asked.values()) > 200
    assert {200, 401, 404, 422} <= set(asked)
