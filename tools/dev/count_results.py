"""Sum the results of a test run and print `N passed, N failed` as the last line.

Reads a folder of JUnit files (from ctest and pytest) and of `<name>.step` files that hold `passed`
or `failed`. A step whose JUnit file lists failures is not counted a second time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree


@dataclass
class Tally:
    """What was counted so far."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def add_junit(tally: Tally, path: Path) -> None:
    """Add the test cases of one JUnit file."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{path.stem}: {case.get('classname', '')} {case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed.append(name)
        elif case.find("skipped") is not None or case.get("status") in (
            "notrun",
            "disabled",
        ):
            tally.skipped.append(name)
        else:
            tally.passed += 1


def count(folder: Path) -> Tally:
    """Count everything in `folder`."""
    tally = Tally()
    for path in sorted(folder.glob("*.xml")):
        add_junit(tally, path)
    for path in sorted(folder.glob("*.step")):
        worked = path.read_text().strip() == "passed"
        runs_tests = path.stem.endswith(("-ctest", "-pytest"))
        # A failed run of tests shows in its cases; one that shows none there broke as a whole.
        explained = runs_tests and any(name.startswith(f"{path.stem}:") for name in tally.failed)
        if not worked and not explained:
            tally.failed.append(f"{path.stem}: the step itself")
        elif worked and not runs_tests:
            tally.passed += 1
    return tally


def main() -> int:
    """Print the lists and the sum."""
    tally = count(Path(sys.argv[1]))
    for name in tally.skipped:
        print(f"skipped  {name}")
    for name in tally.failed:
        print(f"FAILED   {name}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
