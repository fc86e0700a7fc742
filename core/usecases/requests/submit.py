"""A person asks for a video: price it, take the credits and write the generation down, all or nothing.

Where an admin has to let it go first, the generation is written down and waits, and nothing is taken: see `approve`.

The same command delivered twice finds its generation and changes nothing.
"""

from dataclasses import dataclass
from typing import NoReturn

from core.db.credits import credit_alerts, ledger
from core.db.delivery_rows import Delivery
from core.db.errors import transaction
from core.db.generations import approvals, claims, deliveries
from core.db.people import teams, workspaces
from core.db.pool import Pool
from core.domain.credits.money import MoneyStatus
from core.domain.generations.generation import Generation
from core.domain.ids import (
    ChannelId,
    GenerationId,
    Installation,
    PlatformName,
    Thread,
    UserId,
    generation_id,
)
from core.domain.requests.refusals import Insufficient, OverBudget, TeamFrozen
from core.domain.requests.request import VideoRequest, checked
from core.domain.requests.terms import Terms

ROOT_LEASE_S = 8.0
"""How long a bot has for posting the root message before a worker does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCommand:
    """One command, event or button press that asks for a video.

    Args:
        event: the platform's own id of it, the same in every redelivery.
        place: where the thread is to be opened.
        take: tells several videos of one event apart.
    """

    platform: PlatformName
    installation: Installation
    channel: ChannelId
    user: UserId
    event: str
    place: Thread
    request: VideoRequest
    take: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The generation that stands for what was asked.

    Args:
        credits_held: or what will be, once an admin has let it go.
        root: the root message, for the bot to post; None when this was asked before.
        version: of the row, for the hint.
    """

    generation_id: GenerationId
    request: VideoRequest
    credits_held: int
    root: Delivery | None
    version: int = 0

    @property
    def replayed(self) -> bool:
        return self.root is None


async def submit(asked: VideoCommand, *, pool: Pool, terms: Terms, owner: str) -> Submitted:
    """Take the credits and queue the generation.

    Args:
        owner: who will post the root message, unless it dies first.

    Raises:
        Refused: nothing was taken, and why.
        DatabaseAway
    """
    request = checked(asked.request)
    new_id = generation_id(platform=asked.platform, installation=asked.installation, event=asked.event, take=asked.take)
    async with transaction(pool) as conn:
        membership = await teams.ensure(
            conn,
            platform=asked.platform,
            installation=asked.installation,
            user=asked.user,
            free_credits=terms.free_credits,
        )
        if (earlier := await claims.load(conn, new_id)) is not None:
            return _again(earlier)
        fallback = await workspaces.fallback(conn, platform=asked.platform, installation=asked.installation)
        elsewhere = await workspaces.elsewhere(conn, platform=asked.platform, installation=asked.installation)
        quote = terms.quote(request, fallback=fallback)
        consumed = await ledger.consume(
            conn,
            team_id=membership.team_id,
            key=new_id,
            amount=quote.credits,
            member=membership.member_id,
            channel=asked.channel,
            note=request.tier,
        )
        asks_admin = consumed.status is MoneyStatus.NEEDS_APPROVAL
        if asks_admin or consumed.status in {MoneyStatus.REPLAYED, MoneyStatus.KEY_CONFLICT}:
            # The same event may have come twice at once, and the other one was first: the wallet made us wait for it.
            if (earlier := await claims.load(conn, new_id)) is not None:
                return _again(earlier)
            if not asks_admin:
                raise RuntimeError("a consume without its generation")
        if not asks_admin and consumed.status is not MoneyStatus.OK:
            refuse(
                consumed.status,
                needed=quote.credits,
                balance=consumed.balance,
                affordable=terms.affordable(consumed.balance, like=request, fallback=fallback),
            )
        await claims.create(
            conn,
            generation_id=new_id,
            team_id=membership.team_id,
            member_id=membership.member_id,
            platform=asked.platform,
            installation=asked.installation,
            user_id=asked.user,
            place=asked.place,
            request=request,
            chain=terms.planned(request, fallback),
            prices=quote.by_provider,
            consumed=quote.credits,
            start_by_s=terms.start_by_s,
            fallback=fallback,
            elsewhere=elsewhere,
        )
        if asks_admin:
            await approvals.ask(conn, new_id, channel=asked.channel, for_s=terms.approve_by_s)
            await credit_alerts.note_approval(conn, new_id)
        root = await deliveries.want_first(conn, new_id, owner=owner, lease_s=ROOT_LEASE_S)
    return Submitted(generation_id=new_id, request=request, credits_held=quote.credits, root=root)


def _again(earlier: Generation) -> Submitted:
    return Submitted(
        generation_id=earlier.id,
        request=earlier.request,
        credits_held=earlier.quoted,
        root=None,
        version=earlier.version,
    )


def refuse(status: MoneyStatus, *, needed: int, balance: int, affordable: tuple[tuple[str, int], ...]) -> NoReturn:
    """Say why the ledger took nothing.

    Raises:
        Refused
    """
    match status:
        case MoneyStatus.INSUFFICIENT:
            raise Insufficient(needed=needed, balance=balance, affordable=affordable)
        case MoneyStatus.OVER_MEMBER_BUDGET:
            raise OverBudget(whose="member", needed=needed)
        case MoneyStatus.OVER_CHANNEL_BUDGET:
            raise OverBudget(whose="channel", needed=needed)
        case MoneyStatus.OVER_TEAM_BUDGET:
            raise OverBudget(whose="team", needed=needed)
        case MoneyStatus.FROZEN:
            raise TeamFrozen
        case _:
            raise RuntimeError(f"consume answered {status}")
