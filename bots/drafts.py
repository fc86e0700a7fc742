"""Keeps the draft of a command that is asked about or refused, so that the buttons below the card can go on with it."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from bots.run_use_case import run_use_case
from core.domain.chat.principal import Principal
from core.domain.requests.drafts import Draft
from core.domain.requests.glyphs import seen
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card
from core.replies.generations import own as own_cards
from core.runtime import Runtime
from core.usecases.generations.own import to_cancel
from core.usecases.requests import drafts


class Drafts:
    """The drafts of one process's people."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def keep(self, draft: Draft, *, by: Principal) -> UUID | None:
        """Keep a draft and return its id; None while the database is away: then the card has no buttons."""
        description = seen(draft.description) if draft.description is not None else None
        clean = replace(draft, text=seen(draft.text), description=description)
        kept = await run_use_case(
            drafts.keep(
                clean,
                platform=by.platform,
                installation=by.installation,
                user=by.user,
                pool=self._runtime.pool,
            ),
            what="draft",
        )
        return None if isinstance(kept, Card) else kept

    async def load(self, draft_id: UUID, *, by: Principal) -> Draft | Card:
        """The draft that was kept for this person."""
        found = drafts.load(
            draft_id, platform=by.platform, installation=by.installation, user=by.user, pool=self._runtime.pool
        )
        return await run_use_case(found, what="drafts")

    async def pressed(self, event: str, *, by: Principal, button: str) -> str | Card:
        """The event that a press counts as: a double click counts as one."""
        return await run_use_case(
            drafts.pressed(event, user=by.user, button=button, pool=self._runtime.pool), what="pressed"
        )

    async def to_cancel(self, *, by: Principal) -> Card:
        """The person's videos that can still be cancelled."""
        found = await run_use_case(to_cancel(by, pool=self._runtime.pool), what="own")
        return found if isinstance(found, Card) else own_cards.to_cancel(found)

    def prices(self, like: VideoRequest | None = None) -> Mapping[TierName, int]:
        """By tier, the cheapest first: the credits that a video holds at most. Tiers that nobody makes are left out."""
        return self._runtime.terms.tier_prices(like=like)
