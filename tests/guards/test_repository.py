"""What must not get into the repository."""

from __future__ import annotations

import re
import subprocess

from tests.servers import ROOT

BINARY = (".o", ".a", ".so", ".pyc", ".whl", ".rdb", ".aof", ".db", ".sqlite", ".log", ".orig")
# Folders of one machine: what is built must not depend on where.
PLACES = re.compile(r"(?<![\w.-])/(?:work|root|home)/\w")


def tracked() -> list[str]:
    """Return the names of all files in git that are still there."""
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [name for name in names if (ROOT / name).is_file()]


def test_no_generated_files() -> None:
    wrong = [
        name
        for name in tracked()
        if name.endswith(BINARY) or name.startswith(("build/", ".venv/")) or "__pycache__" in name
    ]
    assert not wrong, wrong


def test_no_large_files() -> None:
    # Long values are written "x"*1000 in transcripts.
    most = 64 << 10
    # What it pins is npm's to say, and how long.
    longer = {
        "service/studio/package-lock.json": 512 << 10,
        # A row for each command beside redis-server.
        "bench/RESULTS.md": 128 << 10,
    }
    wrong = [
        f"{name}: {size} bytes"
        for name in tracked()
        if (size := (ROOT / name).stat().st_size) > longer.get(name, most)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_places_of_one_machine() -> None:
    wrong = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        wrong += [f"{name}: {found[0]}" for found in PLACES.finditer(text)]
    assert not wrong, "\n".join(wrong)


def test_no_secrets() -> None:
    wrong = [
        name
        for name in tracked()
        if "PRIVATE KEY-----\n" in (ROOT / name).read_bytes().decode("latin-1")
    ]
    assert not wrong, wrong


def test_files_have_a_readable_size() -> None:
    # 400 lines are the rule of thumb; far above it a file wants to be split by purpose.
    wrong = [
        f"{name}: {lines} lines"
        for name in tracked()
        if name.endswith((".cc", ".h", ".py", ".sh"))
        and (lines := (ROOT / name).read_text().count("\n")) > 600
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_of_the_library_has_its_charter() -> None:
    folders = {name.split("/")[1] for name in tracked() if re.match(r"libminiredis/\w+/", name)}
    missing = [f for f in folders if not (ROOT / "libminiredis" / f / "README.md").exists()]
    assert not missing, f"without a README.md: {sorted(missing)}"
