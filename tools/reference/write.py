"""Write the reference page of all commands: ``python -m tools.reference.write FOLDER``.

FOLDER/commands.md and FOLDER/commands.html come from the library that the build left in
build/python, from the differences that tests/commands declares, and from not_there.txt.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools.reference.catalogue import catalogue
from tools.reference.page import check_anchors, html_page, markdown

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Write both files."""
    sys.path.insert(0, os.environ.get("MINIREDIS_PYTHON_DIR", str(ROOT / "build" / "python")))
    import miniredis

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    everything = catalogue(miniredis, ROOT / "tests" / "commands")
    check_anchors(everything)
    for name, text in (
        ("commands.md", markdown(everything)),
        ("commands.html", html_page(everything)),
    ):
        (folder / name).write_text(text)
        print(f"reference: {folder / name}")


if __name__ == "__main__":
    main()
