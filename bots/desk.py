"""What a bot does for a person, whatever the platform: the use cases with the runtime filled in.

Each answers with a result or with a card to show to the person alone.
"""

from collections.abc import Sequence
from uuid import UUID

from bots.answer import answer
from core.domain.ids import Installation, MessageId, PlatformName, Thread, UserId
from core.domain.request import VideoRequest
from core.replies import credits as credit_cards
from core.replies import help as help_cards
from core.replies.card import Card, Text, Tone
from core.runtime import Runtime
from core.usecases import root
from core.usecases.again import again
from core.usecases.balance import Balance, balance
from core.usecases.cancel import cancel
from core.usecases.submit import Asked, Submitted, submit


class Desk:
    """The use cases, for one process."""

    def __init__(self, runtime: Runtime, *, owner: str) -> None:
        self._runtime = runtime
        self._owner = owner

    async def video(self, asked: Asked) -> Submitted | Card:
        """Queue what was asked for."""
        return await answer(
            submit(asked, pool=self._runtime.pool, terms=self._runtime.terms, owner=self._owner), what="video"
        )

    async def opened(self, submitted: Submitted, *, thread: Thread, message_id: MessageId) -> None:
        """The root message is up; tell the worker."""
        if submitted.root is not None:
            await answer(
                root.opened(submitted.root, thread=thread, message_id=message_id, pool=self._runtime.pool), what="root"
            )
        await self._runtime.hints.hint(submitted.generation_id, version=submitted.version)

    async def not_opened(self, submitted: Submitted) -> None:
        """The root message could not be posted: a worker looks for another place."""
        if submitted.root is not None:
            await answer(root.failed(submitted.root, pool=self._runtime.pool), what="root")
        await self._runtime.hints.hint(submitted.generation_id, version=submitted.version)

    async def cancel(self, generation_id: UUID, *, user: UserId, is_admin: bool) -> Card:
        """Stop a generation; the card is for the person who pressed."""
        done = await answer(cancel(generation_id, user=user, is_admin=is_admin, pool=self._runtime.pool), what="cancel")
        if isinstance(done, Card):
            return done
        await self._runtime.hints.hint(done.id, version=done.version)
        return Card(title="Cancelling", tone=Tone.QUIET, parts=(Text("The thread says when it is over."),))

    async def again(self, generation_id: UUID) -> VideoRequest | Card:
        """What "Make another" asks for."""
        return await answer(again(generation_id, pool=self._runtime.pool), what="again")

    async def credits(self, *, platform: PlatformName, installation: Installation, user: UserId) -> Card:
        """What the team has left."""
        found = await answer(
            balance(
                platform=platform,
                installation=installation,
                user=user,
                pool=self._runtime.pool,
                terms=self._runtime.terms,
            ),
            what="credits",
        )
        if not isinstance(found, Balance):
            return found
        return credit_cards.balance(
            credits_left=found.credits_left,
            held=found.held,
            running=found.running,
            prices=self._runtime.terms.tier_prices(),
        )

    def help(self, *, examples: Sequence[str]) -> Card:
        """How to ask for a video; the examples are commands as the platform writes them."""
        return help_cards.video(self._runtime.terms.tier_prices(), examples=examples)
