"""A leaderboard of a hundred thousand players: ranks, neighbours and the best, in microseconds."""

from __future__ import annotations

import random

import miniredis

PLAYERS = 100_000


def main() -> None:
    """Fill the board, look at it from several sides, compare with a sorted list."""
    dice = random.Random(7)
    node = miniredis.open(memory_limit="64mb", decode_responses=True)
    scores = {f"player:{n}": dice.randint(0, 1_000_000) for n in range(PLAYERS)}
    items = list(scores.items())
    for start in range(0, PLAYERS, 1000):
        node.zadd("board", dict(items[start : start + 1000]))

    by_rank = sorted(items, key=lambda item: (item[1], item[0]), reverse=True)
    best = node.zrange("board", 0, 9, desc=True, withscores=True)
    assert [(name, int(score)) for name, score in best] == by_rank[:10]

    me = "player:4711"
    rank = node.zrevrank("board", me)
    assert by_rank[rank][0] == me
    around = node.zrange("board", max(0, rank - 2), rank + 2, desc=True)
    assert me in around
    assert node.zincrby("board", 2_000_000, me) == scores[me] + 2_000_000
    assert node.zrevrank("board", me) == 0
    print(f"{me} was number {rank + 1} between {around}; {node.memory_used_bytes >> 10} KiB in all")


if __name__ == "__main__":
    main()
