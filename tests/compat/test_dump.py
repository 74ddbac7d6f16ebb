"""DUMP and RESTORE beside redis-server: its bytes here, ours there, and those of its ancestors.

Debian's redis-server is of version 7.0, whose RDB is version 10: payloads are stamped with it on
their way there. What came with 7.2 (sets as listpacks, streams with the time of activity) it
cannot read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.servers import ServerProcess

POLYNOMIAL = 0x95AC9329AC4BC9B5


def crc64(data: bytes) -> int:
    """Return the checksum of RDB."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
    return crc


def payload(body: bytes, version: int = 10) -> bytes:
    """Frame a type and its value."""
    framed = body + struct.pack("<H", version)
    return framed + struct.pack("<Q", crc64(framed))


def stamped(dumped: bytes, version: int = 10) -> bytes:
    """Frame a payload anew."""
    return payload(dumped[:-10], version)


@pytest.fixture
def theirs(redis_server: ServerProcess) -> Iterator[Any]:
    client = redis.Redis(port=redis_server.port)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def ours(node: ServerProcess) -> Iterator[Any]:
    client = redis.Redis(port=node.port)
    client.flushall()
    yield client
    client.close()


def contents(client: Any, key: str) -> Any:
    """Return what a key holds, whatever its type."""
    kind = client.type(key)
    if kind == b"string":
        return client.get(key)
    if kind == b"list":
        return client.lrange(key, 0, -1)
    if kind == b"set":
        return client.smembers(key)
    if kind == b"zset":
        return client.zrange(key, 0, -1, withscores=True)
    if kind == b"hash":
        return client.hgetall(key)
    if kind == b"stream":
        groups = client.xinfo_groups(key)
        pending = [client.xpending_range(key, g["name"], "-", "+", 100) for g in groups]
        idle = [[p.pop("time_since_delivered") >= 0 for p in of_group] for of_group in pending]
        info = client.xinfo_stream(key)
        for shape in ("radix-tree-keys", "radix-tree-nodes"):
            info.pop(shape)
        return client.xrange(key), groups, pending, idle, info
    return None


SAME_BYTES: dict[str, list[tuple[Any, ...]]] = {
    "text": [("SET", "k", "hello")],
    "empty": [("SET", "k", "")],
    "number": [("SET", "k", "-129")],
    "number of 32 bits": [("SET", "k", "2147483647")],
    "number of 64 bits": [("SET", "k", "9223372036854775807")],
    "not quite a number": [("SET", "k", "007")],
    "compressed": [("SET", "k", "abcabcabc" * 40)],
    "hardly compressed": [("SET", "k", "the quick brown fox jumps over the lazy dog, the fox")],
    "long": [("SET", "k", "x" * 20_000)],
    "list": [("RPUSH", "k", "a", "12", "-5", "b" * 100, "70000", "")],
    "set of numbers": [("SADD", "k", 5, -7, 70_000)],
    "set of large numbers": [("SADD", "k", 5, 1 << 40)],
    "hash": [("HSET", "k", "field", "value", "n", "12", "long", "v" * 60)],
    "sorted set": [("ZADD", "k", 1, "a", 2.5, "b", -3, "c", "inf", "d", 1e10, "e")],
    "large sorted set": [("ZADD", "k", i / 4, f"member:{i}") for i in range(300)],
}


@pytest.mark.parametrize("name", SAME_BYTES)
def test_the_bytes_are_those_of_redis(theirs: Any, ours: Any, name: str) -> None:
    for command in SAME_BYTES[name]:
        theirs.execute_command(*command)
        ours.execute_command(*command)
    dumped = ours.dump("k")
    assert dumped[-10:-8] == struct.pack("<H", 11)
    assert stamped(dumped) == theirs.dump("k")


def fill(client: Any) -> list[str]:
    """Make values of all types and sizes; return their keys."""
    client.set("string", b"\x00\xff" * 700)
    client.rpush("list", *range(2000), "x" * 10_000, "end")
    client.sadd("set", *(f"member:{i}" for i in range(1000)))
    client.sadd("numbers", *range(-100, 300))
    client.zadd("zset", {f"member:{i}": i * 1.5 - 70 for i in range(1000)})
    client.zadd("small zset", {"a": 1, "b": float("inf"), "c": -0.25})
    client.hset("hash", mapping={f"field:{i}": f"value {i}" for i in range(1000)})
    client.hset("small hash", mapping={"a": "1", "b": "x" * 30})
    client.pfadd("counter", *range(5000))
    return [
        "string",
        "list",
        "set",
        "numbers",
        "zset",
        "small zset",
        "hash",
        "small hash",
        "counter",
    ]


def test_values_go_there_and_come_back(theirs: Any, ours: Any) -> None:
    for key in fill(ours):
        theirs.restore(key, 0, stamped(ours.dump(key)))
        assert contents(theirs, key) == contents(ours, key), key
        ours.restore(f"{key} again", 0, theirs.dump(key))
        assert contents(ours, f"{key} again") == contents(ours, key), key


def test_a_stream_comes_from_there(theirs: Any, ours: Any) -> None:
    for i in range(500):
        names = {"sensor": i % 7, "value": i} if i % 10 else {"other": "x" * 200}
        theirs.xadd("s", names, id=f"{1000 + i // 3}-{i % 3 + 1}")
    theirs.xdel("s", "1000-2", "1100-1", "1166-2")
    theirs.xgroup_create("s", "readers", "0")
    theirs.xgroup_create("s", "idle", "$")
    theirs.xreadgroup("readers", "alice", {"s": ">"}, count=20)
    theirs.xreadgroup("readers", "bob", {"s": ">"}, count=5)
    theirs.xack("s", "readers", "1001-1", "1002-2")
    dumped = theirs.dump("s")
    assert dumped[0] == 19
    ours.restore("s", 0, dumped)
    assert contents(ours, "s") == contents(theirs, "s")
    assert ours.xadd("s", {"a": "b"}, id="99999-1") == b"99999-1"
    again = ours.dump("s")
    assert again[0] == 21
    ours.restore("t", 0, again)
    assert contents(ours, "t") == contents(ours, "s")


def length(number: int) -> bytes:
    """Write a length."""
    return bytes([number]) if number < 64 else bytes([0x40 | number >> 8, number & 255])


def string(data: bytes) -> bytes:
    """Write a string."""
    return length(len(data)) + data


def ziplist(*items: bytes | int) -> bytes:
    """Pack items as Redis did before version 7."""
    packed = b""
    before = 0
    last = 10
    for item in items:
        element = bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)
        if isinstance(item, bytes):
            head = bytes([len(item)]) if len(item) < 64 else struct.pack(">H", 0x4000 | len(item))
            element += head + item
        elif 0 <= item <= 12:
            element += bytes([0xF1 + item])
        elif -128 <= item < 128:
            element += b"\xfe" + struct.pack("<b", item)
        elif -32768 <= item < 32768:
            element += b"\xc0" + struct.pack("<h", item)
        elif -(1 << 31) <= item < 1 << 31:
            element += b"\xd0" + struct.pack("<i", item)
        else:
            element += b"\xe0" + struct.pack("<q", item)
        last = 10 + len(packed)
        packed += element
        before = len(element)
    return struct.pack("<IIH", 11 + len(packed), last, len(items)) + packed + b"\xff"


OLD_FORMS = {
    "list of strings": b"\x01" + length(3) + string(b"a") + string(b"b" * 70) + b"\xc0\x05",
    "list as a ziplist": b"\x0a" + string(ziplist(b"a", 7, -3, 300, 70_000, 1 << 40, b"z" * 100)),
    "list as ziplists": b"\x0e" + length(2) + string(ziplist(b"a", 1)) + string(ziplist(b"b")),
    "list as listpacks, one element large": b"\x12" + length(1) + b"\x01" + string(b"plain"),
    "set": b"\x02" + length(2) + string(b"a") + string(b"b"),
    "sorted set with scores as text": b"\x03"
    + length(3)
    + (string(b"a") + b"\x041.25" + string(b"b") + b"\xfe" + string(b"c") + b"\xff"),
    "sorted set as a ziplist": b"\x0c" + string(ziplist(b"a", 1, b"b", b"2.5")),
    "hash": b"\x04" + length(1) + string(b"field") + string(b"value"),
    "hash as a zipmap": b"\x09" + string(b"\x02\x01a\x02\x00vv\x01b\x01\x02w\x00\x00\xff"),
    "hash as a ziplist": b"\x0d" + string(ziplist(b"field", b"value", b"n", 12)),
}


@pytest.mark.parametrize("name", OLD_FORMS)
def test_what_older_versions_wrote_is_read(theirs: Any, ours: Any, name: str) -> None:
    for client in (theirs, ours):
        client.restore("k", 0, payload(OLD_FORMS[name], 6))
    assert contents(ours, "k") == contents(theirs, "k")
    assert contents(ours, "k")


BROKEN = {
    "no type": b"",
    "unknown type": b"\x63abc",
    "a module's type": b"\x07abc",
    "text that is cut": b"\x00\x05abc",
    "rest behind the value": b"\x00\x01ab",
    "length beyond all": b"\x00\x81" + b"\xff" * 8,
    "count beyond all": b"\x02\x81" + b"\x7f" * 8 + b"\x01a",
    "empty list": b"\x01\x00",
    "empty set": b"\x02\x00",
    "empty hash": b"\x04\x00",
    "member twice": b"\x02\x02\x01a\x01a",
    "field twice": b"\x04\x02\x01a\x01a\x01a\x01a",
    "score that is none": b"\x05\x01\x01a" + struct.pack("<d", float("nan")),
    "odd listpack of a hash": b"\x10" + string(b"\x0a\0\0\0\x01\0\x81a\x02\xff"),
    "listpack of another size": b"\x10" + string(b"\x0b\0\0\0\x01\0\x81a\x02\xff"),
    "integers of an odd width": b"\x0b" + string(struct.pack("<II", 3, 1) + b"abc"),
    "integers that are cut": b"\x0b" + string(struct.pack("<II", 8, 2) + b"12345678"),
    "compressed to nothing": b"\x00\xc3\x01\x0aa",
    "compressed bomb": b"\x00\xc3\x01\x80\x1f\xff\xff\xffa",
    "stream without an end": b"\x15\x01" + string(b"\0" * 16) + string(b"\x07\0\0\0\0\0\xff"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_refused(ours: Any, name: str) -> None:
    with pytest.raises(redis.ResponseError, match="Bad data format"):
        ours.restore("k", 0, payload(BROKEN[name], 11))
    assert ours.dbsize() == 0


def test_a_payload_that_is_larger_than_the_node(ours: Any) -> None:
    ours.config_set("maxmemory", "2mb")
    try:
        ours.rpush("l", *("x" * 100 + str(i) for i in range(4000)))
        dumped = ours.dump("l")
        many = payload(
            b"\x02"
            + b"\x80"
            + struct.pack(">I", 60_000)
            + b"".join(string(b"%06d" % i) for i in range(60_000)),
            11,
        )
        for other in range(100):
            try:
                ours.restore(f"copy:{other}", 0, dumped if other % 2 else many)
            except redis.OutOfMemoryError:
                break
        else:
            pytest.fail("there was no end to it")
        assert ours.lrange("l", 0, 1) == [b"x" * 100 + b"0", b"x" * 100 + b"1"]
    finally:
        ours.config_set("maxmemory", "0")


@pytest.mark.parametrize("kind", ["list", "hash", "set", "zset", "string"])
def test_large_values_are_dumped_in_slices(ours: Any, kind: str) -> None:
    """What is written on a small stack of its own, strings that are compressed above all."""
    words = [f"a word that repeats a word that repeats:{i:06}" for i in range(100_000)]
    for start in range(0, len(words), 5_000):
        part = words[start : start + 5_000]
        if kind == "list":
            ours.rpush("k", *part)
        elif kind == "hash":
            ours.hset("k", mapping=dict.fromkeys(part, part[0]))
        elif kind == "set":
            ours.sadd("k", *part)
        elif kind == "zset":
            ours.zadd("k", dict.fromkeys(part, start))
        else:
            ours.append("k", "".join(part)[:40_000])
    dumped = ours.dump("k")
    ours.restore("copy", 0, dumped)
    assert ours.dump("copy") is not None
    count = {"list": "llen", "hash": "hlen", "set": "scard", "zset": "zcard", "string": "strlen"}
    size = getattr(ours, count[kind])("copy")
    assert size == (800_000 if kind == "string" else len(words))
    assert contents(ours, "copy") == contents(ours, "k")
