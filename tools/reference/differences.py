"""Where commands answer otherwise than Redis 7.2, as the transcripts declare it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

SECTION = re.compile(r"^## .*\[differs: (?P<reason>[^]]+)\]\s*$")
STEP = re.compile(r"^# differs: (?P<reason>.+)$")
CALL = re.compile(r"^(?:@\w+)?\??> *(?P<first>\S+)(?: +(?P<second>\S+))?")
# The transcripts are held against redis-server 7.0: such a reason says only that it is no 7.2.
ABOUT_THE_REFERENCE = re.compile(r"\b7\.[02]\b")


def about(path: Path, names: Collection[str]) -> str:
    """Return the command that a transcript is about; nothing when it is about several."""
    stem = path.stem.upper()
    return next((name for name in (stem, stem.replace("_", " ")) if name in names), "")


def subject(command: str, line: str, names: Collection[str]) -> str:
    """Return what a step is about: the command of its transcript, or a subcommand of that.

    In a transcript that is about several commands, a call is about what it calls.
    """
    call = CALL.match(line)
    if call is None:
        return command
    called = [call["first"].upper(), f"{call['first']} {call['second']}".upper()]
    if command:
        return called[1] if called[1] in names and called[0] == command else command
    return next((name for name in reversed(called) if name in names), "")


def in_transcript(text: str, command: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Return the names and reasons of all that differs in one transcript."""
    found: list[tuple[str, str]] = []
    of_section = ""
    of_step = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = SECTION.match(line)
            of_section = section["reason"] if section else ""
        elif step := STEP.match(line):
            of_step = step["reason"]
        elif line.startswith((">", "@", "?>")):
            if of_step:
                found.append((subject(command, line, names), of_step))
            # Where several commands are shown together, a section does not say which it means.
            if of_section and command:
                found.append((subject(command, line, names), of_section))
            of_step = ""
    return found


def differences(folder: Path, names: Collection[str]) -> dict[str, list[str]]:
    """Return the reasons of all transcripts, each once, by command in upper case."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/*.rt")):
        for name, reason in in_transcript(path.read_text(), about(path, names), names):
            reasons = found.setdefault(name, [])
            if reason not in reasons and not ABOUT_THE_REFERENCE.search(reason):
                reasons.append(reason)
    return {name: reasons for name, reasons in found.items() if reasons}
