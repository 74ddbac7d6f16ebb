"""The supervisor over small programs of the tests' own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from miniredis._launcher import supervisor
from miniredis._launcher.supervisor import Group, Program, StartError

READY = "import os, sys, time; print('ready: here', os.getpid(), flush=True)"


def program(name: str, code: str, **options: float) -> Program:
    """Return a program that runs Python code."""
    return Program(name, (sys.executable, "-c", code), {}, **options)


class Run:
    """One run of a group, from another task's view."""

    def __init__(self, *programs: Program, drain_seconds: float = 5.0) -> None:
        self.said: list[str] = []
        self.group = Group(list(programs), self.said.append, drain_seconds)
        self.end = asyncio.Event()
        self.ready = asyncio.Event()

    async def go(self, work: Callable[[], object] | None = None, restarts: int = 0) -> None:
        """Run until ready, call `work`, wait for so many restarts, end."""
        running = asyncio.create_task(self.group.run(self.ready.set, self.end))
        waiting = asyncio.create_task(self.ready.wait())
        await asyncio.wait({running, waiting}, timeout=20, return_when="FIRST_COMPLETED")
        waiting.cancel()
        if self.ready.is_set():
            if work is not None:
                work()
            deadline = time.monotonic() + 20
            while sum("ready again" in text for text in self.said) < restarts:
                assert time.monotonic() < deadline, self.said
                await asyncio.sleep(0.02)
        self.end.set()
        await asyncio.wait_for(running, 20)

    def pid(self, index: int) -> int:
        """Return the process of a program."""
        return int(self.group.keepers[index].ready_line.split()[1])


def is_there(pid: int) -> bool:
    """Tell whether a process of this id lives."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_programs_start_in_order_and_stop_in_the_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = f"""
import signal, sys
def note(text):
    with open({str(log)!r}, "a") as file: file.write(text + "\\n")
def end(*_):
    note(f"{{sys.argv[1]}} ends"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
note(f"{{sys.argv[1]}} starts")
print("ready: yes 0", flush=True)
signal.pause()
"""
    programs = [Program(name, (sys.executable, "-c", code, name)) for name in ("one", "two")]
    asyncio.run(Run(*programs).go())
    lines = log.read_text().splitlines()
    assert lines == ["one starts", "two starts", "two ends", "one ends"]


def test_what_a_program_prints_is_passed_on() -> None:
    run = Run(program("talker", "print('password: x'); " + READY + "; time.sleep(60)"))
    asyncio.run(run.go())
    assert run.said == ["talker: password: x"]


def test_who_dies_is_started_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.05)
    run = Run(
        program("steady", READY + "; time.sleep(60)"),
        program("mortal", READY + "; time.sleep(60)"),
    )
    pids: list[int] = []

    def kill() -> None:
        pids.extend([run.pid(0), run.pid(1)])
        os.kill(run.pid(1), signal.SIGKILL)

    asyncio.run(run.go(kill, restarts=1))
    assert run.said[0] == "mortal ended (SIGKILL); it is started again in 0.05 s"
    assert run.said[1].startswith("mortal is ready again: here ")
    assert run.pid(0) == pids[0]
    assert run.pid(1) != pids[1]
    assert not any(is_there(pid) for pid in (*pids, run.pid(1)))


def test_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_SECONDS", 0.06)
    run = Run(program("restless", READY))
    asyncio.run(run.go(restarts=4))
    pauses = [text.split(" in ")[1] for text in run.said if "started again" in text]
    assert pauses[:4] == ["0.02 s", "0.04 s", "0.06 s", "0.06 s"]


def test_a_program_that_cannot_start_ends_all() -> None:
    run = Run(
        program("first", READY + "; time.sleep(60)"), program("second", "raise SystemExit(2)")
    )
    with pytest.raises(StartError, match="second did not start: exit status 2"):
        asyncio.run(run.go())
    assert not is_there(run.pid(0))
    assert not run.ready.is_set()


def test_a_program_that_is_never_ready_ends_all() -> None:
    run = Run(program("slow", "import time; time.sleep(60)", start_seconds=0.3))
    with pytest.raises(StartError, match=r"slow was not ready within 0\.3 s"):
        asyncio.run(run.go())


def test_a_program_that_will_not_end_is_killed() -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    run = Run(program("stubborn", stubborn + READY + "; time.sleep(60)"), drain_seconds=0.3)
    asyncio.run(run.go())
    assert run.said == ["stubborn does not end; it is killed"]
    assert not is_there(run.pid(0))


def test_programs_do_not_outlive_a_launcher_that_was_killed() -> None:
    code = f"""
import asyncio, sys
from miniredis._launcher.supervisor import Group, Program
child = Program("child", (sys.executable, "-c", {READY + "; time.sleep(60)"!r}))
group = Group([child], print)
def tell(): print(group.keepers[0].ready_line, flush=True)
asyncio.run(group.run(tell, asyncio.Event()))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[1])
        assert is_there(pid)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_there(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
