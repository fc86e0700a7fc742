"""The show of a community: what its people and admins do about the gallery, votes and contests.

Everybody votes where the video is shown, and enters their own; only admins open a gallery or a contest.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from core.db.errors import connection, statement, transaction
from core.db.generations import claims, contests, showings
from core.db.generations.contests import Contest, EntryStatus
from core.db.generations.showings import Shown, VoteStatus
from core.db.people import rules, teams
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.chat.principal import Principal
from core.domain.ids import GenerationId, Thread
from core.domain.requests.refusals import UnknownGeneration
from core.domain.requests.terms import Terms
from core.domain.rules.kinds import RuleKind
from core.domain.text import NAME_MAX, clean

MONTH_S = 30 * 86_400.0
BEST_MOST = 10
ENTRIES_MOST = 5
MUST_MOST = 5
DAYS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestNow:
    """The contest of a workspace, as somebody sees it.

    Args:
        standing: the entries with the most votes.
        own: the person's videos that may be entered.
    """

    contest: Contest | None
    standing: tuple[Shown, ...] = ()
    own: tuple[tuple[GenerationId, str], ...] = ()
    has_gallery: bool = True


async def propose(generation_id: GenerationId, *, by: Principal, is_adult: bool, is_spoiler: bool, pool: Pool) -> None:
    """A video was asked for that may be shown once it is there.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await showings.propose(
            conn,
            generation_id,
            platform=by.platform,
            installation=by.installation,
            user=by.user,
            is_adult=is_adult,
            is_spoiler=is_spoiler,
        )


async def vote(generation_id: UUID, *, by: Principal, pool: Pool) -> tuple[VoteStatus, int]:
    """Vote for a video of this workspace's gallery, or take the vote back.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        return await showings.vote(
            conn, generation_id, platform=by.platform, installation=by.installation, user=by.user
        )


async def withdraw(generation_id: UUID, *, by: Principal, pool: Pool) -> None:
    """Take one's own video out of the gallery; a worker takes its message away.

    Raises:
        UnknownGeneration: it is somebody else's, or in no gallery.
        DatabaseAway
    """
    async with transaction(pool) as conn:
        found = await showings.withdraw(
            conn, generation_id, platform=by.platform, installation=by.installation, user=by.user
        )
    if not found:
        raise UnknownGeneration


async def leaders(by: Principal, *, pool: Pool) -> tuple[Shown, ...]:
    """The best of the last thirty days in this workspace.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return tuple(
            await showings.best(
                conn, platform=by.platform, installation=by.installation, over_s=MONTH_S, limit=BEST_MOST
            )
        )


async def open_gallery(
    place: Thread | None, *, by: Principal, is_adult: bool, locale: str | None, pool: Pool, terms: Terms
) -> None:
    """Show this workspace's videos there; None: nowhere any more. Opening it takes back a rule that has shut it.

    Args:
        locale: the language of the place.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    by.must_be_admin()
    async with transaction(pool) as conn:
        admin = await teams.of(conn, by, free_credits=terms.free_credits)
        await showings.open_gallery(
            conn,
            platform=by.platform,
            installation=by.installation,
            place=place,
            is_adult=is_adult,
            locale=locale,
            by=admin.member_id,
        )
        if place is not None:
            await rules.set_rule(
                conn,
                platform=by.platform,
                installation=by.installation,
                kind=RuleKind.GALLERY,
                subject="",
                value=None,
                author=admin.member_id,
            )


async def plan_contest(
    title: str, *, must: str, starts_in_days: int, days: int, by: Principal, pool: Pool, terms: Terms
) -> Contest | None:
    """Plan a contest; None: there is one that has not ended.

    Args:
        must: words that an entry's description has, with commas between them.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    by.must_be_admin()
    words = tuple(word for part in must.split(",") if (word := clean(part, length=NAME_MAX).strip().lower()))
    async with transaction(pool) as conn:
        admin = await teams.of(conn, by, free_credits=terms.free_credits)
        starts_at = await database_now(conn) + timedelta(days=starts_in_days)
        is_planned = await contests.plan(
            conn,
            platform=by.platform,
            installation=by.installation,
            title=clean(title, length=NAME_MAX),
            must=words[:MUST_MOST],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=days),
            by=admin.member_id,
        )
        if not is_planned:
            return None
        await showings.release(conn)  # one that begins now is open at once
        return await contests.current(conn, platform=by.platform, installation=by.installation)


async def end_contest(*, by: Principal, pool: Pool) -> bool:
    """End the contest now, or call off the one that is planned. False: there is none.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    by.must_be_admin()
    async with transaction(pool) as conn:
        return await contests.end_now(conn, platform=by.platform, installation=by.installation)


async def contest_now(by: Principal, *, pool: Pool) -> ContestNow:
    """The contest of this workspace, its standing, and what this person may enter.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        contest = await contests.current(conn, platform=by.platform, installation=by.installation)
        has_gallery = await showings.gallery(conn, platform=by.platform, installation=by.installation) is not None
        if contest is None or contest.state != "open":
            return ContestNow(contest=contest, has_gallery=has_gallery)
        standing = await showings.best(
            conn, platform=by.platform, installation=by.installation, over_s=MONTH_S, limit=BEST_MOST,
            contest_id=contest.id,
        )  # fmt: skip
        own = await contests.candidates(
            conn, platform=by.platform, installation=by.installation, user=by.user, since=contest.starts_at,
            limit=ENTRIES_MOST,
        )  # fmt: skip
    mine = tuple((number, prompt) for number, prompt in own if fits(contest, prompt))
    return ContestNow(contest=contest, standing=tuple(standing), own=mine, has_gallery=has_gallery)


async def enter(generation_id: UUID, *, by: Principal, pool: Pool) -> EntryStatus:
    """Enter one's own video in the contest that is open here.

    Raises:
        UnknownGeneration: there is none, or it is somebody else's, or its description lacks a word of the contest.
        DatabaseAway
    """
    async with transaction(pool) as conn:
        contest = await contests.current(conn, platform=by.platform, installation=by.installation)
        if contest is None:
            return EntryStatus.NONE
        generation = await claims.load_for(conn, generation_id, principal=by)
        is_own = generation is not None and by.is_same_person(
            platform=generation.platform, installation=generation.installation, user=generation.user_id
        )
        if generation is None or not is_own or not fits(contest, generation.request.prompt):
            raise UnknownGeneration
        return await contests.enter(
            conn,
            generation.id,
            platform=by.platform,
            installation=by.installation,
            user=by.user,
            made_at=generation.created_at,
            contest_id=contest.id,
        )


def fits(contest: Contest, prompt: str) -> bool:
    """Whether a description has every word that the contest wants."""
    words = prompt.casefold()
    return all(word.casefold() in words for word in contest.must)
