"""Celery with its broker and its result backend on a node: a real worker does ordinary work."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from tests.servers import ROOT, ServerProcess

PATIENCE_S = 30


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def tasks(shared_node: ServerProcess) -> Iterator[Any]:
    """Give the tasks' module, with a worker under way."""
    client = redis.Redis(port=shared_node.port)
    client.flushall()
    os.environ["TEST_REDIS_PORT"] = str(shared_node.port)
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.compat.celery_tasks", "worker"),
                *("--concurrency", "2", "--loglevel", "INFO", "--hostname", "w@test"),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            from tests.compat import celery_tasks

            until(lambda: celery_tasks.app.control.ping(timeout=0.5))
            yield celery_tasks
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-5000:])
            raise
        finally:
            # No result may look for its server any more, which may end before the results do.
            consumer = sys.modules["tests.compat.celery_tasks"].app.backend.result_consumer
            consumer.stop()
            consumer._pubsub = None
            worker.terminate()
            worker.wait(PATIENCE_S)
            client.flushall()
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


def test_results_expire(tasks: Any, shared_node: ServerProcess) -> None:
    done = tasks.add.delay(1, 1)
    assert done.get(timeout=PATIENCE_S) == 2
    with redis.Redis(port=shared_node.port, db=2) as client:
        assert 3500 < client.ttl(f"celery-task-meta-{done.id}") <= 3600


def test_many_at_once(tasks: Any) -> None:
    results = [tasks.add.delay(n, n) for n in range(100)]
    assert [result.get(timeout=PATIENCE_S) for result in results] == [2 * n for n in range(100)]


def test_chain_group_and_chord(tasks: Any) -> None:
    from celery import chain, chord, group  # type: ignore[import-untyped]

    assert chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.add.s(100))().get(PATIENCE_S) == 113
    assert group(tasks.add.s(n, 1) for n in range(10))().get(PATIENCE_S) == list(range(1, 11))
    assert chord((tasks.add.s(n, n) for n in range(10)), tasks.total.s())().get(PATIENCE_S) == 90


def test_retries_and_countdown(tasks: Any) -> None:
    assert tasks.flaky.delay(2).get(timeout=PATIENCE_S) == 2
    begun = time.monotonic()
    assert tasks.add.apply_async((1, 1), countdown=1).get(timeout=PATIENCE_S) == 2
    assert time.monotonic() - begun >= 0.9


def test_expired_and_revoked_tasks_do_not_run(tasks: Any) -> None:
    late = tasks.add.apply_async((1, 1), countdown=0.5, expires=0.1)
    until(lambda: late.state == "REVOKED")
    revoked = tasks.add.apply_async((1, 1), countdown=2)
    revoked.revoke()
    until(lambda: revoked.state == "REVOKED")


def test_inspection_and_priorities(tasks: Any) -> None:
    assert "w@test" in tasks.app.control.inspect(timeout=PATIENCE_S, limit=1).stats()
    results = [tasks.add.apply_async((n, 0), priority=n % 10) for n in range(20)]
    assert [result.get(timeout=PATIENCE_S) for result in results] == list(range(20))


def test_a_task_under_way_is_kept_until_it_is_acknowledged(
    tasks: Any, shared_node: ServerProcess
) -> None:
    """What is not acknowledged stays with the broker, which would give it to another worker."""
    with redis.Redis(port=shared_node.port, db=1) as client:
        running = tasks.sleep.delay(1.0)
        until(lambda: running.state == "STARTED")
        assert client.hlen("unacked") >= 1
        assert client.zcard("unacked_index") >= 1
        assert running.get(timeout=PATIENCE_S) == "slept"
        until(lambda: client.hlen("unacked") == 0)
        assert client.zcard("unacked_index") == 0
