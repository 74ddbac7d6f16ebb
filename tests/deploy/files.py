"""The files of deploy/, as those read them who use them."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import dockerfile
import yaml

from tests.servers import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
TARGETS = ("daemon", "services", "frontend")
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
OUR_SERVICES = ("frontend", "gateway", "backend", "node-manager", "auth", "monitoring")
DATABASES = ("main-database", "auth-database")


def filled_in(text: str, environment: dict[str, str]) -> str:
    """Put the environment's values, or the defaults, where compose would."""
    return VARIABLE.sub(lambda found: environment.get(found[1]) or found[2] or "", text)


@cache
def compose_text() -> str:
    """Return compose.yaml as it stands, without comments."""
    lines = (DEPLOY / "compose.yaml").read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def compose(**environment: str) -> dict[str, Any]:
    """Return compose.yaml with its variables filled in."""
    document: dict[str, Any] = yaml.safe_load(filled_in(compose_text(), environment))
    return document


def services() -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def variables_with_defaults() -> dict[str, str]:
    """Return the variables of compose.yaml and what they are when nothing is said."""
    found: dict[str, str] = {}
    for name, default in VARIABLE.findall(compose_text()):
        assert found.setdefault(name, default) == default, f"two defaults of {name}"
    return found


def example_values() -> dict[str, str]:
    """Return the variables of .env.example."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


class Image:
    """A target of the Dockerfile, as the parser of Docker's own builder reads it."""

    def __init__(self, target: str) -> None:
        steps = dockerfile.parse_file(str(DOCKERFILE))
        starts = [at for at, step in enumerate(steps) if step.cmd.upper() == "FROM"]
        ends = [*starts[1:], len(steps)]
        self.stages = {
            steps[at].value[2]: steps[at:end] for at, end in zip(starts, ends, strict=True)
        }
        self.steps = self.stages[target]

    def last(self, command: str) -> tuple[str, ...]:
        """Return the words of the final stage's last step of a kind."""
        found = [step.value for step in self.steps if step.cmd.upper() == command]
        return tuple(found[-1]) if found else ()

    @property
    def environment(self) -> dict[str, str]:
        """What the image sets."""
        words = [w for step in self.steps if step.cmd.upper() == "ENV" for w in step.value]
        return {words[at]: words[at + 1].strip('"') for at in range(0, len(words), 2)}

    @property
    def installed(self) -> set[str]:
        """The Debian packages of the final stage."""
        script = " ".join(" ".join(s.value) for s in self.steps if s.cmd.upper() == "RUN")
        found = re.search(r"apt-get install -y --no-install-recommends ([^&]*)", script)
        assert found, script
        return set(found[1].replace("\\", " ").split())


def copied() -> list[str]:
    """Return what the images' stages copy out of the repository."""
    return [
        source
        for step in dockerfile.parse_file(str(DOCKERFILE))
        if step.cmd.upper() == "COPY" and not any(f.startswith("--from") for f in step.flags)
        for source in step.value[:-1]
    ]


def context() -> list[str]:
    """Return the files that the builder is given: git's, less those that are ignored."""
    rules = Path(f"{DOCKERFILE}.dockerignore").read_text().split()
    assert rules[0] == "*"
    allowed = [rule[1:] for rule in rules if rule.startswith("!")]
    refused = [rule for rule in rules[1:] if not rule.startswith("!")]

    def below(name: str, folders: list[str]) -> bool:
        return any(name == folder or name.startswith(f"{folder}/") for folder in folders)

    return [n for n in tracked() if below(n, allowed) and not below(n, refused)]


@cache
def tracked() -> tuple[str, ...]:
    """Return the names of all files that git tracks or would track."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(done.stdout.splitlines())


def image_of(service: str) -> Image:
    """Return the image that a service of ours is built from."""
    build = services()[service]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DOCKERFILE)
    return Image(build["target"])


def command_of(service: str) -> list[str]:
    """Return the words that a container of the service runs."""
    image = image_of(service)
    return [*image.last("ENTRYPOINT"), *services()[service].get("command", image.last("CMD"))]
