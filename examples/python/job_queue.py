"""A job queue between threads: no job is lost when a worker dies in the middle of one."""

from __future__ import annotations

import json
import threading
from typing import Any

import miniredis

WORKERS = 3
JOBS = 200


class Queue:
    """Jobs wait in one list; those at work are in a list of their worker's."""

    def __init__(self, node: miniredis.Node[str]) -> None:
        self.node = node

    def put(self, job: dict[str, Any]) -> None:
        """Add a job."""
        self.node.lpush("jobs", json.dumps(job))

    def take(self, worker: str, seconds: float) -> str | None:
        """Wait for a job; it stays in the worker's list until done() is called."""
        job: str | None = self.node.blmove("jobs", f"at-work:{worker}", seconds, "RIGHT", "LEFT")
        return job

    def done(self, worker: str, job: str) -> None:
        """Say that a job is done."""
        self.node.lrem(f"at-work:{worker}", 1, job)

    def give_back(self, worker: str) -> int:
        """Put back what a dead worker left; return how many jobs."""
        count = 0
        while self.node.lmove(f"at-work:{worker}", "jobs", "LEFT", "RIGHT") is not None:
            count += 1
        return count


def main() -> None:
    """Let one worker die at its tenth job, and count what was done."""
    node = miniredis.open(decode_responses=True)
    queue = Queue(node)

    def work(name: str, dies_at: int | None) -> None:
        taken = 0
        while (job := queue.take(name, 0.5)) is not None:
            taken += 1
            if taken == dies_at:
                return
            node.incrby("sum", json.loads(job)["number"])
            queue.done(name, job)

    threads = [
        threading.Thread(target=work, args=(f"w{n}", 10 if n == 0 else None))
        for n in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    for number in range(JOBS):
        queue.put({"number": number})
    for thread in threads:
        thread.join()
    left = queue.give_back("w0")
    work("w9", None)
    print(f"{left} job was given back; sum {node.get('sum')}")
    assert left <= 1
    assert node.get("sum") == str(sum(range(JOBS)))


if __name__ == "__main__":
    main()
