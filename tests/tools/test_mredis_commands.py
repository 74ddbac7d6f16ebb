"""Mredis against a real redis-server: one command, lines from a pipe, ways to connect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.tools.processes import BIN, free_port, redis_server, run_mredis, wait_until_listening


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    chosen = free_port()
    with redis_server(chosen, tmp_path_factory.mktemp("redis")):
        yield chosen


@pytest.fixture
def server(port: int) -> Iterator[redis.Redis]:
    client = redis.Redis(port=port)
    client.flushall()
    yield client
    client.close()


COMMANDS = [
    ["PING"],
    ["SET", "k", "v"],
    ["GET", "k"],
    ["GET", "nothing"],
    ["INCR", "n"],
    ["INCR", "k"],
    ["RPUSH", "l", "a", "b c", 'q"\\', "\t\n\r\a\b", "ä"],
    ["LRANGE", "l", "0", "-1"],
    ["LRANGE", "nothing", "0", "-1"],
    ["EVAL", "return {1,{2,{3,'x'}},{},'y'}", "0"],
    ["EVAL", "local t={} for i=1,12 do t[i]={i,{i}} end return t", "0"],
    ["NOSUCH", "x"],
    ["GET"],
    ["CONFIG", "GET", "save"],
    ["ECHO", ""],
    ["COMMAND", "INFO", "get"],
    ["COMMAND", "DOCS"],
]


@pytest.mark.parametrize("form", ["--raw", "--no-raw"])
@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_prints_what_redis_cli_prints(
    server: redis.Redis, port: int, command: list[str], protocol: int, form: str
) -> None:
    flags = ["-3"] if protocol == 3 else []
    printed = []
    for program in (["redis-cli"], [str(BIN / "mredis")]):
        server.flushall()
        server.set("k", "v")
        server.rpush("l", "a", "b c", 'q"\\', "\t\n\r\a\b", "ä")
        done = subprocess.run(
            [*program, "-p", str(port), *flags, form, *command], capture_output=True, check=False
        )
        printed.append(done.stdout.rstrip(b"\n"))
    assert printed[1] == printed[0]
    # redis-cli ends with 0 after an error.
    failed = printed[1].startswith((b"ERR ", b"(error)"))
    assert done.returncode == (1 if failed else 0)


def test_output_is_raw_without_a_terminal(server: redis.Redis, port: int) -> None:
    server.set("k", "a\tb")
    assert run_mredis("-p", str(port), "GET", "k").stdout == "a\tb\n"


def test_json_keeps_types(server: redis.Redis, port: int) -> None:
    server.hset("h", mapping={"f": "1", "g": "2"})
    server.zadd("z", {"m": 1.5})
    assert json.loads(run_mredis("-p", str(port), "--json", "HGETALL", "h").stdout) == {
        "f": "1",
        "g": "2",
    }
    assert json.loads(run_mredis("-p", str(port), "--json", "ZSCORE", "z", "m").stdout) == 1.5
    failed = run_mredis("-p", str(port), "--json", "INCR", "h")
    assert json.loads(failed.stdout)["error"].startswith("WRONGTYPE")
    assert failed.returncode == 1


def test_csv(server: redis.Redis, port: int) -> None:
    server.rpush("l", "a", 'b"c')
    assert run_mredis("-p", str(port), "--csv", "LRANGE", "l", "0", "-1").stdout == '"a","b""c"\n'


def test_lines_of_a_pipe_are_commands(server: redis.Redis, port: int) -> None:
    lines = 'SET k "a\\x00b"\n\n  GET k\nINCR k\nGET "open\nSTRLEN k'
    done = run_mredis("-p", str(port), "--no-raw", text_in=lines)
    assert done.stdout.splitlines() == [
        "OK",
        '"a\\x00b"',
        "(error) ERR value is not an integer or out of range",
        "(integer) 3",
    ]
    assert "unbalanced quotes" in done.stderr
    assert done.returncode == 1
    assert run_mredis("-p", str(port), text_in="PING\nPING\n").returncode == 0


def test_database(server: redis.Redis, port: int) -> None:
    assert run_mredis("-p", str(port), "-n", "5", "SET", "here", "1").returncode == 0
    assert server.exists("here") == 0
    assert redis.Redis(port=port, db=5).exists("here") == 1
    refused = run_mredis("-p", str(port), "-n", "99", "PING")
    assert refused.returncode == 1
    assert "SELECT failed" in refused.stderr


def test_flags_after_the_command_belong_to_it(server: redis.Redis, port: int) -> None:
    assert run_mredis("-p", str(port), "SET", "--help", "-1").returncode == 0
    assert server.get("--help") == b"-1"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--bogus", "PING"], "unknown flag --bogus"),
        (["-p", "x", "PING"], "'x' is not a whole number from 1 to 65535"),
        (["-p"], "--port needs a value"),
        (["--raw", "--json", "PING"], "exclude each other"),
        (["--insecure", "PING"], "go with --tls"),
        (["-s", "/x", "-p", "1", "PING"], "without --host and --port"),
        (["--user", "bob", "PING"], "needs a password"),
    ],
)
def test_wrong_usage_is_named(arguments: list[str], complaint: str) -> None:
    done = run_mredis(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ""


def test_help_and_version() -> None:
    done = run_mredis("--help")
    assert done.returncode == 0
    for word in ["--port", "--tls", "--json", "mredis node", "Exit status"]:
        assert word in done.stdout
    assert run_mredis("--version").stdout.startswith("mredis ")


def test_no_connection_is_status_3() -> None:
    done = run_mredis("-p", str(free_port()), "PING")
    assert done.returncode == 3
    assert "Connection refused" in done.stderr
    assert run_mredis("-s", "/nonexistent/socket", "PING").returncode == 3
    assert run_mredis("-h", "name.invalid", "PING").returncode == 3


def test_a_peer_that_speaks_no_redis_is_status_3() -> None:
    listener = subprocess.Popen(
        [
            "python3",
            "-c",
            "import socket,sys\ns=socket.create_server(('127.0.0.1',0))\n"
            "print(s.getsockname()[1],flush=True)\nc,_=s.accept()\nc.recv(99)\n"
            "c.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')\nc.recv(99)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdout is not None
    done = run_mredis("-p", listener.stdout.readline().strip(), "PING")
    listener.wait(10)
    assert done.returncode == 3
    assert "not a Redis reply" in done.stderr


def test_passwords_and_users(tmp_path: Path) -> None:
    port = free_port()
    with redis_server(port, tmp_path, "--requirepass", "secret"):
        assert "NOAUTH" in run_mredis("-p", str(port), "GET", "k").stdout
        for flags in ([], ["-3"], ["--user", "default"]):
            done = run_mredis(
                "-p", str(port), *flags, "PING", environment={"MINIREDIS_PASSWORD": "secret"}
            )
            assert done.stdout == "PONG\n", done.stderr
        assert run_mredis("-p", str(port), "--pass", "secret", "PING").stdout == "PONG\n"
        wrong = run_mredis("-p", str(port), "--pass", "wrong", "PING")
        assert wrong.returncode == 1
        assert "AUTH failed: WRONGPASS" in wrong.stderr


def test_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    port = free_port()
    with redis_server(port, tmp_path, "--unixsocket", str(path)):
        assert run_mredis("-s", str(path), "PING").stdout == "PONG\n"


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [
            *command.split(),
            *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


def test_tls(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "localhost")
    other, _ = make_certificate(tmp_path, "other")
    port = free_port()
    tls = ["--tls-port", str(port), "--tls-auth-clients", "no", "--tls-cert-file", str(certificate)]
    tls += ["--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate)]
    with redis_server(0, tmp_path, *tls) as process:
        wait_until_listening(port, process)
        at = ["-p", str(port), "--tls"]
        trusted = [*at, "--cacert", str(certificate)]
        assert run_mredis("-h", "localhost", *trusted, "PING").stdout == "PONG\n"
        assert run_mredis(*at, "--insecure", "PING").stdout == "PONG\n"
        big = run_mredis("-h", "localhost", *trusted, "ECHO", "x" * 100_000)
        assert big.stdout == "x" * 100_000 + "\n"
        # Another authority, none, and another name than the certificate's.
        assert run_mredis("-h", "localhost", *at, "--cacert", str(other), "PING").returncode == 3
        assert run_mredis("-h", "localhost", *at, "PING").returncode == 3
        assert run_mredis("-h", "127.0.0.1", *trusted, "PING").returncode == 3
        assert run_mredis(*at, "--cacert", str(tmp_path / "none"), "PING").returncode == 3


@pytest.mark.parametrize("protocol", [[], ["-3"]])
def test_messages_come_as_they_are_published(
    server: redis.Redis, port: int, protocol: list[str]
) -> None:
    process = subprocess.Popen(
        [str(BIN / "mredis"), "-p", str(port), *protocol, "--json", "SUBSCRIBE", "news", "more"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == ["subscribe", "news", 1]
    assert json.loads(process.stdout.readline()) == ["subscribe", "more", 2]
    server.publish("news", "hello")
    assert json.loads(process.stdout.readline()) == ["message", "news", "hello"]
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_monitor(server: redis.Redis, port: int) -> None:
    process = subprocess.Popen(
        [str(BIN / "mredis"), "-p", str(port), "MONITOR"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "OK\n"
    server.set("watched", "1")
    line = process.stdout.readline()
    while "watched" not in line:
        line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_interrupting_a_command_that_blocks(server: redis.Redis, port: int) -> None:
    process = subprocess.Popen(
        [str(BIN / "mredis"), "-p", str(port), "BLPOP", "nothing", "0"], stdout=subprocess.PIPE
    )
    while not any(c["cmd"] == "blpop" for c in server.client_list()):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130


def test_replies_that_do_not_come_are_not_waited_for(server: redis.Redis, port: int) -> None:
    lines = "CLIENT REPLY OFF\nSET k 1\nCLIENT REPLY ON\nGET k\nCLIENT REPLY SKIP\nSET k 2\nGET k\n"
    done = run_mredis("-p", str(port), text_in=lines)
    assert done.stdout.splitlines() == ["OK", "1", "2"]


def test_a_connection_closed_between_commands_is_made_again(server: redis.Redis, port: int) -> None:
    process = subprocess.Popen(
        [str(BIN / "mredis"), "-p", str(port), "-n", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("SET a 1\n")
    process.stdin.flush()
    assert process.stdout.readline() == "OK\n"
    server.client_kill_filter(_type="normal", skipme=True)
    process.stdin.write("GET a\n")
    process.stdin.close()
    assert process.stdout.readline() == "1\n"  # still in database 2
    assert process.wait(10) == 0


def test_a_closed_output_ends_the_run(server: redis.Redis, port: int) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [str(BIN / "mredis"), "-p", str(port), "SUBSCRIBE", "c"], stdout=writing
    )
    os.close(writing)
    assert os.read(reading, 5) == b"subsc"
    os.close(reading)
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        server.publish("c", "x" * 1000)
        time.sleep(0.02)
    assert process.wait(1) != 0
