"""What a bot does for a person, on every platform: the use cases, called with the process's pools and settings.

Each method answers with a result, or with a card that only the person sees.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import structlog

from bots.command_log import note_submission
from bots.credit_service import CreditService
from bots.drafts import Drafts
from bots.later_service import LaterService
from bots.overviews import Overviews
from bots.pictures import Pictures
from bots.presence import Presence
from bots.purchases import Purchases
from bots.records import AWAY_S, UNSEEN, Records, Sees
from bots.result_service import ResultService
from bots.rule_service import Manager, RuleService
from bots.run_use_case import PATIENCE_S, run_use_case
from bots.show_service import ShowService
from bots.unclaimed import Unclaimed
from bots.workflow_steps import WorkflowSteps
from core.db.credits import credit_alerts
from core.db.errors import DatabaseAway, statement
from core.db.pool import Pool
from core.domain.chat.principal import Belongs, Principal
from core.domain.credits.history import Name
from core.domain.errors import Refused
from core.domain.generations.generation import State
from core.domain.ids import Installation, MessageId, PlatformName, Thread, UserId, generation_id
from core.domain.requests.refusals import CannotCheck, Insufficient, MissingPermissions, NothingArrives
from core.replies.chat import settings as setting_cards
from core.replies.chat.card import Card
from core.replies.chat.words import listed
from core.replies.generations.own import cancelling
from core.replies.health import providers as provider_cards
from core.replies.requests import help as help_cards
from core.replies.requests.refusals import refused, refused_for_credits
from core.replies.rules.listing import panel_buttons
from core.runtime import Runtime, numbers, prompt_help
from core.usecases.generations import root
from core.usecases.generations.cancel import cancel
from core.usecases.health.providers import providers
from core.usecases.people.outsiders import lets_in
from core.usecases.people.settings import Keep, WorkspaceSettings, choose, settings
from core.usecases.requests import offers
from core.usecases.requests.rulings import InRoles
from core.usecases.requests.submit import Submitted, VideoCommand, reopen

log = structlog.get_logger()

Fix = Callable[[Refused, Card], Awaitable[Card]]
AdminCheck = Callable[[Pool, Installation, UserId], Awaitable[bool]]
"""Asks whether a person is an admin of a workspace now. The pool is for tokens that are kept in the database."""


class VideoService:
    """The use cases of one process.

    Args:
        admins: by platform, the check whether a person is an admin there. A platform that is absent cannot be asked.
    """

    def __init__(
        self, runtime: Runtime, *, owner: str, admins: Mapping[PlatformName, AdminCheck] | None = None
    ) -> None:
        self._runtime = runtime
        self.admins = dict(admins or {})
        self._records = Records(runtime, owner=owner)
        self.unclaimed = Unclaimed(runtime)
        self.pictures = Pictures(runtime)
        self.drafts = Drafts(runtime)
        self.prompt_help = prompt_help(runtime.settings)
        self.overviews = Overviews(runtime)
        self.steps = WorkflowSteps(runtime)
        self.rules = RuleService(runtime)
        self.later = LaterService(runtime)
        self.results = ResultService(runtime, self.drafts)
        self.presence = Presence(runtime)
        self.purchases = Purchases(runtime)
        self.show = ShowService(runtime)
        self.credit_service = CreditService(runtime, still_admin=self._still_admin)

    async def video(
        self,
        asked: VideoCommand,
        *,
        is_admin: Callable[[], Awaitable[bool]],
        check: Callable[[], Awaitable[bool]] | None = None,
        fix: Fix | None = None,
        sees: Sees = UNSEEN,
    ) -> Submitted | Card:
        """Queue a request. The command has been acknowledged, so the person can wait for the database.

        Args:
            is_admin: asks whether the person is an admin; called when the credits run out.
            check: asks whether results can be posted in the channel; called if the last ones could not. None: unknown.
            fix: adds the buttons to go on to a refusal.
            sees: the facts about the person that rules ask the platform for.
        """
        work = self._submit(asked, is_admin=is_admin, check=check, fix=fix, sees=sees)
        known = generation_id(platform=asked.platform, installation=asked.installation, event=asked.event)
        answer = await run_use_case(work, what="video", deadline_s=PATIENCE_S + sum(AWAY_S), generation=known)
        note_submission(asked, answer)
        return answer

    async def _submit(
        self,
        asked: VideoCommand,
        *,
        is_admin: Callable[[], Awaitable[bool]],
        check: Callable[[], Awaitable[bool]] | None,
        fix: Fix | None,
        sees: Sees,
    ) -> Submitted | Card:
        try:
            return await self._checked(asked, check, sees)
        except Refused as first:
            refusal = await self.possible(first, asked, in_roles=sees.in_roles)
            card = refused(refusal)
            url = self.credit_service.topup_url
            if isinstance(refusal, Insufficient) and url is not None and await _is_surely(is_admin):
                card = refused_for_credits(refusal, topup_url=url)
            offered = self.purchases.offered(card, refusal)
            return offered if fix is None else await fix(refusal, offered)

    async def possible(self, refusal: Refused, asked: VideoCommand, *, in_roles: InRoles) -> Refused:
        """The refusal with only those of its offers that would not be refused in their turn."""
        with contextlib.suppress(DatabaseAway, CannotCheck):
            work = offers.possible(
                refusal, asked, in_roles=in_roles, pool=self._runtime.pool, terms=self._runtime.terms
            )
            return await work
        return refusal

    async def _checked(self, asked: VideoCommand, check: Callable[[], Awaitable[bool]] | None, sees: Sees) -> Submitted:
        try:
            return await self._records.submit(asked, sees, minds_trouble=check is not None)
        except NothingArrives:
            if check is None or not await check() or not await reopen(asked, pool=self._runtime.pool):
                raise
        return await self._records.submit(asked, sees, minds_trouble=True)

    async def cannot_post(self, refusal: MissingPermissions, *, platform: PlatformName, by: Installation) -> Card:
        """Tell the person which permissions are missing, and the team's admins once a day."""
        await run_use_case(self._note(refusal, platform=platform, by=by), what="permissions")
        return refused(refusal)

    async def _note(self, refusal: MissingPermissions, *, platform: PlatformName, by: Installation) -> None:
        detail = f"{listed(refusal.missing)} in #{refusal.channel}"
        async with statement(self._runtime.pool) as conn:
            await credit_alerts.note_permissions(conn, platform=platform, installation=by, detail=detail)

    async def _still_admin(self, who: Name) -> bool:
        check = self.admins.get(who.platform)
        if check is None or who.user_id is None:
            return who.user_id is not None
        return await check(self._runtime.pool, who.installation, who.user_id)

    async def opened(self, submitted: Submitted, *, thread: Thread, message_id: MessageId) -> None:
        """Record a root message that was posted."""
        if submitted.root is not None:
            await self._records.opened(submitted.root, thread=thread, message_id=message_id)

    async def begin(self, submitted: Submitted) -> None:
        """Tell a worker of the generation."""
        await self._runtime.hints.hint(submitted.generation_id, version=submitted.version)
        for other in submitted.others:
            await self._runtime.hints.hint(other, version=0)

    async def still_opening(self, submitted: Submitted) -> None:
        """Note that the root message is still being posted, so that no worker posts one."""
        if submitted.root is not None:
            await run_use_case(root.still_opening(submitted.root, pool=self._runtime.pool), what="root")

    async def not_opened(self, submitted: Submitted, *, in_s: float = 0.0) -> None:
        """Note that the root message could not be posted: a worker then looks for it, or for another place."""
        if submitted.root is not None:
            await run_use_case(root.failed(submitted.root, pool=self._runtime.pool, in_s=in_s), what="root")
        await self._runtime.hints.hint(submitted.generation_id, version=submitted.version)

    async def cancel(self, generation_id: UUID, *, by: Principal) -> Card:
        """Stop a generation; the card is for the person who pressed."""
        done = await run_use_case(cancel(generation_id, by=by, pool=self._runtime.pool), what="cancel")
        if isinstance(done, Card):
            return done
        await self._runtime.hints.hint(done.id, version=done.version)
        return cancelling(done.consumed, is_begun=done.state is State.RENDERING)

    async def providers(self) -> Card:
        """A card with the state of each provider."""
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
        return provider_cards.providers(
            found.providers, chains=found.chains, now=found.now, health=health, ends=self._runtime.ends
        )

    async def lets_in(self, platform: PlatformName, installation: Installation, belongs: Belongs) -> bool:
        """Whether a workspace lets people who are not its members use the app."""
        return await lets_in(platform, installation, belongs, pool=self._runtime.pool)

    async def settings(self, by: Manager) -> Card:
        """A card with the settings of the workspace."""
        manager = await self.rules.manager(by)
        if isinstance(manager, Card):
            return manager
        held = settings(manager, pool=self._runtime.pool, terms=self._runtime.terms)
        return self._settled(await run_use_case(held, what="settings"), by)

    async def choose(self, by: Manager, *, setting: str, value: str) -> Card:
        """Change a setting of the workspace."""
        manager = await self.rules.manager(by)
        if isinstance(manager, Card):
            return manager
        chosen = choose(manager, setting=setting, value=value, pool=self._runtime.pool, terms=self._runtime.terms)
        return self._settled(await run_use_case(chosen, what="choose"), by)

    def _settled(self, found: WorkspaceSettings | Card, by: Manager) -> Card:
        if isinstance(found, Card):
            return found
        keep_days = found.keep_days or self._runtime.settings.keep_days
        return setting_cards.settings(
            fallback=found.fallback,
            elsewhere=found.elsewhere,
            outsiders=found.outsiders,
            keep_days=keep_days,
            last_resort=self._runtime.terms.last_resort_labels(),
            changed=keep_days if isinstance(found.changed, Keep) else found.changed,
            panels=panel_buttons(without=by.lacks),
        )

    def help(self, *, examples: Sequence[str]) -> Card:
        """A card that explains how to ask for a video. `examples`: commands as the platform writes them."""
        return help_cards.video(self._runtime.terms.tier_prices(), examples=examples)


async def _is_surely(is_admin: Callable[[], Awaitable[bool]]) -> bool:
    """Whether a person is an admin; False while the platform cannot tell."""
    with contextlib.suppress(CannotCheck):
        return await is_admin()
    return False
