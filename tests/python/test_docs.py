"""The examples of the pages on Python and of docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [
    found
    for page in ("python.md", "testing.md")
    for found in re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("source", EXAMPLES)
def test_examples_of_the_page(source: str) -> None:
    exec(compile(source, "example", "exec"), {"__name__": "example"})


MODULES = ["", "._pipeline", "._pubsub", ".aio", ".buffers", ".testing", ".testing.redis_py"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module("miniredis" + name))
    assert found.attempted > 0
    assert found.failed == 0
