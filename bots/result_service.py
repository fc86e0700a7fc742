"""What a bot does with a finished video, on every platform: makes another one of it, shows details, removes it.

Nothing is kept in memory: a button carries the generation's id, and Postgres knows the rest, even months later.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from bots.drafts import Drafts
from bots.run_use_case import run_use_case
from core.db.generations.earlier import Earlier
from core.domain.chat.principal import Principal
from core.domain.generations.seeds import seed_used
from core.domain.ids import GenerationId, MessageId, Thread
from core.domain.requests.drafts import Draft, draft_of
from core.domain.requests.refusals import NothingToShare, ResultGone
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.requests.variations import variations
from core.ports import Storage
from core.replies.chat.brought import is_there, will_come_here
from core.replies.chat.card import Action, Card
from core.replies.generations import details as detail_cards
from core.replies.generations import earlier as earlier_cards
from core.replies.generations import taken_away as cards
from core.replies.generations.takes import pick_noted
from core.replies.requests.questions import ask_anew
from core.replies.requests.refusals import refused
from core.runtime import Runtime, addresses, storage
from core.usecases.generations import details, earlier, remove
from core.usecases.generations.bring_here import bring_here
from core.usecases.generations.pick import pick
from core.usecases.requests.again import again, better, changed
from core.usecases.requests.change import change
from core.usecases.requests.extend import extend

Found = TypeVar("Found")

SUGGESTED = 10
EXTEND_S = 60.0
"""Seconds to fetch a clip from the storage and to open it; the press is acknowledged before that."""
MORE_OF_IT = frozenset({Action.AGAIN, Action.HIGHER, Action.EDIT, Action.EXTEND})
"""The buttons that lead to another video."""
ABOUT_IT = frozenset(
    {Action.DETAILS, Action.SHARE, Action.DELETE, Action.ERASE, Action.REPORT, Action.HIDE, Action.PICK, Action.SHOW}
)
"""The buttons that are answered with a card which only the person sees."""


class ResultService:
    """The use cases about results, for one process."""

    def __init__(self, runtime: Runtime, drafts: Drafts) -> None:
        self._runtime = runtime
        self._drafts = drafts
        self._addresses = addresses(runtime.settings)

    async def bring_here(self, generation_id: UUID, thread: Thread, *, by: Principal) -> Card:
        """Send the messages that the person's own generation still has to send into this thread."""
        moved = await run_use_case(bring_here(generation_id, thread, by=by, pool=self._runtime.pool), what="bring")
        if isinstance(moved, Card):
            return moved
        return will_come_here() if moved else is_there()

    async def more(self, action: Action, generation_id: UUID, *, by: Principal) -> VideoRequest | Card:
        """The request behind a button that leads to another video: the same again, better, or changed in a form."""
        pool, terms = self._runtime.pool, self._runtime.terms
        match action:
            case Action.AGAIN:
                return await self._told(again(generation_id, by=by, pool=pool), what="again", by=by)
            case Action.HIGHER:
                return await self._told(better(generation_id, by=by, pool=pool, terms=terms), what="again", by=by)
            case Action.EXTEND:
                work = extend(generation_id, by=by, pool=pool, storage=self._storage)
                return await self._told(work, what="extend", by=by, deadline_s=EXTEND_S)
            case Action.EDIT:
                return await self._told(changed(generation_id, by=by, pool=pool), what="again", by=by)
            case _:
                raise TypeError(f"{action} leads to no video")

    async def about(self, action: Action, generation_id: UUID, *, by: Principal) -> Card:
        """The card that answers a button about the result itself."""
        return await self._told(self._about(action, generation_id, by=by), what=action.value, by=by)

    async def _about(self, action: Action, generation_id: UUID, *, by: Principal) -> Card:
        pool, key = self._runtime.pool, str(generation_id)
        match action:
            case Action.DETAILS:
                return self._details(await details.details(generation_id, by=by, pool=pool))
            case Action.SHARE:
                days = self._runtime.settings.link_days
                link = await details.share(generation_id, by=by, pool=pool, addresses=self._addresses, days=days)
                return cards.shared(link.url, until=link.until)
            case Action.SHOW:
                return await self._shown(generation_id, by=by)
            case Action.DELETE:
                return cards.really(key, (await remove.deletable(generation_id, by=by, pool=pool)).request.prompt)
            case Action.ERASE:
                await remove.delete(generation_id, by=by, pool=pool)
                return cards.deleted()
            case Action.REPORT:
                done = await remove.report(generation_id, by=by, pool=pool, terms=self._runtime.terms)
                return cards.reported(key, told=done.told, may_hide=done.may_hide)
            case Action.PICK:
                has_links = self._addresses is not None
                return pick_noted((await pick(generation_id, by=by, pool=pool, has_links=has_links)).take + 1)
            case Action.HIDE:
                await remove.hide(generation_id, by=by, pool=pool)
                return cards.hidden()
            case _:
                raise TypeError(f"{action} is not about a result")

    async def changed(
        self, words: str, *, by: Principal, thread: Thread | None, message: MessageId | None
    ) -> Draft | Card | None:
        """The draft that a reply to a video makes; None where the reply is to no video."""
        work = change(words, by=by, pool=self._runtime.pool, thread=thread, message=message)
        return await run_use_case(work, what="again")

    @cached_property
    def _storage(self) -> Storage:
        return storage(self._runtime.settings)

    async def mine(self, *, by: Principal) -> Card:
        """The person's last videos."""
        return await run_use_case(self._mine(by), what="own")

    async def _mine(self, by: Principal) -> Card:
        videos = await earlier.last_own(by, pool=self._runtime.pool)
        return earlier_cards.mine(videos, await self._links(videos))

    async def show(self, text: str, *, by: Principal) -> Card:
        """An earlier video of the team, found by its id or by words of its description; a list where several match."""
        return await self._told(self._show(text, by), what="own", by=by)

    async def _show(self, text: str, by: Principal) -> Card:
        videos = await earlier.find(text, by=by, pool=self._runtime.pool)
        match videos:
            case []:
                return earlier_cards.none(text)
            case [one]:
                return await self._shown(one.id, by=by)
            case _:
                return earlier_cards.several(videos, await self._links(videos))

    async def suggestions(self, text: str, *, by: Principal) -> Sequence[Earlier]:
        """Earlier videos that match what a person has typed so far; none while the database is away."""
        found = await run_use_case(earlier.find(text, by=by, pool=self._runtime.pool, limit=SUGGESTED), what="own")
        return () if isinstance(found, Card) else found

    async def _shown(self, generation_id: UUID, *, by: Principal) -> Card:
        found = await details.details(generation_id, by=by, pool=self._runtime.pool)
        generation, terms = found.generation, self._runtime.terms
        try:
            days = self._runtime.settings.link_days
            link = await details.share(
                generation_id, by=by, pool=self._runtime.pool, addresses=self._addresses, days=days
            )
        except NothingToShare:
            link = None
        return earlier_cards.shown(
            generation,
            variations(generation.request, terms=terms, fallback=generation.fallback),
            link=link.url if link else None,
            labels={name: each.label for name, each in terms.offers.items()},
        )

    async def _links(self, videos: Sequence[Earlier]) -> Mapping[GenerationId, str]:
        days = self._runtime.settings.link_days
        return await earlier.links_of(videos, pool=self._runtime.pool, addresses=self._addresses, days=days)

    def _details(self, found: details.ResultDetails) -> Card:
        offers, winner = self._runtime.terms.offers, found.winner
        offer = offers.get(winner.provider) if winner is not None else None
        return detail_cards.details(
            found.generation,
            found.attempts,
            labels={name: each.label for name, each in offers.items()},
            seed=seed_used(found.generation.request, winner, offers=offers),
            prompt_max=offer.capabilities.prompt_max if offer is not None else None,
        )

    async def _told(
        self, work: Awaitable[Found], *, what: str, by: Principal, deadline_s: float | None = None
    ) -> Found | Card:
        """Run a use case; where the result no longer exists, add to the card what still works."""

        async def done() -> Found | Card:
            try:
                return await work
            except ResultGone as refusal:
                return await self._gone(refusal, by=by)

        return await run_use_case(done(), what=what, deadline_s=deadline_s)

    async def _gone(self, refusal: ResultGone, *, by: Principal) -> Card:
        left = VideoRequest(
            prompt="", tier=TierName(refusal.tier), aspect=Aspect(refusal.aspect), duration_s=refusal.duration_s
        )
        draft = replace(draft_of(left), description=None)
        return ask_anew(refused(refusal), draft_id=await self._drafts.keep(draft, by=by))
