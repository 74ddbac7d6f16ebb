"""What the platform is made of, and how its programs are told of each other."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from miniredis._launcher.supervisor import Program

PACKAGE = Path(__file__).resolve().parent.parent
SERVICES = ("auth", "monitoring")
PARTS = ("daemon", *SERVICES)
TOKEN_FILE = "admin-token"
# Setting, default, what it is for. The daemon and the services read the same variables.
PORTS = (
    ("MINIREDIS_GATEWAY_PORT", 8080, "gateway"),
    ("MINIREDIS_BACKEND_PORT", 5500, "backend"),
    ("MINIREDIS_HTTP_PORT", 7000, "node manager"),
    ("MINIREDIS_AUTH_PORT", 8000, "auth service"),
    ("MINIREDIS_MONITORING_PORT", 9000, "monitoring service"),
    ("MINIREDIS_ROUTER_PORT", 6379, "router"),
)


class PlatformError(Exception):
    """The platform cannot be put together; the text says what is missing or wrong."""


def port_of(variable: str) -> int:
    """Return the port that a setting asks for.

    Raises
    ------
    PlatformError
        It is not a port.
    """
    default = next(port for name, port, _ in PORTS if name == variable)
    text = os.environ.get(variable, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise PlatformError(f"{variable}: given {text!r}; allowed: a port from 1 to 65535")
    return int(text)


def find_program(name: str) -> str:
    """Return where a program of the platform is.

    It is looked for in MINIREDIS_PROGRAMS (a folder), beside the running Python (where pip puts
    it), and on the PATH.

    Raises
    ------
    PlatformError
        It is in none of them.
    """
    folders = [os.environ.get("MINIREDIS_PROGRAMS", ""), str(Path(sys.executable).parent)]
    for folder in filter(None, folders):
        path = Path(folder) / name
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    found = shutil.which(name)
    if found is None:
        raise PlatformError(
            f"{name} is not installed; `miniredis doctor` looks for what is missing"
        )
    return found


def data_directory(given: str | None) -> Path:
    """Return the folder of databases, keys and definitions: miniredisd's own rule."""
    if given or os.environ.get("MINIREDIS_DATA_DIRECTORY"):
        return Path(given or os.environ["MINIREDIS_DATA_DIRECTORY"]).absolute()
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) / "miniredis" if state else Path("data")).absolute()


@dataclass(frozen=True)
class Token:
    """The admin token that the programs share."""

    file: Path
    new: str  # its text when it was made just now, to be shown once; else empty


def shared_token(folder: Path) -> Token:
    """Return the admin token of a data directory, made at the first time.

    One that the environment gives is used instead; nothing is kept then.

    Raises
    ------
    PlatformError
        The folder cannot be written to.
    """
    file = folder / TOKEN_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Token(file, "")
    except OSError as failure:
        raise PlatformError(f"cannot write to {folder}: {failure.strerror}") from failure
    text = "mra_" + secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text + "\n")
    return Token(file, text)


def has_own_token() -> bool:
    """Tell whether the environment says which admin token to use."""
    names = ("MINIREDIS_ADMIN_TOKEN", "MINIREDIS_ADMIN_TOKEN_FILE")
    return any(os.environ.get(name) for name in names)


def studio_files() -> Path | None:
    """Return the folder of the Studio's built files, where there is one.

    The environment may name another than the package's own: in a source tree that is build/studio.
    """
    given = os.environ.get("MINIREDIS_STUDIO_DIRECTORY", "")
    folder = Path(given) if given else PACKAGE / "studio"
    return folder if (folder / "index.html").is_file() else None


def firebase_origin() -> str:
    """Return whom the Studio asks for ID tokens: pages may ask nobody else."""
    given = os.environ.get("MINIREDIS_AUTH_FIREBASE_SIGN_IN_URL", "")
    url = urlsplit(given or "https://identitytoolkit.googleapis.com")
    return f"{url.scheme}://{url.netloc}"


def programs(parts: tuple[str, ...], folder: Path, token: Token | None) -> list[Program]:
    """Return the programs to run, in their order.

    Raises
    ------
    PlatformError
        One is not there, or a port makes no sense.
    """
    local = "http://127.0.0.1:{}".format
    shared = {
        "MINIREDIS_DATA_DIRECTORY": str(folder),
        "MINIREDIS_NODE_MANAGER_URL": local(port_of("MINIREDIS_HTTP_PORT")),
        "MINIREDIS_BACKEND_URL": local(port_of("MINIREDIS_BACKEND_PORT")),
        "MINIREDIS_GATEWAY_URL": local(port_of("MINIREDIS_GATEWAY_PORT")),
    }
    if "auth" in parts:
        shared["MINIREDIS_AUTH_URL"] = local(port_of("MINIREDIS_AUTH_PORT"))
    if "monitoring" in parts:
        shared["MINIREDIS_MONITORING_URL"] = local(port_of("MINIREDIS_MONITORING_PORT"))
    studio = studio_files()
    if studio is not None:
        shared["MINIREDIS_STUDIO_DIRECTORY"] = str(studio)
    if os.environ.get("MINIREDIS_AUTH_FIREBASE_API_KEY"):
        shared["MINIREDIS_STUDIO_CONNECT_SOURCES"] = firebase_origin()
    # What the environment says weighs more than what is put together here.
    environment = {name: text for name, text in shared.items() if not os.environ.get(name)}
    environment["MINIREDIS_DATA_DIRECTORY"] = str(folder)
    if token is not None:
        environment["MINIREDIS_ADMIN_TOKEN_FILE"] = str(token.file)
    made = []
    if "daemon" in parts:
        made.append(Program("daemon", (find_program("miniredisd"),), environment))
    made += [
        Program(name, (sys.executable, "-m", f"miniredis.{name}"), environment)
        for name in SERVICES
        if name in parts
    ]
    return made
