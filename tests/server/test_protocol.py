"""The bytes on the wire: RESP requests, inline commands, and what makes no sense."""

from __future__ import annotations

import socket
import time

import pytest

from tests.compat.resp_client import RespClient, encode
from tests.servers import ServerProcess

MIB = 1 << 20


@pytest.fixture
def client(node: ServerProcess) -> RespClient:
    client = RespClient(node.port)
    client.call("FLUSHALL")
    return client


# ------------------------------------------------------------------------------- inline commands


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"PING\r\n", ("+", b"PONG")),
        (b"PING\n", ("+", b"PONG")),
        (b"  PING  \r\n", ("+", b"PONG")),
        (b"\r\nPING\r\n", ("+", b"PONG")),
        (b"\n\n\nPING\r\n", ("+", b"PONG")),
        (b"ECHO hello\r\n", ("$", b"hello")),
        (b"ECHO\thello\r\n", ("$", b"hello")),
        (b'ECHO "a b\\x00\\n"\r\n', ("$", b"a b\x00\n")),
        (b"ECHO 'a b'\r\n", ("$", b"a b")),
        (b"ECHO 'it\\'s'\r\n", ("$", b"it's")),
        (b'ECHO ""\r\n', ("$", b"")),
        (b"ECHO caf\xc3\xa9\r\n", ("$", b"caf\xc3\xa9")),
        (b"bogus\r\n", ("-", b"ERR unknown command 'bogus', with args beginning with: ")),
    ],
)
def test_inline(client: RespClient, line: bytes, reply: object) -> None:
    client.send_raw(line)
    assert client.read() == reply


@pytest.mark.parametrize("line", [b'ECHO "open\r\n', b"ECHO 'open\r\n", b'ECHO "a"b\r\n'])
def test_inline_with_unbalanced_quotes_is_closed(client: RespClient, line: bytes) -> None:
    client.send_raw(line)
    assert client.read() == ("-", b"ERR Protocol error: unbalanced quotes in request")
    assert client.closed_by_peer()


def test_inline_without_end_is_closed(client: RespClient) -> None:
    client.send_raw(b"A" * (64 * 1024 + 100))
    assert client.read() == ("-", b"ERR Protocol error: too big inline request")
    assert client.closed_by_peer()


def test_inline_and_arrays_may_alternate(client: RespClient) -> None:
    client.send_raw(b"SET k v\r\n" + encode(["GET", "k"]) + b"PING\r\n")
    assert [client.read() for _ in range(3)] == [("+", b"OK"), ("$", b"v"), ("+", b"PONG")]


# -------------------------------------------------------------------------------- broken requests


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"*abc\r\n", b"ERR Protocol error: invalid multibulk length"),
        (b"*2147483648\r\n", b"ERR Protocol error: invalid multibulk length"),
        (b"*9223372036854775808\r\n", b"ERR Protocol error: invalid multibulk length"),
        (b"*1\r\n$abc\r\n", b"ERR Protocol error: invalid bulk length"),
        (b"*1\r\n$-1\r\n", b"ERR Protocol error: invalid bulk length"),
        (b"*1\r\n$-9223372036854775808\r\n", b"ERR Protocol error: invalid bulk length"),
        (b"*1\r\n$1073741824000\r\n", b"ERR Protocol error: invalid bulk length"),
        (b"*1\r\n$99999999999999999999\r\n", b"ERR Protocol error: invalid bulk length"),
        (b"*1\r\n:5\r\n", b"ERR Protocol error: expected '$', got ':'"),
        (b"*2\r\n$4\r\nPING\r\nxyz\r\n", b"ERR Protocol error: expected '$', got 'x'"),
    ],
)
def test_broken_request_is_named_and_closed(
    client: RespClient, data: bytes, message: bytes
) -> None:
    client.send_raw(data)
    assert client.read() == ("-", message)
    assert client.closed_by_peer()


@pytest.mark.parametrize("data", [b"*" + b"1" * 70_000, b"*1\r\n$" + b"1" * 70_000])
def test_length_without_end_is_closed(client: RespClient, data: bytes) -> None:
    client.send_raw(data)
    kind, text = client.read()
    assert kind == "-"
    assert text.startswith(b"ERR Protocol error: ")
    assert client.closed_by_peer()


@pytest.mark.parametrize("data", [b"*0\r\n", b"*-1\r\n", b"*-5\r\n"])
def test_empty_request_is_passed_over(client: RespClient, data: bytes) -> None:
    client.send_raw(data + encode(["PING"]))
    assert client.read() == ("+", b"PONG")


def test_replies_before_a_broken_request_are_delivered(client: RespClient) -> None:
    client.send_raw(encode(["SET", "k", "v"]) + encode(["GET", "k"]) + b"*x\r\n")
    assert client.read() == ("+", b"OK")
    assert client.read() == ("$", b"v")
    assert client.read()[0] == "-"
    assert client.closed_by_peer()


def test_bytes_of_another_protocol(client: RespClient) -> None:
    client.send_raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
    # Cut at "Host:", for a browser could be made to send such requests.
    assert client.closed_by_peer()


def test_random_bytes_never_harm(node: ServerProcess) -> None:
    import random

    rng = random.Random(20_240)
    alphabet = [
        b"*",
        b"$",
        b"\r\n",
        b"1",
        b"3",
        b"-1",
        b"GET",
        b"SET",
        b"\x00",
        b"\xff",
        b" ",
        b'"',
    ]
    for _ in range(300):
        data = b"".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 60)))
        with RespClient(node.port, timeout=5) as client:
            client.send_raw(data)
            client.socket.shutdown(socket.SHUT_WR)
            assert client.closed_by_peer(), data


# ------------------------------------------------------------------------------ pieces and batches


def test_split_at_every_byte(client: RespClient) -> None:
    data = encode(["SET", "k\x00", b"v\r\nw"]) + b"PING\r\n" + encode(["GET", "k\x00"])
    for cut in range(1, len(data)):
        client.send_raw(data[:cut])
        # A pause would not prove that the pieces arrive apart; being read twice does.
        time.sleep(0.0005)
        client.send_raw(data[cut:])
        replies = [client.read() for _ in range(3)]
        assert replies == [("+", b"OK"), ("+", b"PONG"), ("$", b"v\r\nw")], cut


def test_byte_by_byte(client: RespClient) -> None:
    for byte in encode(["SET", "key", "some value"]) + encode(["GET", "key"]):
        client.send_raw(bytes([byte]))
    assert client.read() == ("+", b"OK")
    assert client.read() == ("$", b"some value")


def test_pipeline_of_ten_thousand(client: RespClient) -> None:
    replies = client.pipeline([("INCR", "n")] * 10_000)
    assert replies == [(":", n) for n in range(1, 10_001)]


def test_pipeline_written_whole_before_reading(client: RespClient) -> None:
    value = b"x" * 10_000
    client.call("SET", "k", value)
    client.send_raw(encode(["GET", "k"]) * 300)
    assert all(client.read() == ("$", value) for _ in range(300))


def test_big_values_whole(client: RespClient) -> None:
    for size in (0, 1, 16 * 1024, 64 * 1024 + 1, MIB, 20 * MIB):
        value = bytes(range(256)) * (size // 256) + b"z" * (size % 256)
        assert client.call("SET", "big", value) == ("+", b"OK")
        assert client.call("GET", "big") == ("$", value)


def test_many_arguments(client: RespClient) -> None:
    arguments: list[object] = ["MSET"]
    for number in range(50_000):
        arguments += [f"k{number}", number]
    assert client.call(*arguments) == ("+", b"OK")  # type: ignore[arg-type]
    assert client.call("DBSIZE") == (":", 50_000)
    reply = client.call("MGET", *(f"k{n}" for n in range(50_000)))
    assert reply == ("*", [("$", b"%d" % n) for n in range(50_000)])


# ------------------------------------------------------------------------- memory under bad peers


def test_declared_lengths_cost_nothing(node: ServerProcess) -> None:
    with RespClient(node.port) as probe:
        probe.call("PING")
        before = node.rss_bytes()
        clients = []
        for _ in range(50):
            client = RespClient(node.port)
            client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nabc")
            clients.append(client)
        for _ in range(50):
            client = RespClient(node.port)
            client.send_raw(b"*1000000\r\n$1\r\na\r\n")
            clients.append(client)
        assert probe.call("PING") == ("+", b"PONG")
        assert node.rss_bytes() - before < 32 * MIB
        for client in clients:
            client.close()


def test_half_open_peers_do_not_stop_others(node: ServerProcess) -> None:
    with RespClient(node.port) as probe:
        silent = [RespClient(node.port) for _ in range(100)]
        for number, client in enumerate(silent):
            client.send_raw(b"*2\r\n$3\r\nGET\r\n$10\r\n"[: number % 20])
        assert probe.call("ECHO", "still here") == ("$", b"still here")
        for client in silent:
            client.close()
        assert probe.call("PING") == ("+", b"PONG")


def test_peer_that_closes_its_side_still_gets_replies(client: RespClient) -> None:
    client.send_raw(encode(["SET", "k", "v"]) * 100)
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.read() for _ in range(100)] == [("+", b"OK")] * 100
    assert client.closed_by_peer()


# ------------------------------------------------------------------------------ names, states, ends


def test_unknown_commands_and_subcommands_never_close(client: RespClient) -> None:
    for words in (
        ("BOGUS",),
        ("BOGUS", "a" * 200, "b" * 200),
        ("",),
        ("\x00",),
        ("a\r\nb", "c\r\nd"),
        ("CLIENT", "BOGUS"),
        ("CONFIG", ""),
        ("MEMORY", "\xff"),
        ("OBJECT", "a\r\nb"),
        ("COMMAND", "x" * 1000),
        ("SLOWLOG", "get", "x"),
    ):
        kind, text = client.call(*words)
        assert kind == "-", words
        assert b"\r" not in text, words
        assert b"\n" not in text, words
    assert client.call("PING") == ("+", b"PONG")


def test_unknown_command_shows_what_was_sent_and_no_more(client: RespClient) -> None:
    kind, text = client.call("BOGUS", "a" * 5000, "b")
    assert kind == "-"
    assert text.startswith(b"ERR unknown command 'BOGUS', with args beginning with: 'aaa")
    assert len(text) < 300


def test_hello_changes_the_protocol_and_back(client: RespClient) -> None:
    assert client.call("GET", "missing") == ("$", None)
    kind, items = client.call("HELLO", 3)
    assert kind == "%"
    assert items[:2] == [("$", b"server"), ("$", b"redis")]
    assert client.call("GET", "missing") == ("_", None)
    assert client.call("CONFIG", "GET", "timeout")[0] == "%"
    assert client.call("HELLO", 2)[0] == "*"
    assert client.call("GET", "missing") == ("$", None)
    client.call("HELLO", 3)
    assert client.call("RESET") == ("+", b"RESET")
    assert client.call("GET", "missing") == ("$", None)


def test_quit_answers_what_came_before(client: RespClient) -> None:
    client.send_raw(encode(["SET", "k", "v"]) + encode(["QUIT"]) + encode(["SET", "k", "w"]))
    assert client.read() == ("+", b"OK")
    assert client.read() == ("+", b"OK")
    assert client.closed_by_peer()


def test_command_names_in_any_case(client: RespClient) -> None:
    assert client.call("sEt", "k", "v") == ("+", b"OK")
    assert client.call("CoNfIg", "gEt", "timeout") == client.call("config", "get", "timeout")


def test_many_connections_come_and_go(node: ServerProcess) -> None:
    for _ in range(20):
        clients = [RespClient(node.port) for _ in range(50)]
        for number, client in enumerate(clients):
            client.send("ECHO", number)
        for number, client in enumerate(clients):
            assert client.read() == ("$", b"%d" % number)
            client.close()
