"""When a node's memory will be full, by a straight line through its last figures."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

WINDOW_MS = 30 * 60_000
APART_MS = 20_000
FEWEST = 6
# Below this share of the variance explained, the line says nothing.
FIT = 0.8
FARTHEST_SECONDS = 30 * 86_400


def slope_of(points: Sequence[tuple[int, int]]) -> float:
    """Return the bytes a second of a line through (time in ms, bytes); 0 where none fits."""
    if len(points) < FEWEST:
        return 0.0
    begin = points[0][0]
    times = [(at - begin) / 1000 for at, _ in points]
    mean_time = sum(times) / len(times)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((at - mean_time) ** 2 for at in times)
    variance = sum((value - mean) ** 2 for _, value in points)
    if spread == 0 or variance == 0:
        return 0.0
    shared = sum(
        (at - mean_time) * (value - mean) for at, (_, value) in zip(times, points, strict=True)
    )
    return shared / spread if shared**2 / (spread * variance) >= FIT else 0.0


class Growth:
    """The last figures of each node's memory."""

    def __init__(self) -> None:
        self.points: dict[str, deque[tuple[int, int]]] = {}

    def note(self, at_ms: int, used: dict[str, int]) -> None:
        """Take up the figures of one pull; nodes that are gone are forgotten."""
        self.points = {node: kept for node, kept in self.points.items() if node in used}
        for node, value in used.items():
            kept = self.points.setdefault(node, deque())
            if not kept or at_ms - kept[-1][0] >= APART_MS:
                kept.append((at_ms, value))
            while kept[0][0] < at_ms - WINDOW_MS:
                kept.popleft()

    def full_in_seconds(self, node: str, used: int, limit: int) -> float | None:
        """Return in how many seconds the limit is reached; nothing when it does not look so."""
        slope = slope_of(list(self.points.get(node, ())))
        if limit <= 0 or slope <= 0:
            return None
        seconds = max(limit - used, 0) / slope
        return round(seconds, 1) if seconds <= FARTHEST_SECONDS else None
