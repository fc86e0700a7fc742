"""What a bot does about a community's gallery, votes and contests; each command is answered with a card."""

from uuid import UUID

from bots.run_use_case import run_use_case
from core.db.generations.contests import Contest
from core.db.generations.showings import Shown, VoteStatus
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId, Thread
from core.replies.chat.card import Card
from core.replies.generations import show as cards
from core.replies.generations.show import Place, Theme
from core.runtime import Runtime
from core.usecases.generations import show


class ShowService:
    """The use cases about the gallery and contests, for one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pool = runtime.pool

    async def propose(self, generation_id: GenerationId, *, by: Principal, is_adult: bool, is_spoiler: bool) -> None:
        """Note that a requested video may come into the gallery. While the database is away it will not be shown."""
        work = show.propose(generation_id, by=by, is_adult=is_adult, is_spoiler=is_spoiler, pool=self._pool)
        await run_use_case(work, what="show")

    async def vote(self, generation_id: UUID, *, by: Principal) -> tuple[VoteStatus, int] | Card:
        """Vote, or take the vote back; a card says why not."""
        return await run_use_case(show.vote(generation_id, by=by, pool=self._pool), what="vote")

    async def withdraw(self, generation_id: UUID, *, by: Principal) -> Card:
        """Take the person's own video out of the gallery."""
        done = await run_use_case(show.withdraw(generation_id, by=by, pool=self._pool), what="withdraw")
        return done if isinstance(done, Card) else cards.withdrawn()

    async def leaders(self, by: Principal) -> Card:
        """The videos of the last thirty days with the most votes."""
        found = await run_use_case(show.contest_now(by, pool=self._pool), what="show")
        if isinstance(found, Card):
            return found
        best = await run_use_case(show.leaders(by, pool=self._pool), what="show")
        return best if isinstance(best, Card) else cards.leaders(places(best), has_gallery=found.has_gallery)

    async def open_gallery(self, place: Thread | None, *, by: Principal, is_adult: bool, locale: str | None) -> Card:
        """Open the gallery in a channel, or close it."""
        work = show.open_gallery(
            place, by=by, is_adult=is_adult, locale=locale, pool=self._pool, terms=self._runtime.terms
        )
        done = await run_use_case(work, what="gallery")
        return done if isinstance(done, Card) else cards.gallery_opened(is_open=place is not None)

    async def plan(self, title: str, *, must: str, starts_in_days: int, days: int, by: Principal) -> Card:
        """Plan a contest."""
        work = show.plan_contest(
            title,
            must=must,
            starts_in_days=starts_in_days,
            days=days,
            by=by,
            pool=self._pool,
            terms=self._runtime.terms,
        )
        found = await run_use_case(work, what="contest")
        return found if isinstance(found, Card) else cards.planned(theme(found) if found is not None else None)

    async def end(self, by: Principal) -> Card:
        """End the contest."""
        done = await run_use_case(show.end_contest(by=by, pool=self._pool), what="contest")
        return done if isinstance(done, Card) else cards.ended(is_ended=done)

    async def contest(self, by: Principal) -> Card:
        """The contest, with the person's videos that can be entered."""
        found = await run_use_case(show.contest_now(by, pool=self._pool), what="contest")
        if isinstance(found, Card):
            return found
        contest = found.contest
        return cards.contest(
            theme(contest) if contest is not None else None,
            is_open=contest is not None and contest.state == "open",
            standing=places(found.standing),
            own=[(str(number), prompt) for number, prompt in found.own],
        )

    async def enter(self, generation_id: UUID, *, by: Principal) -> Card:
        """Enter the person's own video into the contest."""
        found = await run_use_case(show.enter(generation_id, by=by, pool=self._pool), what="contest")
        return found if isinstance(found, Card) else cards.entered(found.value)


def places(found: tuple[Shown, ...]) -> list[Place]:
    """A ranking, as the cards show it."""
    return [Place(prompt=each.prompt, user=each.user, votes=each.votes) for each in found]


def theme(contest: Contest) -> Theme:
    """A contest, as the cards show it."""
    return Theme(title=contest.title, must=contest.must, starts_at=contest.starts_at, ends_at=contest.ends_at)
