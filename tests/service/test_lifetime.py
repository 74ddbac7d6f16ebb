"""The daemon's own life: start, settings, tokens, crashes, signals, standalone."""

from __future__ import annotations

import http.client
import json
import re
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import ROOT
from tests.service.daemon import (
    PROGRAM,
    Daemon,
    RespClient,
    clean_environment,
    free_ports,
    refuses_connections,
    run_program,
    wait_until,
)


def test_the_token_is_printed_once_and_kept_as_a_digest(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh().start()
    assert daemon.output.count("admin token") == 1
    assert daemon.token.startswith("mra_")
    assert daemon.stop() == 0
    token_file = daemon.data / "admin-token.json"
    assert token_file.stat().st_mode & 0o777 == 0o600
    assert daemon.token not in token_file.read_text()
    daemon.start()
    assert "token" not in daemon.output
    assert daemon.request("GET", "/v1/nodes").status == 200


def test_the_token_may_be_given(fresh: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = fresh(variables={"MINIREDIS_ADMIN_TOKEN": "chosen-by-the-owner"})
    with daemon:
        assert "token" not in daemon.output
        assert daemon.request("GET", "/v1/nodes", token="chosen-by-the-owner").status == 200
    assert not (daemon.data / "admin-token.json").exists()
    (tmp_path / "token").write_text("from-a-file-0123456789\n")
    with fresh("--admin-token-file", str(tmp_path / "token")) as other:
        assert other.request("GET", "/v1/nodes", token="from-a-file-0123456789").status == 200


def test_a_restart_brings_nodes_back_empty(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh().start()
    daemon.make_tenant("acme", max_nodes=9, memory="1gb")
    daemon.make_tenant("gone")
    daemon.make_node("cache", password="pw", port=daemon.first_port + 2, config={"timeout": 9})
    daemon.make_node("asleep", port=True, eviction_policy="volatile-lfu")
    daemon.make_node("deleted", port=True)
    daemon.make_node("lost", "gone")
    daemon.request("POST", "/v1/nodes/asleep/stop")
    daemon.request("DELETE", "/v1/nodes/deleted")
    daemon.request("DELETE", "/v1/tenants/gone?nodes=delete")
    daemon.request("PATCH", "/v1/nodes/cache", {"memory": "8mb", "name": "renamed"})
    daemon.execute("renamed", "SET", "k", "v")

    def shown() -> list[object]:
        nodes = daemon.get("/v1/nodes")["items"]
        for node in nodes:
            del node["router"], node["shard"]
        return [nodes, daemon.get("/v1/capacity")["ports"]["used"]]

    before = shown()
    assert (daemon.data / "definitions.jsonl").stat().st_mode & 0o777 == 0o600
    assert daemon.stop() == 0
    daemon.start()
    assert shown() == before
    tenant = daemon.get("/v1/tenants/acme")
    assert (tenant["max_nodes"], tenant["memory_limit_bytes"]) == (9, 1 << 30)
    with RespClient(daemon.first_port + 2) as client:
        assert client.call("AUTH", "pw") == "OK"
        assert client.call("DBSIZE") == "0"
    assert refuses_connections(daemon.first_port)
    assert daemon.request("POST", "/v1/nodes/asleep/start").status == 200
    with RespClient(daemon.first_port) as client:
        assert client.call("PING") == "PONG"
    daemon.kill()
    daemon.start()
    assert daemon.get("/v1/nodes/asleep")["state"] == "running"


def test_a_node_whose_port_is_lost_fails_alone(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh().start()
    daemon.make_tenant()
    daemon.make_node("unlucky", port=True)
    daemon.make_node("lucky", port=True)
    daemon.stop()
    with socket.create_server(("127.0.0.1", daemon.first_port)):
        daemon.start()
        node = daemon.get("/v1/nodes/unlucky")
        assert node["state"] == "failed"
        assert str(daemon.first_port) in node["reason"]
        assert daemon.get("/v1/nodes?state=failed")["items"][0]["name"] == "unlucky"
        assert daemon.execute("lucky", "PING") == "PONG"
        execute = daemon.request("POST", "/v1/nodes/unlucky/execute", {"command": ["PING"]})
        assert execute.status == 409
        assert daemon.request("PATCH", "/v1/nodes/unlucky", {"name": "x"}).status == 409
        assert daemon.request("POST", "/v1/nodes/unlucky/start").status == 409
    assert daemon.request("POST", "/v1/nodes/unlucky/start").json["state"] == "running"
    assert daemon.execute("unlucky", "PING") == "PONG"


class Creator(threading.Thread):
    """Creates nodes, and deletes every third again, until the daemon is gone."""

    def __init__(self, daemon: Daemon, prefix: str) -> None:
        super().__init__()
        self.daemon_process = daemon
        self.prefix = prefix
        self.asked: list[str] = []
        self.made: set[str] = set()
        self.deleted: set[str] = set()

    def run(self) -> None:
        """Work until a request fails."""
        for number in range(1000):
            name = f"{self.prefix}-{number}"
            self.asked.append(name)
            try:
                node = self.daemon_process.make_node(name, port=True, password="pw")
                self.made.add(name)
                if number % 3 == 2:
                    answer = self.daemon_process.request("DELETE", f"/v1/nodes/{node['id']}")
                    assert answer.status == 204
                    self.deleted.add(name)
            except (OSError, http.client.HTTPException, AssertionError):
                return


def test_killed_while_creating_leaves_whole_nodes(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh(range_size=200).start()
    daemon.make_tenant()
    expected: set[str] = set()
    for round_number in range(4):
        creator = Creator(daemon, f"r{round_number}")
        creator.start()
        while len(creator.asked) <= 5:
            time.sleep(0.001)
        time.sleep(0.013 * round_number)
        daemon.kill()
        creator.join()
        daemon.start()
        nodes = daemon.get("/v1/nodes?limit=1000")["items"]
        names = {node["name"] for node in nodes}
        # What was under way may have been done or not; all else is as it was answered.
        under_way = {creator.asked[-1]}
        expected |= creator.made - creator.deleted
        assert names - under_way == expected - under_way
        ports = [node["port"] for node in nodes]
        assert len(set(ports)) == len(ports)
        assert all(node["state"] == "running" for node in nodes)
        assert daemon.get("/v1/capacity")["ports"]["used"] == len(ports)
        expected = names


def test_broken_definitions_stop_the_start(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh().start()
    daemon.make_tenant()
    daemon.make_node("a")
    daemon.stop()
    file = daemon.data / "definitions.jsonl"
    whole = file.read_text()
    broken = whole.replace('"tenant":"acme"', '"tenant":acme')
    file.write_text(broken)
    with pytest.raises(RuntimeError):
        daemon.start()
    assert daemon.process is not None
    assert daemon.process.wait() == 1
    assert f"{file}:3:" in daemon.log()
    assert file.read_text() == broken
    file.write_text(whole + '{"node":{"id":"cut sh')
    daemon.start()
    assert [node["name"] for node in daemon.get("/v1/nodes")["items"]] == ["a"]
    assert "cut short" in daemon.log()


def test_a_full_disk_undoes_what_was_asked(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh().start()
    daemon.make_tenant()
    daemon.make_node("first", password="pw", port=True)
    assert daemon.process is not None
    pid = daemon.process.pid
    size = (daemon.data / "definitions.jsonl").stat().st_size
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    # A limit on the size of files stands in for a disk that is full: writes end in the middle.
    log_size = (daemon.data.parent / "log").stat().st_size
    assert log_size > 0
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 20, hard))
    body = {"tenant": "acme", "name": "second", "port": True}
    answer = daemon.request("POST", "/v1/nodes", body)
    assert (answer.status, answer.json["type"]) == (507, "urn:miniredis:problem:storage-full")
    assert daemon.request("GET", "/v1/nodes/second").status == 404
    assert daemon.get("/v1/capacity")["ports"]["used"] == 1
    assert refuses_connections(daemon.first_port + 1)
    change = {"memory": "8mb", "name": "changed", "port": False, "password": "new"}
    assert daemon.request("PATCH", "/v1/nodes/first", change).status == 507
    assert daemon.get("/v1/nodes/first")["memory_limit_bytes"] == 40 << 20
    with RespClient(daemon.first_port) as client:
        assert client.call("AUTH", "pw") == "OK"
    assert daemon.request("POST", "/v1/nodes/first/stop").status == 507
    assert daemon.request("DELETE", "/v1/nodes/first").status == 507
    assert daemon.request("POST", "/v1/tenants", {"name": "more"}).status == 507
    assert daemon.execute("first", "PING") == "PONG"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert daemon.request("POST", "/v1/nodes", body).status == 201
    daemon.stop()
    daemon.start()
    assert [node["name"] for node in daemon.get("/v1/nodes")["items"]] == ["first", "second"]


def test_one_directory_has_one_daemon(fresh: Callable[..., Daemon]) -> None:
    with fresh() as daemon:
        second = run_program(
            "--http-port",
            "0",
            "--router-port",
            "-1",
            "--data-directory",
            str(daemon.data),
            *daemon.plane,
        )
        assert second.returncode == 1
        assert "in use by another miniredisd" in second.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_ends_with_0(fresh: Callable[..., Daemon], number: int) -> None:
    daemon = fresh("--drain-ms", "3000").start()
    daemon.make_tenant()
    node = daemon.make_node("x", port=True)
    connection = daemon.connect()
    connection.request("GET", "/readyz")
    assert connection.getresponse().read()
    with RespClient(node["port"]) as client:
        assert client.call("SET", "k", "v") == "OK"
        begun = time.monotonic()
        daemon.signal(number)
        assert daemon.wait() == 0
        assert time.monotonic() - begun < 5
    connection.close()
    assert refuses_connections(node["port"])
    assert refuses_connections(daemon.http_port)


def test_requests_under_way_are_answered_before_the_end(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh("--drain-ms", "5000").start()
    daemon.make_tenant()
    daemon.make_node("x", memory="200mb")
    body = {"commands": [["SET", f"k{i}", "v" * 100] for i in range(10_000)]}
    statuses: list[int] = []
    work = threading.Thread(
        target=lambda: statuses.append(daemon.request("POST", "/v1/nodes/x/execute", body).status)
    )
    work.start()
    wait_until(lambda: daemon.get("/v1/nodes/x/metrics")["commands"] > 0)
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    work.join()
    assert statuses == [200]


def test_a_second_signal_ends_at_once_with_1(fresh: Callable[..., Daemon]) -> None:
    daemon = fresh("--drain-ms", "60000").start()
    with socket.create_connection(("127.0.0.1", daemon.http_port)) as busy:
        head = "POST /v1/tenants HTTP/1.1\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {daemon.token}\r\nContent-Length: 10\r\n\r\n"
        busy.sendall(head.encode())
        wait_until(lambda: "miniredis_http_connections 2" in daemon.request("GET", "/metrics").text)
        daemon.signal(signal.SIGTERM)
        wait_until(lambda: " stopping " in daemon.log())
        assert daemon.process is not None
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.process.wait(0.2)
        daemon.signal(signal.SIGTERM)
        assert daemon.wait(2) == 1


def test_settings_come_from_file_environment_and_flags(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"http_port": 7101, "shards": 3, "drain_ms": 7, "log_level": "off"}))
    shown = run_program(
        "--config", str(file), "--http-port", "7103", "--print-config",
        MINIREDIS_HTTP_PORT="7102", MINIREDIS_SHARDS="4", REDIS_PORT_START="7200",
        REDIS_PORT_END="7300", MINIREDIS_ADMIN_TOKEN="never-show-this-one",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    settings = json.loads(shown.stdout)
    assert settings["http_port"] == 7103
    assert settings["shards"] == 4
    assert settings["drain_ms"] == 7
    assert settings["port_range_start"] == 7200
    assert "never-show-this-one" not in shown.stdout
    file.write_text(shown.stdout)
    again = run_program("--config", str(file), "--print-config")
    assert json.loads(again.stdout) == settings


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["--http-port", "99999"], {}, ["http_port", "99999", "0 to 65535"]),
        (["--htp-port", "1"], {}, ["--htp-port", "--http-port"]),
        (["--admin-token", "x"], {}, ["MINIREDIS_ADMIN_TOKEN"]),
        (["serve"], {}, ["serve"]),
        ([], {"MINIREDIS_HTP_PORT": "1"}, ["MINIREDIS_HTP_PORT", "MINIREDIS_HTTP_PORT"]),
        ([], {"REDIS_PORT_START": "9000", "REDIS_PORT_END": "8000"}, ["port_range_start"]),
        (["--http-port", "7500"], {}, ["http_port", "7001..7999"]),
        (["--bind", "example.org"], {}, ["bind", "example.org"]),
        (["--config", "/no/such/file"], {}, ["/no/such/file"]),
        (["--port", "1"], {}, ["standalone"]),
        (["--standalone", "--port", "-1"], {}, ["port", "-1"]),
        (["--standalone", "--maxmemory", "12"], {}, ["maxmemory", "1mb"]),
    ],
)
def test_wrong_settings_end_with_2(
    arguments: list[str], variables: dict[str, str], words: list[str]
) -> None:
    result = run_program(*arguments, **variables)
    assert result.returncode == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_unknown_keys_of_a_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"htp_port": 5}')
    result = run_program("--config", str(file))
    assert result.returncode == 2
    assert "htp_port" in result.stderr
    assert "http_port" in result.stderr


def test_what_cannot_be_served_ends_with_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        common = ["--data-directory", str(tmp_path / "data")]
        http = run_program("--http-port", port, "--router-port", "-1", *common)
        assert (http.returncode, port in http.stderr) == (1, True)
        router = run_program("--http-port", "0", "--router-port", port, *common)
        assert (router.returncode, port in router.stderr) == (1, True)
        node = run_program("--standalone", "--port", port)
        assert (node.returncode, port in node.stderr) == (1, True)
    (tmp_path / "file").write_text("")
    blocked = run_program("--http-port", "0", "--data-directory", str(tmp_path / "file"))
    assert blocked.returncode == 1
    assert str(tmp_path / "file") in blocked.stderr


def test_help_and_version() -> None:
    helped = run_program("--help")
    assert helped.returncode == 0
    for word in ("--http-port", "REDIS_PORT_START", "MINIREDIS_ADMIN_TOKEN", "--standalone"):
        assert word in helped.stdout
    assert max(map(len, helped.stdout.splitlines())) <= 100
    assert run_program("--version").stdout.startswith("miniredisd 0.")


def test_the_manual_knows_every_setting() -> None:
    manual = (ROOT / "docs" / "daemon.md").read_text()
    names = re.findall(r"--[a-z-]{2,}|(?:MINI)?REDIS_[A-Z_]+", run_program("--help").stdout)
    assert len(names) > 60
    assert [name for name in names if f"`{name}" not in manual and name != "--help"] == []


def test_logs_may_be_json(fresh: Callable[..., Daemon]) -> None:
    with fresh("--log-format", "json") as daemon:
        daemon.request("GET", "/v1/nodes")
        daemon.request("GET", "/v1/" + "%22" * 20)
    events = [json.loads(line) for line in daemon.log().splitlines()]
    assert {"time", "level", "event"} <= set(events[0])
    assert any(e["event"] == "request" and e["status"] == "200" for e in events)


class Standalone:
    """A miniredisd --standalone."""

    def __init__(self, *flags: str, **variables: str) -> None:
        self.port = free_ports(1)
        self.process = subprocess.Popen(
            [str(PROGRAM), "--standalone", "--port", str(self.port), *flags],
            env=clean_environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    def __enter__(self) -> Standalone:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def terminate(self) -> int:
        """End it with SIGTERM."""
        self.process.terminate()
        return self.process.wait(5)


def test_standalone_serves_one_node(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Standalone("--maxmemory", "10mb", "--maxmemory-policy", "allkeys-lru",
                    "--unixsocket", str(path), "--shards", "1") as server:  # fmt: skip
        assert server.line == f"ready on 127.0.0.1:{server.port}\n"
        with RespClient(server.port) as client:
            assert client.call("SET", "k", "v") == "OK"
            shutdown = client.call("SHUTDOWN")
            assert shutdown is not None
            assert shutdown.startswith("-NOPERM")
            assert client.call("GET", "k") == "v"
            memory = client.call("INFO", "memory")
            assert memory is not None
            assert f"maxmemory:{10 << 20}\r\n" in memory
        with socket.socket(socket.AF_UNIX) as local:
            local.connect(str(path))
            local.sendall(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")
            assert local.recv(100) == b"$1\r\nv\r\n"
        assert [entry.name for entry in tmp_path.iterdir()] == ["s"]
        assert server.terminate() == 0


@pytest.mark.parametrize("by_flag", [True, False])
def test_standalone_with_a_password(by_flag: bool) -> None:
    flags = ["--requirepass", "pw"] if by_flag else []
    variables = {} if by_flag else {"MINIREDIS_PASSWORD": "pw"}
    with Standalone(*flags, **variables) as server, RespClient(server.port) as client:
        reply = client.call("GET", "k")
        assert reply is not None
        assert reply.startswith("-NOAUTH")
        assert client.call("AUTH", "pw") == "OK"
        assert server.terminate() == 0
