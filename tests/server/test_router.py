"""The port that all nodes share: credentials choose the node."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.resp_client import Reply, RespClient
from tests.servers import Daemon, free_port


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture(scope="module")
def tls_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, tls_port: int) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("router")
    certificate, key = make_certificate(folder)
    daemon = Daemon(
        folder,
        *("--router-unix-socket", str(folder / "router.sock")),
        *("--router-tls-port", str(tls_port)),
        *("--tls-certificate-file", str(certificate), "--tls-key-file", str(key)),
    )
    daemon.folder = folder  # type: ignore[attr-defined]
    daemon.make_node("red", password="red-secret")
    daemon.make_node("blue", password="blue-secret")
    daemon.make_node("open")
    yield daemon
    daemon.stop()


def router(daemon: Daemon) -> RespClient:
    return RespClient(daemon.router_port)


FORMS: list[tuple[str, ...]] = [
    ("AUTH", "red", "red-secret"),
    ("AUTH", "red:default", "red-secret"),
    ("HELLO", "2", "AUTH", "red", "red-secret"),
    ("HELLO", "3", "AUTH", "red:default", "red-secret"),
    ("HELLO", "3", "AUTH", "red", "red-secret", "SETNAME", "me"),
]


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_credentials_choose_the_node(daemon: Daemon, words: tuple[str, ...]) -> None:
    with router(daemon) as red, router(daemon) as blue:
        assert red.call(*words)[0] in "+*%"
        assert blue.call("AUTH", "blue", "blue-secret") == ("+", b"OK")
        red.call("FLUSHALL")
        blue.call("FLUSHALL")
        assert red.call("SET", "colour", "red") == ("+", b"OK")
        assert blue.call("EXISTS", "colour") == (":", 0)
        assert red.call("GET", "colour") == ("$", b"red")


WRONG: list[tuple[str, ...]] = [
    ("AUTH", "red", "blue-secret"),
    ("AUTH", "red", ""),
    ("AUTH", "red:nobody", "red-secret"),
    ("AUTH", "red:", "red-secret"),
    ("AUTH", "nowhere", "red-secret"),
    ("AUTH", "", "red-secret"),
    ("AUTH", ":", ""),
    ("AUTH", "open", ""),
    ("AUTH", "red\x00", "red-secret"),
    ("AUTH", "default", "red-secret"),
    ("HELLO", "3", "AUTH", "red", "wrong"),
]


@pytest.mark.parametrize("words", WRONG, ids=repr)
def test_wrong_credentials_tell_nothing(daemon: Daemon, words: tuple[str, ...]) -> None:
    with router(daemon) as client:
        kind, text = client.call(*words)
        assert kind == "-"
        assert text == b"WRONGPASS invalid username-password pair or user is disabled."
        assert client.call("GET", "k") == ("-", b"NOAUTH Authentication required.")
        assert client.call("AUTH", "red", "red-secret") == ("+", b"OK")


@pytest.mark.parametrize(
    "words",
    [("PING",), ("GET", "k"), ("CLIENT", "LIST"), ("SUBSCRIBE", "ch"), ("MULTI",), ("MONITOR",)],
    ids=" ".join,
)
def test_nothing_before_authentication(daemon: Daemon, words: tuple[str, ...]) -> None:
    with router(daemon) as client:
        assert client.call(*words) == ("-", b"NOAUTH Authentication required.")


def test_what_follows_in_the_same_write_reaches_the_node(daemon: Daemon) -> None:
    with router(daemon) as client:
        commands: list[tuple[str, ...]] = [("AUTH", "red", "red-secret"), ("FLUSHALL",)]
        commands += [("INCR", "n")] * 500
        replies = client.pipeline(commands)
        expected: list[Reply] = [("+", b"OK"), ("+", b"OK")]
        assert replies == expected + [(":", n) for n in range(1, 501)]


def test_limits_before_authentication(daemon: Daemon) -> None:
    with router(daemon) as client:
        client.send_raw(b"*11\r\n")
        assert client.read() == ("-", b"ERR Protocol error: unauthenticated multibulk length")
        assert client.closed_by_peer()
    with router(daemon) as client:
        client.send_raw(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n")
        assert client.read() == ("-", b"ERR Protocol error: unauthenticated bulk length")
        assert client.closed_by_peer()


def test_node_ports_and_router_lead_to_the_same_data(daemon: Daemon) -> None:
    node = daemon.make_node("both", password="both-secret")
    port = node["port"]
    assert isinstance(port, int)
    with RespClient(port) as direct, router(daemon) as routed:
        assert direct.call("AUTH", "both-secret") == ("+", b"OK")
        assert routed.call("AUTH", "both", "both-secret") == ("+", b"OK")
        direct.call("SET", "k", "v")
        assert routed.call("GET", "k") == ("$", b"v")
        assert direct.call("CLIENT", "LIST")[1].count(b"id=") == 2


def test_pub_sub_stays_within_the_node(daemon: Daemon) -> None:
    with router(daemon) as red, router(daemon) as blue:
        red.call("AUTH", "red", "red-secret")
        blue.call("AUTH", "blue", "blue-secret")
        red.call("SUBSCRIBE", "ch")
        assert blue.call("PUBLISH", "ch", "x") == (":", 0)
        assert blue.call("PUBSUB", "CHANNELS") == ("*", [])


def test_unix_socket(daemon: Daemon) -> None:
    path = daemon.folder / "router.sock"  # type: ignore[attr-defined]
    assert path.stat().st_mode & 0o777 == 0o600
    with RespClient(unix_path=str(path)) as client:
        assert client.call("AUTH", "red", "red-secret") == ("+", b"OK")
        assert client.call("PING") == ("+", b"PONG")


def tls_client(port: int) -> RespClient:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    return RespClient(sock=context.wrap_socket(plain, server_hostname="localhost"))


def test_tls(daemon: Daemon, tls_port: int) -> None:
    with tls_client(tls_port) as client:
        assert client.call("AUTH", "red", "red-secret") == ("+", b"OK")
        value = b"x" * 300_000
        assert client.call("SET", "big", value) == ("+", b"OK")
        assert client.call("GET", "big") == ("$", value)
        replies = client.pipeline([("INCR", "tls-counter")] * 1000)
        assert [kind for kind, _ in replies] == [":"] * 1000


def test_bytes_that_are_not_tls_harm_nobody(daemon: Daemon, tls_port: int) -> None:
    with RespClient(tls_port, timeout=15) as client:
        client.send_raw(b"PING\r\n" * 100)
        assert client.closed_by_peer()
    with tls_client(tls_port) as client:
        assert client.call("AUTH", "blue", "blue-secret") == ("+", b"OK")


def test_a_stopped_node_refuses_and_others_go_on(daemon: Daemon) -> None:
    node = daemon.make_node("sleepy", password="sleepy-secret")
    with router(daemon) as client, router(daemon) as other:
        other.call("AUTH", "red", "red-secret")
        assert client.call("AUTH", "sleepy", "sleepy-secret") == ("+", b"OK")
        client.call("SET", "k", "kept")
        status, _ = daemon.request("POST", f"/v1/nodes/{node['id']}/stop")
        assert status == 200
        assert client.closed_by_peer()
        assert other.call("PING") == ("+", b"PONG")
    with router(daemon) as client:
        assert client.call("AUTH", "sleepy", "sleepy-secret")[0] == "-"
        status, _ = daemon.request("POST", f"/v1/nodes/{node['id']}/start")
        assert status == 200
    with router(daemon) as client:
        assert client.call("AUTH", "sleepy", "sleepy-secret") == ("+", b"OK")
        assert client.call("GET", "k") == ("$", b"kept")
