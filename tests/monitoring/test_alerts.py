"""Alert rules: on a passed-in clock, over HTTP with a real daemon, and told by webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from miniredis._service.database import open_database
from miniredis.monitoring.alert_rules import RuleBody, RuleChange
from miniredis.monitoring.alert_store import AlertStore, history
from miniredis.monitoring.alerts import COUNTED, Alerts
from miniredis.monitoring.growth import Growth
from miniredis.monitoring.webhooks import RefusedAddressError, Webhooks, address_of
from sqlalchemy import select

from tests.monitoring.test_slice import monitoring
from tests.service.daemon import wait_until
from tests.service.plane import control_plane

NODE = "0123456789abcdef"
SECRET = "a secret of the tests"


def rule(**condition: Any) -> RuleBody:
    """Return a rule with a webhook."""
    webhook = {"url": "http://127.0.0.1:1/", "secret": SECRET}
    return RuleBody.model_validate({"name": "r", "condition": condition, "webhook": webhook})


def figures(**changed: Any) -> dict[str, Any]:
    """Return a node's figures as they are pulled."""
    usual = {"id": NODE, "tenant": "acme", "state": "running", **dict.fromkeys(COUNTED, 0)}
    return {
        NODE: {**usual, "keys": 0, "memory_used_bytes": 0, "memory_limit_bytes": 100, **changed}
    }


class Clockwork:
    """Alerts over a database, with pulls that tests make up."""

    def __init__(self, url: str) -> None:
        self.store = AlertStore(open_database(url))
        self.told: list[str] = []
        self.full_in: float | None = None
        self.alerts = Alerts(
            self.store, lambda _, event: self.told.append(event["state"]), lambda _: self.full_in
        )

    def pull(self, at_seconds: int, current: dict[str, Any]) -> str | None:
        """Evaluate one pull; return the state of the only alert."""
        self.alerts.evaluate(current, at_seconds * 1000)
        found = [row["state"] for row in self.store.all_states().values()]
        assert len(found) <= 1
        return found[0] if found else None

    def events(self) -> list[str]:
        """Return the history, oldest first."""
        return [row["state"] for row in self.store.read(select(history).order_by("at_ms"))]


def test_threshold_waits_fires_and_resolves(database: str) -> None:
    clockwork = Clockwork(database)
    condition = {"kind": "threshold", "metric": "keys", "op": "gt", "value": 5, "for_seconds": 30}
    clockwork.store.add("acme", rule(**condition), 0)
    assert clockwork.pull(10, figures(keys=5)) is None
    assert clockwork.pull(20, figures(keys=6)) == "pending"
    assert clockwork.pull(30, figures(keys=5)) is None
    assert clockwork.pull(40, figures(keys=6)) == "pending"
    assert clockwork.pull(69, figures(keys=6)) == "pending"
    assert clockwork.told == []
    assert clockwork.pull(70, figures(keys=6)) == "firing"
    # A service that starts again goes on where it was, and tells nothing twice.
    again = Clockwork(database)
    assert again.pull(80, figures(keys=6)) == "firing"
    assert again.pull(90, figures(keys=1)) == "resolved"
    assert (clockwork.told, again.told) == (["firing"], ["resolved"])
    assert again.events() == ["pending", "pending", "firing", "resolved"]
    assert again.pull(100, {}) is None


def test_rate_is_right_over_a_restart(database: str) -> None:
    clockwork = Clockwork(database)
    clockwork.store.add("acme", rule(kind="rate", metric="misses", op="ge", value=10), 0)
    assert clockwork.pull(10, figures(misses=1000)) is None
    assert clockwork.pull(20, figures(misses=1100)) == "firing"
    assert clockwork.pull(30, figures(misses=1150)) == "resolved"
    # Began again: 30 since then, not minus 1120.
    assert clockwork.pull(40, figures(misses=30)) == "resolved"
    assert clockwork.pull(50, figures(misses=130)) == "firing"


def test_absence_and_full_in(database: str) -> None:
    clockwork = Clockwork(database)
    added = clockwork.store.add("acme", rule(kind="absence", node=NODE), 0)
    assert clockwork.pull(10, figures()) is None
    assert clockwork.pull(20, figures(state="stopped")) == "firing"
    assert clockwork.pull(30, figures()) == "resolved"
    assert clockwork.pull(40, {}) == "firing"
    clockwork.store.remove(added)
    clockwork.store.add("", rule(kind="full_in", within_seconds=3600), 0)
    clockwork.full_in = 3601
    assert clockwork.pull(50, figures()) is None
    clockwork.full_in = 3600
    assert clockwork.pull(60, figures()) == "firing"


def test_a_rule_is_about_its_tenants_nodes_alone(database: str) -> None:
    clockwork = Clockwork(database)
    condition = {"kind": "threshold", "metric": "keys", "op": "ge", "value": 0}
    clockwork.store.add("other", rule(**condition), 0)
    assert clockwork.pull(10, figures()) is None
    clockwork.store.add("acme", rule(**condition), 0)
    assert clockwork.pull(20, figures()) == "firing"


def test_a_change_keeps_the_secret_that_is_never_shown() -> None:
    condition = {"kind": "threshold", "metric": "keys", "op": "ge", "value": 0}
    before = rule(**condition)

    def change(**webhook: Any) -> RuleBody | None:
        body = {"name": "r", "enabled": False, "condition": condition, "webhook": webhook}
        return RuleChange.model_validate(body).completed(before)

    kept = change(url="http://127.0.0.1:1/")
    assert kept is not None
    assert kept.webhook == before.webhook
    assert kept.enabled is False
    # Whoever may change a rule must not make it sign for another address.
    assert change(url="http://127.0.0.1:2/") is None
    other = change(url="http://127.0.0.1:2/", secret="another one of the tests")
    assert other is not None
    assert other.webhook is not None
    assert other.webhook.secret == "another one of the tests"


def test_growth_says_when_memory_is_full() -> None:
    growth = Growth()
    for n in range(10):
        growth.note(n * 20_000, {"steady": 1000, "grows": n * 200, "jumps": (n % 2) * 1000})
    assert growth.full_in_seconds("grows", 1800, 4800) == 300
    assert growth.full_in_seconds("grows", 1800, 0) is None
    assert growth.full_in_seconds("steady", 1000, 4800) is None
    assert growth.full_in_seconds("jumps", 1000, 4800) is None


@contextmanager
def receiver(statuses: list[int]) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Start a server that answers with the statuses in turn, the last for ever."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["X-MiniRedis-Signature"], body))
            self.send_response(statuses[min(len(taken), len(statuses)) - 1])
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", taken
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def delivered(url: str, *, allow_private: bool = True) -> bool:
    """Tell an event, with short pauses."""
    told = rule(kind="absence", node=NODE).model_copy(deep=True)
    assert told.webhook is not None
    told.webhook.url = url

    async def deliver() -> bool:
        webhooks = Webhooks(allow_private=allow_private, pauses=(0.01, 0.01))
        async with httpx.AsyncClient(follow_redirects=False) as client:
            return await webhooks.deliver(client, told, {"state": "firing"})

    return asyncio.run(deliver())


def test_webhooks_are_signed_and_tried_again() -> None:
    with receiver([500, 204]) as (url, taken):
        assert delivered(url)
        assert len(taken) == 2
        header, body = taken[1]
        at, given = (part.partition("=")[2] for part in header.split(","))
        expected = hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert given == expected
        assert json.loads(body) == {"state": "firing"}
    with receiver([302]) as (url, taken):
        assert not delivered(url)
        assert len(taken) == 3


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1"]
)
def test_webhooks_do_not_lead_inside(host: str) -> None:
    with pytest.raises(RefusedAddressError):
        asyncio.run(address_of(host, 80, allow_private=False))


def test_a_refused_webhook_is_not_sent() -> None:
    with receiver([204]) as (url, taken):
        assert not delivered(url, allow_private=False)
        assert taken == []


def test_rules_over_http(database: str, tmp_path: Path) -> None:
    variables = {"MINIREDIS_MAIN_DATABASE_URL": database}
    with (
        control_plane(tmp_path / "data", variables=variables) as admin,
        monitoring(admin.daemon) as port,
    ):
        for name in ("acme", "other"):
            admin.post("/v1/tenants", {"name": name})
        node = admin.post("/v1/nodes", {"tenant": "acme", "name": "one"})["id"]
        base = f"http://127.0.0.1:{port}/v1/monitoring"

        def as_caller(token: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {token}"}
            return httpx.Client(headers=headers, timeout=10, trust_env=False)

        with (
            as_caller(admin.with_key("acme").token) as own,
            as_caller(admin.with_key("other").token) as foreign,
        ):
            wait_until(lambda: own.get(f"{base}/nodes/{node}").status_code == 200)
            condition = {"kind": "threshold", "metric": "keys", "op": "ge", "value": 1}
            webhook = {"url": "https://example.com/", "secret": SECRET}
            body = {"name": "full", "condition": {**condition, "node": node}, "webhook": webhook}
            assert foreign.post(f"{base}/rules", json=body).status_code == 422
            made = own.post(f"{base}/rules", json=body)
            assert (made.status_code, made.headers["etag"]) == (201, '"1"'), made.text
            assert SECRET not in made.text
            path = f"{base}/rules/{made.json()['id']}"
            assert own.post(f"{base}/rules", json=body).status_code == 409
            assert foreign.get(path).status_code == 404
            assert foreign.delete(path).status_code == 404
            assert foreign.get(f"{base}/rules").json()["items"] == []
            wrong = {**body, "condition": {**condition, "op": "about"}}
            assert own.put(path, json=wrong).status_code == 422
            stale = own.put(path, json=body, headers={"If-Match": '"7"'})
            assert stale.status_code == 412
            body.pop("webhook")
            assert own.put(path, json=body, headers={"If-Match": '"1"'}).status_code == 200
            admin.execute(node, "SET", "k", "v")

            def fires() -> bool:
                items = own.get(f"{base}/alerts").json()["items"]
                return [item["state"] for item in items] == ["firing"]

            wait_until(fires)
            assert foreign.get(f"{base}/alerts").json()["items"] == []
            assert foreign.get(f"{base}/alerts/history").json()["items"] == []
            past = own.get(f"{base}/alerts/history").json()["items"]
            assert [(event["state"], event["value"]) for event in past] == [("firing", 1.0)]
            for view in ("summary", "tenants", "top?metric=keys"):
                assert own.get(f"{base}/{view}").status_code == 200
            assert foreign.get(f"{base}/summary").json()["nodes"] == 0
            assert own.get(f"{base}/tenants").json()["items"][0]["keys"] == 1
            assert own.delete(path).status_code == 204
            assert own.get(path).status_code == 404
