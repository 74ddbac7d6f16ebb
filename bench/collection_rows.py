"""What bench/collection_speed.py runs: each command of the collections, on small ones and big ones.

A command is written with places to fill: {n} counts from 0, {m} is a random number below 100,000
in seven digits, {r} the same without leading zeros, {k} below 10,000, {i} below 10, {h} below
1,000. A part like `10*(field:{m})` stands for ten of what is in the parentheses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.common_rows import CHANNELS, COMMON_DATA, KEYS, SCRIPTS, STRINGS
from bench.value_rows import BITMAPS, COUNTS, GEO, VALUE_DATA

BIG = 100_000
SMALL = 10_000
NAMED = 1.5
OTHERS = 1.2


@dataclass(frozen=True)
class Row:
    """One line of the table: what is there before, what is run, and how often."""

    group: str
    command: str
    data: str = ""
    what: str = ""
    count: int = BIG
    wanted: float = OTHERS

    @property
    def title(self) -> str:
        """Return the words of the command that matter, and on what it works."""
        return self.what or self.command.split()[0]


# Data by name: commands, and how many of each. Values have 16 bytes, members 14.
DATA: dict[str, list[tuple[str, int]]] = {
    **COMMON_DATA,
    **VALUE_DATA,
    "list": [("RPUSH list 1000*(value:{n:010})", 100)],
    "lists": [("RPUSH list:{n} 10*(value:{n:010})", SMALL)],
    "hash": [("HSET hash 1000*(member:{n:07} value:{n:010})", 100)],
    "hashes": [
        ("HSET hash:{n} " + " ".join(f"field:{f} value:{{n:010}}" for f in range(10)), SMALL)
    ],
    "hash1000": [("HSET hash 1000*(member:{n:07} value:{n:010})", 1)],
    "numbers": [("HSET hash 1000*(member:{n:07} {n})", 100)],
    "set": [("SADD set 1000*(member:{n:07})", 100)],
    "sets": [("SADD set:{n} " + " ".join(f"member:{m:07}" for m in range(10)), SMALL)],
    "integers": [("SADD set:{n} " + " ".join(str(m * 7) for m in range(10)), SMALL)],
    "set pair": [
        ("SADD a 1000*(member:{n:07})", 1),
        ("SADD b " + " ".join(f"member:{m:07}" for m in range(500, 1500)), 1),
    ],
    "integer pair": [
        ("SADD a 500*({n})", 1),
        ("SADD b " + " ".join(str(m) for m in range(250, 750)), 1),
    ],
    "zset": [("ZADD zset 1000*({r} member:{n:07})", 100)],
    "zsets": [("ZADD zset:{n} " + " ".join(f"{m} member:{m:07}" for m in range(10)), SMALL)],
    "lexicon": [("ZADD zset 1000*(0 member:{n:07})", 100)],
    "zset pair": [
        ("ZADD a 1000*({r} member:{n:07})", 1),
        ("ZADD b " + " ".join(f"{m} member:{m:07}" for m in range(500, 1500)), 1),
    ],
    "stream": [("XADD stream {n}-1 name sensor-12 value 20.5", BIG)],
    "streams": [("XADD stream:{k} * name sensor-12 value 20.5", BIG)],
    "group": [
        ("XADD stream {n}-1 name sensor-12 value 20.5", BIG),
        ("XGROUP CREATE stream group 0", 1),
    ],
    "delivered": [
        ("XADD stream {n}-1 name sensor-12 value 20.5", BIG),
        ("XGROUP CREATE stream group 0", 1),
        ("XREADGROUP GROUP group c COUNT 1000 STREAMS stream >", 100),
    ],
}

LISTS = [
    ("LPUSH list value:{n:010}", "", "LPUSH", BIG, NAMED),
    ("RPOP list", "list", "RPOP", BIG, NAMED),
    ("LRANGE list 0 99", "list", "LRANGE 100", 20_000, NAMED),
    ("RPUSH list value:{n:010}", "", "RPUSH"),
    ("LPUSH list 10*(value:{n:010})", "", "LPUSH of 10", 20_000),
    ("LPUSH new:{n} value", "", "LPUSH, new key"),
    ("LPUSH list:{k} value:{n:010}", "lists", "LPUSH, small"),
    ("LPUSHX list value:{n:010}", "list"),
    ("RPUSHX list value:{n:010}", "list"),
    ("LPOP list", "list"),
    ("LPOP list 10", "list", "LPOP of 10", SMALL),
    ("RPOP list 10", "list", "RPOP of 10", SMALL),
    ("RPOP list:{k}", "lists", "RPOP, small"),
    ("LLEN list", "list"),
    ("LINDEX list {h}", "list", "LINDEX, near the front"),
    ("LINDEX list {r}", "list", "LINDEX, anywhere", 20_000),
    ("LINDEX list:{k} {i}", "lists", "LINDEX, small"),
    ("LSET list {h} other:{n:010}", "list", "LSET, near the front"),
    ("LSET list {r} other:{n:010}", "list", "LSET, anywhere", 20_000),
    ("LSET list:{k} {i} other:{n:010}", "lists", "LSET, small"),
    ("LINSERT list BEFORE value:0000000050 other", "list", "LINSERT, near the front", 20_000),
    ("LINSERT list:{k} AFTER nothing other", "lists", "LINSERT without pivot, small"),
    ("LREM list:{k} 1 value:{n:010}", "lists", "LREM, small"),
    ("LREM list 1 value:{h:010}", "list", "LREM, near the front", 20_000),
    ("LREM list 0 nothing", "list", "LREM of 100,000", 200),
    ("LTRIM list 1 -1", "list", "LTRIM by one"),
    ("LTRIM list:{k} 0 4", "lists", "LTRIM, small"),
    ("LPOS list value:{h:010}", "list", "LPOS, near the front", 20_000),
    ("LPOS list nothing", "list", "LPOS of 100,000", 200),
    ("LPOS list:{k} nothing", "lists", "LPOS, small"),
    ("LRANGE list:{k} 0 -1", "lists", "LRANGE 10, small"),
    ("LRANGE list 50000 50099", "list", "LRANGE 100, in the middle", 20_000),
    ("LRANGE list 0 999", "list", "LRANGE 1,000", 2_000),
    ("LMOVE list other LEFT RIGHT", "list", "LMOVE"),
    ("LMOVE list:{k} other LEFT RIGHT", "lists", "LMOVE, small"),
    ("RPOPLPUSH list other", "list"),
    ("LMPOP 1 list LEFT", "list"),
    ("LMPOP 2 none list RIGHT COUNT 10", "list", "LMPOP of 10", SMALL),
    ("BLPOP list 0", "list"),
    ("BRPOP list 0", "list"),
    ("BLMOVE list other LEFT RIGHT 0", "list"),
    ("BRPOPLPUSH list other 0", "list"),
    ("BLMPOP 0 1 list LEFT", "list"),
]

HASHES = [
    ("HSET hash member:{m} value:{n:010}", "hash", "HSET", BIG, NAMED),
    ("HGET hash member:{m}", "hash", "HGET", BIG, NAMED),
    ("HGETALL hash:{k}", "hashes", "HGETALL of 10", BIG, NAMED),
    ("HSET hash member:{n:07} value:{n:010}", "", "HSET, growing"),
    ("HSET hash:{k} field:{i} value:{n:010}", "hashes", "HSET, small"),
    ("HSET new:{n} field:1 value:{n:010}", "", "HSET, new key"),
    (
        "HSET new:{n} " + " ".join(f"field:{f} value:{{n:010}}" for f in range(10)),
        "",
        "HSET of 10, new key",
        20_000,
    ),
    ("HMSET hash 10*(member:{m} value:{n:010})", "hash", "HMSET of 10", 20_000),
    ("HSETNX hash member:{m} value", "hash"),
    ("HSETNX hash:{k} field:{i} value", "hashes", "HSETNX, small"),
    ("HGET hash:{k} field:{i}", "hashes", "HGET, small"),
    ("HMGET hash 10*(member:{m})", "hash", "HMGET of 10", 20_000),
    ("HMGET hash:{k} field:1 field:5 field:9", "hashes", "HMGET of 3, small"),
    ("HDEL hash member:{n:07}", "hash"),
    ("HDEL hash:{k} field:{i}", "hashes", "HDEL, small"),
    ("HEXISTS hash member:{m}", "hash"),
    ("HEXISTS hash:{k} field:{i}", "hashes", "HEXISTS, small"),
    ("HLEN hash", "hash"),
    ("HSTRLEN hash member:{m}", "hash"),
    ("HSTRLEN hash:{k} field:{i}", "hashes", "HSTRLEN, small"),
    ("HKEYS hash:{k}", "hashes", "HKEYS of 10"),
    ("HVALS hash:{k}", "hashes", "HVALS of 10"),
    ("HGETALL hash", "hash1000", "HGETALL of 1,000", 1_000),
    ("HKEYS hash", "hash1000", "HKEYS of 1,000", 2_000),
    ("HVALS hash", "hash1000", "HVALS of 1,000", 2_000),
    ("HINCRBY hash member:{m} 1", "numbers"),
    ("HINCRBY hash:{k} number 1", "hashes", "HINCRBY, small"),
    ("HINCRBYFLOAT hash member:{m} 0.5", "numbers"),
    ("HINCRBYFLOAT hash:{k} number 0.5", "hashes", "HINCRBYFLOAT, small"),
    ("HRANDFIELD hash", "hash"),
    ("HRANDFIELD hash:{k}", "hashes", "HRANDFIELD, small"),
    ("HRANDFIELD hash 10", "hash", "HRANDFIELD 10", 20_000),
    ("HRANDFIELD hash -10 WITHVALUES", "hash", "HRANDFIELD -10 WITHVALUES", 20_000),
    ("HRANDFIELD hash:{k} 5 WITHVALUES", "hashes", "HRANDFIELD 5 WITHVALUES, small", 20_000),
    ("HSCAN hash 0", "hash", "HSCAN", 20_000),
    ("HSCAN hash:{k} 0", "hashes", "HSCAN, small", 50_000),
]

SETS = [
    ("SADD set member:{m}", "set", "SADD", BIG, NAMED),
    ("SISMEMBER set member:{m}", "set", "SISMEMBER", BIG, NAMED),
    ("SINTER a b", "set pair", "SINTER of two of 1,000", 2_000, NAMED),
    ("SADD set member:{n:07}", "", "SADD, growing"),
    ("SADD set {r}", "", "SADD, growing, integers"),
    ("SADD set:{k} other:{i}", "sets", "SADD, small"),
    ("SADD set:{k} {i}", "integers", "SADD, small, integers"),
    ("SADD new:{n} member", "", "SADD, new key"),
    ("SADD set 10*(member:{m})", "set", "SADD of 10", 20_000),
    ("SREM set member:{n:07}", "set"),
    ("SREM set:{k} member:000000{i}", "sets", "SREM, small"),
    ("SREM set:{k} {i}", "integers", "SREM, small, integers"),
    ("SISMEMBER set:{k} member:000000{i}", "sets", "SISMEMBER, small"),
    ("SISMEMBER set:{k} {i}", "integers", "SISMEMBER, small, integers"),
    ("SMISMEMBER set 10*(member:{m})", "set", "SMISMEMBER of 10", 20_000),
    ("SCARD set", "set"),
    ("SMEMBERS set:{k}", "sets", "SMEMBERS of 10"),
    ("SMEMBERS set:{k}", "integers", "SMEMBERS of 10 integers"),
    ("SMEMBERS a", "set pair", "SMEMBERS of 1,000", 2_000),
    ("SPOP set", "set"),
    ("SPOP set:{k}", "sets", "SPOP, small"),
    ("SPOP set:{k}", "integers", "SPOP, small, integers"),
    ("SPOP set 10", "set", "SPOP of 10", SMALL),
    ("SRANDMEMBER set", "set"),
    ("SRANDMEMBER set:{k}", "sets", "SRANDMEMBER, small"),
    ("SRANDMEMBER set 10", "set", "SRANDMEMBER 10", 20_000),
    ("SRANDMEMBER set -10", "set", "SRANDMEMBER -10", 20_000),
    ("SRANDMEMBER set:{k} 5", "sets", "SRANDMEMBER 5, small", 20_000),
    ("SMOVE set other member:{n:07}", "set"),
    ("SMOVE set:{k} other member:000000{i}", "sets", "SMOVE, small"),
    ("SINTER set:{k} set:{h}", "sets", "SINTER of two of 10", 50_000),
    ("SINTER a b", "integer pair", "SINTER of two of 500 integers", 2_000),
    ("SINTERCARD 2 a b", "set pair", "SINTERCARD of two of 1,000", 2_000),
    ("SINTERCARD 2 a b LIMIT 10", "set pair", "SINTERCARD LIMIT 10", 50_000),
    ("SINTERSTORE c a b", "set pair", "SINTERSTORE of two of 1,000", 1_000),
    ("SUNION a b", "set pair", "SUNION of two of 1,000", 1_000),
    ("SUNION set:{k} set:{h}", "sets", "SUNION of two of 10", 50_000),
    ("SUNION a b", "integer pair", "SUNION of two of 500 integers", 1_000),
    ("SUNIONSTORE c a b", "set pair", "SUNIONSTORE of two of 1,000", 1_000),
    ("SUNIONSTORE new set:{k} set:{h}", "sets", "SUNIONSTORE of two of 10", 50_000),
    ("SDIFF a b", "set pair", "SDIFF of two of 1,000", 2_000),
    ("SDIFF set:{k} set:{h}", "sets", "SDIFF of two of 10", 50_000),
    ("SDIFF a b", "integer pair", "SDIFF of two of 500 integers", 2_000),
    ("SDIFFSTORE c a b", "set pair", "SDIFFSTORE of two of 1,000", 1_000),
    ("SSCAN set 0", "set", "SSCAN", 20_000),
    ("SSCAN set:{k} 0", "sets", "SSCAN, small", 50_000),
]

SORTED_SETS = [
    ("ZADD zset {r} member:{m}", "zset", "ZADD", BIG, NAMED),
    ("ZRANGE zset 0 9", "zset", "ZRANGE 10", BIG, NAMED),
    ("ZRANK zset member:{m}", "zset", "ZRANK", BIG, NAMED),
    ("ZINCRBY zset 1 member:{m}", "zset", "ZINCRBY", BIG, NAMED),
    ("ZADD zset {r} member:{n:07}", "", "ZADD, growing"),
    ("ZADD zset {n} member:{n:07}", "", "ZADD, growing in order"),
    ("ZADD zset:{k} {i} member:000000{i}", "zsets", "ZADD, small"),
    ("ZADD new:{n} 1 member", "", "ZADD, new key"),
    ("ZADD zset 10*({r} member:{m})", "zset", "ZADD of 10", SMALL),
    ("ZADD zset GT CH {r} member:{m}", "zset", "ZADD GT CH"),
    ("ZADD zset INCR 1 member:{m}", "zset", "ZADD INCR"),
    ("ZINCRBY zset:{k} 1 member:000000{i}", "zsets", "ZINCRBY, small"),
    ("ZREM zset member:{n:07}", "zset"),
    ("ZREM zset:{k} member:000000{i}", "zsets", "ZREM, small"),
    ("ZSCORE zset member:{m}", "zset"),
    ("ZSCORE zset:{k} member:000000{i}", "zsets", "ZSCORE, small"),
    ("ZMSCORE zset 10*(member:{m})", "zset", "ZMSCORE of 10", 20_000),
    ("ZCARD zset", "zset"),
    ("ZCOUNT zset {r} 60000", "zset"),
    ("ZCOUNT zset:{k} 3 6", "zsets", "ZCOUNT, small"),
    ("ZLEXCOUNT zset [member:{m} +", "lexicon"),
    ("ZRANK zset:{k} member:000000{i}", "zsets", "ZRANK, small"),
    ("ZREVRANK zset member:{m}", "zset"),
    ("ZRANGE zset {r} {r}", "zset", "ZRANGE 1, anywhere"),
    ("ZRANGE zset 0 9 WITHSCORES", "zset", "ZRANGE 10 WITHSCORES"),
    ("ZRANGE zset 0 9 REV", "zset", "ZRANGE 10 REV"),
    ("ZRANGE zset 0 99", "zset", "ZRANGE 100", 20_000),
    ("ZRANGE zset 50000 50999", "zset", "ZRANGE 1,000", 2_000),
    ("ZRANGE zset:{k} 0 -1", "zsets", "ZRANGE 10, small"),
    ("ZRANGE zset:{k} 0 -1 WITHSCORES", "zsets", "ZRANGE 10 WITHSCORES, small"),
    ("ZRANGE zset {r} +inf BYSCORE LIMIT 0 10", "zset", "ZRANGE BYSCORE LIMIT 0 10"),
    ("ZRANGE zset [member:{m} + BYLEX LIMIT 0 10", "lexicon", "ZRANGE BYLEX LIMIT 0 10"),
    ("ZREVRANGE zset 0 9", "zset", "ZREVRANGE 10"),
    ("ZRANGEBYSCORE zset {r} +inf LIMIT 0 10", "zset", "ZRANGEBYSCORE LIMIT 0 10"),
    ("ZRANGEBYSCORE zset:{k} 3 6", "zsets", "ZRANGEBYSCORE, small"),
    ("ZREVRANGEBYSCORE zset {r} -inf LIMIT 0 10", "zset", "ZREVRANGEBYSCORE LIMIT 0 10"),
    ("ZRANGEBYLEX zset [member:{m} + LIMIT 0 10", "lexicon", "ZRANGEBYLEX LIMIT 0 10"),
    ("ZREVRANGEBYLEX zset [member:{m} - LIMIT 0 10", "lexicon", "ZREVRANGEBYLEX LIMIT 0 10"),
    ("ZRANGESTORE new zset 0 9", "zset", "ZRANGESTORE 10", 50_000),
    ("ZRANGESTORE new zset 0 999", "zset", "ZRANGESTORE 1,000", 500),
    ("ZREMRANGEBYRANK zset 0 0", "zset", "ZREMRANGEBYRANK of 1"),
    ("ZREMRANGEBYRANK zset 1000 1099", "zset", "ZREMRANGEBYRANK of 100", 950),
    ("ZREMRANGEBYSCORE zset {n} {n}", "zset"),
    ("ZREMRANGEBYLEX zset [member:{n:07} [member:{n:07}", "lexicon"),
    ("ZPOPMIN zset", "zset"),
    ("ZPOPMAX zset", "zset"),
    ("ZPOPMIN zset 10", "zset", "ZPOPMIN of 10", SMALL),
    ("ZPOPMIN zset:{k}", "zsets", "ZPOPMIN, small"),
    ("BZPOPMIN zset 0", "zset"),
    ("BZPOPMAX zset 0", "zset"),
    ("ZMPOP 1 zset MIN", "zset"),
    ("BZMPOP 0 1 zset MAX", "zset"),
    ("ZINTER 2 a b", "zset pair", "ZINTER of two of 1,000", 1_000),
    ("ZINTERCARD 2 a b", "zset pair", "ZINTERCARD of two of 1,000", 1_000),
    ("ZINTERSTORE c 2 a b", "zset pair", "ZINTERSTORE of two of 1,000", 1_000),
    ("ZUNION 2 a b", "zset pair", "ZUNION of two of 1,000", 500),
    ("ZUNION 2 zset:{k} zset:{h} WITHSCORES", "zsets", "ZUNION of two of 10 WITHSCORES", 20_000),
    ("ZUNIONSTORE c 2 a b", "zset pair", "ZUNIONSTORE of two of 1,000", 500),
    ("ZDIFF 2 a b", "zset pair", "ZDIFF of two of 1,000", 500),
    ("ZDIFFSTORE c 2 a b", "zset pair", "ZDIFFSTORE of two of 1,000", 500),
    ("ZRANDMEMBER zset", "zset"),
    ("ZRANDMEMBER zset:{k}", "zsets", "ZRANDMEMBER, small"),
    ("ZRANDMEMBER zset 10", "zset", "ZRANDMEMBER 10", 20_000),
    ("ZRANDMEMBER zset -10 WITHSCORES", "zset", "ZRANDMEMBER -10 WITHSCORES", 20_000),
    ("ZSCAN zset 0", "zset", "ZSCAN", 20_000),
    ("ZSCAN zset:{k} 0", "zsets", "ZSCAN, small", 50_000),
]

STREAMS = [
    ("XADD stream * name sensor-12 value 20.5", "", "XADD", BIG, NAMED),
    ("XRANGE stream {r} + COUNT 10", "stream", "XRANGE 10", 50_000, NAMED),
    ("XADD stream 5-* name sensor-12 value 20.5", "", "XADD with half an ID"),
    ("XADD stream:{k} * name sensor-12 value 20.5", "streams", "XADD, small"),
    ("XADD new:{n} * name sensor-12 value 20.5", "", "XADD, new key", 50_000),
    ("XADD stream MAXLEN ~ 1000 * name sensor-12 value 20.5", "", "XADD MAXLEN ~"),
    ("XADD stream MAXLEN 1000 * name sensor-12 value 20.5", "", "XADD MAXLEN"),
    ("XADD stream NOMKSTREAM * name sensor-12 value 20.5", "stream", "XADD NOMKSTREAM"),
    ("XLEN stream", "stream"),
    ("XRANGE stream {r} {r}", "stream", "XRANGE 1"),
    ("XRANGE stream {r} + COUNT 100", "stream", "XRANGE 100", SMALL),
    ("XRANGE stream:{k} - + COUNT 10", "streams", "XRANGE 10, small", 50_000),
    ("XREVRANGE stream {r} - COUNT 10", "stream", "XREVRANGE 10", 50_000),
    ("XREAD COUNT 1 STREAMS stream {r}", "stream", "XREAD 1"),
    ("XREAD COUNT 10 STREAMS stream {r}", "stream", "XREAD 10", 50_000),
    ("XREAD COUNT 10 BLOCK 0 STREAMS stream {h}", "stream", "XREAD 10 BLOCK", 50_000),
    ("XDEL stream {n}-1", "stream"),
    ("XDEL stream {r}-1", "stream", "XDEL, anywhere", 50_000),
    ("XTRIM stream MINID {n}-2", "stream", "XTRIM MINID by one"),
    ("XTRIM stream MAXLEN ~ 50000", "stream", "XTRIM MAXLEN ~, nothing to do"),
    ("XSETID stream 900000-1", "stream"),
    ("XREADGROUP GROUP group c COUNT 1 STREAMS stream >", "group", "XREADGROUP 1"),
    ("XREADGROUP GROUP group c COUNT 10 STREAMS stream >", "group", "XREADGROUP 10", SMALL),
    (
        "XREADGROUP GROUP group c NOACK COUNT 10 STREAMS stream >",
        "group",
        "XREADGROUP 10 NOACK",
        SMALL,
    ),
    (
        "XREADGROUP GROUP group c COUNT 10 STREAMS stream {r}",
        "delivered",
        "XREADGROUP 10, again",
        20_000,
    ),
    ("XACK stream group {n}-1", "delivered"),
    ("XPENDING stream group", "delivered"),
    ("XPENDING stream group {r} + 10", "delivered", "XPENDING 10", 50_000),
    ("XCLAIM stream group d 0 {r}-1", "delivered"),
    ("XCLAIM stream group d 0 {r}-1 JUSTID", "delivered", "XCLAIM JUSTID"),
    ("XAUTOCLAIM stream group d 0 {r} COUNT 10", "delivered", "XAUTOCLAIM 10", SMALL),
    ("XINFO STREAM stream", "delivered", "XINFO STREAM", 50_000),
    ("XINFO STREAM stream FULL COUNT 10", "delivered", "XINFO STREAM FULL", SMALL),
    ("XINFO GROUPS stream", "delivered", "XINFO GROUPS"),
    ("XINFO CONSUMERS stream group", "delivered", "XINFO CONSUMERS"),
    ("XGROUP CREATE stream:{n} group $ MKSTREAM", "", "XGROUP CREATE", 50_000),
    ("XGROUP SETID stream group {r}-1", "group", "XGROUP SETID"),
    ("XGROUP CREATECONSUMER stream group c:{n}", "group", "XGROUP CREATECONSUMER", 20_000),
    ("XGROUP DELCONSUMER stream group c:{n}", "group", "XGROUP DELCONSUMER"),
    ("XGROUP DESTROY stream none:{n}", "group", "XGROUP DESTROY"),
]

GROUPS: dict[str, list[tuple[Any, ...]]] = {
    "lists": LISTS,
    "hashes": HASHES,
    "sets": SETS,
    "sorted sets": SORTED_SETS,
    "streams": STREAMS,
    "bitmaps": BITMAPS,
    "counts of different elements": COUNTS,
    "places": GEO,
    "strings": STRINGS,
    "keys": KEYS,
    "scripts": SCRIPTS,
    "channels and connections": CHANNELS,
}
# The groups that are a part of their own; the others are the part "commands". Of those some have to
# be better than redis-server's, and none much worse.
COLLECTIONS = ("lists", "hashes", "sets", "sorted sets", "streams")
PROMISED = ("EVAL of one GET", "BITCOUNT 1 MiB", "PFADD", "GEOSEARCH")
NOT_WORSE = 1 / 1.1


def made(row: Row) -> Row:
    """Return the row with what is wanted of it."""
    if row.group in COLLECTIONS or row.title.startswith(PROMISED):
        return row
    return replace(row, wanted=NOT_WORSE)


ROWS = [made(Row(group, *row)) for group, rows in GROUPS.items() for row in rows]


REPEATED = re.compile(r"(\d+)\*\((.*?)\)")


def encode(command: str, count: int) -> bytes:
    """Fill the places of a command so many times and encode what comes out.

    The numbers are the same ones each time for the same command, and those of one command are all
    made of one chance. The running number goes on within a repeated part, else from command to
    command.
    """
    found = REPEATED.search(command)
    before, body, behind = command, "", ""
    times = 0
    if found:
        times = int(found[1])
        before, body, behind = command[: found.start()], found[2], command[found.end() :]
    words = len(before.split()) + times * len(body.split()) + len(behind.split())
    first, repeated, last = filler(f"*{words}\r\n", before), filler("", body), filler("", behind)
    draw = random.Random(command).random
    pieces: list[str] = []
    for n in range(count):
        pieces.append(first(n, int(draw() * BIG)))
        pieces += [
            repeated(number, int(draw() * BIG)) for number in range(n * times, (n + 1) * times)
        ]
        if behind:
            pieces.append(last(n, int(draw() * BIG)))
    return "".join(pieces).encode()


def filler(head: str, words: str) -> Callable[[int, int], str]:
    """Return what encodes these words for a running number and a random one.

    It is made as source, once for a command: filling the places of each word of millions of
    commands by str.format() takes longer than the servers need for them.
    """
    source = repr(head)[1:-1]
    for word in words.split():
        for name, formula in PLACES.items():
            word = word.replace("{" + name, "{" + formula)
        source += f"${{len(w := f'{word}')}}\\r\\n{{w}}\\r\\n"
    made: Callable[[int, int], str] = eval(f'lambda n, r: f"{source}"')
    return made


PLACES = {
    "m": "r:07",
    "k": f"r * 7919 % {SMALL}",
    "i": f"r * 7919 // {SMALL} % 10",
    "h": "r % 1000",
}
