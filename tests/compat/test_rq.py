"""rq, whose queues and workers live on scripts, with a node as its Redis."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis
from rq import Queue, Retry
from rq.job import Job

from tests.compat import rq_jobs
from tests.servers import ROOT, ServerProcess

PATIENCE_S = 60


@pytest.fixture(params=["shared_node", "redis_server"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    process: ServerProcess = request.getfixturevalue(request.param)
    with redis.Redis(port=process.port) as client:
        client.flushall()
        yield process
        client.flushall()


def work(server: ServerProcess, *queues: str) -> None:
    """Have a worker do all there is to do."""
    command = [sys.executable, "-m", "rq.cli", "worker", "--burst", "--with-scheduler"]
    subprocess.run(
        [*command, "--url", f"redis://127.0.0.1:{server.port}", *queues],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    )


def test_jobs_are_done_in_their_order(server: ServerProcess) -> None:
    with redis.Redis(port=server.port) as client:
        low, high = Queue("low", connection=client), Queue("high", connection=client)
        jobs = [low.enqueue(rq_jobs.add, n, 1) for n in range(5)]
        first = high.enqueue(rq_jobs.add, 40, 2)
        failing = low.enqueue(rq_jobs.fail, "on purpose", retry=Retry(max=2))
        after = low.enqueue(rq_jobs.add, 1, 1, depends_on=jobs[4])
        assert low.count == 6
        assert after.get_status() == "deferred"
        work(server, "high", "low")
        assert first.return_value() == 42
        assert [job.return_value() for job in jobs] == [1, 2, 3, 4, 5]
        assert after.return_value() == 2
        assert Job.fetch(failing.id, connection=client).get_status() == "failed"
        result = failing.latest_result()
        assert result is not None
        assert "on purpose" in str(result.exc_string)
        assert low.count == 0
        assert len(low.finished_job_registry) == 6
        assert failing.id in low.failed_job_registry
