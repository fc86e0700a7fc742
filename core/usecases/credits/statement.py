"""A person reads their team's history: its lines page by page, or the use of the last days by tier.

Everybody may see what was spent by whom. What somebody asked for is shown to them and to admins: it may have been asked
in a private channel.
"""

from dataclasses import replace
from datetime import timedelta

from core.db.credits import ledger, ledger_lookups, statements
from core.db.errors import transaction
from core.db.people import teams
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.chat.principal import Principal
from core.domain.credits.history import NOTHING, HistoryLine, HistoryPage, Spent, UsageByDay, Video
from core.domain.credits.money import EntryKind, StatementLine
from core.domain.ids import MemberId
from core.domain.requests.terms import Terms

PAGE = 8
DAYS = 30


async def history(principal: Principal, *, before: int | None, pool: Pool, terms: Terms) -> HistoryPage:
    """A page of the team's history.

    Args:
        before: where the page begins, as an earlier page said; None for the newest lines.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        me = await teams.of(conn, principal, free_credits=terms.free_credits)
        found = await statements.statement(conn, team_id=me.team_id, before=before, limit=PAGE + 1)
        lines, older = found[:PAGE], found[PAGE - 1].seq if len(found) > PAGE else None
        newer = None
        if lines and before is not None:
            newer = await ledger_lookups.newer(conn, me.team_id, than=lines[0].seq, limit=PAGE)
        seqs = [line.seq for line in lines]
        videos = await ledger_lookups.videos(conn, [line.key for line in lines if line.kind is EntryKind.CONSUME])
        gifts = await ledger_lookups.gifts(conn, me.team_id, seqs)
        sources = await ledger_lookups.sources(conn, me.team_id, seqs)
        named = [member for line in lines for member in (line.member_id, line.actor_id)]
        people = await ledger_lookups.people(conn, [*named, *(member for member, _ in gifts.values())])
    return HistoryPage(
        lines=tuple(
            HistoryLine(
                booked=line,
                video=_visible(videos.get(line.key), line, reader=principal, me=me.member_id),
                gift=gifts.get(line.seq),
                source=sources.get(line.seq),
            )
            for line in lines
        ),
        people=people,
        older=older,
        newer=newer,
    )


def _visible(video: Video | None, line: StatementLine, *, reader: Principal, me: MemberId) -> Video | None:
    if video is None or reader.is_admin or line.member_id == me:
        return video
    return replace(video, prompt=None)


async def last_days(principal: Principal, *, pool: Pool, terms: Terms) -> UsageByDay:
    """What the team spent on each of the last 30 days, by tier. Days begin at midnight UTC.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        me = await teams.of(conn, principal, free_credits=terms.free_credits)
        now = await database_now(conn)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        start, end = today - timedelta(days=DAYS - 1), today + timedelta(days=1)
        used = await statements.use(conn, team_id=me.team_id, start=start, end=end)
        funds = await ledger.balance(conn, team_id=me.team_id)
    days: dict[object, dict[str, int]] = {}
    for use in used:
        tiers = days.setdefault(use.day, {})
        tiers[use.note or "other"] = tiers.get(use.note or "other", 0) + use.spent
    dates = [(start + timedelta(days=n)).date() for n in range(DAYS)]
    return UsageByDay(
        days=tuple((day, days.get(day, {})) for day in dates),
        total=sum((Spent(videos=use.generations, credits=use.spent) for use in used), NOTHING),
        credits_left=funds.balance,
    )
