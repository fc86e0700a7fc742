"""What a bot shows a person about their own videos: the latest ones in one place, and those that run in a thread."""

from collections.abc import Sequence

from bots.run_use_case import run_use_case
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId, Thread
from core.replies.chat.card import Card
from core.runtime import Runtime, addresses
from core.usecases.generations.overview import Overview, overview, running_in


class Overviews:
    """The overviews of one process's people."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._addresses = addresses(runtime.settings)

    @property
    def shows_pictures(self) -> bool:
        """Whether a platform can fetch a still of a video from us."""
        return self._addresses is not None and self._addresses.base.startswith("https://")

    async def of(self, by: Principal) -> Overview | Card:
        """The person's running videos and their last ones."""
        found = overview(
            by,
            pool=self._runtime.pool,
            addresses=self._addresses,
            link_days=self._runtime.settings.link_days,
        )
        return await run_use_case(found, what="overview", deadline_s=10.0)

    async def running_in(self, threads: Sequence[Thread], *, by: Principal) -> GenerationId | Card | None:
        """The generations in these threads that can still be cancelled."""
        return await run_use_case(running_in(by, threads, pool=self._runtime.pool), what="overview")
