"""Random rules of ACL users, and the commands that they are tried with."""

from __future__ import annotations

import random

# Names that a stream makes users of; rules of one add up over its calls.
USERS = ["alice", "bob"]

CATEGORIES = [
    *("keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap"),
    *("hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous"),
    *("connection", "transaction", "scripting", "all", "nothing"),
]
COMMANDS = [
    *("get", "set", "GET", "config", "config|get", "config|set", "client", "client|id", "select"),
    *("select|0", "select|", "config|get|x", "config|nothing", "nothing", "xgroup|create", "eval"),
    *("publish", "subscribe", "zadd", "mget", "del", "flushall", "acl", "acl|whoami", "ping"),
]
GLOBS = ["a*", "b*", "a1", "*", "?1", "[ab]1", "", "c"]
CHANNELS = ["news", "news*", "*", "a?", ""]
HASH = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
PASSWORDS = [">secret", ">other", "<secret", "<other", f"#{HASH}", f"!{HASH}", "#abc", "!", ">"]
PLAIN = [
    *("on", "off", "nopass", "resetpass", "reset", "allkeys", "resetkeys", "allchannels"),
    *("resetchannels", "allcommands", "nocommands", "clearselectors", "", "bogus", "ON", "+", "-"),
    *("%", "%~", "%X~a", "skip-sanitize-payload", "sanitize-payload", "~a b", "&a b"),
]

# Each well-formed, for what is done with the keys of others is told by the command itself.
_TRIED = """
GET a1, SET a1 v, SET a1 v GET, DEL a1, DEL a1 b1, MGET a1 b1, MSET a1 v b1 v, EXISTS a1,
EXISTS c1, STRLEN b1, GETDEL a1, GETEX a1, APPEND b1 v, INCR a1, COPY a1 b1, RENAME a1 b1,
RENAME b1 a1, TOUCH a1, TYPE b1, TTL a1, EXPIRE a1 5, PERSIST a1, OBJECT ENCODING a1,
MEMORY USAGE a1, SORT a1 STORE b1, SORT_RO a1, LPUSH a1 v, LPOP a1, LMOVE a1 b1 LEFT LEFT,
LMPOP 2 a1 b1 LEFT, BLPOP a1 b1 0, LRANGE a1 0 -1, LLEN a1, LSET a1 0 v, LREM a1 0 v,
LTRIM a1 0 1, LINSERT a1 AFTER a b, SADD a1 v, SMOVE a1 b1 v, SINTERSTORE a1 b1 b2,
SDIFFSTORE a1 b1, SUNION a1 b1, SINTERCARD 2 a1 b1, SPOP a1, SRANDMEMBER a1, SISMEMBER a1 v,
SCARD a1, SREM a1 v, ZADD a1 1 v, ZUNIONSTORE a1 2 b1 b2, ZRANGESTORE a1 b1 0 1, ZPOPMIN a1,
ZINCRBY a1 1 v, ZMPOP 1 a1 MIN, ZINTER 2 a1 b1, ZCARD a1, ZSCORE a1 v, BZPOPMAX a1 0,
ZREM a1 v, HSET a1 f v, HGET a1 f, HDEL a1 f, HLEN a1, HINCRBY a1 f 1, HGETALL a1,
XADD a1 * f v, XREAD STREAMS a1 b1 0 0, XREADGROUP GROUP g c STREAMS a1 >, XLEN a1,
XGROUP CREATE a1 g 0, XDEL a1 0-1, XACK a1 g 0-1, XINFO STREAM a1, XTRIM a1 MAXLEN 1,
PFADD a1 v, PFCOUNT a1, PFMERGE a1 b1, GEOADD a1 0 0 m, GEORADIUS a1 0 0 1 m STORE b1,
GEORADIUSBYMEMBER a1 m 1 m, GEOSEARCHSTORE a1 b1 FROMLONLAT 0 0 BYRADIUS 1 m, SETBIT a1 0 1,
GETBIT a1 0, BITOP AND a1 b1, BITCOUNT a1, BITFIELD a1 GET u8 0, BITFIELD a1 SET u8 0 1,
BITFIELD a1 OVERFLOW SAT GET u8 0, BITFIELD_RO a1 GET u8 0, EVAL x 1 a1, EVAL x 0,
EVALSHA x 1 b1, EVAL_RO x 1 a1, SCRIPT LOAD x, WATCH a1 b1, PUBLISH news x, PUBLISH other x,
SUBSCRIBE news other, PSUBSCRIBE news*, UNSUBSCRIBE x, PUBSUB CHANNELS, PING, ECHO x, SELECT 0,
SELECT 1, AUTH x, HELLO, QUIT, RESET, CONFIG GET x, CONFIG SET x y, CLIENT ID, CLIENT LIST,
CLIENT KILL x, ACL WHOAMI, ACL SETUSER x, COMMAND, COMMAND DOCS, INFO, FLUSHALL, FLUSHDB,
DBSIZE, KEYS *, SCAN 0, RANDOMKEY, SWAPDB 0 1, MULTI, EXEC, DISCARD, MONITOR, SLOWLOG GET,
LATENCY RESET, TIME, MOVE a1 1, LCS a1 b1, SUBSTR a1 0 1, GETSET a1 v, SETNX a1 v
"""
TRIED = [call.strip() for call in _TRIED.split(",")]


def _globbed(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return "&" + rng.choice(CHANNELS)
    return rng.choice(["~", "~", "%R~", "%W~", "%RW~", "%r~"]) + rng.choice(GLOBS)


def _of_commands(rng: random.Random) -> str:
    sign = rng.choice("++-")
    if rng.random() < 0.4:
        return f"{sign}@{rng.choice(CATEGORIES)}"
    return sign + rng.choice(COMMANDS)


def rule(rng: random.Random) -> list[str]:
    """Return one rule, or the words of a selector."""
    chance = rng.random()
    if chance < 0.3:
        return [_globbed(rng)]
    if chance < 0.65:
        return [_of_commands(rng)]
    if chance < 0.75:
        return [rng.choice(PASSWORDS)]
    if chance < 0.88:
        return [rng.choice(PLAIN)]
    inner = [rng.choice([_globbed, _of_commands])(rng) for _ in range(rng.randrange(4))]
    words = ["(" + " ".join(inner) + ")"]
    if rng.random() < 0.5 and inner:
        words = words[0].split(" ")
    return words[:-1] if rng.random() < 0.05 else words


def setuser(rng: random.Random) -> list[str]:
    """Return the words of one ACL SETUSER."""
    words = ["ACL", "SETUSER", rng.choice(USERS)]
    for _ in range(rng.randrange(1, 5)):
        words += rule(rng)
    return words
