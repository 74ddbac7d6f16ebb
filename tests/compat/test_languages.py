"""Clients of Go, Java and Rust: one program each (clients/) sees the same on a node as on Redis."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.servers import ROOT, ServerProcess

SOURCES = Path(__file__).with_name("clients")
BUILT = ROOT / "build" / "clients"


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in a folder."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def fetch(command: list[str], folder: Path, **environment: str) -> None:
    """Fetch what a lock file names; a registry that can't be reached is no failure of ours."""
    done = run(command, folder, **environment)
    if done.returncode != 0:
        pytest.skip(f"{' '.join(command[:2])} failed: {(done.stdout + done.stderr)[-300:]}")


def build(command: list[str], folder: Path, **environment: str) -> None:
    """Compile, and print what the compiler says if it doesn't work."""
    done = run(command, folder, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def go_program() -> list[str]:
    go = shutil.which("go", path=f"{ROOT / 'build' / 'go' / 'bin'}:{os.environ['PATH']}")
    if go is None:
        pytest.skip("Go is not installed, so go-redis and rueidis are not tried")
    # Its own toolchain, and not one that it would fetch.
    fetch([go, "mod", "download"], SOURCES / "go", GOTOOLCHAIN="local")
    binary = str(BUILT / "go" / "clients")
    # Optimising would cost more than it brings.
    options = ["-buildvcs=false", "-gcflags=all=-N -l", "-o", binary]
    build([go, "build", *options], SOURCES / "go", GOTOOLCHAIN="local")
    return [binary]


def java_program() -> list[str]:
    missing = [tool for tool in ("mvn", "javac", "java") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed, so Jedis and Lettuce are not tried")
    folder, sources = BUILT / "java", sorted(SOURCES.joinpath("java", "src").rglob("*.java"))
    classes, jars = str(folder / "classes"), str(folder / "dependency" / "*")
    # Neither Maven nor javac sees by itself that there is nothing to do.
    marker, digest = folder / "built", hashlib.sha256()
    for file in (SOURCES / "java" / "pom.xml", *sources):
        digest.update(file.read_bytes())
    if not marker.exists() or marker.read_text() != digest.hexdigest():
        shutil.rmtree(folder, ignore_errors=True)
        fetch(["mvn", "-B", "-q", "dependency:copy-dependencies"], SOURCES / "java")
        options = ["--release", "17", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-cp", jars]
        build(["javac", *options, "-d", classes, *map(str, sources)], folder)
        marker.write_text(digest.hexdigest())
    # Over before a better compiler would pay.
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{classes}:{jars}", "clients.Clients"]


def rust_program() -> list[str]:
    if shutil.which("cargo") is None:
        pytest.skip("cargo is not installed, so redis-rs is not tried")
    fetch(["cargo", "fetch", "--locked"], SOURCES / "rust")
    target = str(BUILT / "rust")
    build(["cargo", "build", "--frozen", "--target-dir", target], SOURCES / "rust")
    return [f"{target}/debug/clients"]


@pytest.fixture(scope="module", params=[go_program, java_program, rust_program])
def program(request: pytest.FixtureRequest) -> list[str]:
    command: list[str] = request.param()
    return command


TRACKING = {"first": "42", "invalidated": ["t"], "second": "changed"}


def walk(protocol: int, tracking: Mapping[str, object] | None) -> dict[str, object]:
    """Return what every client sees of the steps that all of them go through."""
    seen: dict[str, object] = {
        "protocol": protocol,
        "set": "OK",
        "text": "ü\0\r\n",
        "expires": True,
        "missing": True,
        "error": "ERR value is not an integer or out of range",
        "hash": {"name": "ada", "age": "36"},
        "scores": [["a", 1.5], ["b", 2]],
        "members": ["x", "y"],
        "scanned": 1000,
        "popped": ["spare", "job"],
        "pipeline": [
            1,
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            2,
        ],
        "transaction": ["OK", "2"],
        "conflict": True,
        "retried": "42",
        "receivers": [1, 1, 0],
        "message": ["news", "hello"],
        "pattern": ["art.*", "art.new", "hi"],
        # The first EVALSHA meets a server that does not know the script.
        "known": [False, True, True],
        "script": [[1, "0.5", "string", None], [3, "1.5", "string", None]],
        "ann": ["1", "2", "3"],
        "bob": ["4", "5"],
        "acknowledged": 2,
        "pending": {"count": 3, "consumers": {"ann": 1, "bob": 2}},
        "claimed": ["3", "4", "5"],
        "left": {"count": 3, "consumers": {"bob": 3}},
        "group": [2, 0, 5, 0],
        "trimmed": 3,
        "length": 2,
    }
    return seen if tracking is None else {**seen, "tracking": tracking}


RUEIDIS = {
    # Each with whether it came from what the client keeps.
    "gets": [["1", False], ["1", True]],
    "told": ["t"],
    "afterwards": [["2", False], ["2", True]],
    "many": {"a": "1", "b": "2"},
    "deleted": ["a", "b"],
    "short": ["1", False],
    "expired": ["short"],
    "flushed": [],
    "scripted": ["1", False],
    "toldOfScript": ["t"],
    "prefixed": ["user:1", "user:2"],
}

LETTUCE_CACHING = {
    "gets": ["1", "1"],
    "kept": {"t": "1", "other": "1"},
    "told": "t",
    "left": {"other": "1"},
    "afterwards": "2",
    "toldOfItsLife": "t",
    "expired": "t",
    "gone": True,
    "prefixed": ["user:1", "user:2"],
    "info": ["user:"],
}

EXPECTED = {
    "go-redis RESP2": walk(2, TRACKING),
    "go-redis RESP3": walk(3, TRACKING),
    "rueidis": RUEIDIS,
    "Jedis RESP2": walk(2, TRACKING),
    "Jedis RESP3": walk(3, None),
    "Lettuce RESP2": walk(2, None),
    "Lettuce RESP3": walk(3, None),
    "Lettuce caching": LETTUCE_CACHING,
    "redis-rs RESP2": walk(2, TRACKING),
    "redis-rs RESP3": walk(3, TRACKING),
}


@pytest.mark.parametrize("server", ["redis_server", "node"])
def test_walk(program: list[str], request: pytest.FixtureRequest, server: str) -> None:
    process: ServerProcess = request.getfixturevalue(server)
    done = run([*program, str(process.port)], ROOT)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen == {client: EXPECTED[client] for client in seen}
