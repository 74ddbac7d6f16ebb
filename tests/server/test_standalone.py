"""`miniredisd --standalone`: its flags, and limits that hold against bad peers."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from tests.compat.resp_client import RespClient, encode
from tests.servers import start_standalone

MIB = 1 << 20


def test_slow_reader_is_closed_at_the_output_limit() -> None:
    server = start_standalone("--maxmemory", "64mb")
    try:
        with RespClient(server.port) as owner, RespClient(server.port) as slow:
            owner.call("CONFIG", "SET", "client-output-buffer-limit", "normal 4mb 4mb 1")
            owner.call("SET", "big", b"x" * MIB)
            before = server.rss_bytes()
            slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.socket.settimeout(10)
            try:
                for _ in range(200):
                    slow.send("GET", "big")
            except OSError:
                pass
            deadline = time.monotonic() + 10
            while owner.call("CLIENT", "LIST")[1].count(b"id=") > 1:
                assert owner.call("PING") == ("+", b"PONG")
                assert time.monotonic() < deadline, "the slow reader is still connected"
            assert server.rss_bytes() - before < 40 * MIB
    finally:
        server.stop()


def test_slow_subscriber_is_closed_and_others_get_everything() -> None:
    server = start_standalone("--maxmemory", "64mb")
    try:
        with (
            RespClient(server.port) as publisher,
            RespClient(server.port) as slow,
            RespClient(server.port) as good,
        ):
            publisher.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 2mb 1mb 1")
            slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            assert slow.call("SUBSCRIBE", "ch")[0] == "*"
            assert good.call("SUBSCRIBE", "ch")[0] == "*"
            message = b"m" * 100_000
            for number in range(200):
                publisher.call("PUBLISH", "ch", message)
                expected = ("*", [("$", b"message"), ("$", b"ch"), ("$", message)])
                assert good.read() == expected, number
            assert publisher.call("PUBLISH", "ch", "last") == (":", 1)
    finally:
        server.stop()


def test_password() -> None:
    server = start_standalone("--requirepass", "secret")
    try:
        with RespClient(server.port) as client:
            assert client.call("PING") == ("-", b"NOAUTH Authentication required.")
            assert client.call("AUTH", "wrong")[1].startswith(b"WRONGPASS")
            assert client.call("AUTH", "secret") == ("+", b"OK")
            assert client.call("PING") == ("+", b"PONG")
    finally:
        server.stop()


def test_limits_before_authentication() -> None:
    server = start_standalone("--requirepass", "secret")
    try:
        with RespClient(server.port) as client:
            client.send_raw(b"*11\r\n")
            reply = client.read()
            assert reply == ("-", b"ERR Protocol error: unauthenticated multibulk length")
            assert client.closed_by_peer()
        with RespClient(server.port) as client:
            client.send_raw(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n")
            reply = client.read()
            assert reply == ("-", b"ERR Protocol error: unauthenticated bulk length")
            assert client.closed_by_peer()
        with RespClient(server.port) as client:
            assert client.call("AUTH", "x" * 16_384)[0] == "-"
            assert client.call(*["PING"] * 10)[0] == "-"
            assert client.call("AUTH", "secret") == ("+", b"OK")
            assert client.call("SET", "k", "x" * 20_000) == ("+", b"OK")
            assert client.call("DEL", *map(str, range(20))) == (":", 0)
    finally:
        server.stop()


def test_output_before_authentication_is_bounded() -> None:
    server = start_standalone("--requirepass", "secret")
    try:
        before = server.rss_bytes()
        with RespClient(server.port, timeout=5) as client:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            try:
                for _ in range(2000):
                    client.send_raw(encode(["PING"]) * 500)
            except OSError:
                pass
            assert server.rss_bytes() - before < 16 * MIB
        with RespClient(server.port) as client:
            assert client.call("AUTH", "secret") == ("+", b"OK")
    finally:
        server.stop()


def test_those_who_never_authenticate_are_closed() -> None:
    server = start_standalone("--requirepass", "secret", "--authentication-timeout-ms", "200")
    try:
        with RespClient(server.port, timeout=5) as quiet, RespClient(server.port) as good:
            good.call("AUTH", "secret")
            assert quiet.closed_by_peer()
            assert good.call("PING") == ("+", b"PONG")
    finally:
        server.stop()


def test_maxclients() -> None:
    server = start_standalone("--maxclients", "3")
    try:
        clients = [RespClient(server.port)]
        # The connection that waited for the server to start may not have been seen to leave yet.
        for _ in range(500):
            if clients[0].call("CLIENT", "LIST")[1].count(b"id=") == 1:
                break
            time.sleep(0.01)
        clients += [RespClient(server.port) for _ in range(2)]
        assert all(client.call("PING") == ("+", b"PONG") for client in clients)
        extra = RespClient(server.port)
        assert extra.read() == ("-", b"ERR max number of clients reached")
        assert extra.closed_by_peer()
        clients.pop().close()
        deadline = time.monotonic() + 5
        while True:
            late = RespClient(server.port)
            try:
                if late.call("PING") == ("+", b"PONG"):
                    break
            except ConnectionError:
                pass
            assert time.monotonic() < deadline, "the place of a client that left stays taken"
    finally:
        server.stop()


def test_idle_clients_are_closed_after_the_timeout() -> None:
    server = start_standalone()
    try:
        with RespClient(server.port) as owner, RespClient(server.port, timeout=10) as idle:
            idle.call("PING")
            owner.call("CONFIG", "SET", "timeout", "1")
            assert idle.closed_by_peer()
    finally:
        server.stop()


def test_unix_socket(tmp_path: Path) -> None:
    path = f"{tmp_path}/node.sock"
    server = start_standalone("--unixsocket", path)
    try:
        with RespClient(unix_path=path) as local, RespClient(server.port) as remote:
            assert local.call("SET", "k", "v") == ("+", b"OK")
            assert remote.call("GET", "k") == ("$", b"v")
    finally:
        server.stop()


def test_sigterm_answers_what_is_under_way_and_ends_with_0() -> None:
    server = start_standalone()
    client = RespClient(server.port)
    assert client.call("PING") == ("+", b"PONG")
    assert server.stop() == 0
    assert client.closed_by_peer()


def test_clients_on_one_node_are_served_while_memory_is_used_up() -> None:
    server = start_standalone("--maxmemory", "8mb")
    try:
        with RespClient(server.port) as client:
            replies = [client.call("SET", f"k{n}", b"x" * 100_000) for n in range(200)]
            kinds = {kind for kind, _ in replies}
            assert kinds == {"+", "-"}
            refused = next(text for kind, text in replies if kind == "-")
            assert refused == b"OOM command not allowed when used memory > 'maxmemory'."
            assert client.call("GET", "k0")[0] == "$"
            assert client.call("FLUSHALL") == ("+", b"OK")
            assert client.call("SET", "k", "v") == ("+", b"OK")
    finally:
        server.stop()
