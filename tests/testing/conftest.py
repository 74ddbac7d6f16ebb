"""Makes the module that the build left in build/python importable, and its plugin known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

BUILT = Path(__file__).resolve().parents[2] / "build" / "python"
sys.path.insert(0, os.environ.get("MINIREDIS_PYTHON_DIR", str(BUILT)))

# What an installed package's entry point does.
from miniredis._pytest import (  # noqa: E402
    async_redis_client,
    miniredis_endpoints,
    miniredis_engine,
    miniredis_node,
    miniredis_server,
    redis_client,
)

__all__ = [
    "async_redis_client",
    "miniredis_endpoints",
    "miniredis_engine",
    "miniredis_node",
    "miniredis_server",
    "redis_client",
]
