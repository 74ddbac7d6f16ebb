"""``miniredis up`` and ``miniredis doctor``; ``python -m miniredis`` is the same."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from miniredis._launcher import doctor, platform
from miniredis._launcher.supervisor import Group, StartError, run_until_signal

MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="miniredis", description="MiniRedis: the whole platform from one command."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser(
        "up",
        help="run the platform: daemon, auth service, monitoring service",
        description="Runs the platform until Ctrl-C or SIGTERM; who dies is started again. "
        "Settings are taken from the environment, MINIREDIS_...: `miniredisd --help` lists them.",
    )
    look = commands.add_parser("doctor", help="say what is missing or stands in the way")
    for one in (up, look):
        one.add_argument(
            "--data-directory",
            metavar="FOLDER",
            help="databases, keys, definitions (MINIREDIS_DATA_DIRECTORY, else ./data)",
        )
    up.add_argument(
        "--only",
        metavar="PARTS",
        default=",".join(platform.PARTS),
        help=f"some of {','.join(platform.PARTS)}, with commas",
    )
    return parser.parse_args()


def run_up(arguments: argparse.Namespace) -> int:
    """Run the platform; return the exit status."""
    parts = tuple(part for part in arguments.only.split(",") if part)
    unknown = [part for part in parts if part not in platform.PARTS]
    if unknown or not parts:
        given = f"{unknown[0]!r} is unknown" if unknown else "nothing is given"
        say(f"miniredis: --only: {given}; allowed: {', '.join(platform.PARTS)}, with commas")
        return 2
    folder = platform.data_directory(arguments.data_directory)
    token = None if platform.has_own_token() else platform.shared_token(folder)
    group = Group(platform.programs(parts, folder, token), say)
    if token is not None and token.new:
        say(f"admin token: {token.new}")
    if token is not None:
        say(f"admin token is in {token.file}")

    def tell_addresses() -> None:
        for keeper in group.keepers:
            say(f"{keeper.program.name}: {keeper.ready_line}")
        say("ready: Ctrl-C stops all of it")

    asyncio.run(run_until_signal(group, tell_addresses))
    say("stopped")
    return 0


def run_doctor(arguments: argparse.Namespace) -> int:
    """Print the findings; return 1 when one is bad."""
    findings = doctor.examine(platform.data_directory(arguments.data_directory))
    for finding in findings:
        say(f"{MARKS[finding.level]} {finding.text}")
    bad = sum(finding.level == "bad" for finding in findings)
    say(
        "all is well"
        if bad == 0
        else f"{bad} {'thing stands' if bad == 1 else 'things stand'} in the way"
    )
    return 1 if bad else 0


def main() -> int:
    """Run what the command line says; return the exit status."""
    arguments = parse_arguments()
    try:
        return run_up(arguments) if arguments.command == "up" else run_doctor(arguments)
    except (platform.PlatformError, StartError) as failure:
        print(f"miniredis: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
