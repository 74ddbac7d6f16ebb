"""The typed methods: every command has one, with redis-py's signature and replies."""

from __future__ import annotations

import datetime
import inspect
import sys
from pathlib import Path
from typing import Any

import miniredis
import pytest
import redis
from miniredis import DataError, Node, _core

# Behind the package that the build made: the sources have no extension beside them.
sys.path.append(str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
from generate import shapes
from generate.signatures import derive

NAMES = [info["name"] for info in _core.command_infos()]


def method_of(command: str) -> str:
    usual = command.lower().replace(" ", "_").replace("-", "_")
    return shapes.NAMES.get(command, usual)


def is_container(command: str) -> bool:
    return any(other.startswith(command + " ") for other in NAMES)


@pytest.mark.parametrize("command", [n for n in NAMES if n not in shapes.LEFT_OUT])
def test_every_command_has_a_method(command: str) -> None:
    if is_container(command) and command != "OBJECT":
        return
    method = getattr(Node, method_of(command), None)
    assert callable(method), f"{command} has no method and no reason in LEFT_OUT"
    assert method.__doc__


def test_what_is_left_out_is_there_and_has_a_reason() -> None:
    for command, reason in shapes.LEFT_OUT.items():
        assert command in NAMES, f"{command} is gone: take it off LEFT_OUT"
        assert len(reason) > 10


# Methods that differ from redis-py's in their parameters, and why.
DIFFERENCES = {
    "set": "ifeq, ifne, ifdeq and ifdne are of Redis 8.4",
    "xadd": "ref_policy, idmp and idmpauto are of later Redis versions",
    "xtrim": "ref_policy is of Redis 8.2",
    "xread": "max_count and max_size are of later Redis versions",
    "xreadgroup": "claim_min_idle_time, max_count and max_size are of later Redis versions",
    "latency_graph": "redis-py's raises NotImplementedError and takes nothing",
    "command_info": "redis-py's raises NotImplementedError and takes nothing",
    "client_list": "client_id's default is an empty tuple, which cannot be changed by mistake",
}


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    found = list(inspect.signature(function).parameters.values())[1:]
    return [(p.name, p.kind, p.default) for p in found if p.kind is not p.VAR_KEYWORD]


@pytest.mark.parametrize(
    "name", [m for m in sorted(set(map(method_of, NAMES))) if hasattr(redis.Redis, m)]
)
def test_signatures_are_those_of_redis_py(name: str) -> None:
    ours = getattr(miniredis.Commands, name, None)
    if ours is None:
        assert any(method_of(c) == name for c in shapes.LEFT_OUT) or is_container(name.upper())
        return
    if "help" in name or name == "object":
        return
    mine, theirs = parameters(ours), parameters(getattr(redis.Redis, name))
    if name in DIFFERENCES:
        assert mine != theirs, f"{name} is the same now: take it off DIFFERENCES"
        # What both have stands at the same place but for names that redis-py has too many.
        kept = [p for p in theirs if p[0] in {q[0] for q in mine}]
        assert [p[0] for p in kept] == [p[0] for p in mine if p[0] in {q[0] for q in kept}]
        return
    assert mine == theirs


def test_a_command_without_an_entry_gets_a_signature() -> None:
    grammar: list[dict[str, Any]] = [
        {"name": "key", "type": "key"},
        {"name": "score", "type": "double"},
        {"name": "withall", "type": "pure-token", "token": "WITHALL", "flags": {"optional"}},
        {"name": "count", "type": "integer", "token": "COUNT", "flags": {"optional"}},
        {"name": "member", "type": "string", "flags": {"multiple"}},
    ]
    assert derive(grammar) == "name, score, *members, withall=False, count=None"


@pytest.fixture
def node() -> Node:
    return miniredis.open()


@pytest.fixture
def text() -> Node[str]:
    return miniredis.open(decode_responses=True)


def test_strings(node: Node) -> None:
    assert node.set("a", "1") is True
    assert node.set("a", "2", nx=True) is None
    assert node.set("a", "2", get=True) == b"1"
    assert node.set("b", 1, ex=datetime.timedelta(seconds=100)) is True
    assert 99 <= node.ttl("b") <= 100
    moment = datetime.datetime.now() + datetime.timedelta(seconds=50)
    assert node.set("b", 1, pxat=moment) is True
    assert 48 <= node.ttl("b") <= 50
    assert node.mset({"x": 1, "y": 2}) is True
    assert node.mget(["x", "y"], "z") == [b"1", b"2", None]
    assert node.msetnx({"x": 1}) is False
    assert (node.incr("x"), node.incrby("x", 5), node.decr("x", 2)) == (2, 7, 5)
    assert node.incrbyfloat("x", 0.5) == 5.5
    assert node.getex("x", persist=True) == b"5.5"
    assert node.getdel("x") == b"5.5"
    assert node.append("a", "3") == 2
    assert node.getrange("a", 0, 0) == b"2"
    assert node.lcs("a", "a", len=True) == 2
    with pytest.raises(DataError):
        node.mset({})


def test_bits(node: Node) -> None:
    assert (node.setbit("b", 7, 1), node.getbit("b", 7), node.bitcount("b")) == (0, 1, 1)
    assert node.bitcount("b", 0, 6, "BIT") == 0
    assert (node.bitpos("b", 1), node.bitpos("b", 0, 1), node.bitpos("b", 1, 0, 3, "BIT")) == (
        7,
        -1,
        -1,
    )
    assert node.bitop("NOT", "c", "b") == node.bitop("OR", "c", "b", "missing") == 1
    fields = node.bitfield("f", default_overflow="SAT").set("u8", 0, 250).incrby("u8", 0, 10)
    assert fields.get("u4", "#1").execute() == [0, 255, 15]
    fail = node.bitfield("f").incrby("u8", 0, 1, overflow="FAIL")
    assert fail.execute() == [None]
    assert node.bitfield_ro("f", "u8", 0, items=[("i8", "#0")]) == [255, -1]
    with pytest.raises(DataError):
        node.bitcount("b", 1)
    with pytest.raises(DataError):
        node.bitpos("b", 2)


def test_counts_of_different_elements(text: Node[str]) -> None:
    assert (text.pfadd("h", "a", "b"), text.pfadd("h", "a"), text.pfadd("i", "c")) == (1, 0, 1)
    assert (text.pfcount("h"), text.pfcount("h", "i")) == (2, 3)
    assert text.pfmerge("all", "h", "i") is True
    assert text.pfcount("all") == 3
    assert (text.pfdebug("ENCODING", "all"), text.pfselftest()) == ("sparse", True)


def test_places(text: Node[str]) -> None:
    sicily = (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")
    assert text.geoadd("Sicily", sicily) == 2
    assert text.geoadd("Sicily", sicily[:3], nx=True, ch=True) == 0
    assert text.geodist("Sicily", "Palermo", "Catania", unit="km") == 166.2742
    assert text.geodist("Sicily", "Palermo", "none") is None
    assert text.geohash("Sicily", "Palermo", "none") == ["sqc8b49rny0", None]
    (place, nothing) = text.geopos("Sicily", "Palermo", "none")
    assert place == pytest.approx((13.361389, 38.115556), abs=1e-5)
    assert nothing is None
    near: dict[str, Any] = {"longitude": 15, "latitude": 37, "unit": "km", "sort": "ASC"}
    assert text.geosearch("Sicily", radius=200, **near) == ["Catania", "Palermo"]
    assert text.geosearch("Sicily", radius=200, count=1, **near) == ["Catania"]
    assert len(text.geosearch("Sicily", radius=200, count=1, any=True, **near)) == 1
    found = text.geosearch("Sicily", width=400, height=400, withdist=True, withcoord=True, **near)
    assert found[0][:2] == ["Catania", 56.4413]
    assert found[0][2] == pytest.approx((15.087269, 37.502669), abs=1e-5)
    assert text.geosearchstore("near", "Sicily", member="Palermo", radius=1, storedist=True) == 1
    assert text.zscore("near", "Palermo") == 0
    assert text.georadius("Sicily", 15, 37, 200, unit="km", count=1) == ["Catania"]
    assert text.georadius_ro("Sicily", 15, 37, 200, unit="km", withhash=True, sort="DESC") == [
        ["Palermo", 3479099956230698],
        ["Catania", 3479447370796909],
    ]
    assert text.georadiusbymember("Sicily", "Catania", 200, unit="km", store="other") == 2
    assert text.georadiusbymember_ro("Sicily", "Catania", 1) == ["Catania"]
    wrongs: list[dict[str, Any]] = [
        {"radius": 1},
        {"member": "a"},
        {"member": "a", "radius": 1, "sort": "UP"},
    ]
    for wrong in wrongs:
        with pytest.raises(DataError):
            text.geosearch("Sicily", **wrong)


def test_keys(text: Node[str]) -> None:
    text.set("a", 1)
    assert text.expire("a", datetime.timedelta(minutes=1), nx=True) is True
    assert text.expire("a", 60, nx=True) is False
    assert text.persist("a") is True
    assert (text.exists("a", "b"), text.type("a"), text.keys()) == (1, "string", ["a"])
    assert text.rename("a", "b") is True
    assert text.copy("b", "c", replace=True) is True
    assert sorted(text.scan_iter(match="*")) == ["b", "c"]
    assert text.delete("b", "c") == 2
    assert text.object("encoding", "a") is None or isinstance(text.object("encoding", "a"), str)


def test_hashes(text: Node[str]) -> None:
    assert text.hset("h", "f", 1) == 1
    assert text.hset("h", mapping={"g": 2}, items=["i", 3]) == 2
    assert text.hgetall("h") == {"f": "1", "g": "2", "i": "3"}
    assert text.hmget("h", "f", "none") == ["1", None]
    assert text.hexists("h", "f") is True
    assert text.hincrbyfloat("h", "f", 0.5) == 1.5
    assert text.hscan("h") == (0, {"f": "1.5", "g": "2", "i": "3"})
    assert dict(text.hscan_iter("h"))["g"] == "2"
    assert text.hexpire("h", 100, "f") == [1]
    assert text.hdel("h", "f", "g") == 2
    with pytest.raises(DataError):
        text.hset("h")


def test_lists(text: Node[str]) -> None:
    assert text.rpush("l", "a", "b", "c") == 3
    assert text.lrange("l", 0, -1) == ["a", "b", "c"]
    assert text.lpos("l", "b") == 1
    assert text.linsert("l", "BEFORE", "b", "x") == 4
    assert text.lmove("l", "m", "RIGHT", "LEFT") == "c"
    assert (text.lpop("l"), text.rpop("l", 2)) == ("a", ["b", "x"])
    assert text.blpop("m", 1) == ("m", "c")
    assert text.blpop(["m", "l"], timeout=0.01) is None
    assert text.lpop("none") is None
    text.rpush("n", 3, 1, 2)
    assert text.sort("n", desc=True) == ["3", "2", "1"]
    assert text.sort("n", start=0, num=2) == ["1", "2"]
    assert text.lmpop(1, "n", direction="LEFT") == ["n", ["3"]]


def test_sets(text: Node[str]) -> None:
    assert text.sadd("s", "a", "b") == 2
    assert text.sadd("t", "b", "c") == 2
    assert text.smembers("s") == {"a", "b"}
    assert text.sinter("s", "t") == text.sinter(["s", "t"]) == {"b"}
    assert text.sdiffstore("d", ["s", "t"]) == 1
    assert text.smismember("s", ["a", "z"]) == [1, 0]
    assert text.smove("s", "t", "a") is True
    assert text.sintercard(2, ["s", "t"]) == 1
    assert set(text.sscan_iter("t")) == {"a", "b", "c"}


def test_sorted_sets(text: Node[str]) -> None:
    assert text.zadd("z", {"a": 1, "b": 2.5, "c": 3}) == 3
    assert text.zadd("z", {"a": 2}, xx=True, ch=True) == 1
    assert text.zrange("z", 0, -1) == ["a", "b", "c"]
    assert text.zrange("z", 0, -1, desc=True, withscores=True)[0] == ("c", 3.0)
    assert text.zrange("z", 2, 3, byscore=True, offset=0, num=1) == ["a"]
    assert text.zrangebyscore("z", "-inf", "(3", withscores=True) == [("a", 2.0), ("b", 2.5)]
    assert text.zscore("z", "b") == 2.5
    assert text.zincrby("z", 1, "a") == 3.0
    assert text.zrank("z", "b") == 0
    assert text.zmscore("z", ["a", "q"]) == [3.0, None]
    assert text.zunion({"z": 2}, withscores=True)[0] == ("b", 5.0)
    assert text.zpopmin("z") == [("b", 2.5)]
    assert text.zpopmax("z", 2) == [("c", 3.0), ("a", 3.0)]
    text.zadd("z", {"m": 1})
    assert text.bzpopmin("z", 1) == ("z", "m", 1.0)
    with pytest.raises(DataError):
        text.zrange("z", 0, 1, byscore=True, offset=1)


def test_streams(text: Node[str]) -> None:
    first = text.xadd("x", {"f": 1}, id="1-1")
    assert first == "1-1"
    text.xadd("x", {"f": 2}, id="2-1", maxlen=10, approximate=False)
    assert text.xrange("x") == [("1-1", {"f": "1"}), ("2-1", {"f": "2"})]
    assert text.xread({"x": "1-1"}) == [["x", [("2-1", {"f": "2"})]]]
    assert text.xgroup_create("x", "g", id="0") is True
    assert text.xreadgroup("g", "me", {"x": ">"}, count=1) == [["x", [("1-1", {"f": "1"})]]]
    assert text.xpending("x", "g")["consumers"] == [{"name": "me", "pending": 1}]
    assert text.xpending_range("x", "g", "-", "+", 10)[0]["message_id"] == "1-1"
    assert text.xclaim("x", "g", "you", 0, ["1-1"]) == [("1-1", {"f": "1"})]
    assert text.xautoclaim("x", "g", "me", 0)[1] == [("1-1", {"f": "1"})]
    assert text.xack("x", "g", "1-1") == 1
    assert text.xinfo_groups("x")[0]["name"] == "g"
    assert text.xinfo_stream("x")["length"] == 2
    assert text.xread({"x": "9-9"}, block=10) == []
    assert text.xtrim("x", maxlen=0, approximate=False) == 2


def test_the_node(text: Node[str]) -> None:
    assert text.ping() is True
    assert text.info("server")["redis_version"] == miniredis.redis_version
    assert isinstance(text.time()[0], int)
    assert text.config_set("timeout", 5) is True
    assert text.config_get("timeout") == {"timeout": "5"}
    assert text.client_list() == []
    assert "get" in text.command_list(pattern="g*")
    assert text.flushall() is True
    assert text.publish("nobody", "hears") == 0


def test_a_set_whose_members_no_set_can_hold_is_a_list(text: Node[str]) -> None:
    (info,) = text.execute("COMMAND", "INFO", "get")
    assert info[0] == "get"
    assert info[6] == {"@read", "@string", "@fast"}
    assert [spec["begin_search"]["type"] for spec in info[8]] == ["index"]


def test_acl(text: Node[str]) -> None:
    assert text.acl_whoami() == "default"
    assert text.acl_setuser(
        "alice",
        enabled=True,
        passwords="+secret",
        categories=["+@read", "-dangerous"],
        commands=["+set", "-get"],
        keys=["cache:*", "%R~log:*", "~x"],
        channels=["news"],
        selectors=[("+get", "%R~y*")],
    )
    user = text.acl_getuser("alice")
    assert user is not None
    assert user["enabled"] is True
    assert user["keys"] == ["~cache:*", "%R~log:*", "~x"]
    assert user["channels"] == ["&news"]
    assert user["categories"] == ["-@all", "+@read", "-@dangerous"]
    assert user["commands"] == ["+set", "-get"]
    assert user["selectors"] == [{"commands": "-@all +get", "keys": "%R~y*", "channels": ""}]
    assert text.acl_dryrun("alice", "SET", "cache:1", "v") == "OK"
    assert "no permissions" in text.acl_dryrun("alice", "SET", "log:1", "v")
    session = text.open_session()
    with pytest.raises(miniredis.AuthenticationError):
        session.execute("AUTH", "alice", "wrong")
    session.execute("AUTH", "alice", "secret")
    with pytest.raises(miniredis.NoPermissionError, match="run the 'flushall' command"):
        session.execute("FLUSHALL")
    refused = text.acl_log()
    assert [(entry["reason"], entry["object"]) for entry in refused] == [
        ("command", "flushall"),
        ("auth", "AUTH"),
    ]
    assert refused[0]["client-info"]["user"] == "alice"
    (newest,) = text.acl_log(1)
    assert newest.keys() == refused[0].keys()
    assert newest["entry-id"] == refused[0]["entry-id"]
    assert text.acl_log_reset() is True
    assert len(text.acl_genpass()) == 64
    assert len(text.acl_genpass(8)) == 2
    # Whoever holds the node is its operator, whatever its users may do.
    text.acl_setuser("default", enabled=False, commands=["-@all"])
    assert text.acl_deluser("alice") == 1
    for wrong in ({"passwords": "x"}, {"categories": ["read"]}, {"commands": ["get"]}):
        with pytest.raises(miniredis.DataError):
            text.acl_setuser("bob", **wrong)


def test_acl_users_are_kept_in_a_file(tmp_path: Path) -> None:
    tenant = miniredis.Engine(shards=1).create_tenant("t")
    path = str(tmp_path / "users.acl")
    first = tenant.create_node("first", acl_file=path)
    first.acl_setuser("alice", enabled=True, passwords="+secret", keys=["a*"])
    assert first.acl_save() is True
    first.acl_setuser("bob")
    assert first.acl_load() is True
    assert first.acl_users() == ["alice", "default"]
    assert tenant.create_node("second", acl_file=path).acl_users() == ["alice", "default"]
    with pytest.raises(miniredis.ResponseError, match="not configured to use an ACL file"):
        tenant.create_node("third").acl_save()
    (tmp_path / "users.acl").write_text("nonsense")
    with pytest.raises(miniredis.MiniRedisError, match=r"users\.acl:1"):
        tenant.create_node("fourth", acl_file=path)


def test_redis_py_says_the_same(tmp_path: Path) -> None:
    """Run the same calls through redis-py over a socket and here."""
    engine = miniredis.Engine(shards=1)
    tenant = engine.create_tenant("t")
    here = tenant.create_node("here")
    there = tenant.create_node("there")
    server = miniredis.Server(engine)
    server.listen_unix(there, str(tmp_path / "s"))
    client = redis.Redis(unix_socket_path=str(tmp_path / "s"))
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("set", ("k", "v"), {"ex": 100}),
        ("setex", ("k", 10, "v"), {}),
        ("hset", ("h",), {"mapping": {"a": 1}}),
        ("hgetall", ("h",), {}),
        ("hrandfield", ("h", 2), {"withvalues": True}),
        ("hscan", ("h",), {}),
        ("zadd", ("z", {"a": 1, "b": 2}), {}),
        ("zadd", ("z", {"a": 1}), {"incr": True}),
        ("zrange", ("z", 0, -1), {"withscores": True}),
        ("zrevrangebyscore", ("z", 9, 0), {"withscores": True}),
        ("zrank", ("z", "b"), {"withscore": True}),
        ("zscan", ("z",), {}),
        ("zpopmin", ("z",), {}),
        ("rpush", ("l", 1, 2, 3), {}),
        ("lpop", ("l", 2), {}),
        ("blpop", ("l", 1), {}),
        ("sadd", ("s", 1, 2), {}),
        ("sinter", ("s",), {}),
        ("sismember", ("s", 1), {}),
        ("sscan", ("s",), {}),
        ("xadd", ("x", {"f": 1}, "1-1"), {}),
        ("xrange", ("x",), {}),
        ("xread", ({"x": 0},), {}),
        ("xgroup_create", ("x", "g", 0), {}),
        ("xreadgroup", ("g", "c", {"x": ">"}), {}),
        ("xpending", ("x", "g"), {}),
        ("xautoclaim", ("x", "g", "c", 0), {}),
        ("scan", (), {"match": "s*", "count": 1000}),
        ("config_get", ("maxmemory-policy",), {}),
        ("expire", ("s", 10), {}),
        ("persist", ("s",), {}),
        ("sort", ("s",), {"alpha": True}),
        ("incrbyfloat", ("n", 1.5), {}),
        ("type", ("s",), {}),
        ("ping", (), {}),
        ("command_count", (), {}),
        ("smismember", ("s", ["1"]), {}),
        ("lmpop", (1, "none"), {"direction": "LEFT"}),
        ("acl_setuser", ("u",), {"enabled": True, "passwords": ["+p"], "keys": ["a*", "%R~b"]}),
        ("acl_setuser", ("u",), {"enabled": True, "categories": ["+read"], "commands": ["-get"]}),
        ("acl_setuser", ("u",), {"enabled": True, "channels": ["c"]}),
        ("acl_getuser", ("u",), {}),
        ("acl_getuser", ("nobody",), {}),
        ("acl_list", (), {}),
        ("acl_users", (), {}),
        ("acl_whoami", (), {}),
        ("acl_cat", (), {}),
        ("acl_cat", ("transaction",), {}),
        ("acl_log", (), {}),
        ("acl_log_reset", (), {}),
        ("acl_deluser", ("u", "nobody"), {}),
    ]
    for name, words, options in calls:
        mine = getattr(here, name)(*words, **options)
        theirs = getattr(client, name)(*words, **options)
        assert mine == theirs, name
        assert type(mine) is type(theirs), name
    server.stop()
