"""What tests with real clients share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compat.node_scripts import install_packages


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Give the folder where packages of Node.js are installed."""
    return install_packages()
