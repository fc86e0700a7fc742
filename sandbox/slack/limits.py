"""How often each Web API method may be called: Slack's tiers, counted per method, and for posts per channel."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A bucket of `burst` calls that refills by `per_s` each second."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The rates of a workspace. A method that is not named has no limit."""

    post: Rate
    methods: dict[str, Rate]


TIER_3 = Rate(per_s=50 / 60, burst=50)
TIER_4 = Rate(per_s=100 / 60, burst=100)
STRICT = Limits(
    post=Rate(per_s=1, burst=5),
    methods={
        "chat.update": TIER_3,
        "chat.delete": TIER_3,
        "conversations.replies": TIER_3,
        "conversations.history": TIER_3,
        "chat.postEphemeral": TIER_4,
        "files.getUploadURLExternal": TIER_4,
        "files.completeUploadExternal": TIER_4,
        "files.info": TIER_4,
        "views.open": TIER_4,
        "views.update": TIER_4,
        "views.publish": TIER_4,
    },
)
"""As Slack says: about one post a second and channel with a short burst, and the methods' tiers."""

LENIENT = Limits(post=Rate(per_s=1000, burst=5000), methods={})
"""Enough for any benchmark on one machine, and still a stop for a loop that has run away."""


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts calls against the limits, on the given clock. `refused`: how often each method was called too often."""

    limits: Limits
    clock: Callable[[], float]
    refused: "Counter[str]" = field(default_factory=Counter)
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def count(self, method: str, args: Json) -> None:
        """Count one call, or refuse it with the seconds to wait."""
        if method == "chat.postMessage":
            self._take(f"post {args.get('channel')}", self.limits.post)
        elif method in self.limits.methods:
            self._take(method, self.limits.methods[method])

    def _take(self, name: str, rate: Rate) -> None:
        now = self.clock()
        left, at = self._buckets.get(name, (rate.burst, now))
        left = min(rate.burst, left + max(0.0, now - at) * rate.per_s)
        if left < 1:
            self._buckets[name] = (left, now)
            self.refused[name.partition(" ")[0]] += 1
            raise SlackError("ratelimited", retry_after_s=max(1, math.ceil((1 - left) / rate.per_s)))
        self._buckets[name] = (left - 1, now)
