"""Programs of Node.js beside the tests, and the packages that they stand on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT

# Pinned, so that a new release of a client does not change what is tested here.
PACKAGES = [
    *("ioredis@5.8.2", "redis@5.8.3"),
    *("connect-redis@10.0.0", "express-session@1.19.0", "express@5.3.0"),
    "@upstash/redis@1.39.0",
    "bullmq@6.7.0",
    *("socket.io@4.8.4", "socket.io-client@4.8.4"),
    *("@socket.io/redis-adapter@8.3.0", "@socket.io/redis-streams-adapter@0.3.1"),
    *("rate-limiter-flexible@11.4.0", "redlock@5.0.0-beta.2"),
]

# Where tools/dev/bootstrap.sh puts a node when the machine has none that is new enough.
PATH = f"{ROOT / 'build' / 'node' / 'bin'}:{os.environ['PATH']}"


def run(command: list[str], folder: Path, patience_s: int) -> subprocess.CompletedProcess[str]:
    """Run a program of Node.js in a folder."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        timeout=patience_s,
        check=False,
    )


def install_packages() -> Path:
    """Install the packages once into build/, and return the folder from which they are found."""
    if shutil.which("npm", path=PATH) is None or shutil.which("node", path=PATH) is None:
        pytest.skip("node and npm are not installed, so programs of Node.js are not tried")
    folder = ROOT / "build" / "npm"
    marker = folder / "installed"
    if not marker.exists() or marker.read_text() != " ".join(PACKAGES):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES]
        done = run(command, folder, 180)
        if done.returncode != 0:
            pytest.skip(f"npm can't install {PACKAGES}: {done.stderr[-300:]}")
        marker.write_text(" ".join(PACKAGES))
    return folder


def run_script(folder: Path, script: str, *arguments: object) -> dict[str, object]:
    """Run a script of tests/compat, and return the JSON that it prints."""
    # Modules are looked for beside the script, so it is run from where they are.
    copy = folder / script
    shutil.copy(Path(__file__).with_name(script), copy)
    done = run(["node", str(copy), *map(str, arguments)], folder, 60)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert isinstance(result, dict)
    return result
