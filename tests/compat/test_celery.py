"""Celery with its broker and its result backend on a node: a real worker does ordinary work.

The same is asked of a redis-server, so that a difference shows.
"""

from __future__ import annotations

import datetime
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from tests.servers import ROOT, ServerProcess

PATIENCE_S = 30
# Broker of the workers that are killed: they give tasks back sooner than others.
CRASH_DB = 4


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def load_tasks(port: int) -> Any:
    """Give the tasks' module, with an application for the server on this port."""
    os.environ["TEST_REDIS_PORT"] = str(port)
    from tests.compat import celery_tasks

    if port == celery_tasks.PORT:
        return celery_tasks
    return importlib.reload(celery_tasks)


@contextmanager
def worker(name: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker in a process group of its own, and end it."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.compat.celery_tasks", "worker"),
                *("--concurrency", "2", "--loglevel", "INFO", "--hostname", name),
            ],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-5000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker and the processes that work for it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_S)


def forget_results(app: Any) -> None:
    """Have no result look for its server any more, which may end before the results do."""
    consumer = app.backend.result_consumer
    consumer.stop()
    consumer._pubsub = None


@pytest.fixture(scope="module", params=["node", "redis-server"])
def server(
    request: pytest.FixtureRequest, shared_node: ServerProcess, redis_server: ServerProcess
) -> ServerProcess:
    """Give both servers, one after the other."""
    return shared_node if request.param == "node" else redis_server


@pytest.fixture(scope="module")
def tasks(server: ServerProcess) -> Iterator[Any]:
    """Give the tasks' module, with a worker under way."""
    client = redis.Redis(port=server.port)
    client.flushall()
    celery_tasks = load_tasks(server.port)
    with worker("w@test"):
        until(lambda: celery_tasks.app.control.ping(timeout=0.5))
        yield celery_tasks
    forget_results(celery_tasks.app)
    client.flushall()
    client.close()


@pytest.fixture
def notes(server: ServerProcess) -> Iterator[redis.Redis]:
    """Give a client of the database that tasks write to."""
    client = redis.Redis(port=server.port, db=3, decode_responses=True)
    client.flushdb()
    yield client
    client.close()


def test_results_errors_and_states(tasks: Any) -> None:
    done = tasks.add.delay(2, 3)
    assert done.get(timeout=PATIENCE_S) == 5
    assert done.state == "SUCCESS"
    failed = tasks.broken.delay()
    with pytest.raises(KeyError):
        failed.get(timeout=PATIENCE_S)
    assert failed.state == "FAILURE"
    assert "broken" in failed.traceback
    assert tasks.app.AsyncResult(str(uuid.uuid4())).state == "PENDING"
    done.forget()
    assert tasks.app.AsyncResult(done.id).state == "PENDING"


def test_results_expire(tasks: Any, server: ServerProcess) -> None:
    done = tasks.add.delay(1, 1)
    assert done.get(timeout=PATIENCE_S) == 2
    with redis.Redis(port=server.port, db=2) as client:
        key = f"celery-task-meta-{done.id}"
        assert 3500 < client.ttl(key) <= 3600
        client.pexpire(key, 10)
        until(lambda: tasks.app.AsyncResult(done.id).state == "PENDING")


def test_many_at_once(tasks: Any) -> None:
    results = [tasks.add.delay(n, n) for n in range(100)]
    assert [result.get(timeout=PATIENCE_S) for result in results] == [2 * n for n in range(100)]


def test_chain_group_and_chord(tasks: Any) -> None:
    from celery import chain, chord, group  # type: ignore[import-untyped]

    assert chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.add.s(100))().get(PATIENCE_S) == 113
    assert group(tasks.add.s(n, 1) for n in range(10))().get(PATIENCE_S) == list(range(1, 11))
    assert chord((tasks.add.s(n, n) for n in range(10)), tasks.total.s())().get(PATIENCE_S) == 90
    chunks = tasks.add.chunks([(n, n) for n in range(9)], 3)()
    assert chunks.get(PATIENCE_S) == [[0, 2, 4], [6, 8, 10], [12, 14, 16]]


def test_a_chord_with_an_error(tasks: Any) -> None:
    from celery import chord

    result = chord([tasks.add.s(1, 1), tasks.broken.s()], tasks.total.s())()
    until(lambda: result.state == "FAILURE")
    assert type(result.result).__name__ == "ChordError"
    assert "broken" in str(result.result)


def test_a_group_that_is_saved(tasks: Any) -> None:
    from celery import group

    saved = group(tasks.add.s(n, n) for n in range(5))()
    saved.save()
    again = tasks.app.GroupResult.restore(saved.id)
    until(again.ready)
    assert [result.result for result in again.results] == [0, 2, 4, 6, 8]
    assert again.completed_count() == 5
    again.delete()
    assert tasks.app.GroupResult.restore(saved.id) is None


def test_tasks_that_follow_others(tasks: Any, notes: redis.Redis) -> None:
    done = tasks.add.apply_async((2, 2), link=tasks.note.si("followed", "done"))
    assert done.get(PATIENCE_S) == 4
    assert notes.blpop("followed", PATIENCE_S) == ("followed", "done")
    tasks.broken.apply_async(link_error=tasks.failed.s())
    assert notes.blpop("errors", PATIENCE_S) == ("errors", "KeyError('broken')")


def test_retries_countdown_and_eta(tasks: Any) -> None:
    assert tasks.flaky.delay(2).get(timeout=PATIENCE_S) == 2
    begun = time.monotonic()
    in_a_second = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    at = tasks.add.apply_async((2, 2), eta=in_a_second)
    assert tasks.add.apply_async((1, 1), countdown=1).get(timeout=PATIENCE_S) == 2
    assert at.get(timeout=PATIENCE_S) == 4
    assert time.monotonic() - begun >= 0.9


def test_expired_and_revoked_tasks_do_not_run(tasks: Any, notes: redis.Redis) -> None:
    late = tasks.note.apply_async(("late", "ran"), countdown=0.5, expires=0.1)
    until(lambda: late.state == "REVOKED")
    revoked = tasks.note.apply_async(("revoked", "ran"), countdown=1)
    revoked.revoke()
    until(lambda: revoked.state == "REVOKED")
    assert notes.exists("late", "revoked") == 0


def test_a_task_under_way_is_ended(tasks: Any) -> None:
    running = tasks.sleep.delay(600)
    until(lambda: running.state == "STARTED")
    running.revoke(terminate=True)
    until(lambda: running.state == "REVOKED")


def test_priorities(tasks: Any, server: ServerProcess, notes: redis.Redis) -> None:
    """Tasks that wait are taken by priority: 0 is the most urgent with Redis as the broker."""
    texts = ["patient"] * 6 + ["urgent"] * 6
    for text in texts:
        priority = 9 if text == "patient" else 0
        tasks.note.apply_async(("order", text), queue="ranked", priority=priority)
    with redis.Redis(port=server.port, db=1) as client:
        assert client.llen("ranked") == 6
        assert client.llen("ranked\x06\x169") == 6
    tasks.app.control.add_consumer("ranked", reply=True, timeout=2, limit=1)
    until(lambda: notes.llen("order") == len(texts))
    order = notes.lrange("order", 0, -1)
    # Two processes work side by side, so that some may change places.
    assert order[:6].count("urgent") >= 4, order
    tasks.app.control.cancel_consumer("ranked", reply=True, timeout=2, limit=1)


def test_inspection_and_purge(tasks: Any) -> None:
    inspect = tasks.app.control.inspect(timeout=2, limit=1)
    assert "w@test" in inspect.stats()
    scheduled = tasks.add.apply_async((1, 1), countdown=600)
    until(lambda: [s["request"]["id"] for s in inspect.scheduled()["w@test"]] == [scheduled.id])
    scheduled.revoke()
    for number in range(10):
        tasks.add.apply_async((number, 0), queue="nobody")
    with tasks.app.connection_for_write() as connection:
        assert tasks.app.amqp.queues["nobody"](connection).purge() == 10


def test_a_task_under_way_is_kept_until_it_is_acknowledged(
    tasks: Any, server: ServerProcess
) -> None:
    """What is not acknowledged stays with the broker, which would give it to another worker."""
    with redis.Redis(port=server.port, db=1) as client:
        client.delete("unacked", "unacked_index")
        running = tasks.sleep.delay(0.5)
        until(lambda: running.state == "STARTED")
        assert client.hlen("unacked") == 1
        assert client.zcard("unacked_index") == 1
        assert running.get(timeout=PATIENCE_S) == "slept"
        until(lambda: client.hlen("unacked") == 0)
        assert client.zcard("unacked_index") == 0


def test_a_task_of_a_killed_worker_is_given_to_another(
    server: ServerProcess, notes: redis.Redis
) -> None:
    tasks = load_tasks(server.port)
    broker = f"redis://127.0.0.1:{server.port}/{CRASH_DB}"
    settings = {"TEST_BROKER_DB": str(CRASH_DB), "TEST_VISIBILITY_TIMEOUT": "1"}
    with worker("first@test", **settings) as process:
        with tasks.app.connection_for_write(broker) as connection:
            result = tasks.second_time.apply_async(("runs",), connection=connection)
        until(lambda: notes.get("runs") == "1")
        kill(process)
    with redis.Redis(port=server.port, db=CRASH_DB) as client:
        assert client.hlen("unacked") == 1
        # A worker looks for such tasks when it begins, and then only every 100 s.
        until(lambda: client.zcount("unacked_index", 0, time.time() - 1) == 1)
        with worker("second@test", **settings):
            assert result.get(timeout=PATIENCE_S) == 2
            until(lambda: client.hlen("unacked") == 0)
