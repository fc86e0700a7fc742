"""What a step works with: the edges, the operator's terms, and who we are."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import PlatformName, ProviderName, RouteKey
from core.domain.requests.terms import Terms
from core.domain.routing.latency import Latency, LatencyKey
from core.domain.time_scale import TimeScale
from core.ports import Chat, Storage, VideoRoute
from core.replies.chat.card import Card
from worker.polls import Polls
from worker.quiet import Quiet
from worker.waiting_files import WaitingFiles

ADMITTED_AT_ONCE = 2
"""One has the lock of its route, one is next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that a worker's steps need, made once.

    Args:
        by_provider: each provider's configured routes, in the order in which they are tried.
        successors: the configured route that takes over from one whose model is gone.
        owner: the name under which leases are taken.
        time_scale: how durations of the real world become durations here.
        workdir: for clips on their way; emptied at the start.
        addresses: for callbacks and links; None when the outside world cannot reach us, and both are off.
        link_days: how long a link is good for.
        keep_days: for how long prompts and clips are kept where a workspace has not chosen.
        topup_url: where admins add credits; None where the operator names no place.
        progress_every_s: how often a progress message is edited, in seconds.
        polls: asks for many tasks at once where a vendor tells of them at once.
        timeout_max_s: by route, the operator's ceiling for one attempt, in seconds of the real world.
        usd_micros_per_day: by route, what its attempts may cost in a day; a route without a limit is not in it.
        nudge: make a generation's next step run now rather than at the next poll of the dispatcher.
    """

    pool: Pool
    routes: Mapping[RouteKey, VideoRoute]
    by_provider: Mapping[ProviderName, tuple[RouteKey, ...]]
    successors: Mapping[RouteKey, RouteKey]
    terms: Terms
    storage: Storage
    chats: Mapping[PlatformName, Chat[Card]]
    health: HealthConfig
    routing: RoutingConfig
    latency: LatencyConfig
    owner: str
    time_scale: TimeScale
    workdir: Path
    nudge: Callable[[UUID], None]
    addresses: Addresses | None = None
    link_days: int = 30
    topup_url: str | None = None
    keep_days: int = 90
    progress_every_s: float = 6.0
    polls: Polls = field(default_factory=Polls)
    usd_micros_per_day: Mapping[RouteKey, int] = field(default_factory=dict)
    timeout_max_s: Mapping[RouteKey, float] = field(default_factory=dict)

    latencies: dict[LatencyKey, tuple[float, Latency]] = field(default_factory=dict)
    """What `routing_inputs.usual_lately` remembers, and since when."""
    told: dict[tuple[str, str, str, bool], float] = field(default_factory=dict)
    """Which refusals of a request this process has told the operator of, and when."""
    waiting: WaitingFiles = field(default_factory=WaitingFiles)
    """The videos in `workdir` that wait for the storage."""
    admitting: defaultdict[RouteKey, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(ADMITTED_AT_ONCE))
    )
    """By route: those of this process that may be before its lock."""
    no_removals: Quiet = field(default_factory=Quiet)
    """While it lasts, nothing has to be taken away."""
    asking: set[LatencyKey] = field(default_factory=set)
    """What one poll reads at this moment: the others do not."""

    def scaled(self, duration_s: float) -> float:
        """A duration of the real world, in this one."""
        return self.time_scale.scaled(duration_s)

    @property
    def labels(self) -> dict[ProviderName, str]:
        """What people call the providers."""
        return {name: offer.label for name, offer in self.terms.offers.items()}
