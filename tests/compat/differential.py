"""Send the same random streams of commands to redis-server and to MiniRedis and compare.

    tests/compat/differential.py --seed 1 --count 20000

Compared are all replies with their types and error texts, and at the end of each stream the key
space: keys, values, times to live, types, encodings. At the first difference the seed and the
shortest list of commands that shows it are printed, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.compat import value_streams
from tests.compat.grammar import Grammar, stream_of
from tests.compat.resp_client import Reply, RespClient
from tests.compat.streams import Command, stream
from tests.servers import ServerProcess, start_redis, start_standalone

STREAM_LENGTH = 250
DATABASES = 4
# How far apart the two servers may be in time: they run one after the other.
TOLERANCE_MS = 5000
TOLERANCE_S = 5

# What OBJECT REFCOUNT says of small integers, which are shared.
SHARED = 2147483647
ENCODINGS = [{b"raw", b"embstr"}, {b"int", b"embstr"}, {b"int", b"raw"}]


def same_numbers(redis: object, ours: object) -> bool:
    """Whether two replies differ only in how doubles are written."""
    if isinstance(redis, (tuple, list)) and isinstance(ours, (tuple, list)):
        return len(redis) == len(ours) and all(map(same_numbers, redis, ours))
    if redis == ours:
        return True
    try:
        return float(redis) == float(ours)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


# Where MiniRedis may answer otherwise, and why.
ALLOWED: list[tuple[str, Callable[[Command, Reply, Reply], bool]]] = [
    (
        "encodings tell how Redis happens to store what APPEND, SETRANGE and INCRBYFLOAT leave; "
        "MiniRedis stores a text alike whoever wrote it",
        lambda command, redis, ours: (
            command[0].upper() == b"OBJECT"
            and ({redis[1], ours[1]} in ENCODINGS or {redis[1], ours[1]} == {1, SHARED})
        ),
    ),
    (
        "GETEX and LCS read their arguments before they look for the keys",
        lambda command, redis, ours: (
            command[0].upper() in (b"GETEX", b"LCS")
            and ours[0] == "-"
            and (
                redis[1] is None
                or redis[1].startswith((b"WRONGTYPE", b"ERR The specified keys must contain"))
            )
        ),
    ),
    (
        "whether the same span is later than it was depends on the millisecond",
        lambda command, redis, ours: (
            command[0].upper() in (b"EXPIRE", b"PEXPIRE")
            and redis[0] == ours[0] == ":"
            and bool({b"GT", b"LT"} & {word.upper() for word in command[3:]})
        ),
    ),
    (
        "ZRANK and ZREVRANK take WITHSCORE from 7.2 on",
        lambda command, redis, ours: (
            command[0].upper() in (b"ZRANK", b"ZREVRANK")
            and redis[0] == "-"
            and redis[1].startswith(b"ERR wrong number of arguments")
        ),
    ),
    (
        "scores have 17 digits before Redis 7.2, and the shortest text that reads back after it",
        lambda command, redis, ours: command[0].upper()[:1] in b"ZB" and same_numbers(redis, ours),
    ),
    (
        "LPOS takes a rank that has no opposite before 7.2",
        lambda command, redis, ours: (
            command[0].upper() == b"LPOS"
            and ours[0] == "-"
            and ours[1].startswith(b"ERR value is out of range, value must between -92")
        ),
    ),
    (
        "short lists and sets are listpacks from 7.2 on",
        lambda command, redis, ours: (
            command[0].upper() == b"OBJECT"
            and ours[1] == b"listpack"
            and redis[1] in (b"quicklist", b"hashtable")
        ),
    ),
    (
        "XSETID looks at what was deleted, and errors name commands otherwise, from 7.2 on",
        lambda command, redis, ours: (
            command[0].upper() in (b"XSETID", b"XREAD", b"XREADGROUP")
            and ours[0] == "-"
            and (b"max_deleted_entry_id" in ours[1] or b"ERR Unbalanced" in ours[1])
        ),
    ),
    (
        "a consumer that claims nothing is there all the same from 7.2 on",
        lambda command, redis, ours: (
            command[0].upper() == b"XGROUP"
            and command[1].upper() == b"CREATECONSUMER"
            and (redis, ours) == ((":", 1), (":", 0))
        ),
    ),
    (
        "how long an entry has been pending depends on the millisecond",
        lambda command, redis, ours: (
            command[0].upper() == b"XPENDING"
            and redis[0] == ours[0] == "*"
            and len(redis[1]) == len(ours[1])
            and all(
                a[1][:2] == b[1][:2] and a[1][3:] == b[1][3:]
                for a, b in zip(redis[1], ours[1], strict=True)
                if a[0] == "*" and len(a[1] or []) == len(b[1] or []) == 4
            )
        ),
    ),
    (
        "redis-server ends the names that it quotes at a zero byte",
        lambda command, redis, ours: (
            redis[0] == ours[0] == "-" and b"\0" in ours[1] and b"\0" not in redis[1]
        ),
    ),
    (
        "SORT of redis-server makes a large one of a small sorted set",
        lambda command, redis, ours: (
            command[0].upper() == b"OBJECT" and (redis[1], ours[1]) == (b"skiplist", b"listpack")
        ),
    ),
    (
        "a set that is not sorted comes in whatever order, and so do texts that are alike up to a "
        "zero byte",
        lambda command, redis, ours: (
            command[0].upper() in (b"SORT", b"SORT_RO")
            and (b"BY" in [word.upper() for word in command] or "\\x00" in repr(ours))
            and redis[0] == ours[0] == "*"
            and sorted(redis[1] or [], key=repr) == sorted(ours[1] or [], key=repr)
        ),
    ),
    (
        "redis-server drops line ends at the end of an error, and MiniRedis shows them as spaces",
        lambda command, redis, ours: (
            redis[0] == ours[0] == "-" and redis[1].rstrip() == ours[1].rstrip()
        ),
    ),
]


@dataclass
class Difference:
    """Where the two servers part."""

    position: int
    command: Command
    redis: Reply
    ours: Reply

    def text(self) -> str:
        """Describe it."""
        return (
            f"{show(self.command)}\n    redis-server  {self.redis}\n    MiniRedis     {self.ours}"
        )


def show(command: Command) -> str:
    """Write a command as it can be pasted into redis-cli."""
    words = []
    for argument in command:
        plain = argument.decode("latin-1")
        if argument and all(33 <= byte < 127 and byte not in b"\"'\\" for byte in argument):
            words.append(plain)
        else:
            escaped = "".join(
                f"\\x{byte:02x}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
                for byte in argument
            )
            words.append(f'"{escaped}"')
    return " ".join(words)


# Commands whose members come in whatever order, and those whose pairs do.
UNORDERED = {b"SMEMBERS", b"SUNION", b"SINTER", b"SDIFF", b"HKEYS", b"HVALS", b"SSCAN"}
UNORDERED_PAIRS = {b"HGETALL", b"HSCAN"}


def in_order(name: bytes, reply: Reply) -> object:
    """Put what has no order of its own into one."""
    items = reply[1]
    if name in (b"SSCAN", b"HSCAN") and isinstance(items, list) and len(items) == 2:
        items = items[1][1]
    if not isinstance(items, (list, tuple)):
        return items
    if name in UNORDERED_PAIRS and (not items or not isinstance(items[0][0], tuple)):
        items = list(zip(items[::2], items[1::2], strict=True))
    return sorted(items)


def same(command: Command, redis: Reply, ours: Reply) -> bool:
    """Whether two replies to `command` are alike."""
    if redis == ours:
        return True
    name = command[0].upper()
    if redis[0] == ours[0]:
        if name in UNORDERED | UNORDERED_PAIRS and redis[0] in "*~%":
            return in_order(name, redis) == in_order(name, ours)
        if name == b"KEYS" and redis[0] == "*":
            return sorted(redis[1]) == sorted(ours[1])
        if name == b"SCAN-LOOP":
            # Queued in a transaction it is one step, and a step may find what it likes.
            return redis[0] == "*" and len(ours[1]) == 2
        if name == b"RANDOMKEY":
            return bool((redis[1] is None) == (ours[1] is None))
        if redis[0] == ":" and redis[1] > 0 and ours[1] > 0:
            if name in (b"PTTL", b"PEXPIRETIME"):
                return bool(abs(redis[1] - ours[1]) <= TOLERANCE_MS)
            if name in (b"TTL", b"EXPIRETIME"):
                return bool(abs(redis[1] - ours[1]) <= TOLERANCE_S)
    return any(allowed(command, redis, ours) for _, allowed in ALLOWED)


class Player:
    """Plays streams on one server and gives the replies."""

    def __init__(self, server: ServerProcess, protocol: int) -> None:
        self.client = RespClient(server.port, timeout=30)
        self.protocol = protocol

    def reset(self) -> None:
        """Make the connection and the server as they were at first."""
        self.client.call("RESET")
        if self.protocol == 3:
            self.client.call("HELLO", 3)
        self.client.call("FLUSHALL")

    def play(self, commands: list[Command], pipelined: bool) -> list[Reply]:
        """Run commands; what is queued in a transaction is answered as QUEUED, as usual."""
        self.reset()
        if not pipelined:
            return [self._one(command) for command in commands]
        replies: list[Reply] = []
        batch: list[Command] = []
        for command in commands:
            if command[0] == b"SCAN-LOOP":
                replies += self.client.pipeline(batch)
                batch = []
                replies.append(self._one(command))
            else:
                batch.append(command)
        return replies + self.client.pipeline(batch)

    def _one(self, command: Command) -> Reply:
        if command[0] != b"SCAN-LOOP":
            return self.client.call(*command)
        found: set[bytes] = set()
        cursor = b"0"
        for _ in range(10_000):
            reply = self.client.call("SCAN", cursor, "MATCH", command[1], "COUNT", command[2])
            if reply[0] != "*":
                return reply
            cursor = reply[1][0][1]
            found |= {key for _, key in reply[1][1][1]}
            if cursor == b"0":
                return "~", sorted(found)
        return "-", b"the loop did not end"

    def key_space(self) -> list[tuple[Command, Reply]]:
        """Describe every key of the first databases."""
        self.client.call("DISCARD")
        description: list[tuple[Command, Reply]] = []
        for database in range(DATABASES):
            self.client.call("SELECT", database)
            keys = self.client.call("KEYS", "*")
            description.append(((b"KEYS", b"*", b"in", b"%d" % database), ("*", sorted(keys[1]))))
            for _, key in sorted(keys[1]):
                questions: list[Command] = [
                    (b"TYPE", key),
                    (b"GET", key),
                    (b"PTTL", key),
                    (b"OBJECT", b"ENCODING", key),
                    (b"LRANGE", key, b"0", b"-1"),
                    (b"HGETALL", key),
                    (b"SMEMBERS", key),
                    (b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"),
                    (b"XRANGE", key, b"-", b"+"),
                ]
                description += zip(questions, self.client.pipeline(questions), strict=True)
        return description


def queued_commands(commands: list[Command], replies: list[Reply]) -> dict[int, list[Command]]:
    """Return, by the position of each EXEC, the commands that it ran."""
    queues: dict[int, list[Command]] = {}
    queue: list[Command] = []
    for position, (command, reply) in enumerate(zip(commands, replies, strict=True)):
        name = command[0].upper()
        if reply == ("+", b"QUEUED"):
            queue.append(command)
        elif name in (b"EXEC", b"DISCARD") and len(command) == 1:
            queues[position] = queue
            queue = []
    return queues


class Comparison:
    """Two servers under the same streams."""

    def __init__(
        self, redis: ServerProcess, ours: ServerProcess, protocol: int, pipelined: bool
    ) -> None:
        self.redis = Player(redis, protocol)
        self.ours = Player(ours, protocol)
        self.pipelined = pipelined

    def first_difference(self, commands: list[Command]) -> Difference | None:
        """Play one stream on both and find where they part."""
        left = self.redis.play(commands, self.pipelined)
        right = self.ours.play(commands, self.pipelined)
        queues = queued_commands(commands, left)
        for position, (command, redis, ours) in enumerate(zip(commands, left, right, strict=True)):
            if same(command, redis, ours):
                continue
            inner = queues.get(position)
            if inner and redis[0] == ours[0] == "*" and len(redis[1] or []) == len(ours[1] or []):
                triples = zip(inner, redis[1] or [], ours[1] or [], strict=True)
                wrong = [t for t in triples if not same(*t)]
                if not wrong:
                    continue
                return Difference(position, wrong[0][0], wrong[0][1], wrong[0][2])
            return Difference(position, command, redis, ours)
        for (question, redis), (other, ours) in zip(
            self.redis.key_space(), self.ours.key_space(), strict=False
        ):
            if question != other or not same(question, redis, ours):
                return Difference(len(commands), question, redis, ours)
        return None

    def minimised(
        self, commands: list[Command], difference: Difference
    ) -> tuple[list[Command], Difference]:
        """Return a short stream that still shows a difference, and that difference."""
        commands = commands[: difference.position + 1]
        chunk = max(1, len(commands) // 2)
        while chunk:
            begin = 0
            while begin < len(commands):
                shorter = commands[:begin] + commands[begin + chunk :]
                found = self.first_difference(shorter) if shorter else None
                if found:
                    commands, difference = shorter, found
                else:
                    begin += chunk
            chunk //= 2
        return commands, difference


def run(
    redis: ServerProcess,
    ours: ServerProcess,
    *,
    seed: int,
    count: int,
    protocol: int,
    pipelined: bool,
) -> str | None:
    """Compare `count` commands; return None, or a text that describes the first difference."""
    differences = find(redis, ours, seed, count, protocol, pipelined)
    return next(differences, None)


def find(
    redis: ServerProcess,
    ours: ServerProcess,
    seed: int,
    count: int,
    protocol: int,
    pipelined: bool,
) -> Iterator[str]:
    """Yield a description of each difference, one for each kind."""
    comparison = Comparison(redis, ours, protocol, pipelined)
    grammar = Grammar(ours.port)
    known: set[tuple[object, ...]] = set()
    for number in range(max(1, count // STREAM_LENGTH)):
        stream_seed = seed * 1_000_003 + number
        # One in three comes from the declarations.
        makers = (stream, partial(stream_of, grammar), value_streams.stream)
        commands = makers[number % len(makers)](stream_seed, STREAM_LENGTH)
        found = comparison.first_difference(commands)
        if found:
            short, difference = comparison.minimised(commands, found)
            kind = (short[-1][0].upper(), difference.command[0].upper(), difference.ours[0])
            if kind in known:
                continue
            known.add(kind)
            lines = "\n".join(f"    {show(command)}" for command in short)
            way = f"RESP{protocol}, {'pipelined' if pipelined else 'one by one'}"
            yield (
                f"seed {seed}, stream {number} ({way}): servers differ after\n{lines}\n"
                f"  at {difference.text()}"
            )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20_000, help="commands in each of the modes")
    parser.add_argument(
        "--self-check", action="store_true", help="compare redis-server with itself"
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="show one difference of each kind, not the first"
    )
    arguments = parser.parse_args()
    redis = start_redis()
    ours = start_redis() if arguments.self_check else start_standalone("--maxmemory", "1gb")
    status = 0
    try:
        for protocol in (2, 3):
            for pipelined in (False, True):
                way = f"RESP{protocol}, {'pipelined' if pipelined else 'one by one'}"
                found = find(redis, ours, arguments.seed, arguments.count, protocol, pipelined)
                different = False
                for difference in found:
                    different = True
                    print(difference, flush=True)
                    if not arguments.keep_going:
                        break
                status = 1 if different else status
                if not different:
                    print(f"{way}: {arguments.count} commands, no difference", flush=True)
    finally:
        redis.stop()
        ours.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
