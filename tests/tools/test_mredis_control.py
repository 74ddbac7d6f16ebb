"""`mredis node` and `mredis tenant`: what they ask of the daemon and make of its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.fake_daemon import Answer, Request, fake_daemon
from tests.tools.processes import BIN, free_port, run_mredis
from tests.tools.terminal import Terminal

NODE: dict[str, Any] = {
    "id": "00000000000000a1",
    "name": "cache",
    "tenant": "acme",
    "state": "running",
    "host": "127.0.0.1",
    "port": 7001,
    "memory_limit_bytes": 40 << 20,
    "eviction_policy": "allkeys-lru",
    "created_at": "2026-01-01T00:00:00Z",
}
METRICS = {
    **{name: NODE[name] for name in ("id", "name", "tenant", "state")},
    "memory_used_bytes": 10 << 20,
    "memory_limit_bytes": 40 << 20,
    "ops_per_second": 12345.6,
    "hits": 75,
    "misses": 25,
    "clients": 3,
    "keys": 1500,
    "cpu_share": 0.125,
}


def test_create_sends_what_was_given() -> None:
    with fake_daemon(lambda _: (201, NODE)) as daemon:
        done = run_mredis(
            *("node", "create", "cache", "--tenant", "acme", "--memory", "40mb", "--port", "7001"),
            *("--policy", "allkeys-lru", "--max-clients", "50", "--shard", "1"),
            *("--password-file", "-", "--url", daemon.url),
            text_in="hunter2\n",
            environment={"MINIREDIS_TOKEN": "t0ken"},
        )
    assert done.returncode == 0, done.stderr
    (request,) = daemon.requests
    assert (request.method, request.path) == ("POST", "/v1/nodes")
    assert request.token == "Bearer t0ken"
    assert request.body == {
        "tenant": "acme",
        "name": "cache",
        "memory": "40mb",
        "eviction_policy": "allkeys-lru",
        "password": "hunter2",
        "max_clients": 50,
        "shard": 1,
        "port": 7001,
    }
    assert "cache" in done.stdout
    assert "40.0M" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(("flag", "port"), [([], True), (["--port", "none"], False)])
def test_port_of_a_new_node(flag: list[str], port: bool) -> None:
    with fake_daemon(lambda _: (201, NODE)) as daemon:
        run_mredis("node", "create", "c", "--tenant", "a", *flag, "--url", daemon.url)
    assert daemon.requests[0].body["port"] is port


def test_the_token_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    with fake_daemon(lambda _: (200, NODE)) as daemon:
        run_mredis("node", "get", "cache", "--url", daemon.url, "--token-file", str(file))
        run_mredis("node", "get", "cache", environment={"MINIREDIS_URL": daemon.url})
    assert [r.token for r in daemon.requests] == ["Bearer from-file", None]
    missing = run_mredis("node", "get", "x", "--token-file", str(tmp_path / "none"))
    assert missing.returncode == 2


def test_lists_are_fetched_to_their_end() -> None:
    def answer(request: Request) -> Answer:
        if "cursor" not in request.path:
            return 200, {"items": [NODE], "next_cursor": "n/1"}
        return 200, {"items": [{**NODE, "name": "second", "port": None}], "next_cursor": None}

    with fake_daemon(answer) as daemon:
        done = run_mredis("node", "list", "--tenant", "a b", "--url", daemon.url)
        as_json = run_mredis("node", "list", "--json", "--url", daemon.url)
    assert done.stdout.splitlines() == [
        "NAME    TENANT  STATE    PORT  LIMIT  EVICTION                   ID",
        "cache   acme    running  7001  40.0M  allkeys-lru  00000000000000a1",
        "second  acme    running     -  40.0M  allkeys-lru  00000000000000a1",
    ]
    assert daemon.requests[0].path == "/v1/nodes?tenant=a%20b&limit=1000"
    assert daemon.requests[1].path == "/v1/nodes?tenant=a%20b&limit=1000&cursor=n%2F1"
    assert [n["name"] for n in json.loads(as_json.stdout)] == ["cache", "second"]


@pytest.mark.parametrize("action", ["start", "stop", "restart"])
def test_change_of_state(action: str) -> None:
    with fake_daemon(lambda _: (200, {**NODE, "state": "stopped"})) as daemon:
        done = run_mredis("node", action, "cache/../x", "--url", daemon.url)
    assert daemon.requests[0].method == "POST"
    assert daemon.requests[0].path == f"/v1/nodes/cache%2F..%2Fx/{action}"
    assert done.stdout == "cache: stopped\n"


def test_delete_wants_a_yes() -> None:
    with fake_daemon(lambda _: (204, None)) as daemon:
        unsure = run_mredis("node", "delete", "cache", "--url", daemon.url)
        assert unsure.returncode == 2
        assert "--yes" in unsure.stderr
        assert daemon.requests == []
        sure = run_mredis("node", "delete", "cache", "--yes", "--url", daemon.url)
        assert sure.returncode == 0
        assert daemon.requests[0].method == "DELETE"
        command = [str(BIN / "mredis"), "tenant", "delete", "acme", "--grace-seconds", "60"]
        with Terminal([*command, "--url", daemon.url], {}) as terminal:
            terminal.expect("Type yes to go on: ")
            terminal.type("no\n")
            assert terminal.wait() == 1
        with Terminal([*command, "--url", daemon.url], {}) as terminal:
            terminal.expect("Type yes to go on: ")
            terminal.type("yes\n")
            assert terminal.wait() == 0
    assert [r.path for r in daemon.requests[1:]] == ["/v1/tenants/acme?grace_seconds=60"]


@pytest.mark.parametrize(
    ("reply", "printed", "status"),
    [
        ("PONG", "PONG\n", 0),
        (5, "5\n", 0),
        (None, "\n", 0),
        ([1, ["a", None]], "1\na\n\n", 0),
        ({"f": "1"}, "f 1\n", 0),
        ({"base64": "aGk="}, "hi\n", 0),
        ({"error": "WRONGTYPE no"}, "WRONGTYPE no\n", 1),
    ],
)
def test_exec(reply: object, printed: str, status: int) -> None:
    with fake_daemon(lambda _: (200, {"reply": reply})) as daemon:
        done = run_mredis(
            "node", "exec", "-n", "3", "--url", daemon.url, "cache", "SET", "--x", "ä"
        )
    assert daemon.requests[0].path == "/v1/nodes/cache/execute"
    assert daemon.requests[0].body == {"command": ["SET", "--x", "ä"], "database": 3}
    assert (done.stdout, done.returncode) == (printed, status)


def test_problems_are_told_in_the_daemons_words() -> None:
    problem = {"type": "urn:x", "title": "The name is taken", "status": 409, "detail": "'a' is"}
    with fake_daemon(lambda _: (409, problem)) as daemon:
        done = run_mredis("tenant", "create", "a", "--url", daemon.url)
    assert done.returncode == 1
    assert done.stderr == "mredis: The name is taken: 'a' is\n"
    with fake_daemon(lambda _: (401, {"title": "The admin token is needed"})) as daemon:
        assert "MINIREDIS_TOKEN" in run_mredis("tenant", "list", "--url", daemon.url).stderr


def test_a_server_that_is_no_daemon() -> None:
    with fake_daemon(lambda _: (200, "hello")) as daemon:
        done = run_mredis("node", "list", "--url", daemon.url)
    assert done.returncode == 1
    assert "not a list" in done.stderr
    url = f"http://127.0.0.1:{free_port()}"
    assert run_mredis("node", "list", "--url", url).returncode == 3


def test_tenants() -> None:
    tenant = {
        "name": "acme",
        "display_name": "Acme",
        "plan": "big",
        "state": "active",
        "nodes": 2,
        "memory_promised_bytes": 2048,
        "created_at": "2026-01-01T00:00:00Z",
    }

    def answer(request: Request) -> Answer:
        if request.method == "GET" and "?" in request.path:
            return 200, {"items": [tenant], "next_cursor": None}
        return (201 if request.method == "POST" else 200), tenant

    with fake_daemon(answer) as daemon:
        url = ("--url", daemon.url)
        run_mredis("tenant", "create", "acme", "--plan", "big", "--display-name", "Acme", *url)
        listed = run_mredis("tenant", "list", *url)
        got = run_mredis("tenant", "get", "acme", "--json", *url)
    assert daemon.requests[0].body == {"name": "acme", "plan": "big", "display_name": "Acme"}
    assert listed.stdout.splitlines()[1].split() == [
        *("acme", "active", "big", "2", "2.0K", "2026-01-01T00:00:00Z"),
    ]
    assert json.loads(got.stdout) == tenant


def test_a_creation_that_was_cut_off_is_sent_again_under_its_key() -> None:
    def answer(_: Request) -> Answer:
        return (0, None) if len(daemon.requests) == 1 else (201, NODE)

    with fake_daemon(answer) as daemon:
        done = run_mredis("node", "create", "cache", "--tenant", "acme", "--url", daemon.url)
    assert done.returncode == 0, done.stderr
    first, second = (request.idempotency_key for request in daemon.requests)
    assert first == second
    assert first is not None
    assert len(first) == 32
    with fake_daemon(lambda _: (0, None)) as daemon:
        done = run_mredis("node", "exec", "--url", daemon.url, "cache", "INCR", "n")
        assert done.returncode == 3
        assert [r.idempotency_key for r in daemon.requests] == [None]


def answer_top(request: Request) -> Answer:
    assert request.path.startswith("/v1/metrics")
    return 200, {"items": [METRICS], "next_cursor": None}


def test_top_once() -> None:
    with fake_daemon(answer_top) as daemon:
        done = run_mredis("node", "top", "--once", "--url", daemon.url)
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert rows == [
        "NODE TENANT STATE MEMORY LIMIT USED KEYS OPS/S HITS CLIENTS CPU",
        "cache acme running 10.0M 40.0M 25.0% 1.5k 12.3k 75.0% 3 12.5%",
    ]


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_top_draws_until_a_key_and_leaves_the_terminal_as_it_was(key: str) -> None:
    with fake_daemon(answer_top) as daemon:
        command = [str(BIN / "mredis"), "node", "top", "--url", daemon.url]
        with Terminal(command, {}) as terminal:
            terminal.expect("1 node; q leaves")
            terminal.expect("12.3k")
            terminal.expect("1 node")  # a second later, again
            terminal.type(key)
            assert terminal.wait() == 0
            assert terminal.output.endswith("\x1b[?25h\x1b[?1049l")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["node", "nix"], "unknown action 'nix' of node; known: create, list"),
        (["node", "create", "x"], "needs --tenant"),
        (["node", "create"], "takes NAME"),
        (["node", "get", "a", "b"], "takes NODE"),
        (["node", "list", "--bogus"], "unknown flag --bogus"),
        (["node", "create", "x", "--tenant", "t", "--port", "0"], "from 1 to 65535"),
        (["node", "list", "--url", "localhost:7000"], "is not a URL"),
        (["plan", "create", "x", "--nodes", "-1"], "is not a whole number"),
        (["node", "update", "x"], "a flag that says what to change"),
        (["key", "revoke", "x"], "takes TENANT KEY"),
    ],
)
def test_wrong_usage_is_named(arguments: list[str], complaint: str) -> None:
    done = run_mredis(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


@pytest.mark.parametrize("resource", ["node", "tenant", "plan", "key", "token", "platform"])
def test_help_of_each_level(resource: str) -> None:
    page = run_mredis(resource, "--help")
    assert page.returncode == 0
    actions = [
        line.split()[1] for line in page.stdout.splitlines() if line.startswith(f"  {resource} ")
    ]
    assert len(actions) >= 3
    for action in actions:
        done = run_mredis(resource, action, "--help")
        assert done.returncode == 0
        assert f"mredis {resource} {action}" in done.stdout
        assert "--token-file" in done.stdout
    assert run_mredis(resource).returncode == 2
