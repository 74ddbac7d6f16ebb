"""Scripts that run for long, want too much, or should be ended: their node and its neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.compat.resp_client import RespClient
from tests.servers import Daemon

FOR_EVER = "while true do end"
# Fails are caught, so only an end that no pcall() can catch is one.
STUBBORN = "while true do pcall(function() while true do end end) end"
IN_COROUTINES = """
while true do
  local co = coroutine.create(function() while true do pcall(function() error('x') end) end end)
  coroutine.resume(co)
end
"""
BUSY = b"BUSY Redis is busy running a script"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("scripts"), "--shards", "1")
    yield daemon
    daemon.stop()


@pytest.fixture
def ports(daemon: Daemon) -> Iterator[tuple[int, int]]:
    nodes = [daemon.make_node(name, memory="8mb") for name in ("noisy", "quiet")]
    yield tuple(int(str(node["port"])) for node in nodes)  # type: ignore[misc]
    for name in ("noisy", "quiet"):
        daemon.request("DELETE", f"/v1/nodes/{name}")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def busy(client: RespClient) -> bool:
    kind, line = client.call("GET", "k")  # A value, or none, when the script has not begun yet.
    return kind == "-" and line.startswith(BUSY)


@pytest.mark.parametrize("script", [FOR_EVER, STUBBORN, IN_COROUTINES])
def test_a_script_without_end_is_killed(ports: tuple[int, int], script: str) -> None:
    with (
        RespClient(ports[0]) as owner,
        RespClient(ports[0]) as other,
        RespClient(ports[1]) as quiet,
    ):
        other.call("CONFIG", "SET", "busy-reply-threshold", "50")
        other.call("SET", "k", "v")
        owner.send("EVAL", script, "0")
        other.socket.settimeout(30)
        # A command that came before the script was found too long is told so as well.
        wait_for(lambda: busy(other))
        begun = time.monotonic()
        assert quiet.call("SET", "a", "b") == ("+", b"OK")
        assert time.monotonic() - begun < 5, "the shard's other node waits"
        assert other.call("MULTI") == ("+", b"OK")
        assert other.call("GET", "k")[1].startswith(BUSY)
        assert other.call("DISCARD") == ("+", b"OK")
        assert other.call("SCRIPT", "KILL") == ("+", b"OK")
        kind, line = owner.read()
        assert kind == "-"
        assert b"Script killed by user with SCRIPT KILL" in line, line
        assert other.call("GET", "k") == ("$", b"v")
        assert owner.call("EVAL", "return 7", "0") == (":", 7)
        assert other.call("SCRIPT", "KILL")[1].startswith(b"NOTBUSY")


def test_what_has_written_is_not_killed(ports: tuple[int, int], daemon: Daemon) -> None:
    with RespClient(ports[0]) as owner, RespClient(ports[0]) as other:
        other.call("CONFIG", "SET", "busy-reply-threshold", "50")
        owner.send("EVAL", "redis.call('SET', 'k', 'v') while true do end", "0")
        wait_for(lambda: busy(other))
        assert other.call("SCRIPT", "KILL")[1].startswith(b"UNKILLABLE")
    # Its client is gone and it goes on; the operator can end it all the same.
    assert daemon.request("POST", "/v1/nodes/noisy/stop")[0] in (200, 202)
    assert daemon.request("POST", "/v1/nodes/noisy/start")[0] in (200, 202)
    with RespClient(ports[0]) as client:
        assert client.call("GET", "k") == ("$", b"v")


def test_a_node_is_deleted_under_its_script(ports: tuple[int, int], daemon: Daemon) -> None:
    with RespClient(ports[0]) as owner, RespClient(ports[1]) as quiet:
        owner.send("EVAL", STUBBORN, "0")
        assert quiet.call("SET", "a", "b") == ("+", b"OK")
        assert daemon.request("DELETE", "/v1/nodes/noisy")[0] in (200, 202, 204)
        assert quiet.call("GET", "a") == ("$", b"b")


def test_a_client_that_goes_leaves_its_script_running(ports: tuple[int, int]) -> None:
    script = "for i = 1, 3000000 do local x = i % 7 end return redis.call('SET', 'done', 'yes')"
    with RespClient(ports[0]) as owner:
        owner.send("EVAL", script, "0")
    with RespClient(ports[0]) as client:
        client.socket.settimeout(30)
        wait_for(lambda: client.call("GET", "done") == ("$", b"yes"))


@pytest.mark.parametrize(
    "script",
    [
        "local t = {} while true do t[#t + 1] = string.rep('x', 1000) end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 40 do t = {t, t, t} end return t",
        "local t = {} for i = 1, 15 do t = {t, t, t, t, t} end return cmsgpack.pack(t)",
        "local t = {} for i = 1, 900 do t = {t, t} end return cjson.encode(t)",
        "for i = 1, 1e9 do redis.call('RPUSH', 'l', string.rep('x', 1000)) end",
        "for i = 1, 1e9 do redis.call('SET', 'k' .. i, i) end",
        "return string.rep('x', 1e9)",
        "local f = 'return 1' for i = 1, 30 do f = f .. ' --' .. f end return f",
    ],
)
def test_the_memory_limit_holds(ports: tuple[int, int], daemon: Daemon, script: str) -> None:
    before = daemon.rss_bytes()
    with RespClient(ports[0]) as client, RespClient(ports[1]) as quiet:
        client.socket.settimeout(60)
        kind, line = client.call("EVAL", script, "0")
        assert kind == "-", line
        assert quiet.call("SET", "a", "b") == ("+", b"OK")
        assert daemon.rss_bytes() - before < 64 << 20
        client.call("FLUSHALL")
        assert client.call("EVAL", "return redis.call('SET', 'k', 'v')", "0") == ("+", b"OK")


def test_nodes_share_no_scripts_and_no_globals(ports: tuple[int, int]) -> None:
    with RespClient(ports[0]) as one, RespClient(ports[1]) as two:
        _, sha = one.call("SCRIPT", "LOAD", "return 'of one'")
        assert two.call("EVALSHA", sha, "0")[0] == "-"
        for breach in (
            "rawset(_G, 'leak', 1)",
            "string.leak = 1",
            "table.insert(string, 1)",
            "getmetatable('').__index = nil",
            "setmetatable(string, {})",
            "redis.call = nil",
            "KEYS.leak = 1 _G.KEYS2 = KEYS",
        ):
            one.call("EVAL", breach, "0")
        probe = "return {rawget(_G, 'leak') == nil, string.leak == nil, ('x'):rep(2), #KEYS}"
        assert one.call("EVAL", probe, "0") == ("*", [(":", 1), (":", 1), ("$", b"xx"), (":", 0)])
        assert two.call("EVAL", probe, "0") == ("*", [(":", 1), (":", 1), ("$", b"xx"), (":", 0)])


@pytest.mark.parametrize(
    "script",
    [
        "return loadstring(string.dump(function() return 1 end))",
        "local n = 0 return load(function() n = n + 1 return n == 1 and '\\27Lua' or nil end)",
        "local n = 0 return load(function() n = n + 1 return ({'\\27', 'Lua'})[n] end)",
    ],
)
def test_compiled_code_is_not_loaded(ports: tuple[int, int], script: str) -> None:
    with RespClient(ports[0]) as client:
        assert client.call("EVAL", script, "0") == ("$", None)
        assert client.call("EVAL", "\x1bLua", "0")[0] == "-"


def test_replies_cannot_be_forged(ports: tuple[int, int]) -> None:
    with RespClient(ports[0]) as client:
        forged = "return {err = 'x\\r\\n+OK\\r\\n'}"
        assert client.call("EVAL", forged, "0") == ("-", b"x  +OK  ")
        forged = "return redis.status_reply('a\\r\\n:5\\r\\n\\0')"
        assert client.call("EVAL", forged, "0") == ("+", b"a  :5   ")
        assert client.call("PING") == ("+", b"PONG")


def test_only_so_many_scripts_that_were_merely_shown_are_kept(ports: tuple[int, int]) -> None:
    with RespClient(ports[0]) as client:
        client.call("SCRIPT", "LOAD", "return 'kept'")
        client.pipeline([("EVAL", f"return {n}", "0") for n in range(600)])
        names = [
            client.call("EVAL", f"return redis.sha1hex('return {n}')", "0")[1] for n in (0, 599)
        ]
        kept = client.call("EVAL", "return redis.sha1hex(\"return 'kept'\")", "0")[1]
        exists = client.call("SCRIPT", "EXISTS", *names, kept)
        assert exists == ("*", [(":", 0), (":", 1), (":", 1)])
