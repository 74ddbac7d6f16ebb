"""Analytics inside an application: tenants kept apart, unique visitors, a stream of events."""

from __future__ import annotations

import miniredis
import numpy

DAYS = 3


def main() -> None:
    """Take events of two customers in one process; neither can use up what the other has."""
    engine = miniredis.Engine(shards=1)
    nodes = {}
    for name in ("acme", "globex"):
        tenant = engine.create_tenant(name, memory_limit="8mb", max_nodes=2)
        nodes[name] = tenant.create_node(f"{name}-events", memory_limit="4mb")

    dice = numpy.random.default_rng(7)
    for name, node in nodes.items():
        seen: list[set[int]] = [set() for _ in range(DAYS)]
        for day in range(DAYS):
            for visitor in dice.integers(0, 500, size=400).tolist():
                node.sadd(f"visitors:{day}", visitor)
                node.xadd("events", {"visitor": visitor, "day": day}, maxlen=1000)
                seen[day].add(visitor)
            assert node.scard(f"visitors:{day}") == len(seen[day])
        returned = node.sinter([f"visitors:{day}" for day in range(DAYS)])
        assert len(returned) == len(set.intersection(*seen))
        assert node.xlen("events") <= 1100
        # A day's series as an array: in without a copy, back as an array.
        hours = dice.integers(0, 10_000, size=24)
        node.set("hours", hours)
        assert (numpy.frombuffer(node.get("hours") or b"", dtype=hours.dtype) == hours).all()
        print(f"{name}: {len(returned)} visitors came every day")

    full = 0
    try:
        for number in range(100_000):
            nodes["acme"].set(f"fill:{number}", "x" * 100)
    except miniredis.OutOfMemoryError:
        full = number
    assert 0 < full < 100_000
    assert nodes["globex"].set("still", "there") is True
    print(f"acme was full after {full} more keys; globex did not notice")


if __name__ == "__main__":
    main()
