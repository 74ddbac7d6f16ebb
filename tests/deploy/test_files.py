"""What the files of deploy/ say of each other, of the programs and of the documentation."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.deploy.files import (
    DATABASES,
    DEPLOY,
    DOCKERFILE,
    OUR_SERVICES,
    TARGETS,
    Image,
    command_of,
    compose,
    compose_text,
    context,
    copied,
    example_values,
    image_of,
    services,
    variables_with_defaults,
)
from tests.servers import BINARIES, ROOT
from tests.service.daemon import clean_environment, run_program

# Brings the schema of compose files, and a linter for them.
LINTER = "dclint@3.1.0"
SERVICES_MODULES = ("miniredis.auth", "miniredis.monitoring")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def linter() -> Path:
    """Give the folder where the linter of compose files is installed."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: no schema to hold compose.yaml against")
    folder = ROOT / "build" / "npm-deploy"
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != LINTER:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", LINTER],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        stamp.write_text(LINTER)
    return folder / "node_modules" / "dclint"


def test_compose_fits_its_schema(linter: Path) -> None:
    schema = json.loads((linter / "schemas" / "compose.schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(compose())
    wrong = compose()
    wrong["services"]["gateway"]["comand"] = []
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(wrong)


def test_variables_of_compose_and_of_the_example_are_the_same() -> None:
    assert example_values() == variables_with_defaults()


def test_every_variable_of_the_example_is_explained() -> None:
    blocks = (DEPLOY / ".env.example").read_text().strip().split("\n\n")
    for block in blocks[1:]:
        assert block.startswith("# "), block


def published() -> dict[str, dict[int, str]]:
    """Return the ports of each service: inside, and the address they are published on."""
    found: dict[str, dict[int, str]] = {}
    for name, service in services().items():
        found[name] = {}
        for port in service.get("ports", []):
            address, outside, inside = port.split(":")
            assert outside == inside, port
            first, _, last = inside.partition("-")
            found[name] |= {int(first): address, int(last or first): address}
    return found


def test_ports_are_those_of_the_documentation() -> None:
    expected = {
        "frontend": {5173},
        "gateway": {8080},
        "backend": {5500},
        "node-manager": {7000, 6379, 7001, 7999},
        "auth": {8000},
        "monitoring": {9000},
    }
    ports = published()
    assert {name: set(ports[name]) for name in OUR_SERVICES} == expected
    assert all(not ports[name] for name in DATABASES)
    every = {port for own in expected.values() for port in own}
    for page in (ROOT / "README.md", ROOT / "docs" / "deploy.md"):
        rows = re.findall(r"^\| (\d+)(?:-(\d+))? \|", page.read_text(), re.MULTILINE)
        assert {int(port) for row in rows for port in row if port} == every, page
    for name in ("backend", "auth", "monitoring"):
        assert set(ports[name].values()) == {"127.0.0.1"}
    assert ports["node-manager"][7000] == "127.0.0.1"


def test_one_bridge_network_and_two_databases() -> None:
    document = compose()
    assert [network["driver"] for network in document["networks"].values()] == ["bridge"]
    for service in document["services"].values():
        assert list(service["networks"]) == ["platform"]
    folders = [document["services"][name]["volumes"][0] for name in DATABASES]
    assert len(set(folders)) == len(DATABASES)
    assert {folder.split(":")[0] for folder in folders} <= set(document["volumes"])


@pytest.mark.parametrize("name", [*OUR_SERVICES, *DATABASES])
def test_containers_are_hardened_limited_and_watched(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["pids_limit"] > 0
    assert re.fullmatch(r"\d+m", service["mem_limit"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "privileged" not in service
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


def test_the_order_of_starts_ends_and_waits_for_health() -> None:
    waits = {name: service.get("depends_on", {}) for name, service in services().items()}
    for needs in waits.values():
        assert all(need == {"condition": "service_healthy"} for need in needs.values())
    order: list[str] = []
    while len(order) < len(waits):
        ready = [n for n, needs in waits.items() if n not in order and set(needs) <= set(order)]
        assert ready, f"a circle among {set(waits) - set(order)}"
        order += ready
    assert order.index("backend") > order.index("main-database")
    assert order[-1] == "frontend"


def test_secrets_come_by_files_alone() -> None:
    document = compose()
    used: set[str] = set()
    for name, service in document["services"].items():
        files = [v for k, v in service.get("environment", {}).items() if k.endswith("_FILE")]
        given = service.get("secrets", [])
        assert sorted(files) == [f"/run/secrets/{secret}" for secret in sorted(given)], name
        used |= set(given)
        for word in service.get("command", []):
            assert not re.search(r"token|password|secret|://", word), word
        for variable, text in service.get("environment", {}).items():
            assert "@" not in str(text) or variable == "MINIREDIS_AUTH_ADMIN_EMAIL", variable
            assert variable.endswith("_FILE") or not re.search("TOKEN|PASSWORD|SECRET", variable)
    assert used == set(document["secrets"])


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    script = DEPLOY / "make-secrets.sh"
    folder = tmp_path / "secrets"
    first = run(script, folder)
    assert first.returncode == 0, first.stderr
    names = {path.name for path in folder.iterdir()}
    assert names == set(compose()["secrets"])
    texts = {name: (folder / name).read_text() for name in names}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name, text in texts.items():
        assert len(text.strip()) >= 32
        assert text.strip() not in first.stdout
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o444
    for database in ("main", "auth"):
        password = texts[f"{database}_database_password"].strip()
        url = f"postgresql://miniredis:{password}@{database}-database:5432/miniredis\n"
        assert texts[f"{database}_database_url"] == url
    (folder / "auth_secret").unlink()
    assert run(script, folder).stdout == f"made {folder}/auth_secret\n"
    assert texts.items() - {n: (folder / n).read_text() for n in names}.items() == {
        ("auth_secret", texts["auth_secret"])
    }


def test_the_dockerfile_is_well_made() -> None:
    done = run(Path(sys.executable).parent / "hadolint", "--failure-threshold", "style", DOCKERFILE)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_images_are_small_and_without_root(target: str) -> None:
    image = Image(target)
    assert image.steps[0].value[0] == "debian:12-slim"
    assert image.last("USER") == ("10001:10001",)
    earlier = list(image.stages)[: list(image.stages).index(target)]
    for step in image.steps:
        assert step.cmd.upper() not in {"ADD", "ARG"}
        for flag in step.flags:
            assert not flag.startswith("--from=") or flag.removeprefix("--from=") in earlier
    assert not any(re.search("TOKEN|PASSWORD|SECRET|KEY", name) for name in image.environment)


def test_what_is_copied_is_in_the_context() -> None:
    given = context()
    for source in copied():
        assert any(n == source or n.startswith(f"{source}/") for n in given), source
    unwanted = re.compile(r"(^|/)(secrets?|node_modules|generated)/|(^|/)\.env")
    assert [name for name in given if unwanted.search(name)] == []


def test_what_is_built_from_the_context_can_be_configured(tmp_path: Path) -> None:
    for name in context():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    off = ("-DMINIREDIS_BUILD_TESTS=OFF", "-DMINIREDIS_BUILD_BENCH=OFF")
    done = run("cmake", "--preset", "release", "-S", tmp_path, "-B", tmp_path / "build", *off)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", OUR_SERVICES)
def test_programs_take_the_variables_that_compose_gives(name: str) -> None:
    words = command_of(name)
    variables = set(services()[name].get("environment", {}))
    if words[0] == "miniredisd":
        text = run_program("--help").stdout
        for word in words[1:]:
            assert not word.startswith("--") or f"  {word} " in text, word
    elif name == "frontend":
        assert not variables
        return
    else:
        assert words[2] in SERVICES_MODULES
        module = os.environ.get("MINIREDIS_PYTHON_DIR", str(ROOT / "build" / "python"))
        done = subprocess.run(
            [sys.executable, *words[1:], "--help"],
            env=clean_environment(PYTHONPATH=module),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        text = done.stdout
    for variable in variables:
        known = variable if variable in text else variable.removesuffix("_FILE")
        assert re.search(rf"\b{known}\b", text), variable


def shared_libraries(program: Path) -> set[str]:
    """Return the Debian packages that a program's libraries belong to."""
    done = run("ldd", program)
    assert done.returncode == 0, done.stderr
    # A merged /usr has two names for each, and dpkg knows one of them.
    paths = {path.removeprefix("/usr") for path in re.findall(r"=> (/\S+)", done.stdout)}
    names = [name for path in paths for name in (path, f"/usr{path}")]
    found = re.findall(
        r"^([^:\s]+)(?::\S+)?: (\S+)$", run("dpkg", "-S", *names).stdout, re.MULTILINE
    )
    assert {path.removeprefix("/usr") for _, path in found} == paths
    return {package for package, _ in found}


def with_dependencies(packages: set[str]) -> set[str]:
    """Return packages and all that they bring."""
    done = run(
        *("apt-cache", "depends", "--recurse", "--installed", "--no-recommends", "--no-suggests"),
        *("--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", *sorted(packages)),
    )
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^(\S+)$", done.stdout, re.MULTILINE)) | packages


def test_images_install_the_libraries_that_programs_are_linked_with() -> None:
    daemon = image_of("gateway").installed
    needed = shared_libraries(BINARIES / "miniredisd") | shared_libraries(BINARIES / "mredis")
    assert needed <= with_dependencies(daemon), needed - with_dependencies(daemon)
    module: Any = next((ROOT / "build" / "python" / "miniredis").glob("_core*.so"))
    python = image_of("auth").installed
    assert shared_libraries(module) <= with_dependencies(python)


def test_text_of_compose_names_no_other_variables() -> None:
    # What is not of the form ${NAME:-default} would pass unseen by the tests above.
    assert not re.search(r"\$(?!\{\w+:-)", compose_text())


def test_pages_have_the_policy_that_the_gateway_gives_them() -> None:
    source = (ROOT / "service" / "gateway" / "static_files.h").read_text()
    found = re.search(r"content_security_policy =\s*((?:\"[^\"]*\"\s*)+);", source)
    assert found
    policy = "".join(re.findall(r"\"([^\"]*)\"", found[1]))
    assert f'Content-Security-Policy "{policy}"' in (DEPLOY / "nginx" / "headers.conf").read_text()
