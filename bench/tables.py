"""Tables as Markdown, and where and when they were measured."""

from __future__ import annotations

import platform
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Table:
    """One table of results with a line that says what it shows."""

    title: str
    columns: list[str]
    note: str = ""
    rows: list[list[str]] = field(default_factory=list)
    origin: str = ""  # the run that it is from

    def add(self, *cells: object) -> None:
        """Append a row."""
        self.rows.append([str(cell) for cell in cells])

    def markdown(self) -> str:
        """Return the table with its columns aligned, first one left and the others right."""
        rows = [self.columns, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.columns))]

        def line(row: list[str]) -> str:
            cells = [
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            return "| " + " | ".join(cells) + " |"

        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        text = f"## {self.title}\n\n"
        if self.note:
            text += self.note + "\n\n"
        if self.origin:
            text += f"From {self.origin}.\n\n"
        return text + "\n".join([line(self.columns), line(rule), *map(line, self.rows)]) + "\n"


def merge(before: str, head: str, tables: list[Table]) -> str:
    """Return a file of tables with a new head, these tables new, and all others as they were."""
    sections = {
        part.split("\n", 1)[0]: "## " + part.strip() + "\n"
        for part in re.split(r"^## ", before, flags=re.MULTILINE)[1:]
    }
    sections.update({table.title: table.markdown() for table in tables})
    return "\n".join([head, *sections.values()])


def machine() -> str:
    """Describe the machine in a few words."""
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*:\s*(.*)", text)
    cpu = found[1] if found else platform.machine()
    cores = text.count("processor\t")
    return f"{cores} cores of {cpu}, {platform.system()} {platform.release()}"


def versions(programs: dict[str, list[str]]) -> str:
    """Say which programs were run, a line each."""
    lines = []
    for name, command in programs.items():
        try:
            output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            lines.append(f"- {name}: {output.strip().splitlines()[0]}")
        except (OSError, IndexError):
            lines.append(f"- {name}: version unknown")
    return "\n".join(lines) + "\n"
