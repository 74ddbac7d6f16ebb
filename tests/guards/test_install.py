"""The library as an outside project finds it after `cmake --install`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.servers import ROOT

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES CXX)
find_package(miniredis REQUIRED)
add_executable(outside main.cc)
target_link_libraries(outside PRIVATE miniredis::miniredis)
"""
PROGRAM = """
#include <miniredis/commands.h>
#include <miniredis/engine.h>
#include <miniredis/server.h>

#include <cstdio>

int main() {
  auto engine = miniredis::Engine::open({.shards = 1}).value();
  auto tenant = engine.create_tenant({.name = "acme"}).value();
  auto node = tenant.create_node({.name = "cache"}).value();
  auto server = miniredis::Server::start(engine, {}).value();
  const auto port = server.listen(node, 0).value();
  node.execute({"SET", "greeting", "hello"});
  std::printf("%s %d %s\\n", node.execute({"GET", "greeting"}).text().c_str(), port > 0,
              miniredis::version());
}
"""


def run(*command: str | Path) -> str:
    """Run a command; fail with its output."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_find_package_from_an_outside_project(tmp_path: Path) -> None:
    prefix, source, build = tmp_path / "prefix", tmp_path / "source", tmp_path / "build"
    run("cmake", "--install", ROOT / "build", "--prefix", prefix)
    source.mkdir()
    (source / "CMakeLists.txt").write_text(PROJECT)
    (source / "main.cc").write_text(PROGRAM)
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    assert run(build / "outside") == "hello 1 0.1.0\n"
    assert (prefix / "bin" / "miniredisd").exists()
    assert (prefix / "bin" / "mredis").exists()
