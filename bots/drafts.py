"""What a bot keeps of a command that is not asked for yet: the draft behind a question's or a refusal's buttons."""

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
        """Keep it; None where the database is away: then there are no buttons."""
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
        """What was kept for this person."""
        found = drafts.load(
            draft_id, platform=by.platform, installation=by.installation, user=by.user, pool=self._runtime.pool
        )
        return await run_use_case(found, what="drafts")

    async def pressed(self, event: str, *, by: Principal, button: str) -> str | Card:
        """The event that a press counts as: a double click is one press."""
        return await run_use_case(
            drafts.pressed(event, user=by.user, button=button, pool=self._runtime.pool), what="pressed"
        )

    async def to_cancel(self, *, by: Principal) -> Card:
        """Those of their videos that they can still cancel."""
        found = await run_use_case(to_cancel(by, pool=self._runtime.pool), what="own")
        return found if isinstance(found, Card) else own_cards.to_cancel(found)

    def prices(self, like: VideoRequest | None = None) -> Mapping[TierName, int]:
        """By tier that somebody makes, the cheapest first: what a video holds at most."""
        return self._runtime.terms.tier_prices(like=like)
