"""ACL users over the wire: on a node's own port, on the router, and over restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.compat.resp_client import RespClient
from tests.servers import Daemon, ServerProcess, port_of, redis_client, start_standalone


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("acl"), "--max-failed-logins-per-minute", "0")
    yield daemon
    daemon.stop()


def setuser(admin: redis.Redis, *words: str) -> None:
    assert admin.execute_command("ACL", "SETUSER", *words)  # type: ignore[no-untyped-call]


def test_users_on_a_nodes_own_port(daemon: Daemon) -> None:
    port = port_of(daemon.make_node("own", password="secret"))
    admin = redis_client(port, password="secret")
    admin.acl_setuser(
        "worker",
        enabled=True,
        passwords=["+w0rk"],
        categories=["+@write", "+@read", "-@dangerous"],
        keys=["jobs:*", "%R~config:*"],
        channels=["done"],
        commands=["+publish", "+subscribe", "+acl|whoami"],
    )
    worker = redis_client(port, "worker", "w0rk")
    assert worker.acl_whoami() == "worker"
    assert worker.lpush("jobs:mail", 1) == 1
    assert worker.get("config:x") is None
    with pytest.raises(redis.exceptions.NoPermissionError, match="access a key"):
        worker.set("config:x", 1)
    with pytest.raises(redis.exceptions.NoPermissionError, match="'flushall' command"):
        worker.flushall()
    with pytest.raises(redis.exceptions.NoPermissionError, match="access a channel"):
        worker.publish("other", "x")
    assert worker.publish("done", "x") == 0
    entry = admin.acl_log()[0]
    assert (entry["reason"], entry["username"]) == ("channel", "worker")
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis_client(port, "worker", "wrong").ping()
    assert [c["user"] for c in admin.client_list()] == ["default", "worker"]
    assert admin.acl_deluser("worker") == 1
    with pytest.raises(redis.exceptions.RedisError):
        worker.lpush("jobs:mail", 1)


def test_users_of_two_nodes_with_one_name(daemon: Daemon) -> None:
    ports = [port_of(daemon.make_node(name, password="secret")) for name in ("left", "right")]
    left, right = (redis_client(port, password="secret") for port in ports)
    setuser(left, "u", "on", ">one", "+get", "~a*")
    setuser(right, "u", "on", ">two", "+set", "~b*")
    assert redis_client(ports[0], "u", "one").get("a") is None
    assert redis_client(ports[1], "u", "two").set("b", 1)
    for port, password in ((ports[0], "two"), (ports[1], "one")):
        with pytest.raises(redis.exceptions.AuthenticationError):
            redis_client(port, "u", password).ping()
    assert left.acl_deluser("u") == 1
    assert redis_client(ports[1], "u", "two").set("b", 2)
    assert {e["username"] for e in right.acl_log()} == {"u"}


@pytest.mark.parametrize("protocol", [2, 3])
def test_users_by_the_router(daemon: Daemon, protocol: int) -> None:
    name = f"routed{protocol}"
    port = port_of(daemon.make_node(name, password="secret"))
    admin = redis_client(port, password="secret")
    setuser(admin, "alice", "on", ">a", ">b", "+@all", "-set", "~*")
    setuser(admin, "open", "on", "nopass", "+@all")
    setuser(admin, "off", ">a", "+@all")
    for password in ("a", "b"):
        alice = redis_client(daemon.router_port, f"{name}:alice", password, protocol)
        assert alice.acl_whoami() == "alice"
        assert alice.get("k") is None
        with pytest.raises(redis.exceptions.NoPermissionError):
            alice.set("k", 1)
    for user, password in (("alice", "c"), ("open", "a"), ("off", "a"), ("nobody", "a")):
        with pytest.raises(redis.exceptions.AuthenticationError):
            redis_client(daemon.router_port, f"{name}:{user}", password).ping()
    setuser(admin, "alice", "<a")
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis_client(daemon.router_port, f"{name}:alice", "a").ping()
    assert admin.acl_deluser("alice") == 1
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis_client(daemon.router_port, f"{name}:alice", "b").ping()


def test_a_user_of_the_router_may_become_another(daemon: Daemon) -> None:
    port = port_of(daemon.make_node("becomes", password="secret"))
    setuser(redis_client(port, password="secret"), "u", "on", ">p", "+@all")
    with RespClient(daemon.router_port) as connection:
        assert connection.call("AUTH", "becomes:u", "p") == ("+", b"OK")
        assert connection.call("ACL", "WHOAMI") == ("$", b"u")
        # Behind the router's door names are those of the node.
        assert connection.call("AUTH", "secret") == ("+", b"OK")
        assert connection.call("ACL", "WHOAMI") == ("$", b"default")
        assert connection.call("AUTH", "becomes:u", "p")[0] == "-"


@pytest.mark.parametrize("protocol", [2, 3])
def test_subscribers_that_lose_their_right_are_closed(daemon: Daemon, protocol: int) -> None:
    name = f"listens{protocol}"
    port = port_of(daemon.make_node(name, password="secret"))
    with RespClient(port) as admin, RespClient(port) as listener:
        assert admin.call("AUTH", "secret") == ("+", b"OK")
        admin.call("ACL", "SETUSER", "u", "on", ">p", "+@all", "&news", "&more")
        assert listener.call("HELLO", protocol, "AUTH", "u", "p")[0] in "*%"
        listener.call("SUBSCRIBE", "news")
        assert admin.call("ACL", "SETUSER", "u", "resetchannels", "&news") == ("+", b"OK")
        assert admin.call("PUBLISH", "news", "x") == (":", 1)
        assert listener.read()[1][2] == ("$", b"x")
        assert admin.call("ACL", "SETUSER", "u", "resetchannels", "&more") == ("+", b"OK")
        with pytest.raises(ConnectionError):
            listener.read()
        assert admin.call("PUBLISH", "news", "x") == (":", 0)


def test_saved_users_outlive_the_daemon(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    made = daemon.make_node("kept", password="secret")
    users = tmp_path / "data" / "users" / f"{made['id']}.acl"
    with redis_client(port_of(made), password="secret") as admin:
        setuser(admin, "alice", "on", ">a", "+get", "~a*")
        setuser(admin, "default", "resetpass", ">changed")
        assert not users.exists()
        assert admin.acl_save()
        setuser(admin, "bob", "on", ">b")
    assert users.stat().st_mode & 0o777 == 0o600
    daemon.stop()

    daemon = Daemon(tmp_path)
    status, node = daemon.request("GET", "/v1/nodes/kept")
    assert status == 200
    assert isinstance(node, dict)
    admin = redis_client(port_of(node), password="changed")
    assert admin.acl_users() == ["alice", "default"]
    assert redis_client(daemon.router_port, "kept:alice", "a").get("a") is None
    # A password that the API sets counts from then on, over restarts too.
    status, _ = daemon.request("PATCH", "/v1/nodes/kept", {"password": "by-api"})
    assert status == 200
    daemon.stop()
    daemon = Daemon(tmp_path)
    node = daemon.request("GET", "/v1/nodes/kept")[1]
    assert isinstance(node, dict)
    assert redis_client(port_of(node), password="by-api").acl_users() == ["alice", "default"]
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis_client(port_of(node), password="changed").ping()
    status, _ = daemon.request("DELETE", "/v1/nodes/kept")
    assert status in (200, 204)
    assert not users.exists()
    daemon.stop()


def test_a_broken_file_stops_its_node_alone(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    broken = daemon.make_node("broken", password="x")
    whole = daemon.make_node("whole", password="x")
    redis_client(port_of(broken), password="x").acl_save()
    daemon.stop()
    users = tmp_path / "data" / "users" / f"{broken['id']}.acl"
    users.write_text(users.read_text() + "user alice on +nocommand\n")
    daemon = Daemon(tmp_path)
    assert redis_client(port_of(whole), password="x").ping()
    node = daemon.request("GET", "/v1/nodes/broken")[1]
    assert isinstance(node, dict)
    assert node["state"] == "failed"
    assert f"{broken['id']}.acl:2" in str(node)
    daemon.stop()


def standalone_call(server: ServerProcess, *words: str) -> object:
    with RespClient(server.port) as connection:
        return connection.call(*words)


def test_standalone_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "users.acl"
    path.write_text("user alice on >a +@all ~*\nuser default on nopass +@all ~* &*\n")
    server = start_standalone("--aclfile", str(path), "--requirepass", "ignored")
    assert standalone_call(server, "ACL", "WHOAMI") == ("$", b"default")
    assert standalone_call(server, "AUTH", "alice", "a") == ("+", b"OK")
    assert standalone_call(server, "ACL", "SETUSER", "bob", "on", ">b") == ("+", b"OK")
    assert standalone_call(server, "ACL", "SAVE") == ("+", b"OK")
    server.stop()
    server = start_standalone("--aclfile", str(path))
    assert standalone_call(server, "ACL", "USERS")[1] == [  # type: ignore[index]
        ("$", b"alice"),
        ("$", b"bob"),
        ("$", b"default"),
    ]
    path.write_text("user alice on\nnonsense\n")
    assert b"users.acl:2 should start with user" in standalone_call(server, "ACL", "LOAD")[1]  # type: ignore[index]
    server.stop()
    with pytest.raises(RuntimeError, match=r"users\.acl:2"):
        start_standalone("--aclfile", str(path))
