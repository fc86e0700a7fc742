"""What the vendors of one sandbox share: their task stores, the renderer, callbacks, and what can be set."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.render import Renderer
from sandbox.vendors.callbacks import Callbacks
from sandbox.vendors.cdn import Cdn
from sandbox.vendors.task_store import TaskStore
from sandbox.world import VENDORS, World

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set about the stand-ins.

    `url_life_s`: how long result addresses work, in real seconds, whatever the world's speed.
    `frames_every`: clips have each so many of their frames; 1: all.
    `kling_webhook_secret`: signs Kling's callbacks; empty means unsigned, as without a secret in the console.
    """

    url_life_s: Mapping[str, float] = field(
        default_factory=lambda: {
            "veo": 2 * DAY_S,
            "kling": 30 * DAY_S,
            "seedance": DAY_S,
            "hailuo": HOUR_S,
            "wan": DAY_S,
        }
    )
    frames_every: int = 1
    kling_webhook_secret: str = ""


class Vendors:
    """The five vendors of one sandbox.

    Args:
        world: trouble, speed, news.
        settings: see `Settings`.
        clock: unix time; only tests of expiry give another one.
    """

    def __init__(
        self, world: World, *, settings: Settings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.world = world
        self.settings = settings or Settings()
        self.stores = {vendor: TaskStore(vendor, world, clock=clock) for vendor in VENDORS}
        self.callbacks = Callbacks()
        self.renderer = Renderer(world.home / "clips", every=self.settings.frames_every)

    def cdn(self, vendor: str) -> Cdn:
        """The CDN for one vendor's clips."""
        return Cdn(self.stores[vendor], self.renderer, life_s=self.settings.url_life_s.get(vendor, DAY_S))

    def asked(self) -> dict[str, Any]:
        """What every vendor was asked; see `sandbox.vendors.asked`."""
        return {vendor: store.asked() for vendor, store in self.stores.items()}

    async def close(self) -> None:
        """Give up callbacks that are under way."""
        await self.callbacks.close()
