"""The Celery application of the tests: its broker and its results are on the port given."""

from __future__ import annotations

import os
import time

import redis.lock
from celery import Celery  # type: ignore[import-untyped]
from redis.exceptions import LockNotOwnedError


def release(self: redis.lock.Lock, expected_token: str) -> None:
    """Give a lock back if it is still ours; redis-py does that with a script.

    Nodes run no scripts yet, and this one is the only one that kombu 5.6 uses.
    """

    def delete(pipe: redis.client.Pipeline) -> None:
        if pipe.get(self.name) != expected_token:
            raise LockNotOwnedError("the lock is another's by now", lock_name=self.name)
        pipe.multi()
        pipe.delete(self.name)

    self.redis.transaction(delete, self.name)


redis.lock.Lock.do_release = release  # type: ignore[method-assign]

PORT = os.environ["TEST_REDIS_PORT"]
app = Celery(
    "celery_tasks",
    broker=f"redis://127.0.0.1:{PORT}/1",
    backend=f"redis://127.0.0.1:{PORT}/2",
)
app.conf.update(
    result_expires=3600,
    task_acks_late=True,
    task_track_started=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 3600,
        "priority_steps": [0, 3, 6, 9],
        "queue_order_strategy": "priority",
    },
)


@app.task  # type: ignore[untyped-decorator]
def add(left: int, right: int) -> int:
    """Add."""
    return left + right


@app.task  # type: ignore[untyped-decorator]
def total(numbers: list[int]) -> int:
    """Sum."""
    return sum(numbers)


@app.task(bind=True, max_retries=5, default_retry_delay=0.1)  # type: ignore[untyped-decorator]
def flaky(self: object, fails: int) -> int:
    """Fail so many times before it works."""
    done: int = self.request.retries  # type: ignore[attr-defined]
    if done < fails:
        raise self.retry(exc=ValueError("not yet"))  # type: ignore[attr-defined]
    return done


@app.task  # type: ignore[untyped-decorator]
def broken() -> None:
    """Fail for good."""
    raise KeyError("broken")


@app.task  # type: ignore[untyped-decorator]
def sleep(seconds: float) -> str:
    """Take some time."""
    time.sleep(seconds)
    return "slept"
