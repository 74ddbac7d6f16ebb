"""Makes the module that the build left in build/python importable."""

from __future__ import annotations

import os
import sys
from pathlib import Path

BUILT = Path(__file__).resolve().parents[2] / "build" / "python"
sys.path.insert(0, os.environ.get("MINIREDIS_PYTHON_DIR", str(BUILT)))
