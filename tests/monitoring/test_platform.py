"""The service beside a real daemon: Prometheus, the gateway, a daemon that goes and comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import miniredis.monitoring
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from schemathesis import Case
from schemathesis.core.result import Ok

from tests.monitoring.test_slice import ask, monitoring
from tests.servers import free_port
from tests.service.daemon import wait_until
from tests.service.plane import control_plane

DASHBOARD = Path(miniredis.monitoring.__file__).parent / "grafana.json"
EXAMPLES = 8


def bearer(token: str) -> dict[str, str]:
    """Return the header of a token."""
    return {"Authorization": f"Bearer {token}"}


def test_every_metric_of_the_dashboard_is_exported(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin, monitoring(admin.daemon) as port:
        for name in ("acme", "other"):
            admin.post("/v1/tenants", {"name": name})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "one"})["id"]
        url = f"http://127.0.0.1:{port}/metrics"

        def samples(token: str) -> dict[str, list[dict[str, str]]]:
            answer = httpx.get(url, headers=bearer(token), params={"nodes": "all"})
            assert answer.status_code == 200, answer.text
            found: dict[str, list[dict[str, str]]] = {}
            for one in text_string_to_metric_families(answer.text):
                for sample in one.samples:
                    found.setdefault(sample.name, []).append(sample.labels)
            return found

        wait_until(lambda: "miniredis_node_keys" in samples(admin.token))
        exported = samples(admin.token)
        named = set(re.findall(r"miniredis_\w+", DASHBOARD.read_text()))
        assert len(named) > 15
        assert named <= set(exported)
        assert exported["miniredis_node_keys"][0]["node"] == node
        foreign = samples(admin.with_key("other").token)
        assert "miniredis_node_keys" not in foreign
        assert "miniredis_service_up" not in foreign
        assert json.loads(DASHBOARD.read_text())["panels"]
        assert httpx.get(url).status_code == 401


def test_a_daemon_that_comes_back(tmp_path: Path) -> None:
    # Ports of its own: after a restart, any free ones would be others.
    ports = [free_port() for _ in range(3)]
    flags = []
    names = ("--http-port", "--gateway-port", "--backend-port")
    for name, port in zip(names, ports, strict=True):
        flags += [name, str(port)]
    with control_plane(tmp_path / "data", *flags) as admin, monitoring(admin.daemon) as port:
        health: Any = lambda: ask(port, "/v1/monitoring/health", admin.token)[1]  # noqa: E731
        wait_until(lambda: health()["status"] == "ok")
        admin.daemon.kill()
        wait_until(lambda: health()["services"]["gateway"]["state"] == "down")
        assert health()["services"]["gateway"]["cause"]
        wait_until(lambda: {"node_manager", "backend", "gateway"} <= set(health()["causes"]))
        assert health()["status"] == "degraded"
        assert ask(port, "/healthz", "")[0] == 200
        admin.daemon.start()
        wait_until(lambda: health()["status"] == "ok", 20)
        wait_until(lambda: health()["services"]["gateway"]["state"] == "ok")


def test_through_the_gateway(tmp_path: Path) -> None:
    port = free_port()
    with (
        control_plane(tmp_path / "data", "--monitoring-url", f"http://127.0.0.1:{port}") as admin,
        monitoring(admin.daemon, port),
    ):
        for name in ("acme", "other"):
            admin.post("/v1/tenants", {"name": name})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "one"})["id"]
        url = f"http://127.0.0.1:{admin.daemon.gateway_port}/v1/monitoring/nodes/{node}"
        own, foreign = admin.with_key("acme").token, admin.with_key("other").token
        wait_until(lambda: httpx.get(url, headers=bearer(own)).status_code == 200)
        assert httpx.get(url, headers=bearer(own)).json()["name"] == "one"
        assert httpx.get(url, headers=bearer(foreign)).status_code == 404
        assert httpx.get(url).status_code == 401


def test_nothing_that_fits_the_document_breaks_the_service(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin, monitoring(admin.daemon) as port:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: ask(port, "/readyz", "")[0] == 200)
        schema = schemathesis.openapi.from_dict(httpx.get(f"{url}/openapi.json").json())
        asked: dict[int, int] = {}

        def attempt(case: Case[Any]) -> None:
            answer = case.call(base_url=url, headers=bearer(admin.token))
            asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)

        bounded = settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result
            bounded(given(case=result.ok().as_strategy())(attempt))()
        assert {200, 404, 422} <= set(asked)


def test_answers_are_as_the_document_says(tmp_path: Path) -> None:
    with control_plane(tmp_path / "data") as admin, monitoring(admin.daemon) as port:
        admin.post("/v1/tenants", {"name": "acme"})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "one"})["id"]
        wait_until(lambda: ask(port, f"/v1/monitoring/nodes/{node}", admin.token)[0] == 200)
        condition = {"kind": "threshold", "metric": "keys", "op": "ge", "value": 0}
        body = {"name": "always", "condition": condition}
        made = httpx.post(
            f"http://127.0.0.1:{port}/v1/monitoring/rules", json=body, headers=bearer(admin.token)
        )
        assert made.status_code == 201, made.text
        wait_until(lambda: ask(port, "/v1/monitoring/alerts/history", admin.token)[1]["items"])
        document = ask(port, "/openapi.json", "")[1]
        span = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&points=10"
        own = admin.with_key("acme").token
        series = f"/v1/monitoring/series?metric=hits&{span}"
        for template, path in (
            ("/v1/monitoring/nodes", "/v1/monitoring/nodes"),
            ("/v1/monitoring/nodes/{node}", f"/v1/monitoring/nodes/{node}"),
            (
                "/v1/monitoring/nodes/{node}/series",
                f"/v1/monitoring/nodes/{node}/series?metric=keys&{span}",
            ),
            ("/v1/monitoring/series", series),
            ("/v1/monitoring/summary", "/v1/monitoring/summary"),
            ("/v1/monitoring/tenants", "/v1/monitoring/tenants"),
            ("/v1/monitoring/top", "/v1/monitoring/top?metric=keys"),
            ("/v1/monitoring/health", "/v1/monitoring/health"),
            ("/v1/monitoring/rules", "/v1/monitoring/rules"),
            ("/v1/monitoring/alerts", "/v1/monitoring/alerts"),
            ("/v1/monitoring/alerts/history", "/v1/monitoring/alerts/history"),
        ):
            status, answer = ask(port, path, admin.token)
            assert status == 200, (path, answer)
            described = document["paths"][template]["get"]["responses"]["200"]
            schema = described["content"]["application/json"]["schema"]
            whole = {**schema, "components": document["components"]}
            Draft202012Validator(whole).validate(answer)
            assert "properties" in document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        assert ask(port, f"{series}&tenant=acme", own)[0] == 200
        assert ask(port, f"{series}&tenant=other", own)[0] == 404
        wrong = ask(port, series.replace("hits", "nonsense"), admin.token)
        assert (wrong[0], wrong[1]["field"]) == (422, "metric")
