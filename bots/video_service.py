"""What a bot does for a person, whatever the platform: the use cases with the runtime filled in.

Each answers with a result or with a card to show to the person alone.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from bots.credit_service import CreditService
from bots.drafts import Drafts
from bots.pictures import Pictures
from bots.run_use_case import run_use_case
from bots.waits import Waits
from core.domain.chat.principal import Principal
from core.domain.credits.history import Name
from core.domain.errors import Refused
from core.domain.ids import Installation, MessageId, PlatformName, Thread, UserId
from core.domain.requests.refusals import Insufficient
from core.domain.requests.request import VideoRequest
from core.replies.chat import settings as setting_cards
from core.replies.chat.card import Card, Text, Tone
from core.replies.health import providers as provider_cards
from core.replies.requests import help as help_cards
from core.replies.requests.refusals import refused, refused_for_credits
from core.runtime import Runtime, numbers
from core.usecases.generations import root
from core.usecases.generations.cancel import cancel
from core.usecases.health.providers import providers
from core.usecases.people.settings import WorkspaceSettings, choose, settings
from core.usecases.requests.again import again
from core.usecases.requests.submit import Submitted, VideoCommand, submit

Fix = Callable[[Refused, Card], Awaitable[Card]]
AdminCheck = Callable[[Installation, UserId], Awaitable[bool]]
"""Whether somebody is an admin of a workspace now."""


class VideoService:
    """The use cases, for one process.

    Args:
        admins: by platform, who can say whether somebody is an admin there; one that is not in it cannot be asked.
    """

    def __init__(
        self, runtime: Runtime, *, owner: str, admins: Mapping[PlatformName, AdminCheck] | None = None
    ) -> None:
        self._runtime = runtime
        self._owner = owner
        self.admins = dict(admins or {})
        self._waits = Waits(runtime)
        self.pictures = Pictures(runtime)
        self.drafts = Drafts(runtime)
        self.credit_service = CreditService(runtime, still_admin=self._still_admin)

    async def video(
        self, asked: VideoCommand, *, is_admin: Callable[[], Awaitable[bool]], fix: Fix | None = None
    ) -> Submitted | Card:
        """Queue what was asked for.

        Args:
            is_admin: asked when the credits run out: an admin is shown where to add some.
            fix: adds to a refusal the ways to go on.
        """
        return await run_use_case(self._submit(asked, is_admin=is_admin, fix=fix), what="video")

    async def _submit(
        self, asked: VideoCommand, *, is_admin: Callable[[], Awaitable[bool]], fix: Fix | None
    ) -> Submitted | Card:
        try:
            await self._waits.check(asked)
            return await submit(asked, pool=self._runtime.pool, terms=self._runtime.terms, owner=self._owner)
        except Refused as refusal:
            card = refused(refusal)
            if isinstance(refusal, Insufficient) and self.credit_service.topup_url is not None and await is_admin():
                card = refused_for_credits(refusal, topup_url=self.credit_service.topup_url)
            return card if fix is None else await fix(refusal, card)

    async def _still_admin(self, who: Name) -> bool:
        check = self.admins.get(who.platform)
        if check is None or who.user_id is None:
            return who.user_id is not None
        return await check(who.installation, who.user_id)

    async def opened(self, submitted: Submitted, *, thread: Thread, message_id: MessageId) -> None:
        """The root message is up; tell the worker."""
        if submitted.root is not None:
            await run_use_case(
                root.opened(submitted.root, thread=thread, message_id=message_id, pool=self._runtime.pool), what="root"
            )
        await self._runtime.hints.hint(submitted.generation_id, version=submitted.version)

    async def not_opened(self, submitted: Submitted) -> None:
        """The root message could not be posted: a worker looks for another place."""
        if submitted.root is not None:
            await run_use_case(root.failed(submitted.root, pool=self._runtime.pool), what="root")
        await self._runtime.hints.hint(submitted.generation_id, version=submitted.version)

    async def cancel(self, generation_id: UUID, *, user: UserId, is_admin: bool) -> Card:
        """Stop a generation; the card is for the person who pressed."""
        done = await run_use_case(
            cancel(generation_id, user=user, is_admin=is_admin, pool=self._runtime.pool), what="cancel"
        )
        if isinstance(done, Card):
            return done
        await self._runtime.hints.hint(done.id, version=done.version)
        return Card(title="Cancelling", tone=Tone.QUIET, parts=(Text("The thread says when it is over."),))

    async def again(self, generation_id: UUID) -> VideoRequest | Card:
        """What "Make another" asks for."""
        return await run_use_case(again(generation_id, pool=self._runtime.pool), what="again")

    async def providers(self) -> Card:
        """How the providers are doing."""
        health = numbers(self._runtime.settings).health
        found = await run_use_case(
            providers(
                by_provider=self._runtime.by_provider,
                successors=self._runtime.successors,
                pool=self._runtime.pool,
                terms=self._runtime.terms,
                health=health,
            ),
            what="providers",
        )
        if isinstance(found, Card):
            return found
        return provider_cards.providers(found.providers, chains=found.chains, now=found.now, health=health)

    async def settings(self, by: Principal) -> Card:
        """What holds for the workspace."""
        held = settings(by, pool=self._runtime.pool, terms=self._runtime.terms)
        return self._settled(await run_use_case(held, what="settings"))

    async def choose(self, by: Principal, *, setting: str, value: str) -> Card:
        """Change a setting of the workspace."""
        chosen = choose(by, setting=setting, value=value, pool=self._runtime.pool, terms=self._runtime.terms)
        return self._settled(await run_use_case(chosen, what="choose"))

    def _settled(self, found: WorkspaceSettings | Card) -> Card:
        if isinstance(found, Card):
            return found
        return setting_cards.settings(
            fallback=found.fallback, last_resort=self._runtime.terms.last_resort_labels(), changed=found.changed
        )

    def help(self, *, examples: Sequence[str]) -> Card:
        """How to ask for a video; the examples are commands as the platform writes them."""
        return help_cards.video(self._runtime.terms.tier_prices(), examples=examples)
