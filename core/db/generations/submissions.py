"""A command that asks for a video, written down by one statement: credits, generation and messages, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import asyncpg

from core.db import chat_budgets
from core.db.generations.deliveries import key_of
from core.db.generations.delivery_rows import Delivery
from core.db.generations.generation_rows import request_json
from core.db.people.teams import FREE_PERIOD
from core.db.pool import Connection, seconds
from core.domain.chat.delivery import Kind
from core.domain.chat.delivery_memory import NOTHING_YET
from core.domain.chat.pacing import Limit
from core.domain.chat.principal import Outsiders
from core.domain.ids import ChannelId, GenerationId, Installation, PlatformName, ProviderName, Thread, UserId
from core.domain.requests.fallback import Fallback
from core.domain.requests.pricing import Quote
from core.domain.requests.request import VideoRequest
from core.domain.rules.allowances import Allowance, Used

UNDELIVERED_MOST = 1
"""Results in a row that could not be posted in a channel; after another none is begun there before it is checked."""
CHECK_AGAIN_S = 600.0
"""A check that passes opens a channel again, and no oftener than that."""


class SubmissionStatus(StrEnum):
    """How a submit went; anything else is the ledger's own status, and nothing was taken."""

    OK = "ok"
    ASKING = "asking"
    """An admin has to let it go; nothing was taken."""
    EARLIER = "earlier"
    """This event was delivered before, and nothing has changed."""
    UNPLANNED = "unplanned"
    """The workspace's choice of fallback leaves no provider."""
    CLOSED = "closed"
    """Results could not be posted in the channel, and nobody has checked it since."""
    BEYOND = "beyond"
    """An allowance of the person would be overrun; nothing was taken."""
    CHANGED = "changed"
    """The workspace's rules are other ones than those that were decided by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOfFallback:
    """What is held for a request, and the providers that it may use, under one choice of fallback."""

    quote: Quote
    chain: tuple[ProviderName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Everything that is written down.

    Args:
        plans: by choice of fallback; one that leaves no provider is not in it. The workspace's own choice decides.
        owner: who is to post the root message before `lease_s` is over.
        minds_trouble: nothing is taken in a channel where results could not be posted lately.
        asked_by, locale, place_locale: what the cards about it need to know of the person and of the place.
        revision, decided_fallback, decided_outsiders: of the workspace, as was decided by.
        allowance: what the person may use, counted here.
        begin_in_s: a worker that gets no hint leaves it alone for so long.
        spends: the platform's limits that its root message counts against.
    """

    id: GenerationId
    platform: PlatformName
    installation: Installation
    user: UserId
    channel: ChannelId
    place: Thread
    request: VideoRequest
    plans: Mapping[Fallback, PlanOfFallback]
    free_credits: int
    start_by_s: float
    approve_by_s: float
    owner: str
    lease_s: float
    minds_trouble: bool = False
    asked_by: str | None = None
    locale: str | None = None
    place_locale: str | None = None
    revision: int = 0
    decided_fallback: Fallback = Fallback.ANY
    decided_outsiders: Outsiders = Outsiders.NOBODY
    allowance: Allowance = field(default_factory=Allowance)
    spends: tuple[Limit, ...] = ()
    begin_in_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionAnswer:
    """What came of it.

    Args:
        status: a `SubmissionStatus`, or the ledger's word.
        balance: the team's; 0 where the ledger was not asked.
        fallback: the workspace's choice.
        root: the root message that the owner is to post; None unless something was written.
        used: of the person's allowances; None unless one of them would be overrun.
        has_gallery: the workspace has one, where it may be shown.
    """

    status: str
    balance: int
    fallback: Fallback
    root: Delivery | None
    used: Used | None = None
    has_gallery: bool = False


async def write(conn: Connection, submission: Submission) -> SubmissionAnswer:
    """Write it down, once for each id however often it is called."""
    return (await write_all(conn, [submission]))[0]


async def write_all(conn: Connection, submissions: Sequence[Submission]) -> list[SubmissionAnswer]:
    """The same for many of one workspace, in one transaction, each as if it came after those before it."""
    rows = await conn.fetch(
        "SELECT * FROM submit_ruled_generations($1)", [_asked(n, each) for n, each in enumerate(submissions)]
    )
    by_number = {row["n"]: row for row in rows}
    return [_answer(each, by_number[n]) for n, each in enumerate(submissions)]


def _asked(n: int, submission: Submission) -> dict[str, Any]:
    prefix = chat_budgets.prefix(submission.platform, submission.installation)
    return {
        "n": n,
        "id": str(submission.id),
        "platform": submission.platform,
        "installation": submission.installation,
        "user": submission.user,
        "channel": submission.channel,
        "place": submission.place,
        "request": request_json(submission.request),
        "tier": submission.request.tier,
        "plans": {fallback.value: _plan(plan) for fallback, plan in submission.plans.items()},
        "free_amount": submission.free_credits,
        "free_period": FREE_PERIOD,
        "start_by_s": submission.start_by_s,
        "approve_by_s": submission.approve_by_s,
        "owner": submission.owner,
        "lease_s": submission.lease_s,
        "root_key": str(key_of(submission.id, Kind.ROOT)),
        "progress_key": str(key_of(submission.id, Kind.PROGRESS)),
        "undelivered_most": UNDELIVERED_MOST if submission.minds_trouble else None,
        "revision": submission.revision,
        "decided_fallback": submission.decided_fallback,
        "decided_outsiders": submission.decided_outsiders,
        "allowance": {kind.value: most for kind, most in submission.allowance.limits.items()},
        "asked_by": submission.asked_by,
        "locale": submission.locale,
        "place_locale": submission.place_locale,
        "begin_in_s": submission.begin_in_s,
        "spends": [
            {"key": prefix + limit.key, "burst": limit.pace.burst, "every_s": limit.pace.every_s}
            for limit in submission.spends
        ],
    }


def _answer(submission: Submission, row: asyncpg.Record) -> SubmissionAnswer:
    return SubmissionAnswer(
        status=row["status"],
        balance=row["balance"] or 0,
        fallback=Fallback(row["fallback"]),
        root=_root(submission, row) if row["root_id"] is not None else None,
        used=_used(row["used"]) if row["used"] is not None else None,
        has_gallery=bool(row["has_gallery"]),
    )


def _used(found: Mapping[str, Any]) -> Used:
    return Used(
        videos=found["videos"],
        credits=found["credits"],
        open=found["open"],
        since_s=found["since_s"],
        needed=found["needed"] or 0,
        resets_s=float(found["resets_s"]),
    )


def _root(submission: Submission, row: asyncpg.Record) -> Delivery:
    return Delivery(
        id=row["root_id"],
        generation_id=submission.id,
        kind=Kind.ROOT,
        attempt=0,
        key=key_of(submission.id, Kind.ROOT),
        fence=1,
        tries=1,
        version=0,
        thread=None,
        message_id=None,
        memory=NOTHING_YET,
        digest=None,
        created_at=row["root_at"],
    )


def _plan(plan: PlanOfFallback) -> dict[str, object]:
    return {"credits": plan.quote.credits, "chain": list(plan.chain), "prices": dict(plan.quote.by_provider)}


async def reopen(conn: Connection, *, platform: PlatformName, installation: Installation, channel: ChannelId) -> bool:
    """A check of the channel has passed. False: it passed a moment ago as well, and nothing arrived all the same."""
    reopened: bool = await conn.fetchval(
        "SELECT reopen_channel($1, $2, $3, $4)", platform, installation, channel, seconds(CHECK_AGAIN_S)
    )
    return reopened
