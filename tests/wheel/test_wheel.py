"""The wheel: one file that holds the module, the programs and the services."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.servers import ROOT

# As the release preset compiles, so that what was compiled before need not be again.
AS_RELEASE = (
    "cmake.build-type=RelWithDebInfo",
    "cmake.define.CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG",
    "cmake.define.MINIREDIS_WERROR=ON",
)
COMPILERS = {"CC": "/usr/bin/cc", "CXX": "/usr/bin/c++"}


def run(*command: str | Path, **variables: str) -> str:
    """Run a command outside the source tree; return its output, fail with it."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command],
        env={**kept, **variables},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as pip does."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    options += [f"--config-settings={setting}" for setting in AS_RELEASE]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder)]
    run(*command, str(ROOT), **COMPILERS)
    (built,) = folder.glob("miniredis-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment with the wheel and nothing else; return its bin."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    run(
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", wheel
    )
    return folder / "bin"


def test_what_it_holds(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in ("__init__.py", "py.typed", "_core.pyi", "__main__.py", "_launcher/doctor.py"):
        assert f"miniredis/{wanted}" in names
    assert "miniredis/studio/index.html" in names
    packed = [name for name in names if name.endswith(".br")]
    assert any(name.startswith("miniredis/studio/assets/") for name in packed)
    assert any(name.startswith("miniredis/_core.") and name.endswith(".so") for name in names)
    assert {Path(name).name for name in names if ".data/scripts/" in name} == {
        "miniredisd",
        "mredis",
    }


def test_it_works_without_anything_beside_it(environment: Path) -> None:
    code = "import miniredis; print(miniredis.open().execute('ECHO', 'v'))"
    assert run(environment / "python", "-c", code) == "b'v'\n"
    for program in ("miniredisd", "mredis"):
        assert "0.1.0" in run(environment / program, "--version")


def test_doctor_names_what_the_services_need(environment: Path, tmp_path: Path) -> None:
    command = [environment / "miniredis", "doctor", "--data-directory", tmp_path / "data"]
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 1
    assert "pip install 'miniredis[services]'" in done.stdout
    assert f"at {environment}/miniredisd" in done.stdout
