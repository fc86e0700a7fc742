"""A person asks for a video: price it, take the credits and write the generation down, all or nothing.

The same command delivered twice finds its generation and changes nothing.
"""

from dataclasses import dataclass

from core.db import credits, deliveries, generations, teams
from core.db.errors import transaction
from core.db.pool import Pool
from core.domain.generation import Generation
from core.domain.ids import (
    ChannelId,
    GenerationId,
    Installation,
    PlatformName,
    Thread,
    UserId,
    generation_id,
)
from core.domain.money import MoneyStatus
from core.domain.pricing import Quote
from core.domain.refusals import Insufficient, NeedsApproval, OverBudget, TeamFrozen
from core.domain.request import VideoRequest, checked
from core.domain.terms import Terms

ROOT_LEASE_S = 8.0
"""How long a bot has for posting the root message before a worker does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
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
        root: the root message, for the bot to post; None when this was asked before.
        version: of the row, for the hint.
    """

    generation_id: GenerationId
    request: VideoRequest
    credits_held: int
    root: deliveries.Delivery | None
    version: int = 0

    @property
    def replayed(self) -> bool:
        return self.root is None


async def submit(asked: Asked, *, pool: Pool, terms: Terms, owner: str) -> Submitted:
    """Take the credits and queue the generation.

    Args:
        owner: who will post the root message, unless it dies first.

    Raises:
        Refused: nothing was taken, and why.
        DatabaseAway
    """
    request = checked(asked.request)
    quote = terms.quote(request)
    new_id = generation_id(platform=asked.platform, installation=asked.installation, event=asked.event, take=asked.take)
    async with transaction(pool) as conn:
        membership = await teams.ensure(
            conn,
            platform=asked.platform,
            installation=asked.installation,
            user=asked.user,
            free_credits=terms.free_credits,
        )
        if (earlier := await generations.load(conn, new_id)) is not None:
            return _again(earlier)
        consumed = await credits.consume(
            conn,
            team_id=membership.team_id,
            key=new_id,
            amount=quote.credits,
            member=membership.member_id,
            channel=asked.channel,
            note=request.tier,
        )
        if consumed.status in {MoneyStatus.REPLAYED, MoneyStatus.KEY_CONFLICT}:
            # The same event came twice at once, and the other one was first.
            earlier = await generations.load(conn, new_id)
            if earlier is None:
                raise RuntimeError("a consume without its generation")
            return _again(earlier)
        _raise_if_refused(consumed.status, quote=quote, balance=consumed.balance, request=request, terms=terms)
        await generations.create(
            conn,
            generation_id=new_id,
            team_id=membership.team_id,
            member_id=membership.member_id,
            platform=asked.platform,
            installation=asked.installation,
            user_id=asked.user,
            place=asked.place,
            request=request,
            chain=terms.chain(request.tier),
            prices=quote.by_provider,
            consumed=quote.credits,
            start_by_s=terms.start_by_s,
        )
        root = await deliveries.want_root(conn, new_id, owner=owner, lease_s=ROOT_LEASE_S)
        await deliveries.want(conn, new_id, deliveries.Kind.PROGRESS)
    return Submitted(generation_id=new_id, request=request, credits_held=quote.credits, root=root)


def _again(earlier: Generation) -> Submitted:
    return Submitted(
        generation_id=earlier.id,
        request=earlier.request,
        credits_held=earlier.consumed,
        root=None,
        version=earlier.version,
    )


def _raise_if_refused(status: MoneyStatus, *, quote: Quote, balance: int, request: VideoRequest, terms: Terms) -> None:
    match status:
        case MoneyStatus.OK:
            return
        case MoneyStatus.INSUFFICIENT:
            raise Insufficient(
                needed=quote.credits, balance=balance, affordable=terms.affordable(balance, like=request)
            )
        case MoneyStatus.OVER_MEMBER_BUDGET:
            raise OverBudget(whose="member", needed=quote.credits)
        case MoneyStatus.OVER_CHANNEL_BUDGET:
            raise OverBudget(whose="channel", needed=quote.credits)
        case MoneyStatus.OVER_TEAM_BUDGET:
            raise OverBudget(whose="team", needed=quote.credits)
        case MoneyStatus.NEEDS_APPROVAL:
            raise NeedsApproval(needed=quote.credits)
        case MoneyStatus.FROZEN:
            raise TeamFrozen
        case _:
            raise RuntimeError(f"consume answered {status}")
