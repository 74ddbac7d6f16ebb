"""Who may include whom: the rules of the house, read from the #include lines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT

# Each layer and those it may include besides itself. Lower layers of a layer's are its own too.
BELOW: dict[str, set[str]] = {
    "base": set(),
    "memory": {"base"},
    "lua": {"memory"},
    "types": {"memory"},
    "keyspace": {"types"},
    "tenants": {"keyspace"},
    "persistence": {"keyspace"},
    "resp": {"memory"},
    "commands": {"keyspace", "resp"},
    "engine": {"commands", "lua", "tenants", "persistence", "resp"},
    "server": {"engine"},
}
# Folders that are users of the library like any other.
USERS = ["service", "tools", "bindings", "examples"]
# The same for the folders of the daemon; what lies beside them puts them together.
SERVICE_BELOW: dict[str, set[str]] = {
    "common": set(),
    "settings": {"common"},
    "http": {"common"},
    "api": {"http"},
    "metadata": {"common"},
    "node_manager": {"api", "settings"},
    "backend": {"api", "metadata", "settings"},
    "gateway": {"api", "settings"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(<([^>]+)>|"([^"]+)")', re.MULTILINE)
STANDARD = re.compile(r"^[a-z_0-9]+$")


def allowed_for(layer: str) -> set[str]:
    """Return all layers that `layer` may include."""
    found = {layer}
    for lower in BELOW[layer]:
        found |= allowed_for(lower)
    return found


def sources(folder: str) -> list[Path]:
    """Return the C++ files of a folder that git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    paths = [ROOT / name for name in listing if name.endswith((".h", ".cc"))]
    return [path for path in paths if path.exists()]


def includes(path: Path) -> list[tuple[str, bool]]:
    """Return what a file includes, and whether in quotes."""
    return [(found[2] or found[3], bool(found[3])) for found in INCLUDE.finditer(path.read_text())]


def test_every_layer_is_known() -> None:
    layers = {path.relative_to(ROOT).parts[1] for path in sources("libminiredis")}
    assert layers <= set(BELOW), "a new folder has no rule here yet"
    assert len(layers) >= 8


@pytest.mark.parametrize("layer", BELOW)
def test_a_layer_includes_only_what_is_below_it(layer: str) -> None:
    allowed = allowed_for(layer)
    wrong = []
    for path in sources(f"libminiredis/{layer}"):
        for name, in_quotes in includes(path):
            first = name.split("/")[0]
            if "/" in name and first in BELOW and first not in allowed:
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
            if in_quotes and "/" not in name and not (path.parent / name).exists():
                wrong.append(f"{path.relative_to(ROOT)} includes {name}, which is not there")
    assert not wrong, "\n".join(wrong)


def test_folders_of_the_daemon_include_only_what_is_below_them() -> None:
    wrong = []
    for path in sources("service"):
        folder = path.relative_to(ROOT).parts[1]
        if path.parent == ROOT / "service":
            continue
        assert folder in SERVICE_BELOW, "a new folder has no rule here yet"
        allowed = {folder}
        for _ in SERVICE_BELOW:
            allowed |= {below for layer in allowed for below in SERVICE_BELOW[layer]}
        for name, in_quotes in includes(path):
            first = name.split("/")[0]
            if "/" in name and first in SERVICE_BELOW and first not in allowed:
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
            if in_quotes and not (ROOT / "service" / name).exists() and first != "miniredis":
                wrong.append(f"{path.relative_to(ROOT)} includes {name}, which is not there")
    assert not wrong, "\n".join(wrong)


def test_only_the_server_knows_sockets() -> None:
    networking = ("boost/asio", "boost/beast", "openssl/ssl", "sys/socket.h", "netinet/")
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in sources("libminiredis")
        if path.relative_to(ROOT).parts[1] != "server"
        for name, _ in includes(path)
        if name.startswith(networking)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_library_knows_no_json_and_no_python() -> None:
    foreign = ("nlohmann/", "pybind11/", "Python.h", "sqlite3.h", "spdlog/", "cxxopts")
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in sources("libminiredis")
        for name, _ in includes(path)
        if name.startswith(foreign)
    ]
    assert not wrong, "\n".join(wrong)


def test_public_headers_include_only_the_standard_library_and_each_other() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in sources("include/miniredis")
        for name, _ in includes(path)
        if not name.startswith("miniredis/") and not STANDARD.match(name)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", USERS)
def test_users_include_only_public_headers(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in sources(folder)
        for name, _ in includes(path)
        if "/" in name and name.split("/")[0] in BELOW and not (ROOT / folder / name).exists()
    ]
    assert not wrong, "\n".join(wrong)


def test_no_using_namespace_in_headers_of_the_library() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for folder in ("include", "libminiredis")
        for path in sources(folder)
        if path.suffix == ".h" and re.search(r"^using namespace", path.read_text(), re.MULTILINE)
    ]
    assert not wrong
