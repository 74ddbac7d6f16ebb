"""The same random users on redis-server and on MiniRedis: what they are, and what they may do.

redis-server 7.0 shows the commands of a user as what came of his rules, 7.2 and MiniRedis as the
rules themselves. So commands are compared by trying them.
"""

from __future__ import annotations

import os
import random
import re

import pytest

from tests.compat import acl_streams
from tests.compat.resp_client import Reply, RespClient
from tests.servers import ServerProcess

SEED = int(os.environ.get("MINIREDIS_SEED", "1"))
STREAMS = int(os.environ.get("MINIREDIS_COUNT", "60"))
CALLS = 12

# 7.2 names what the user may do; 7.0 says "This user".
DENIAL = re.compile(rb"(?:This user|User \S+) (has no permissions .*)")


def shown(reply: Reply) -> object:
    """Return what a user is, without what 7.0 and 7.2 show differently."""
    if reply[1] is None or reply[0] == "-":
        return reply
    fields = dict(zip((f[1] for f in reply[1][::2]), reply[1][1::2], strict=True))
    flags = {flag[1] for flag in fields[b"flags"][1]} - {b"sanitize-payload"}
    selectors = [[part for i, part in enumerate(s[1]) if i != 1] for s in fields[b"selectors"][1]]
    return flags, fields[b"passwords"], fields[b"keys"], fields[b"channels"], selectors


def verdict(reply: Reply) -> object:
    """Return what DRYRUN said, without how it names the user."""
    if reply[0] == "-":
        return reply
    matched = DENIAL.fullmatch(reply[1])
    return matched[1] if matched else reply[1]


def play(seed: int, redis: RespClient, ours: RespClient) -> None:
    """Make users of one stream on both, and compare them after each call."""
    rng = random.Random(seed)
    for user in acl_streams.USERS:
        for client in (redis, ours):
            client.call("ACL", "DELUSER", user)
    done: list[list[str]] = []
    for _ in range(CALLS):
        words = acl_streams.setuser(rng)
        done.append(words)
        theirs, mine = redis.call(*words), ours.call(*words)
        assert mine == theirs, (seed, done)
        name = words[2]
        theirs, mine = redis.call("ACL", "GETUSER", name), ours.call("ACL", "GETUSER", name)
        assert shown(mine) == shown(theirs), (seed, done)
        tried = [["ACL", "DRYRUN", name, *call.split()] for call in acl_streams.TRIED]
        theirs_all, mine_all = redis.pipeline(tried), ours.pipeline(tried)
        for call, their, my in zip(tried, theirs_all, mine_all, strict=True):
            assert verdict(my) == verdict(their), (seed, done, call)


@pytest.mark.parametrize("part", range(4))
def test_same_users_and_same_rights(
    redis_server: ServerProcess, node: ServerProcess, part: int
) -> None:
    with RespClient(redis_server.port) as redis, RespClient(node.port) as ours:
        for i in range(STREAMS // 4):
            play(SEED * 1000 + part * 100 + i, redis, ours)


def test_rules_that_are_shown_make_the_same_user(node: ServerProcess) -> None:
    rng = random.Random(SEED)
    with RespClient(node.port) as client:
        for _ in range(200):
            client.call("ACL", "DELUSER", "alice", "bob", "again")
            for _ in range(4):
                client.call(*acl_streams.setuser(rng))
            for line in client.call("ACL", "LIST")[1]:
                _, name, *rules = line[1].decode().split(" ")
                if name == "default":
                    continue
                client.call("ACL", "DELUSER", "again")
                assert client.call("ACL", "SETUSER", "again", "reset", *rules) == ("+", b"OK"), line
                again = client.call("ACL", "GETUSER", "again")
                assert again == client.call("ACL", "GETUSER", name), line
