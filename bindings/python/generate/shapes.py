"""What the declarations do not say: redis-py's names, order and defaults, and its replies.

A command with no entry gets the signature that its grammar suggests and the reply as it is. So only
what redis-py does in a way of its own stands here.
"""

from __future__ import annotations

# Method -> signature, where redis-py's is not the one that follows from the grammar.
SIGNATURES = {
    "append": "key, value",
    "blpop": "keys, timeout=0",
    "brpop": "keys, timeout=0",
    "bzpopmax": "keys, timeout=0",
    "bzpopmin": "keys, timeout=0",
    "client_no_evict": "mode",
    "client_no_touch": "mode",
    "client_setinfo": "attr, value",
    "client_setname": "name",
    "command_docs": "*args",
    "command_getkeys": "*args",
    "command_getkeysandflags": "*args",
    "command_info": "",
    "copy": "source, destination, destination_db=None, replace=False",
    "debug_object": "key",
    "decrby": "name, amount=1",
    "delete": "*names",
    "echo": "value",
    "exists": "*names",
    "expire": "name, time, nx=False, xx=False, gt=False, lt=False",
    "expireat": "name, when, nx=False, xx=False, gt=False, lt=False",
    "expiretime": "key",
    "flushall": "asynchronous=False",
    "flushdb": "asynchronous=False",
    "geohash": "name, *values",
    "getrange": "key, start, end",
    "hdel": "name, *keys",
    "hexists": "name, key",
    "hexpiretime": "key, *fields",
    "hget": "name, key",
    "hgetdel": "name, *keys",
    "hgetex": "name, *keys, ex=None, px=None, exat=None, pxat=None, persist=False",
    "hincrby": "name, key, amount=1",
    "hincrbyfloat": "name, key, amount=1.0",
    "hmget": "name, keys, *args",
    "hpexpiretime": "key, *fields",
    "hpttl": "key, *fields",
    "hscan": "name, cursor=0, match=None, count=None, no_values=None",
    "hsetnx": "name, key, value",
    "hstrlen": "name, key",
    "httl": "key, *fields",
    "incrby": "name, amount=1",
    "incrbyfloat": "name, amount=1.0",
    "latency_histogram": "*args",
    "linsert": "name, where, refvalue, value",
    "lpos": "name, value, rank=None, count=None, maxlen=None",
    "lpush": "name, *values",
    "lpushx": "name, *values",
    "lrange": "name, start, end",
    "lrem": "name, count, value",
    "lset": "name, index, value",
    "ltrim": "name, start, end",
    "memory_usage": "key, samples=None",
    "mget": "keys, *args",
    "pexpire": "name, time, nx=False, xx=False, gt=False, lt=False",
    "pexpireat": "name, when, nx=False, xx=False, gt=False, lt=False",
    "pexpiretime": "key",
    "psetex": "name, time_ms, value",
    "pfadd": "name, *values",
    "pfcount": "*sources",
    "pfmerge": "dest, *sources",
    "pubsub_numsub": "*args",
    "pubsub_shardnumsub": "*args",
    "rename": "src, dst",
    "restore": "name, ttl, value, replace=False, absttl=False, idletime=None, frequency=None",
    "renamenx": "src, dst",
    "rpoplpush": "src, dst",
    "rpush": "name, *values",
    "rpushx": "name, *values",
    "sadd": "name, *values",
    "scan": "cursor=0, match=None, count=None, _type=None",
    "sdiff": "keys, *args",
    "sdiffstore": "dest, keys, *args",
    "setex": "name, time, value",
    "sinter": "keys, *args",
    "sinterstore": "dest, keys, *args",
    "sismember": "name, value",
    "slowlog_get": "num=None",
    "smismember": "name, values, *args",
    "smove": "src, dst, value",
    "srandmember": "name, number=None",
    "srem": "name, *values",
    "spublish": "shard_channel, message",
    "sscan": "name, cursor=0, match=None, count=None",
    "sunion": "keys, *args",
    "sunionstore": "dest, keys, *args",
    "swapdb": "first, second",
    "touch": "*args",
    "unlink": "*names",
    "xack": "name, groupname, *ids",
    "xgroup_createconsumer": "name, groupname, consumername",
    "xgroup_delconsumer": "name, groupname, consumername",
    "xgroup_destroy": "name, groupname",
    "xrange": "name, min='-', max='+', count=None",
    "xrevrange": "name, max='+', min='-', count=None",
    "wait": "num_replicas, timeout",
    "waitaof": "num_local, num_replicas, timeout",
    "zdiffstore": "dest, keys",
    "zmscore": "key, members",
    "zrangebylex": "name, min, max, start=None, num=None",
    "zrem": "name, *values",
    "zremrangebyrank": "name, min, max",
    "zrevrangebylex": "name, max, min, start=None, num=None",
    "zscore": "name, value",
}

# Expression -> the methods whose replies go through it. It may use the parameters.
CONVERTERS = {
    "bool": "auth copy expire expireat hexists hmset move msetnx persist psetex pexpire pexpireat "
    "renamenx setex setnx smove client_unblock xgroup_destroy",
    "ok": "flushall flushdb lset ltrim mset rename swapdb client_pause client_unpause "
    "client_setname client_setinfo config_set config_resetstat config_rewrite memory_purge "
    "slowlog_reset select pfmerge pfselftest restore "
    "xgroup_create xgroup_setid quit client_no_evict client_no_touch readonly readwrite",
    "float": "hincrbyfloat incrbyfloat",
    "raw": "dump",
    "tupled": "blpop brpop bzpopmax bzpopmin",
    "scored": "zpopmin zpopmax",
    "scored if withscores else None": "zdiff zinter zrange zrangebyscore zrevrange "
    "zrevrangebyscore zunion zrandmember",
    "flattened if withvalues else None": "hrandfield",
    "scanned": "scan sscan",
    "scanned_fields if not no_values else scanned": "hscan",
    "scanned_scores": "zscan",
    "integers": "time",
    "pong": "ping",
    "entries": "xrange xrevrange",
    "streams": "xread xreadgroup",
    "claimed if not justid else None": "xclaim",
    "autoclaimed if not justid else None": "xautoclaim",
    "text_keys": "config_get memory_stats",
    "info_sections": "info",
    "clients": "client_list",
    "client": "client_info",
    "counted": "pubsub_numsub pubsub_shardnumsub",
}

# Type of a reply, with T for bytes or str -> the methods. Any where nothing is said.
TYPES = {
    "int": "getbit pfadd pfcount setbit "
    "append dbsize decr decrby delete exists expiretime hdel hlen hincrby hset "
    "hsetnx hstrlen incr incrby linsert llen lpush lpushx lrem pexpiretime pttl publish rpush "
    "rpushx sadd scard sdiffstore setrange sintercard sinterstore sismember srem strlen "
    "sunionstore touch ttl unlink xack xdel xlen xtrim zcard zcount zdiffstore zintercard "
    "zinterstore zlexcount zrangestore zrem zremrangebylex zremrangebyrank zremrangebyscore "
    "zunionstore "
    "client_id command_count slowlog_len pubsub_numpat object_refcount object_idletime "
    "spublish wait "
    "xgroup_delconsumer xgroup_createconsumer latency_reset client_kill_filter hsetex",
    "bool": "copy expire expireat hexists hmset move msetnx persist psetex pexpire pexpireat "
    "renamenx setex setnx smove client_unblock xgroup_destroy flushall flushdb lset ltrim mset "
    "rename swapdb client_pause client_unpause client_setname client_setinfo config_set "
    "config_resetstat config_rewrite memory_purge slowlog_reset xgroup_create xgroup_setid ping "
    "pfmerge pfselftest restore",
    "bytes | None": "dump",
    "float": "hincrbyfloat incrbyfloat zincrby",
    "float | None": "zscore",
    "T | None": "get getdel getex getset hget lindex lmove rpoplpush randomkey blmove brpoplpush",
    "T": "echo getrange substr type xadd",
    "list[T]": "keys lrange hkeys hvals zrangebylex zrevrangebylex command_list command_getkeys "
    "pubsub_channels pubsub_shardchannels",
    "list[int]": "hexpire hpexpire hexpireat hpexpireat hpersist httl hpttl hexpiretime "
    "hpexpiretime smismember waitaof",
    "list[float | None]": "zmscore",
    "list[T | None]": "geohash mget hmget hgetdel hgetex",
    "set[T]": "smembers sinter sunion sdiff",
    "dict[T, T]": "hgetall",
    "dict[str, T]": "config_get",
    "dict[str, Any]": "info client_info memory_stats",
    "list[dict[str, str]]": "client_list",
    "tuple[T, T] | None": "blpop brpop",
    "tuple[T, T, float] | None": "bzpopmin bzpopmax",
    "list[tuple[T, float]]": "zpopmin zpopmax",
    "tuple[int, list[T]]": "scan sscan",
    "tuple[int, dict[T, T]]": "hscan",
    "tuple[int, list[tuple[T, float]]]": "zscan",
    "tuple[int, int]": "time",
    "list[tuple[T, dict[T, T]]]": "xrange xrevrange",
    "list[tuple[T, int]]": "pubsub_numsub pubsub_shardnumsub",
}

# Commands without a method, and why.
LEFT_OUT = {
    "COMMAND": "command_info, command_docs and command_list say what it says",
    "DISCARD": "a pipeline's transaction ends by its own methods",
    "EXEC": "a pipeline's transaction ends by its own methods",
    "MULTI": "pipeline(), which begins one",
    "MONITOR": "monitor() of a node is an iterator",
    "PSUBSCRIBE": "pubsub() subscribes and unsubscribes",
    "PUNSUBSCRIBE": "pubsub() subscribes and unsubscribes",
    "SUBSCRIBE": "pubsub() subscribes and unsubscribes",
    "UNSUBSCRIBE": "pubsub() subscribes and unsubscribes",
    "SSUBSCRIBE": "pubsub() subscribes and unsubscribes",
    "SUNSUBSCRIBE": "pubsub() subscribes and unsubscribes",
    "ASKING": "only clients of clusters say it, of themselves",
    "FAILOVER": "a node has no replica that could take over",
    "MODULE LOAD": "a node loads no modules",
    "MODULE LOADEX": "a node loads no modules",
    "MODULE UNLOAD": "a node loads no modules",
    "SLAVEOF": "replicaof() is what it is called now",
    "WATCH": "pipeline() and transaction(): a watch belongs to one client",
    "UNWATCH": "pipeline() and transaction(): a watch belongs to one client",
    "SHUTDOWN": "the embedding program ends a node by stop() and remove()",
    "RESTORE-ASKING": "restore() does the same on a node, which is no cluster",
    "HELLO": "open_session() chooses the protocol",
    "RESET": "open_session() gives a fresh one",
    "QUIT": "a session ends with its last reference",
    "SELECT": "open_session(database) chooses it",
    "AUTH": "whoever holds the node needs no password",
    "CLIENT REPLY": "a call has one reply",
    "CLIENT TRACKING": "a session says it by execute() and gets what has changed as pushes",
    "CLIENT CACHING": "it belongs to CLIENT TRACKING",
}

# Methods whose names are not the command's.
NAMES = {"DEL": "delete"}
