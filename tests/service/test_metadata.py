"""The data layer against a real PostgreSQL, by way of its test program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer
from tests.servers import BINARIES, ROOT


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL."""
    postgres = PostgresServer()
    yield postgres
    postgres.stop()


def test_each_engine_passes_the_tests_of_the_data_layer(server: PostgresServer) -> None:
    control = f"{sys.executable} {ROOT / 'tests' / 'postgres.py'} {server.directory}"
    done = subprocess.run(
        [str(BINARIES / "metadata_test")],
        env={
            **os.environ,
            "MINIREDIS_TEST_POSTGRESQL": server.url,
            "MINIREDIS_TEST_POSTGRESQL_CONTROL": control,
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    found = re.search(r"test cases: +(\d+) \| +(\d+) passed", done.stdout)
    assert found, done.stdout
    assert int(found[1]) == int(found[2]) > 20
    # Each test makes a schema of its own there, so this many of them ran on PostgreSQL too.
    schemas = int(server.query("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'test_%'"))
    assert schemas >= 20
