"""The stubs, as mypy --strict sees them from a program that uses the module."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import miniredis

PROGRAM = """
import asyncio
from typing import assert_type

import miniredis
import miniredis.aio

raw = miniredis.open()
text = miniredis.open(decode_responses=True)
assert_type(raw.get("k"), bytes | None)
assert_type(text.get("k"), str | None)
assert_type(text.hgetall("h"), dict[str, str])
assert_type(text.expire("k", 5, nx=True), bool)
assert_type(text.smembers("s"), set[str])
assert_type(text.zpopmin("z"), list[tuple[str, float]])
assert_type(text.stats()["throttled"], int)
assert_type(text.memory_used_bytes, int)
for key in text.scan_iter("k*"):
    assert_type(key, str)
with text.pipeline() as pipe:
    replies = pipe.set("a", 1).incr("a").execute()
node = miniredis.Engine().create_tenant("t").create_node("n", decode_responses=True)
assert_type(node.get("k"), str | None)


async def main() -> None:
    other = miniredis.aio.open()
    assert_type(await other.incr("n"), int)


asyncio.run(main())
"""


def check(folder: Path, program: str) -> str:
    """Return what mypy says."""
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "program.py"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(Path(miniredis.__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_typed_program(tmp_path: Path) -> None:
    assert "Success" in check(tmp_path, PROGRAM), check(tmp_path, PROGRAM)


def test_mistakes_are_seen(tmp_path: Path) -> None:
    said = check(
        tmp_path,
        "import miniredis\nnode = miniredis.open()\nnode.set('k')\nnode.get(None)\nnode.nosuch()\n",
    )
    assert said.count("error:") == 3, said
