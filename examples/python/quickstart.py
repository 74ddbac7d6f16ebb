"""An isolated, Redis-compatible node in this very process: no server, no socket."""

from __future__ import annotations

import miniredis


def main() -> None:
    """Show commands, types, errors, and a limit that holds."""
    node = miniredis.open(memory_limit="2mb", eviction_policy="allkeys-lru", decode_responses=True)

    print("SET:", node.execute("SET", "greeting", "hello"))
    print("GET:", node.execute("GET", "greeting"))
    print("INCRBY:", node.execute("INCRBY", "visits", 5))
    assert node.execute("GET", "visits") == "5"
    assert node.execute("GET", "nothing") is None

    try:
        node.execute("INCR", "greeting")
    except miniredis.ResponseError as error:
        print("INCR of a text:", error)
    else:
        raise SystemExit("INCR of a text must fail")

    replies = node.execute_batch([("SET", f"key:{i}", "v" * 1000) for i in range(8000)])
    stats = node.stats()
    print(f"{len(replies)} writes; {stats['memory_used_bytes']} bytes used of 2 MiB")
    assert stats["memory_used_bytes"] <= 2 << 20
    assert stats["evicted"] > 0


if __name__ == "__main__":
    main()
