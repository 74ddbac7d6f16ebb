"""One daemon that the tests of this folder share, and fresh ones for those that stop theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.service.daemon import Daemon


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Start a daemon with one tenant, acme."""
    with Daemon(tmp_path_factory.mktemp("service") / "data") as daemon:
        daemon.make_tenant()
        yield daemon


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Iterator[Daemon]:
    """Give the shared daemon, and clear away the nodes that the test made."""
    yield shared_daemon
    assert shared_daemon.process is not None
    assert shared_daemon.process.poll() is None, shared_daemon.log()
    for node in shared_daemon.get("/v1/nodes?limit=1000")["items"]:
        assert shared_daemon.request("DELETE", f"/v1/nodes/{node['id']}").status == 204


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Give a maker of daemons over one directory; all are ended with the test."""
    made: list[Daemon] = []

    def make(*flags: str, **options: object) -> Daemon:
        daemon = Daemon(tmp_path / "data", list(flags), **options)  # type: ignore[arg-type]
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.__exit__()
