"""Rows of bench/collection_rows.py for strings, keys, scripts, channels and connections."""

from __future__ import annotations

import hashlib
from typing import Any

GET_SCRIPT = "return(redis.call([[GET]],KEYS[1]))"
GET_SHA = hashlib.sha1(GET_SCRIPT.encode(), usedforsecurity=False).hexdigest()

COMMON_DATA: dict[str, list[tuple[str, int]]] = {
    "keys": [("SET key:{n:05} value:{n:010}", 10_000)],
    "many keys": [("SET key:{n:07} value:{n:010}", 100_000)],
    "expiring": [("SET key:{n:07} value:{n:010} EX 100000", 100_000)],
    "counters": [("SET key:{n:05} {n}", 10_000)],
    "texts": [("SET text:{n} " + "abcdefghij" * 100, 100)],
    "payloads": [("HSET hash:{n} a 1 b 2 c 3", 10_000)],
    "scripts": [("SET key:{n:05} value:{n:010}", 10_000), (f"EVAL {GET_SCRIPT} 1 key:00001", 1)],
}

STRINGS: list[tuple[Any, ...]] = [
    ("GET key:{k:05}", "keys"),
    ("GET none:{m}", "keys", "GET, missing"),
    ("SET key:{k:05} value:{n:010}", "keys"),
    ("SET key:{k:05} value:{n:010} EX 1000", "keys", "SET EX"),
    ("SET key:{k:05} value:{n:010} NX", "keys", "SET NX, there"),
    ("SET key:{k:05} value:{n:010} XX GET", "keys", "SET XX GET"),
    ("SETEX key:{k:05} 1000 value:{n:010}", "keys"),
    ("SETNX new:{n} value", ""),
    ("GETSET key:{k:05} value:{n:010}", "keys"),
    ("GETDEL key:{n:07}", "many keys"),
    ("GETEX key:{k:05} EX 1000", "keys"),
    ("APPEND log:{i} 0123456789", ""),
    ("STRLEN key:{k:05}", "keys"),
    ("GETRANGE key:{k:05} 2 9", "keys"),
    ("SETRANGE key:{k:05} 4 abcd", "keys"),
    ("INCR key:{k:05}", "counters"),
    ("INCRBY key:{k:05} 7", "counters"),
    ("DECR key:{k:05}", "counters"),
    ("INCRBYFLOAT key:{k:05} 0.5", "counters"),
    ("MGET " + " ".join(f"key:0{i}{{h:03}}" for i in range(10)), "keys", "MGET of 10", 50_000),
    (
        "MSET " + " ".join(f"key:0{i}{{h:03}} value:{{n:010}}" for i in range(10)),
        "keys",
        "MSET of 10",
        50_000,
    ),
    ("MSETNX new:{n} value other:{n} value", "", "MSETNX of 2", 50_000),
    ("LCS text:1 text:2 LEN", "texts", "LCS of 1,000 bytes", 400),
]

KEYS: list[tuple[Any, ...]] = [
    ("EXISTS key:{k:05}", "keys"),
    ("EXISTS none:{m}", "keys", "EXISTS, missing"),
    ("TYPE key:{k:05}", "keys"),
    ("TOUCH key:{k:05}", "keys"),
    ("DEL key:{n:07}", "many keys"),
    ("UNLINK key:{n:07}", "many keys"),
    ("EXPIRE key:{k:05} 1000", "keys"),
    ("PEXPIREAT key:{k:05} 33177117420000", "keys"),
    ("TTL key:{k:05}", "expiring"),
    ("PTTL key:{m}", "expiring"),
    ("EXPIRETIME key:{m}", "expiring"),
    ("PERSIST key:{n:07}", "expiring"),
    ("RENAME key:{n:07} other:{n:07}", "many keys"),
    ("RENAMENX key:{n:07} other:{n:07}", "many keys"),
    ("COPY key:{k:05} other:{k:05} REPLACE", "keys"),
    ("MOVE key:{n:07} 1", "many keys"),
    ("RANDOMKEY", "many keys"),
    ("DBSIZE", "keys"),
    ("SCAN 0 COUNT 10", "many keys", "SCAN, first 10", 50_000),
    ("SCAN {r} COUNT 100", "many keys", "SCAN of 100", 10_000),
    ("KEYS none*", "keys", "KEYS of 10,000, none found", 400),
    ("OBJECT ENCODING key:{k:05}", "keys", "OBJECT ENCODING"),
    ("OBJECT IDLETIME key:{k:05}", "keys", "OBJECT IDLETIME"),
    ("MEMORY USAGE key:{k:05}", "keys", "MEMORY USAGE"),
    ("DUMP key:{k:05}", "keys"),
    ("DUMP hash:{k}", "payloads", "DUMP, small hash"),
]

SCRIPTS: list[tuple[Any, ...]] = [
    (f"EVAL {GET_SCRIPT} 1 key:{{k:05}}", "keys", "EVAL of one GET", 50_000),
    (f"EVAL_RO {GET_SCRIPT} 1 key:{{k:05}}", "keys", "EVAL_RO of one GET", 50_000),
    (f"EVALSHA {GET_SHA} 1 key:{{k:05}}", "scripts", "EVALSHA of one GET", 50_000),
    ("EVAL return(KEYS[1]) 1 key:{k:05}", "keys", "EVAL without a call", 50_000),
    ("EVAL return{{1,2,3,KEYS[1],ARGV[1]}} 1 key:{k:05} x", "keys", "EVAL, a table", 50_000),
    (
        "EVAL redis.call([[INCR]],KEYS[1])return(redis.call([[EXPIRE]],KEYS[1],ARGV[1])) "
        "1 limit:{k} 60",
        "",
        "EVAL of INCR and EXPIRE",
        50_000,
    ),
    (f"SCRIPT EXISTS {GET_SHA}", "scripts", "SCRIPT EXISTS"),
]

CHANNELS: list[tuple[Any, ...]] = [
    ("PING", ""),
    ("ECHO hello", ""),
    ("SELECT 0", ""),
    ("PUBLISH channel message:{n:07}", "", "PUBLISH, nobody listens"),
    ("SPUBLISH channel message:{n:07}", "", "SPUBLISH, nobody listens"),
    ("PUBSUB NUMPAT", ""),
    ("CLIENT ID", "", "CLIENT ID"),
    ("CLIENT GETNAME", "", "CLIENT GETNAME"),
    ("CONFIG GET maxmemory", "", "CONFIG GET", 20_000),
    ("TIME", ""),
    ("COMMAND COUNT", "", "COMMAND COUNT"),
]
