"""Pipelines, transactions, pub/sub, waiting commands, errors, buffers, memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import miniredis
import numpy
import pytest
from miniredis import Node, ResponseError
from miniredis.buffers import get_array

BUILT = Path(miniredis.__file__).resolve().parents[1]


@pytest.fixture
def node() -> Node[str]:
    return miniredis.open(decode_responses=True)


def python(source: str) -> str:
    """Run a program in a fresh interpreter; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": str(BUILT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("transaction", [True, False])
def test_a_pipeline(node: Node[str], transaction: bool) -> None:
    with node.pipeline(transaction=transaction) as pipe:
        pipe.set("a", 1).incr("a").hset("h", mapping={"f": 1}).hgetall("h")
        assert len(pipe) == 4
        assert node.exists("a") == 0
        assert pipe.execute() == [True, 2, 1, {"f": "1"}]
        assert pipe.execute() == []


@pytest.mark.parametrize("transaction", [True, False])
def test_errors_of_a_pipeline(node: Node[str], transaction: bool) -> None:
    node.set("s", "text")
    with node.pipeline(transaction) as pipe:
        pipe.incr("s").set("t", 1)
        with pytest.raises(ResponseError, match=r"^Command # 1 \(INCRBY s 1\) of pipeline caused"):
            pipe.execute()
        assert node.get("t") == "1"
        pipe.incr("s").get("t")
        replies = pipe.execute(raise_on_error=False)
        assert isinstance(replies[0], ResponseError)
        assert replies[1] == "1"


def test_a_transaction_with_a_bad_command_does_nothing(node: Node[str]) -> None:
    with node.pipeline() as pipe:
        pipe.set("t", 1).execute_command("NOSUCH")
        with pytest.raises(ResponseError, match=r"Command # 2 .*unknown command"):
            pipe.execute()
    assert node.get("t") is None


def test_watch(node: Node[str]) -> None:
    node.set("n", 1)
    with node.pipeline() as pipe:
        pipe.watch("n")
        at_once: Any = pipe.get("n")  # by its type a step of the pipeline
        assert at_once == "1"
        pipe.multi()
        pipe.set("n", 5)
        assert pipe.execute() == [True]
        pipe.watch("n")
        node.set("n", 7)
        pipe.multi()
        pipe.set("n", 9)
        with pytest.raises(miniredis.WatchError):
            pipe.execute()
    assert node.get("n") == "7"


def test_a_transaction_tries_again(node: Node[str]) -> None:
    tries: list[int] = []

    def double(pipe: Any) -> None:
        value = int(pipe.get("n") or 1)
        if not tries:
            node.set("n", 10)
        tries.append(value)
        pipe.multi()
        pipe.set("n", value * 2)

    assert node.transaction(double, "n") == [True]
    assert tries == [1, 10]
    assert node.get("n") == "20"


def test_pubsub(node: Node[str]) -> None:
    handled: list[Any] = []
    with node.pubsub() as pubsub:
        pubsub.subscribe("a", b=handled.append)
        pubsub.psubscribe("p*")
        kinds = [pubsub.get_message(timeout=1) for _ in range(3)]
        assert [k["type"] for k in kinds if k] == ["subscribe", "subscribe", "psubscribe"]
        assert pubsub.get_message() is None
        node.publish("a", "1")
        node.publish("b", "2")
        node.publish("pq", "3")
        message = {"type": "message", "pattern": None, "channel": "a", "data": "1"}
        assert pubsub.get_message(timeout=1) == message
        assert pubsub.get_message(timeout=1) is None
        assert handled == [{**message, "channel": "b", "data": "2"}]
        found = pubsub.get_message(timeout=1)
        assert found is not None
        assert (found["type"], found["pattern"], found["data"]) == ("pmessage", "p*", "3")
        assert pubsub.subscribed
    assert node.publish("a", "gone") == 0


def test_pubsub_in_threads(node: Node[str]) -> None:
    pubsub = node.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe("news")
    got: list[str] = []

    def listen() -> None:
        for message in pubsub.listen():
            got.append(message["data"])
            if message["data"] == "end":
                pubsub.unsubscribe()

    thread = threading.Thread(target=listen)
    thread.start()
    for word in ("one", "two", "end"):
        assert node.publish("news", word) == 1
    thread.join(10)
    assert not thread.is_alive()
    assert got == ["one", "two", "end"]

    done = threading.Event()
    worker = node.pubsub()
    worker.subscribe(stop=lambda _: done.set())
    running = worker.run_in_thread(0.05)
    node.publish("stop", "now")
    assert done.wait(10)
    running.stop()
    running.join(10)
    assert not running.is_alive()


def test_monitor(node: Node[str]) -> None:
    with node.monitor() as monitor:
        node.set("seen", "1")
        assert '"SET" "seen" "1"' in next(monitor.listen(timeout=5))


def test_a_waiting_command_lets_others_run(node: Node[str]) -> None:
    count = 0
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(node.blpop("queue", 10)))
    thread.start()
    begun = time.monotonic()
    while time.monotonic() - begun < 0.3:
        count += 1  # another thread that holds the GIL whenever it can
    assert count > 1_000
    assert thread.is_alive()
    node.rpush("queue", "job")
    thread.join(10)
    assert got == [("queue", "job")]


def test_a_waiting_command_is_woken_at_once(node: Node[str]) -> None:
    times: list[float] = []

    def wait() -> None:
        node.blpop("q", 10)
        times.append(time.monotonic())

    # The best of some: a busy machine may let any one of them wait.
    delays: list[float] = []
    for _ in range(5):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        sent = time.monotonic()
        node.rpush("q", "x")
        thread.join(10)
        delays.append(times.pop() - sent)
    assert min(delays) < 0.02


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Heed SIGINT as Python does, whoever started us: jobs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_a_wait(node: Node[str]) -> None:
    timer = threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        node.blpop("never", 0)
    assert time.monotonic() - begun < 5
    timer.join()
    # Nothing is taken by who has left.
    assert node.rpush("never", "x") == 1
    assert node.llen("never") == 1
    session = node.open_session()
    timer = threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        session.execute("BLPOP", "other", 0)
    timer.join()
    assert session.execute("PING") == "PONG"


def test_it_can_be_imported_again() -> None:
    source = """
import sys
import miniredis
for name in [name for name in sys.modules if name.split(".")[0] == "miniredis"]:
    del sys.modules[name]
import miniredis as again
print(again is not miniredis, again.open(decode_responses=True).set("k", "v"))
"""
    assert python(source).split() == ["True", "True"]


def test_long_work_lets_others_run(node: Node[str]) -> None:
    for at in range(0, 200_000, 1000):
        node.execute_batch([("SET", f"key:{i}", i) for i in range(at, at + 1000)])
    ticks = [time.monotonic()]
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.0002)

    thread = threading.Thread(target=tick)
    thread.start()
    for _ in range(5):
        assert node.keys("nothing*") == []
    stop.set()
    thread.join()
    assert len(ticks) > 10


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (("NOSUCH",), "ResponseError"),
        (("LPUSH", "s", "x"), "ResponseError"),
    ],
)
def test_classes_of_errors(node: Node[str], reply: tuple[str, ...], error: str) -> None:
    node.set("s", "v")
    with pytest.raises(getattr(miniredis, error)):
        node.execute(*reply)


def test_out_of_memory_has_a_class() -> None:
    node = miniredis.open(memory_limit="1mb")

    def fill() -> None:
        for i in range(10_000):
            node.set(f"k{i}", b"v" * 1000)

    with pytest.raises(miniredis.OutOfMemoryError):
        fill()
    assert node.memory_peak_bytes >= node.memory_used_bytes > 500_000


def test_a_quota_has_a_class() -> None:
    engine = miniredis.Engine(shards=1)
    tenant = engine.create_tenant("t", ops_per_second=10_000, max_connections=7)
    node = tenant.create_node("n", ops_per_second=5, max_wait_ms=0)
    assert node.quota == {"ops_per_second": 5, "bytes_per_second": 0, "max_wait_ms": 0}
    with pytest.raises(miniredis.ThrottledError):
        _ = [node.ping() for _ in range(100)]
    assert node.stats()["throttled"] >= 1
    assert tenant.stats()["throttled"] >= 1
    assert tenant.quota["ops_per_second"] == 10_000
    node.set_quota()
    assert all(node.ping() for _ in range(100))
    with pytest.raises(miniredis.InvalidArgumentError):
        node.set_quota(max_wait_ms=100_000)


LINKED = """
import miniredis, redis
node = miniredis.open()
node.execute("SET", "s", "v")
try:
    node.execute("INCR", "s")
except redis.ResponseError as error:
    assert isinstance(error, miniredis.ResponseError)
assert issubclass(miniredis.WatchError, redis.WatchError)
assert issubclass(miniredis.OutOfMemoryError, redis.OutOfMemoryError)
assert issubclass(miniredis.AuthenticationError, redis.ConnectionError)
try:
    node.execute("SET", "s", None)
except redis.DataError as error:
    assert isinstance(error, TypeError)
print("caught")
"""


def test_errors_are_redis_pys_where_that_is_imported() -> None:
    assert python(LINKED) == "caught"
    assert python(LINKED.replace("import miniredis, redis", "import redis, miniredis")) == "caught"
    assert python("import miniredis, sys; print('redis' in sys.modules)") == "False"


def test_buffers_as_values(node: Node[str]) -> None:
    raw = miniredis.open()
    array = numpy.arange(6, dtype="float32").reshape(2, 3)
    assert raw.set("a", array)
    assert get_array(raw, "a", "float32", (2, 3)).tolist() == array.tolist()  # type: ignore[union-attr]
    assert get_array(raw, "none") is None
    assert raw.set("t", array.T)  # not contiguous: copied in its order
    big = bytearray(b"x" * 1_000_000)
    assert raw.set("b", big)
    big.append(1)  # not held any more
    assert raw.strlen("b") == 1_000_000
    assert raw.set("m", memoryview(big)[10:20])
    assert raw.get("m") == b"x" * 10
    assert raw.set("f", numpy.float64(1.5))
    assert raw.get("f") == numpy.float64(1.5).tobytes() or raw.get("f") == b"1.5"
    with pytest.raises(ValueError, match="decode_responses"):
        get_array(node, "a")


def test_import_and_an_engine_are_small() -> None:
    source = """
import resource
def rss():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()
before = rss()
import miniredis
node = miniredis.open()
node.set("k", "v")
print(rss() - before)
"""
    assert int(python(source)) <= 15 << 20


def test_nothing_is_leaked(node: Node[str]) -> None:
    value, field = b"v" * 1000, "some field"
    before = sys.getrefcount(value), sys.getrefcount(field)
    for _ in range(200):
        node.set("k", value)
        node.hset("h", field, value)
        with node.pipeline() as pipe:
            pipe.set("k", bytearray(value)).set("k", value).execute()
        with pytest.raises(ResponseError):
            node.execute("INCR", "h", value)
    assert (sys.getrefcount(value), sys.getrefcount(field)) == before
