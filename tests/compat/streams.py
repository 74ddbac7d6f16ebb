"""Random streams of commands, valid and invalid, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable

Command = tuple[bytes, ...]
Make = Callable[[random.Random], bytes]

KEYS = [
    *(b"k%d" % n for n in range(12)),
    *(b"", b"\x00", b"\xff\xfe", b"a b", b"key\r\nline", b"*", b"h[ae]llo", b"x" * 300, b"{tag}1"),
]
INTEGERS = [
    *(b"0", b"1", b"-1", b"2", b"5", b"10", b"15", b"16", b"-16", b"100", b"1000", b"4294967296"),
    *(b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808"),
    *(b"-9223372036854775809", b"18446744073709551615", b"99999999999999999999999"),
]
FLOATS = [
    *(b"0.1", b"-0.5", b"1e3", b"1e17", b"1e-17", b"3.0", b"123456.789", b"1e400", b"-1e400"),
    *(b"inf", b"-inf", b"nan", b"0x1p3", b".5", b"5.", b"1e", b"infinity"),
]
ODD = [
    b"",
    b" ",
    b"1 ",
    b" 1",
    b"01",
    b"+1",
    b"1.0",
    b"abc",
    b"\x00",
    b"1\x00",
    b"-",
    b"--1",
    b"1e1",
]
TEXTS = [
    *(b"v", b"hello", b"Hello World", b"\x00\x01\xff", b"a" * 44, b"a" * 45, b"b" * 1000),
    *(b"ohmytext", b"mynewtext", b"0" * 60, b"\r\n", b""),
]
PATTERNS = [
    b"*",
    b"k*",
    b"k?",
    b"k[0-5]",
    b"[^k]*",
    b"",
    b"\\*",
    b"h[[]ae]llo",
    b"?",
    b"*\xfe",
    b"[",
    b"k\\",
]
# Far enough that nothing lapses while a stream runs, or long past.
MOMENTS_S = [b"33177117420", b"4102444800", b"1", b"0", b"-1", b"1000000000"]
MOMENTS_MS = [b"33177117420123", b"4102444800000", b"1", b"0", b"-1", b"1000000000000"]
SPANS_S = [b"100", b"5000", b"100000", b"-1", b"0", b"-100000"]
SPANS_MS = [b"100000", b"5000000", b"100000000", b"-1", b"0", b"-100000"]


def pick(*pools: list[bytes]) -> Make:
    """Make arguments out of pools, each pool as likely as the others."""

    def make(rng: random.Random) -> bytes:
        return rng.choice(rng.choice(pools))

    return make


def mostly(usual: list[bytes], *rare: list[bytes]) -> Make:
    """Make arguments out of a pool, and now and then out of others."""

    def make(rng: random.Random) -> bytes:
        return rng.choice(usual) if rng.random() < 0.85 else rng.choice(rng.choice(rare))

    return make


key = pick(KEYS)
number = mostly(INTEGERS[:12], INTEGERS, ODD, FLOATS)
real = mostly(FLOATS[:7] + INTEGERS[:8], FLOATS, ODD, INTEGERS)
value = pick(TEXTS, INTEGERS, FLOATS, ODD)
index = mostly([b"0", b"1", b"2", b"3"], INTEGERS, ODD)
offset = mostly([b"0", b"1", b"3", b"10", b"100", b"-1", b"-5"], INTEGERS, ODD)
small_offset = mostly([b"0", b"1", b"3", b"10", b"100", b"1000"], [b"-1", b"536870912"], ODD)
pattern = pick(PATTERNS)
span_s = mostly(SPANS_S, INTEGERS[12:], ODD)
span_ms = mostly(SPANS_MS, INTEGERS[12:], ODD)
moment_s = mostly(MOMENTS_S, INTEGERS[12:], ODD)
moment_ms = mostly(MOMENTS_MS, INTEGERS[12:], ODD)


def word(*texts: str) -> Make:
    """Make one of some words, in whatever case."""

    def make(rng: random.Random) -> bytes:
        text = rng.choice(texts)
        return rng.choice([text.upper(), text.lower(), text.title()]).encode()

    return make


Options = Callable[[random.Random], list[bytes]]


def options(*groups: list[Make]) -> Options:
    """Make some option groups in random order.

    Words may come twice. An option with a value may not: redis-server reads the last value alone
    and MiniRedis every one, so a bad value that another replaces is an error for one of them.
    """

    def make(rng: random.Random) -> list[bytes]:
        count = rng.choice([0, 1, 1, 1, 2, 2, 3])
        chosen: list[list[Make]] = []
        for group in (rng.choice(groups) for _ in range(count)):
            if len(group) == 1 or group not in chosen:
                chosen.append(group)
        return [part(rng) for group in chosen for part in group]

    return make


EXPIRY = [
    [word("EX"), span_s],
    [word("PX"), span_ms],
    [word("EXAT"), moment_s],
    [word("PXAT"), moment_ms],
]
SET_OPTIONS = options(*EXPIRY, [word("NX")], [word("XX")], [word("GET")], [word("KEEPTTL")])
GETEX_OPTIONS = options(*EXPIRY, [word("PERSIST")])
EXPIRE_OPTIONS = options([word("NX")], [word("XX")], [word("GT")], [word("LT")], [word("BOGUS")])
COPY_OPTIONS = options([word("DB"), index], [word("REPLACE")])
LCS_OPTIONS = options(
    [word("LEN")], [word("IDX")], [word("MINMATCHLEN"), number], [word("WITHMATCHLEN")]
)
FLUSH_OPTIONS = options([word("ASYNC")], [word("SYNC")], [word("BOGUS")])

# Name, fixed arguments, how many more of the last one may follow, options, weight.
TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("APPEND", [key, value], 0, None, 4),
    ("DECR", [key], 0, None, 2),
    ("DECRBY", [key, number], 0, None, 2),
    ("GET", [key], 0, None, 6),
    ("GETDEL", [key], 0, None, 2),
    ("GETEX", [key], 0, GETEX_OPTIONS, 4),
    ("GETRANGE", [key, offset, offset], 0, None, 4),
    ("GETSET", [key, value], 0, None, 2),
    ("INCR", [key], 0, None, 4),
    ("INCRBY", [key, number], 0, None, 4),
    ("INCRBYFLOAT", [key, real], 0, None, 5),
    ("LCS", [key, key], 0, LCS_OPTIONS, 3),
    ("MGET", [key], 4, None, 3),
    ("PSETEX", [key, span_ms, value], 0, None, 2),
    ("SET", [key, value], 0, SET_OPTIONS, 14),
    ("SETEX", [key, span_s, value], 0, None, 2),
    ("SETNX", [key, value], 0, None, 3),
    ("SETRANGE", [key, small_offset, value], 0, None, 4),
    ("STRLEN", [key], 0, None, 3),
    ("SUBSTR", [key, offset, offset], 0, None, 2),
    ("COPY", [key, key], 0, COPY_OPTIONS, 4),
    ("DEL", [key], 3, None, 3),
    ("EXISTS", [key], 3, None, 3),
    ("EXPIRE", [key, span_s], 0, EXPIRE_OPTIONS, 4),
    ("EXPIREAT", [key, moment_s], 0, EXPIRE_OPTIONS, 4),
    ("EXPIRETIME", [key], 0, None, 2),
    ("KEYS", [pattern], 0, None, 2),
    ("MOVE", [key, index], 0, None, 3),
    ("OBJECT", [word("ENCODING"), key], 0, None, 4),
    ("OBJECT", [word("REFCOUNT", "BOGUS", "FREQ"), key], 0, None, 1),
    ("PERSIST", [key], 0, None, 2),
    ("PEXPIRE", [key, span_ms], 0, EXPIRE_OPTIONS, 4),
    ("PEXPIREAT", [key, moment_ms], 0, EXPIRE_OPTIONS, 4),
    ("PEXPIRETIME", [key], 0, None, 2),
    ("PTTL", [key], 0, None, 2),
    ("RANDOMKEY", [], 0, None, 1),
    ("RENAME", [key, key], 0, None, 3),
    ("RENAMENX", [key, key], 0, None, 3),
    ("TOUCH", [key], 3, None, 2),
    ("TTL", [key], 0, None, 3),
    ("TYPE", [key], 0, None, 2),
    ("UNLINK", [key], 3, None, 2),
    # Not DBSIZE: keys that have lapsed are counted until they are found, and who finds them first
    # is chance. KEYS * counts the living.
    ("KEYS", [word("*")], 0, None, 3),
    ("FLUSHDB", [], 0, FLUSH_OPTIONS, 1),
    ("FLUSHALL", [], 0, FLUSH_OPTIONS, 1),
    ("SWAPDB", [index, index], 0, None, 2),
    ("SELECT", [index], 0, None, 3),
    ("ECHO", [value], 0, None, 1),
    ("PING", [], 0, None, 1),
    ("PING", [value], 0, None, 1),
    ("PUBLISH", [key, value], 0, None, 1),
    ("CLIENT", [word("GETNAME")], 0, None, 1),
    ("CLIENT", [word("SETNAME"), value], 0, None, 1),
    ("CLIENT", [word("BOGUS", "ID2")], 0, None, 1),
    ("BOGUS", [value, key], 2, None, 1),
    ("WATCH", [key], 2, None, 2),
    ("UNWATCH", [], 0, None, 1),
    ("MULTI", [], 0, None, 3),
    ("EXEC", [], 0, None, 4),
    ("DISCARD", [], 0, None, 1),
]

# Sorted sets. Ranges of members are asked only of keys whose members all have one score: of others
# Redis answers what its walk happens to find.
ZKEYS = [b"z0", b"z1", b"z2", b"z3", b"k0", b"k1", b"missing"]
LEX_KEYS = [b"lex0", b"lex1"]
SCORES = [
    *(b"0", b"-0", b"1", b"-1", b"2", b"3", b"2.5", b"-7.25", b"1e3", b"0x10", b"100", b"+5"),
    *(b"inf", b"-inf", b"+inf", b"1e308", b"-1e308", b"9007199254740993", b"0.1", b"1e-5"),
]
MEMBERS = [
    *(b"a", b"b", b"c", b"d", b"e", b"aa", b"ab", b"", b"\x00", b"\xff", b"a b", b"\r\n"),
    *(b"m%d" % n for n in range(12)),
    *(b"x" * 64, b"y" * 65),
]
BAD_SCORES = [b"nan", b"abc", b"", b" 1", b"1 ", b"1e400", b"(1", b"1\x00"]
ENDS = [*SCORES, *(b"(" + score for score in SCORES)]
BAD_ENDS = [b"nan", b"(", b"", b" 1", b"1 ", b"1e400", b"((1", b"1\x00x", b"x"]
LEX_ENDS = [b"-", b"+", b"[", b"(", b"[a", b"(a", b"[ab", b"(c", b"[m1", b"(m5", b"[\xff"]
BAD_LEX_ENDS = [b"a", b"", b"-a", b"+1", b"0", b"{a"]

zkey = mostly(ZKEYS, KEYS)
lex_key = pick(LEX_KEYS)
score = mostly(SCORES, BAD_SCORES, ODD)
member = pick(MEMBERS)
rank = mostly([b"0", b"1", b"2", b"5", b"-1", b"-2", b"-5", b"100"], INTEGERS, ODD)
end = mostly(ENDS, BAD_ENDS, ODD)
lex_end = mostly(LEX_ENDS, BAD_LEX_ENDS)
count = mostly([b"0", b"1", b"2", b"3", b"10"], INTEGERS, ODD)
LIMIT = [word("LIMIT"), count, count]
RANGE_OPTIONS = options([word("WITHSCORES")], [word("REV")], [word("BYSCORE")], LIMIT)
STORE_RANGE_OPTIONS = options([word("REV")], [word("BYSCORE")], LIMIT)
SCORE_OPTIONS = options([word("WITHSCORES")], LIMIT)
COMBINE = [
    [word("WEIGHTS"), score, score],
    [word("AGGREGATE"), word("SUM", "MIN", "MAX", "MAX", "AVG")],
]
SORTED_SET_TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("ZADD", [zkey, score, member], 0, None, 20),
    ("ZADD", [zkey, score, member, score, member, score, member], 0, None, 12),
    ("ZADD", [zkey, word("NX", "XX", "GT", "LT", "CH", "INCR"), score, member], 0, None, 8),
    (
        "ZADD",
        [zkey, word("NX", "XX", "GT", "LT"), word("CH", "INCR", "GT"), score, member],
        0,
        None,
        6,
    ),
    ("ZADD", [lex_key, word("0"), member], 0, None, 6),
    ("ZINCRBY", [zkey, score, member], 0, None, 6),
    ("ZREM", [zkey, member], 3, None, 4),
    ("ZREM", [lex_key, member], 1, None, 2),
    ("ZSCORE", [zkey, member], 0, None, 3),
    ("ZMSCORE", [zkey, member], 3, None, 2),
    ("ZCARD", [zkey], 0, None, 2),
    ("ZRANK", [zkey, member], 0, None, 3),
    ("ZREVRANK", [zkey, member], 0, None, 3),
    ("ZCOUNT", [zkey, end, end], 0, None, 4),
    ("ZLEXCOUNT", [lex_key, lex_end, lex_end], 0, None, 3),
    ("ZRANGE", [zkey, rank, rank], 0, RANGE_OPTIONS, 6),
    ("ZRANGE", [zkey, end, end, word("BYSCORE")], 0, RANGE_OPTIONS, 5),
    ("ZRANGE", [lex_key, lex_end, lex_end, word("BYLEX")], 0, options([word("REV")], LIMIT), 3),
    ("ZRANGESTORE", [zkey, zkey, rank, rank], 0, STORE_RANGE_OPTIONS, 4),
    ("ZRANGESTORE", [zkey, zkey, end, end, word("BYSCORE")], 0, STORE_RANGE_OPTIONS, 3),
    ("ZREVRANGE", [zkey, rank, rank], 0, options([word("WITHSCORES")]), 3),
    ("ZRANGEBYSCORE", [zkey, end, end], 0, SCORE_OPTIONS, 4),
    ("ZREVRANGEBYSCORE", [zkey, end, end], 0, SCORE_OPTIONS, 4),
    ("ZRANGEBYLEX", [lex_key, lex_end, lex_end], 0, options(LIMIT), 3),
    ("ZREVRANGEBYLEX", [lex_key, lex_end, lex_end], 0, options(LIMIT), 3),
    ("ZREMRANGEBYRANK", [zkey, rank, rank], 0, None, 2),
    ("ZREMRANGEBYSCORE", [zkey, end, end], 0, None, 2),
    ("ZREMRANGEBYLEX", [lex_key, lex_end, lex_end], 0, None, 1),
    ("ZPOPMIN", [zkey], 0, None, 2),
    ("ZPOPMAX", [zkey, count], 0, None, 2),
    ("ZMPOP", [word("2"), zkey, zkey, word("MIN", "MAX")], 0, options([word("COUNT"), count]), 3),
    ("BZPOPMIN", [zkey, zkey, word("0.001")], 0, None, 1),
    ("ZUNION", [word("2"), zkey, zkey], 0, options(*COMBINE, [word("WITHSCORES")]), 4),
    ("ZINTER", [word("2"), zkey, zkey], 0, options(*COMBINE, [word("WITHSCORES")]), 4),
    ("ZDIFF", [word("2"), zkey, zkey], 0, options([word("WITHSCORES")]), 3),
    ("ZUNION", [word("3"), zkey, zkey, zkey], 0, options([word("WITHSCORES")]), 2),
    ("ZUNIONSTORE", [zkey, word("2"), zkey, zkey], 0, options(*COMBINE), 4),
    ("ZINTERSTORE", [zkey, word("2"), zkey, zkey], 0, options(*COMBINE), 4),
    ("ZDIFFSTORE", [zkey, word("2"), zkey, zkey], 0, None, 3),
    ("ZINTERCARD", [word("2"), zkey, zkey], 0, options([word("LIMIT"), count]), 3),
    ("OBJECT", [word("ENCODING"), zkey], 0, None, 4),
    ("TYPE", [zkey], 0, None, 1),
    ("DEL", [zkey], 1, None, 1),
]
# Lists, hashes and sets. What draws by chance is left out: SPOP, SRANDMEMBER, HRANDFIELD.
LKEYS = [b"l0", b"l1", b"l2", b"k0", b"missing"]
HKEYS = [b"h0", b"h1", b"h2", b"k0", b"missing"]
SKEYS = [b"s0", b"s1", b"s2", b"s3", b"k0", b"missing"]
lkey = mostly(LKEYS, KEYS)
hkey = mostly(HKEYS, KEYS)
skey = mostly(SKEYS, KEYS)
field = pick([*MEMBERS[:8], b"n1", b"n2", b"n3"])
side = word("LEFT", "RIGHT", "LEFT", "RIGHT", "UP")
moment = mostly([b"0.001", b"0.002"], [b"-1", b"x", b"nan", b""])
LPOS_OPTIONS = options([word("RANK"), rank], [word("COUNT"), count], [word("MAXLEN"), count])
LIST_TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("RPUSH", [lkey, member], 8, None, 14),
    ("LPUSH", [lkey, member], 8, None, 10),
    ("RPUSH", [lkey, value], 3, None, 5),
    ("LPUSHX", [lkey, member], 2, None, 2),
    ("RPUSHX", [lkey, member], 2, None, 2),
    ("LPOP", [lkey], 0, None, 3),
    ("RPOP", [lkey, count], 0, None, 3),
    ("LLEN", [lkey], 0, None, 2),
    ("LINDEX", [lkey, rank], 0, None, 4),
    ("LRANGE", [lkey, rank, rank], 0, None, 5),
    ("LSET", [lkey, rank, value], 0, None, 4),
    ("LTRIM", [lkey, rank, rank], 0, None, 2),
    ("LINSERT", [lkey, word("BEFORE", "AFTER", "AFTER", "UPON"), member, value], 0, None, 5),
    ("LREM", [lkey, rank, member], 0, None, 4),
    ("LPOS", [lkey, member], 0, LPOS_OPTIONS, 5),
    ("LMOVE", [lkey, lkey, side, side], 0, None, 4),
    ("RPOPLPUSH", [lkey, lkey], 0, None, 3),
    ("LMPOP", [word("2"), lkey, lkey, side], 0, options([word("COUNT"), count]), 3),
    ("BLPOP", [lkey, lkey, moment], 0, None, 1),
    ("BRPOP", [lkey, moment], 0, None, 1),
    ("BLMOVE", [lkey, lkey, side, side, moment], 0, None, 1),
]
HASH_TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("HSET", [hkey, field, value], 0, None, 14),
    ("HSET", [hkey, field, value, field, value, field, number], 0, None, 8),
    ("HMSET", [hkey, field, value], 0, None, 3),
    ("HSETNX", [hkey, field, value], 0, None, 3),
    ("HGET", [hkey, field], 0, None, 4),
    ("HMGET", [hkey, field], 4, None, 3),
    ("HGETALL", [hkey], 0, None, 3),
    ("HKEYS", [hkey], 0, None, 2),
    ("HVALS", [hkey], 0, None, 2),
    ("HLEN", [hkey], 0, None, 2),
    ("HEXISTS", [hkey, field], 0, None, 2),
    ("HSTRLEN", [hkey, field], 0, None, 2),
    ("HDEL", [hkey, field], 3, None, 5),
    ("HINCRBY", [hkey, field, number], 0, None, 5),
    ("HINCRBYFLOAT", [hkey, field, real], 0, None, 5),
]
SET_TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("SADD", [skey, member], 6, None, 14),
    ("SADD", [skey, number], 6, None, 10),
    ("SREM", [skey, member], 3, None, 4),
    ("SREM", [skey, number], 3, None, 4),
    ("SISMEMBER", [skey, member], 0, None, 3),
    ("SMISMEMBER", [skey, member], 3, None, 2),
    ("SCARD", [skey], 0, None, 2),
    ("SMEMBERS", [skey], 0, None, 3),
    ("SMOVE", [skey, skey, member], 0, None, 4),
    ("SUNION", [skey], 2, None, 4),
    ("SINTER", [skey], 2, None, 4),
    ("SDIFF", [skey], 2, None, 4),
    ("SUNIONSTORE", [skey, skey], 2, None, 3),
    ("SINTERSTORE", [skey, skey], 2, None, 3),
    ("SDIFFSTORE", [skey, skey], 2, None, 3),
    ("SINTERCARD", [word("2"), skey, skey], 0, options([word("LIMIT"), count]), 3),
    ("ZUNIONSTORE", [zkey, word("2"), skey, zkey], 0, options(*COMBINE), 2),
    ("OBJECT", [word("ENCODING"), skey], 0, None, 3),
]
weights = pick([b"k*", b"k*", b"h*->n1", b"h1->*", b"*", b"#", b"nosort", b"k*->n1", b"missing*"])
SORT_OPTIONS = options(
    [word("BY"), weights],
    [word("GET"), weights],
    [word("GET"), pick([b"#"])],
    [word("LIMIT"), rank, rank],
    [word("ASC")],
    [word("DESC")],
    [word("ALPHA")],
    [word("ALPHA")],
)
SORT_STORE_OPTIONS = options(
    [word("BY"), weights], [word("GET"), weights], [word("ALPHA")], [word("STORE"), lkey]
)
SORT_TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("SORT", [lkey], 0, SORT_OPTIONS, 4),
    ("SORT", [skey], 0, SORT_OPTIONS, 4),
    ("SORT", [zkey], 0, SORT_OPTIONS, 4),
    ("SORT", [skey], 0, SORT_STORE_OPTIONS, 3),
    ("SORT", [zkey], 0, SORT_STORE_OPTIONS, 3),
    ("SORT_RO", [lkey], 0, SORT_OPTIONS, 2),
]
TEMPLATES += SORT_TEMPLATES
TEMPLATES += SORTED_SET_TEMPLATES + LIST_TEMPLATES + HASH_TEMPLATES + SET_TEMPLATES
# Streams: few keys and ids that grow, so that calls meet; ids are always given, for the clocks of
# two servers differ.
xkey = mostly([b"xs1", b"xs2"], KEYS[:2])
xgroup = mostly([b"g1", b"g2"], [b"nogroup", b""])
xconsumer = pick([b"alice", b"bob", b"carol"])
STREAM_IDS = [b"%d-%d" % (ms, seq) for ms in (1, 2, 3, 5, 8) for seq in (0, 1, 2)]
ODD_IDS = [
    *(b"-", b"+", b"$", b">", b"*", b"0", b"0-0", b"5", b"1-*", b"0-*", b"x", b"1-x", b"1-", b"-1"),
    *(b"18446744073709551615", b"18446744073709551615-18446744073709551615", b"9-9-9", b" 1-1"),
]
entry_id = mostly(STREAM_IDS, ODD_IDS)


def fresh_id(rng: random.Random) -> bytes:
    """Make an id that is often behind those there are."""
    if rng.random() < 0.1:
        return rng.choice([b"1-*", b"9-*", b"0-0", b"0-*", b"x", b"-", b""])
    return b"%d-%d" % (rng.randrange(1, 40), rng.randrange(3))


range_end = mostly(
    [b"-", b"+", b"1", b"3", b"5-1"], STREAM_IDS, [b"(3", b"(5-1", b"(-", b"(", b"x"]
)
xcount = mostly([b"1", b"2", b"5", b"100"], [b"0", b"-1"], ODD)
X_COUNT = options([word("COUNT"), xcount])
CLAIM_OPTIONS = options(
    [word("IDLE"), word("0", "x")],
    [word("RETRYCOUNT"), word("5", "x")],
    [word("FORCE")],
    [word("JUSTID")],
    [word("LASTID"), entry_id],
)
STREAM_TEMPLATES: list[tuple[str, list[Make], int, Options | None, int]] = [
    ("XADD", [xkey, fresh_id, value, value], 0, None, 25),
    ("XADD", [xkey, fresh_id, value, value, value, value], 0, None, 5),
    ("XADD", [xkey, word("NOMKSTREAM"), fresh_id, value, value], 0, None, 3),
    ("XADD", [xkey, word("MAXLEN"), xcount, fresh_id, value, value], 0, None, 4),
    ("XADD", [xkey, word("MAXLEN"), word("=", "~"), xcount, fresh_id, value, value], 0, None, 2),
    ("XADD", [xkey, word("MINID"), entry_id, fresh_id, value, value], 0, None, 2),
    ("XLEN", [xkey], 0, None, 3),
    ("XDEL", [xkey, entry_id], 3, None, 6),
    ("XTRIM", [xkey, word("MAXLEN", "MINID"), entry_id], 0, None, 2),
    ("XTRIM", [xkey, word("MAXLEN"), word("~", "=", "5"), xcount], 0, None, 3),
    ("XRANGE", [xkey, range_end, range_end], 0, X_COUNT, 8),
    ("XREVRANGE", [xkey, range_end, range_end], 0, X_COUNT, 8),
    ("XREAD", [word("STREAMS"), xkey, entry_id], 0, None, 4),
    ("XREAD", [word("COUNT"), xcount, word("STREAMS"), xkey, xkey, entry_id, entry_id], 0, None, 4),
    ("XGROUP", [word("CREATE"), xkey, xgroup, entry_id, word("MKSTREAM")], 0, None, 5),
    ("XGROUP", [word("CREATE"), xkey, xgroup, word("0", "$")], 0, None, 3),
    ("XGROUP", [word("SETID"), xkey, xgroup, entry_id], 0, None, 3),
    ("XGROUP", [word("SETID"), xkey, xgroup, entry_id, word("ENTRIESREAD"), number], 0, None, 1),
    ("XGROUP", [word("DESTROY"), xkey, xgroup], 0, None, 1),
    ("XGROUP", [word("CREATECONSUMER"), xkey, xgroup, xconsumer], 0, None, 2),
    ("XGROUP", [word("DELCONSUMER"), xkey, xgroup, xconsumer], 0, None, 2),
    (
        "XREADGROUP",
        [word("GROUP"), xgroup, xconsumer, word("STREAMS"), xkey, word(">", ">", "0", "$", "x")],
        0,
        None,
        8,
    ),
    (
        "XREADGROUP",
        [
            *(word("GROUP"), xgroup, xconsumer, word("COUNT"), xcount),
            *(word("NOACK", "STREAMS"), word("STREAMS"), xkey, word(">")),
        ],
        0,
        None,
        3,
    ),
    (
        "XREADGROUP",
        [
            *(word("GROUP"), xgroup, xconsumer, word("COUNT"), word("1", "2")),
            *(word("STREAMS"), xkey, xkey, word(">"), word(">", "0")),
        ],
        0,
        None,
        4,
    ),
    ("XACK", [xkey, xgroup, entry_id], 3, None, 6),
    ("XPENDING", [xkey, xgroup], 0, None, 4),
    ("XPENDING", [xkey, xgroup, range_end], 4, None, 1),
    ("XCLAIM", [xkey, xgroup, xconsumer, word("0"), entry_id, entry_id], 0, CLAIM_OPTIONS, 6),
    ("XAUTOCLAIM", [xkey, xgroup, xconsumer, word("0"), entry_id], 0, X_COUNT, 4),
    ("XAUTOCLAIM", [xkey, xgroup, xconsumer, word("0"), range_end, word("JUSTID")], 0, None, 2),
    ("XSETID", [xkey, entry_id], 0, None, 2),
    (
        "XSETID",
        [xkey, entry_id, word("ENTRIESADDED"), number, word("MAXDELETEDID"), entry_id],
        0,
        None,
        2,
    ),
    ("OBJECT", [word("ENCODING"), xkey], 0, None, 1),
    ("TYPE", [xkey], 0, None, 1),
    ("COPY", [xkey, xkey], 0, COPY_OPTIONS, 1),
]
TEMPLATES += STREAM_TEMPLATES
WEIGHTS = [template[4] for template in TEMPLATES]


def damage(rng: random.Random, command: list[bytes]) -> list[bytes]:
    """Break a command: an argument too many, too few, or of the wrong kind."""
    what = rng.randrange(4)
    if what == 0 and len(command) > 1:
        del command[rng.randrange(1, len(command))]
    elif what == 1:
        command.insert(rng.randrange(1, len(command) + 1), value(rng))
    elif what == 2 and len(command) > 1:
        command[rng.randrange(1, len(command))] = value(rng)
    else:
        command = command[: rng.randrange(1, len(command) + 1)]
    return command


Template = tuple[str, list[Make], int, Options | None, int]


def from_template(rng: random.Random, template: Template) -> list[bytes]:
    """Make one sound command."""
    name, makes, more, make_options, _ = template
    command = [name.encode(), *(make(rng) for make in makes)]
    command += [makes[-1](rng) for _ in range(rng.randint(0, more))] if more else []
    return command + (make_options(rng) if make_options else [])


def one_command(rng: random.Random) -> Command:
    """Make one command."""
    if rng.random() < 0.03:
        pairs = rng.randrange(1, 5)
        name = rng.choice([b"MSET", b"MSETNX"])
        command = [name, *(make(rng) for _ in range(pairs) for make in (key, value))]
    elif rng.random() < 0.02:
        # Not a command: the player makes a whole loop of it and compares what it finds.
        return (b"SCAN-LOOP", pattern(rng), rng.choice([b"1", b"3", b"10", b"1000"]))
    else:
        command = from_template(rng, rng.choices(TEMPLATES, WEIGHTS)[0])
    # A number more behind a command that waits would be how long it does.
    if rng.random() < 0.06 and not command[0].upper().startswith(b"B"):
        command = damage(rng, command)
    if rng.random() < 0.1:
        command[0] = command[0].lower()
    return tuple(command)


def stream(seed: int, count: int) -> list[Command]:
    """Make `count` commands."""
    rng = random.Random(seed)
    return [one_command(rng) for _ in range(count)]
