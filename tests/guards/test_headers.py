"""Each header compiles alone, so that nobody has to know what to include before it.

Where X.cc includes X.h before anything else, the build has shown it; the others are compiled here.
"""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.guards.test_layering import sources
from tests.servers import ROOT

FIRST_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def complaint(header: Path) -> str:
    """Compile one header by itself; return what the compiler says against it."""
    done = subprocess.run(
        [
            *("g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-x", "c++"),
            *("-I", "include", "-I", "libminiredis", "-I", "service", "-I", str(header.parent)),
            *("-include", str(header), "/dev/null"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else f"{header.relative_to(ROOT)}:\n{done.stderr[:1000]}"


def is_shown_by_the_build(header: Path) -> bool:
    """Tell whether the source of the same name includes the header first."""
    source = header.with_suffix(".cc")
    if not source.exists():
        return False
    first = FIRST_INCLUDE.search(source.read_text())
    return first is not None and Path(first[1]).name == header.name


def test_each_header_compiles_alone() -> None:
    headers = [
        path
        for folder in ("include", "libminiredis", "service", "tools")
        for path in sources(folder)
        # X_inl.h is the second half of X.h and says so by its name.
        if path.suffix == ".h" and not path.name.endswith("_inl.h")
    ]
    assert len(headers) > 20
    alone = [header for header in headers if not is_shown_by_the_build(header)]
    assert len(alone) < len(headers)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(complaint, alone) if text]
    assert not complaints, "\n".join(complaints)
