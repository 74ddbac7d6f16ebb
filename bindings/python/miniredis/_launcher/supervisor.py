"""Keeps a group of programs running: starts them in order, restarts who dies, stops all.

A program is ready when it prints a line that begins with ``ready: `` on standard output; what it
prints else is passed on. One that ends unasked is started again, after a pause that doubles from
half a second to half a minute and is forgotten once it has run for a minute. One that never became
ready at its first start ends the group: its settings are wrong, and repeating them does not help.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

READY = "ready: "
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
MOST_LINE_BYTES = 64 * 1024
PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """One program of the group.

    Parameters
    ----------
    name
        What messages call it.
    command
        Program and arguments. No secrets: they show in the list of processes.
    environment
        Variables that it gets besides ours.
    start_seconds
        How long it may take to become ready.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    start_seconds: float = 60.0


class StartError(Exception):
    """A program of the group did not become ready; the text says which and why."""


def end_with_parent() -> None:
    """Have the kernel end this process when the one that started it is gone, however it ended."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Keeper:
    """Keeps one program running."""

    def __init__(self, program: Program, say: Say, drain_seconds: float) -> None:
        self.program = program
        self.say = say
        self.drain_seconds = drain_seconds
        self.process: asyncio.subprocess.Process | None = None
        self.ready_line = ""
        self.restarts = 0
        self.ready = asyncio.Event()

    async def launch(self) -> None:
        """Start the process, in a process group of its own: a Ctrl-C is ours to pass on."""
        self.ready.clear()
        self.process = await asyncio.create_subprocess_exec(
            *self.program.command,
            env={**os.environ, **self.program.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=end_with_parent,
            limit=MOST_LINE_BYTES,
        )

    async def relay(self) -> None:
        """Pass on what the process prints, until it ends."""
        assert self.process is not None
        assert self.process.stdout is not None
        while True:
            try:
                line = await self.process.stdout.readline()
            except ValueError:  # longer than MOST_LINE_BYTES: dropped
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            if text.startswith(READY):
                self.ready_line = text.removeprefix(READY)
                self.ready.set()
            else:
                self.say(f"{self.program.name}: {text}")

    async def run_once(self, first: bool) -> int:
        """Run the process to its end; return its exit status, negative for a signal."""
        await self.launch()
        assert self.process is not None
        relaying = asyncio.create_task(self.relay())
        ready = asyncio.create_task(self.ready.wait())
        ended = asyncio.create_task(self.process.wait())
        try:
            seconds = self.program.start_seconds
            await asyncio.wait({ready, ended}, timeout=seconds, return_when="FIRST_COMPLETED")
            if not self.ready.is_set():
                if not ended.done():
                    self.process.kill()
                    raise StartError(f"{self.program.name} was not ready within {seconds:g} s")
                if first:
                    raise StartError(
                        f"{self.program.name} did not start: {describe_end(await ended)}"
                    )
            return await ended
        finally:
            ready.cancel()
            await asyncio.wait({relaying}, timeout=1)
            relaying.cancel()

    async def keep(self, started: asyncio.Event) -> None:
        """Run the program for ever; `started` is set when it is ready for the first time."""
        pause = FIRST_PAUSE_SECONDS
        first = True
        while True:
            watcher = asyncio.create_task(self.tell_when_ready(started))
            begun = time.monotonic()
            try:
                status = await self.run_once(first and not started.is_set())
            except StartError:
                if not started.is_set():
                    raise
                status = -signal.SIGKILL
            finally:
                watcher.cancel()
            first = False
            if time.monotonic() - begun >= STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self.restarts += 1
            self.say(
                f"{self.program.name} ended ({describe_end(status)}); "
                f"it is started again in {pause:g} s"
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def tell_when_ready(self, started: asyncio.Event) -> None:
        """Say that it is ready, each time it becomes so."""
        await self.ready.wait()
        if started.is_set():
            self.say(f"{self.program.name} is ready again: {self.ready_line}")
        started.set()

    async def stop(self) -> None:
        """End the process: by SIGTERM, and by SIGKILL when it does not in time."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), self.drain_seconds)
        except asyncio.TimeoutError:
            self.say(f"{self.program.name} does not end; it is killed")
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


def describe_end(status: int) -> str:
    """Say how a process ended."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


class Group:
    """Programs that run together, started in their order and stopped in the other."""

    def __init__(self, programs: list[Program], say: Say, drain_seconds: float = 10.0) -> None:
        self.keepers = [Keeper(program, say, drain_seconds) for program in programs]
        self.say = say

    async def run(self, on_ready: Callable[[], None], end: asyncio.Event) -> None:
        """Start all, then keep them until `end` is set; all are ended whatever happens.

        Raises
        ------
        StartError
            One did not become ready at its first start.
        """
        tasks: list[asyncio.Task[None]] = []
        ending: asyncio.Task[Any] = asyncio.create_task(end.wait())
        try:
            for keeper in self.keepers:
                started = asyncio.Event()
                tasks.append(asyncio.create_task(keeper.keep(started)))
                waiting = asyncio.create_task(started.wait())
                watched: set[asyncio.Task[Any]] = {waiting, ending, *tasks}
                await asyncio.wait(watched, return_when="FIRST_COMPLETED")
                waiting.cancel()
                if self.has_failed(tasks) or end.is_set():
                    break
            else:
                on_ready()
                watched = {ending, *tasks}
                await asyncio.wait(watched, return_when="FIRST_COMPLETED")
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            everything: list[asyncio.Task[Any]] = [*tasks, ending]
            for one in everything:
                one.cancel()
            await asyncio.gather(*everything, return_exceptions=True)
            for keeper in reversed(self.keepers):
                await keeper.stop()

    @staticmethod
    def has_failed(tasks: list[asyncio.Task[None]]) -> bool:
        """Tell whether one has given up."""
        return any(task.done() for task in tasks)


async def run_until_signal(group: Group, on_ready: Callable[[], None]) -> None:
    """Run a group until SIGINT or SIGTERM; a second one is left to the system's way."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def ask_for_end() -> None:
        end.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, ask_for_end)
    await group.run(on_ready, end)
