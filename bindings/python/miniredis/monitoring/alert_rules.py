"""What a rule watches, and when it holds for a node."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Metric = Literal[
    "memory_used_bytes",
    "memory_ratio",
    "keys",
    "ops_per_second",
    "clients",
    "cpu_share",
    "latency_p50_us",
    "latency_p99_us",
]
Counter = Literal["hits", "misses", "evicted", "expired", "net_input_bytes", "net_output_bytes"]
Operator = Literal["gt", "ge", "lt", "le"]
NodeId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
NAME = r"^[A-Za-z0-9_.-]{1,64}$"
URL = r"^https?://[!-~]+$"
Value = Annotated[float, Field(allow_inf_nan=False)]


class Strict(BaseModel):
    """A part of a rule; fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid")


class Condition(Strict):
    """What all conditions have."""

    node: NodeId | None = Field(None, description="The node; nothing: every node of the tenant.")
    for_seconds: int = Field(0, ge=0, le=86400, description="How long it must hold to fire.")


class Threshold(Condition):
    """A figure is over or under a value."""

    kind: Literal["threshold"]
    metric: Metric
    op: Operator
    value: Value


class Rate(Condition):
    """A counter grows faster or slower than a value, a second."""

    kind: Literal["rate"]
    metric: Counter
    op: Operator
    value: Value


class Absence(Condition):
    """A node is gone, or does not run."""

    kind: Literal["absence"]
    # There is no list of nodes that ought to be there: one has to be named.
    node: NodeId


class FullIn(Condition):
    """A node's memory is full within some time, as it looks now."""

    kind: Literal["full_in"]
    within_seconds: int = Field(ge=60, le=30 * 86400)


class Webhook(Strict):
    """Who is told."""

    url: str = Field(pattern=URL, max_length=2000)
    secret: str = Field(
        min_length=16, max_length=256, description="Signs what is sent; never shown again."
    )


class RuleBody(Strict):
    """A rule as it is given."""

    name: str = Field(pattern=NAME)
    enabled: bool = True
    condition: Annotated[Threshold | Rate | Absence | FullIn, Field(discriminator="kind")]
    webhook: Webhook | None = None


class WebhookChange(Strict):
    """Who is told from now on."""

    url: str = Field(pattern=URL, max_length=2000)
    secret: str | None = Field(
        None,
        min_length=16,
        max_length=256,
        description="Nothing: the one that there is, as long as the URL stays the same.",
    )


class RuleChange(Strict):
    """A rule that takes another's place."""

    name: str = Field(pattern=NAME)
    enabled: bool = True
    condition: Annotated[Threshold | Rate | Absence | FullIn, Field(discriminator="kind")]
    webhook: WebhookChange | None = None

    def completed(self, before: RuleBody) -> RuleBody | None:
        """Return the whole rule; nothing when a secret is missing."""
        given = self.model_dump()
        if self.webhook is not None and self.webhook.secret is None:
            if before.webhook is None or before.webhook.url != self.webhook.url:
                return None
            given["webhook"] = before.webhook.model_dump()
        return RuleBody.model_validate(given)


class ShownWebhook(BaseModel):
    """Who is told, without the secret."""

    url: str


class Rule(BaseModel):
    """A rule as it is stored and shown."""

    id: str
    tenant: str | None
    name: str
    enabled: bool
    condition: Annotated[Threshold | Rate | Absence | FullIn, Field(discriminator="kind")]
    webhook: ShownWebhook | None
    version: int


def compares(op: Operator, left: float, right: float) -> bool:
    """Return the outcome of a comparison."""
    return {"gt": left > right, "ge": left >= right, "lt": left < right, "le": left <= right}[op]


def verdict(condition: Condition, item: dict[str, Any] | None) -> tuple[bool, float | None]:
    """Tell whether a condition holds for a node, and by which value.

    Parameters
    ----------
    item
        The node's figures with ``memory_ratio``, ``full_in_seconds`` and ``rates``; nothing when
        the node is gone.
    """
    if isinstance(condition, Absence):
        return item is None or item["state"] != "running", None
    if item is None:
        return False, None
    if isinstance(condition, FullIn):
        seconds = item["full_in_seconds"]
        return seconds is not None and seconds <= condition.within_seconds, seconds
    if isinstance(condition, (Threshold, Rate)):
        figures = item["rates"] if isinstance(condition, Rate) else item
        value = figures.get(condition.metric)
        if value is None:
            return False, None
        return compares(condition.op, value, condition.value), float(value)
    raise TypeError(type(condition).__name__)


def next_state(
    state: str | None, since_ms: int, *, holds: bool, now_ms: int, for_seconds: int
) -> str | None:
    """Return the state that follows: pending, firing, resolved; nothing is that of no alert."""
    if not holds:
        return "resolved" if state in {"firing", "resolved"} else None
    if state == "firing":
        return "firing"
    waited = now_ms - since_ms if state == "pending" else 0
    return "firing" if waited >= for_seconds * 1000 else "pending"
