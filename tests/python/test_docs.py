"""The examples of docs/python.md and of docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("source", EXAMPLES)
def test_examples_of_the_page(source: str) -> None:
    exec(compile(source, str(PAGE), "exec"), {"__name__": "example"})


@pytest.mark.parametrize("name", ["", "._pipeline", "._pubsub", ".aio", ".buffers"])
def test_examples_of_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module("miniredis" + name))
    assert found.attempted > 0
    assert found.failed == 0
