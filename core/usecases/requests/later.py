"""A person asks for a video that is made later. The rules decide now and again then; credits are taken then."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from core.db.credits import ledger
from core.db.errors import connection, statement, transaction
from core.db.generations import scheduled, showings
from core.db.people import rules as rule_rows
from core.db.people import teams
from core.db.pool import Connection, Pool
from core.db.routing import backlog
from core.db.workers import now as database_now
from core.domain.chat.principal import Principal
from core.domain.errors import Refused
from core.domain.ids import ProviderName, generation_id
from core.domain.requests.refusals import TooManyLater, UnknownGeneration
from core.domain.requests.request import VideoRequest, checked
from core.domain.requests.terms import Terms, without
from core.domain.rules.later_video import LaterVideo
from core.usecases.requests import rulings
from core.usecases.requests.rulings import InRoles, nobody
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from core.usecases.requests.when import read_when

SHOWN = 10
AT_ONCE = 20
WARN_AHEAD_S = 3600.0


class LaterChange(StrEnum):
    """What its person does with one that waits."""

    CANCEL = "cancel"
    NOW = "now"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One that waits. `needed` is what it will hold, as things are now; `balance` what the team has."""

    later: LaterVideo
    needed: int
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What became of one that was due. One that was refused waits until its person is `told`."""

    later: LaterVideo
    submitted: Submitted | None = None
    refusal: Refused | None = None


async def schedule(
    asked: VideoCommand, typed: str, *, zone: str, in_roles: InRoles = nobody, pool: Pool, terms: Terms
) -> Planned:
    """Write it down for later. Delivered twice, it is one.

    Raises:
        Refused: what the rules say now, NoSuchTime, TooManyLater.
        DatabaseAway
    """
    request = checked(asked.request)
    by = asked.asking
    ruling = await rulings.rule(request, by, in_roles=in_roles, pool=pool, terms=terms)
    async with connection(pool) as conn:
        now = await database_now(conn)
    when = await asyncio.to_thread(read_when, typed, now=now, zone=zone)  # its first look takes half a second
    later = LaterVideo(
        id=generation_id(platform=asked.platform, installation=asked.installation, event=f"later:{asked.event}"),
        platform=asked.platform,
        installation=asked.installation,
        user=asked.user,
        channel=asked.channel,
        place=asked.place,
        request=request,
        due_at=when.at,
        zone=zone,
        when_cheap=when.cheap,
        said=asked.said,
        takes=asked.takes,
        asked_by=asked.asked_by,
        locale=asked.locale,
        place_locale=asked.place_locale,
        belongs=asked.belongs,
        is_adult=asked.is_adult,
        is_private=asked.is_private,
        roles=tuple(sorted(ruling.who.roles)),
    )
    async with transaction(pool) as conn:
        if not await scheduled.write(conn, later):
            raise TooManyLater
        balance = await _balance(conn, later, terms)
    needed = terms.quote(ruling.planned, fallback=ruling.fallback).credits * asked.takes
    return Planned(later=later, needed=needed, balance=balance)


async def own_later(by: Principal, *, pool: Pool) -> list[LaterVideo]:
    """What a person has waiting here, the next one first.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await scheduled.own(conn, by=by, limit=SHOWN)


async def change_later(later_id: UUID, change: LaterChange, *, by: Principal, pool: Pool) -> list[LaterVideo]:
    """Cancel one, or put it off; what waits then.

    Raises:
        UnknownGeneration: it is somebody else's, or waits no more.
        DatabaseAway
    """
    async with transaction(pool) as conn:
        now = await database_now(conn)
        found = {each.id: each for each in await scheduled.own(conn, by=by, limit=1000)}
        if later_id not in found:
            raise UnknownGeneration
        before = max(now, found[later_id].due_at)
        due_at = {
            LaterChange.CANCEL: None,
            LaterChange.NOW: now,
            LaterChange.HOUR: before + timedelta(hours=1),
            LaterChange.DAY: before + timedelta(days=1),
        }[change]
        if not await scheduled.change(conn, later_id, by=by, due_at=due_at, cancel=change is LaterChange.CANCEL):
            raise UnknownGeneration
        return await scheduled.own(conn, by=by, limit=SHOWN)


async def begin_due(*, pool: Pool, terms: Terms, owner: str) -> list[Begun]:
    """Ask for those that are due, by the same way as any other. One that is begun twice is one video.

    Raises:
        DatabaseAway: those that are left come again when their leases end.
    """
    async with statement(pool) as conn:
        claimed = await scheduled.claim(conn, limit=AT_ONCE)
        now = await database_now(conn)
    ended = []
    for later in claimed:
        command = _command(later)
        if later.when_cheap and later.due_at > now:
            cheap = await _cheap_now(later, pool=pool, terms=terms)
            if cheap is None:
                continue
            command = replace(command, request=cheap)
        ended.append(await _begin(later, command, pool=pool, terms=terms, owner=owner))
    return ended


async def told(later: LaterVideo, *, pool: Pool) -> None:
    """The person was told that it does not begin: remove it from the schedule.

    Raises:
        DatabaseAway: it is refused, and told, again when its lease ends.
    """
    async with statement(pool) as conn:
        await scheduled.end(conn, later.id, "refused")


async def warnings(*, pool: Pool, terms: Terms) -> list[Planned]:
    """Those that begin soon and whose team has too little for them now; each once.

    Raises:
        DatabaseAway
    """
    found = []
    async with transaction(pool) as conn:
        for later in await scheduled.to_warn(conn, ahead_s=terms.time_scale.scaled(WARN_AHEAD_S), limit=AT_ONCE):
            now = await rule_rows.at(conn, platform=later.platform, installation=later.installation)
            asking = _command(later).asking
            try:
                ruling = await rulings.ruled(later.request, asking, now, in_roles=_roles_of(later), terms=terms)
                needed = terms.quote(ruling.planned, fallback=ruling.fallback).credits * later.takes
            except Refused:
                continue
            balance = await _balance(conn, later, terms)
            if balance < needed:
                found.append(Planned(later=later, needed=needed, balance=balance))
    return found


async def _begin(later: LaterVideo, command: VideoCommand, *, pool: Pool, terms: Terms, owner: str) -> Begun:
    try:
        submitted = await submit(command, pool=pool, terms=terms, owner=owner, in_roles=_roles_of(later))
    except Refused as refusal:
        return Begun(later=later, refusal=refusal)
    async with statement(pool) as conn:
        if submitted.request.is_shown:  # before it ends: whoever begins it once more does this once more
            await showings.propose(
                conn,
                submitted.generation_id,
                platform=later.platform,
                installation=later.installation,
                user=later.user,
                is_adult=later.is_adult,
                is_spoiler=submitted.request.is_veiled,
            )
        await scheduled.end(conn, later.id, "begun")
    return Begun(later=later, submitted=submitted)


async def _cheap_now(later: LaterVideo, *, pool: Pool, terms: Terms) -> VideoRequest | None:
    """The request for its cheapest provider alone, if nobody waits for that one; None: not yet."""
    asking = _command(later).asking
    async with connection(pool) as conn:
        now = await rule_rows.at(conn, platform=later.platform, installation=later.installation)
        try:
            ruling = await rulings.ruled(later.request, asking, now, in_roles=_roles_of(later), terms=terms)
            prices = terms.quote(ruling.planned, fallback=ruling.fallback).by_provider
        except Refused:
            return later.request  # it is refused as it begins, and its person hears why
        cheapest = min(prices, key=lambda name: prices[name])
        chain: tuple[ProviderName, ...] = (cheapest,)
        waiting = await backlog.ahead(conn, platform=later.platform, installation=later.installation, chain=chain)
    others = [
        name for name in terms.chain(ruling.request.tier) if name != cheapest and name not in ruling.planned.without
    ]
    return None if waiting else without(later.request, others)


async def _balance(conn: Connection, later: LaterVideo, terms: Terms) -> int:
    member = await teams.ensure(
        conn,
        platform=later.platform,
        installation=later.installation,
        user=later.user,
        free_credits=terms.free_credits,
    )
    return (await ledger.balance(conn, team_id=member.team_id)).balance


def _roles_of(later: LaterVideo) -> InRoles:
    """The roles that its person had when it was planned: nobody is here whom a platform could tell of."""

    async def in_roles(_among: object) -> frozenset[str]:
        return frozenset(later.roles)

    return in_roles


def _command(later: LaterVideo) -> VideoCommand:
    return VideoCommand(
        platform=later.platform,
        installation=later.installation,
        channel=later.channel,
        user=later.user,
        event=f"later:{later.id}",
        place=later.place,
        request=later.request,
        takes=later.takes,
        asked_by=later.asked_by,
        locale=later.locale,
        place_locale=later.place_locale,
        belongs=later.belongs,
        is_adult=later.is_adult,
        is_private=later.is_private,
        said=later.said,
    )
