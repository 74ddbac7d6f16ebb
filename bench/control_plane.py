"""What the control plane adds to a command, and how it does with 10,000 nodes."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import select
import socket
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench.servers import resp
from bench.tables import Table
from tests.servers import free_port

TOKEN = "bench-admin-token-0123456789"
MOST_ADDED_US = 150.0
LEAST_REQUESTS = 10_000
MOST_PAGE_MS = 10.0
MOST_SCRAPE_MS = 300.0
MOST_STALL_MS = 1.0
MOST_START_S = 3.0
CONNECTIONS = 32


class Peer:
    """An HTTP/1.1 connection that sends prepared bytes and reads answers with a length."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(self, request: bytes) -> bytes:
        """Send a request; return the body of the answer."""
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            self.rest += self._receive()
        head, _, body = self.rest.partition(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise RuntimeError(head.decode(errors="replace") + body.decode(errors="replace"))
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        pieces = [body]
        have = len(body)
        while have < length:
            pieces.append(self._receive())
            have += len(pieces[-1])
        whole = b"".join(pieces)
        self.rest = whole[length:]
        return whole[:length]

    def _receive(self) -> bytes:
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("closed")
        return data


def request(method: str, path: str, body: object = None, key: str = "") -> bytes:
    """Write a request."""
    text = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {TOKEN}"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(text)}"]
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", ""]).encode() + text


def started(command: list[str]) -> subprocess.Popen[str]:
    """Start a role and wait until it says that it is ready."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, "MINIREDIS_ADMIN_TOKEN": TOKEN},
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready"):
            return process
    raise RuntimeError(f"{command[0]} ended")


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """Return what a process has computed so far, in user and system mode."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Plane:
    """All roles in one process, or each in its own, over a directory that outlives them."""

    folder: Path
    data: str

    def start(self, pinned: bool = False, apart: bool = False) -> float:
        """Start it; return the seconds until it was ready."""
        self.ports = [free_port() for _ in range(3)]
        ports = [
            *("--http-port", str(self.ports[0]), "--backend-port", str(self.ports[1])),
            *("--gateway-port", str(self.ports[2])),
        ]
        of_nodes = [
            *("--router-port", "-1", "--port-range-start", "20000", "--port-range-end", "20100"),
        ]
        of_gateway = ["--rate-limit-per-second", "0", "--address-rate-limit-per-second", "0"]
        roles = {"all": [*of_nodes, *of_gateway]}
        if apart:
            roles = {"node-manager": of_nodes, "backend": [], "gateway": of_gateway}
        begun = time.monotonic()
        self.processes = {
            role: started(
                [
                    *(["taskset", "-c", "0"] if pinned else []),
                    *(str(self.folder / "miniredisd"), "--role", role, "--log-level", "warning"),
                    *("--data-directory", f"{self.data}/{role}"),
                    *ports,
                    *flags,
                ]
            )
            for role, flags in roles.items()
        }
        return time.monotonic() - begun

    def stop(self) -> None:
        """End it."""
        for process in reversed(self.processes.values()):
            process.terminate()
            process.wait(30)


EXECUTE = request("POST", "/v1/nodes/bench/execute", {"command": ["GET", "key"]})


def medians(plane: Plane, count: int) -> tuple[float, float]:
    """Return the median microseconds of an execute at the node manager and at the gateway."""
    peers = [Peer(plane.ports[0]), Peer(plane.ports[2])]
    taken: list[list[float]] = [[], []]
    for _ in range(count):
        for peer, times in zip(peers, taken, strict=True):
            begun = time.perf_counter()
            peer.ask(EXECUTE)
            times.append((time.perf_counter() - begun) * 1e6)
    return statistics.median(taken[0]), statistics.median(taken[1])


def requests_per_second(port: int, seconds: float) -> float:
    """Return what a closed loop of many connections gets done."""
    sockets = {}
    poll = select.epoll()
    for _ in range(CONNECTIONS):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[peer.fileno()] = peer
        poll.register(peer.fileno(), select.EPOLLIN)
        peer.sendall(EXECUTE)
    done = 0
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        for number, _ in poll.poll(1):
            peer = sockets[number]
            # An answer to this command is far smaller than what one call can take.
            if not peer.recv(65536).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("an execute failed")
            done += 1
            peer.sendall(EXECUTE)
    took = time.monotonic() - begun
    for peer in sockets.values():
        peer.close()
    return done / took


def ping_until_asked(port: int, questions: Connection) -> None:
    """PING a node's port all the time; answer each question with the p99 in ms since the last.

    Goes before everything else on the machine where it may: it is the node's time that counts, not
    how long the probe itself waits for a core beside whoever reads the scrapes.
    """
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    peer = socket.create_connection(("127.0.0.1", port))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ping = resp("PING")
    times: list[float] = []
    while True:
        begun = time.perf_counter()
        peer.sendall(ping)
        peer.recv(64)
        times.append((time.perf_counter() - begun) * 1e3)
        if questions.poll(0.0005):
            if questions.recv() == "end":
                return
            questions.send(statistics.quantiles(times, n=100)[98])
            times = []


class Probe:
    """A process that PINGs: in ours it would wait for the interpreter that reads the scrapes."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.questions, theirs = context.Pipe()
        self.process = context.Process(target=ping_until_asked, args=(port, theirs))
        self.process.start()

    def take(self) -> float:
        """Return the 99th percentile in milliseconds since the last call."""
        self.questions.send("take")
        return float(self.questions.recv())

    def end(self) -> None:
        """End the process."""
        self.questions.send("end")
        self.process.join()


def timed(peer: Peer, asked: bytes, count: int) -> float:
    """Return the median milliseconds of a request."""
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        peer.ask(asked)
        times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times)


def row(table: Table, what: str, figure: str, wanted: str, reached: bool) -> None:
    """Add a figure beside what is wanted."""
    table.add(what, figure, wanted, "yes" if reached else "no")


def measure_gateway(table: Table, folder: Path, quick: bool) -> None:
    """Measure what the gateway adds and holds."""
    with tempfile.TemporaryDirectory() as data:
        plane = Plane(folder, data)
        plane.start()
        peer = Peer(plane.ports[2])
        peer.ask(request("POST", "/v1/tenants", {"name": "bench"}, "t"))
        body = {"tenant": "bench", "name": "bench", "port": False}
        peer.ask(request("POST", "/v1/nodes", body, "n"))
        direct, gateway = medians(plane, 500 if quick else 5000)
        row(
            table,
            f"execute, median: node manager {direct:.0f} µs, gateway {gateway:.0f} µs; added",
            f"{gateway - direct:.0f} µs",
            f"≤ {MOST_ADDED_US:.0f} µs",
            gateway - direct <= MOST_ADDED_US,
        )
        plane.stop()
        plane.start(pinned=True)
        # The data of the node is gone with the process, the node is not.
        rate = requests_per_second(plane.ports[2], 1 if quick else 5)
        row(
            table,
            f"execute through the gateway, {CONNECTIONS} connections, all roles on one core",
            f"{rate:,.0f}/s",
            f"≥ {LEAST_REQUESTS:,}/s",
            rate >= LEAST_REQUESTS,
        )
        plane.stop()


def measure_gateway_apart(table: Table, folder: Path, quick: bool) -> None:
    """Measure the same with every role in a process of its own."""
    with tempfile.TemporaryDirectory() as data:
        plane = Plane(folder, data)
        plane.start(apart=True)
        peer = Peer(plane.ports[2])
        peer.ask(request("POST", "/v1/tenants", {"name": "bench"}, "t"))
        peer.ask(
            request("POST", "/v1/nodes", {"tenant": "bench", "name": "bench", "port": False}, "n")
        )
        direct, gateway = medians(plane, 500 if quick else 5000)
        row(
            table,
            f"the same, roles apart: node manager {direct:.0f} µs, gateway {gateway:.0f} µs; added",
            f"{gateway - direct:.0f} µs",
            f"≤ {MOST_ADDED_US:.0f} µs",
            gateway - direct <= MOST_ADDED_US,
        )
        role = plane.processes["gateway"]
        seconds = 1 if quick else 5
        before = cpu_seconds(role)
        rate = requests_per_second(plane.ports[2], seconds)
        per_core = rate * seconds / (cpu_seconds(role) - before)
        row(
            table,
            f"roles apart: execute, {CONNECTIONS} connections, {rate:,.0f}/s beside the others on "
            "this machine; for each second of the gateway's CPU",
            f"{per_core:,.0f}/s",
            f"≥ {LEAST_REQUESTS:,}/s",
            per_core >= LEAST_REQUESTS,
        )
        plane.stop()


def measure_many(table: Table, folder: Path, nodes: int) -> None:
    """Measure lists, scrapes and the start with many nodes."""
    with tempfile.TemporaryDirectory() as data:
        plane = Plane(folder, data)
        plane.start()
        peer = Peer(plane.ports[0])
        peer.ask(request("POST", "/v1/tenants", {"name": "bench"}))
        for number in range(nodes):
            body = {"tenant": "bench", "name": f"n{number}", "port": number == 0, "memory": "1mb"}
            peer.ask(request("POST", "/v1/nodes", body))
        plane.stop()
        plane.start()  # takes the nodes into its database
        plane.stop()
        start = plane.start()
        row(
            table,
            f"start with {nodes:,} known nodes",
            f"{start:.2f} s",
            f"≤ {MOST_START_S} s",
            start <= MOST_START_S,
        )
        peer = Peer(plane.ports[2])
        page = timed(peer, request("GET", "/v1/nodes?limit=100"), 50)
        row(
            table,
            f"page of 100 of {nodes:,} nodes",
            f"{page:.1f} ms",
            f"≤ {MOST_PAGE_MS:.0f} ms",
            page <= MOST_PAGE_MS,
        )
        probe = Probe(20_000)
        time.sleep(1)
        probe.take()
        time.sleep(2)
        quiet = probe.take()
        scrapes = [request("GET", "/metrics"), request("GET", "/metrics?nodes=all")]
        for scrape, name in zip(scrapes, ("sums and top nodes", "every node"), strict=True):
            took = timed(peer, scrape, 10)
            row(
                table,
                f"scrape of {nodes:,} nodes, {name}",
                f"{took:.0f} ms",
                f"≤ {MOST_SCRAPE_MS:.0f} ms",
                took <= MOST_SCRAPE_MS,
            )
        busy = probe.take()
        probe.end()
        row(
            table,
            f"p99 of PING meanwhile: {busy:.2f} ms, {quiet:.2f} ms before; added",
            f"{busy - quiet:.2f} ms",
            f"≤ {MOST_STALL_MS} ms",
            busy - quiet <= MOST_STALL_MS,
        )
        plane.stop()


def measure(folder: Path, quick: bool) -> Table:
    """Measure all of it."""
    table = Table(
        "Control plane",
        ["what", "figure", "wanted", "reached"],
        "All roles in one process unless said otherwise, SQLite, the log at level warning. The "
        "client runs on the same machine and is written in Python: its time is in each figure.",
    )
    measure_gateway(table, folder, quick)
    measure_gateway_apart(table, folder, quick)
    measure_many(table, folder, 1_000 if quick else 10_000)
    return table
