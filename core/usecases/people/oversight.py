"""The managers of a workspace look at what was done: changes of rules, what they refused, what was used."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.db.errors import connection
from core.db.people import rule_log
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.chat.principal import Principal
from core.domain.credits.history import Spent, UsageByDay
from core.domain.rules.logged import LoggedChange
from core.domain.rules.usage import MonthSums, UsageLine
from core.usecases.people.rules import as_manager
from core.usecases.requests.rulings import InRoles

PAGE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some changes, the newest first. `older`: where the next page begins; None where there is none."""

    changes: tuple[LoggedChange, ...]
    older: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfUse:
    """This month (UTC), summed up. `refused`: how often each kind of rule has refused."""

    sums: MonthSums
    refused: dict[str, int]
    now: datetime

    @property
    def by_day(self) -> UsageByDay:
        """The same by day and tier, for a picture."""
        dates = [_since(self.now) + timedelta(days=number) for number in range(self.now.day)]
        total = Spent(videos=self.sums.videos, credits=self.sums.credits)
        days = tuple((day, self.sums.days.get(day, {})) for day in dates)
        return UsageByDay(days=days, total=total, credits_left=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthInLines:
    """This month (UTC), video by video. `total`: how many there were; more than the lines where those are not all."""

    lines: tuple[UsageLine, ...]
    total: int
    now: datetime

    @property
    def since(self) -> date:
        """The first of the month."""
        return _since(self.now)


def _since(now: datetime) -> date:
    return now.date().replace(day=1)


async def log(by: Principal, *, before: int | None, in_roles: InRoles, pool: Pool) -> LogPage:
    """A page of the log.

    Raises:
        NotAnAdmin, CannotCheck, DatabaseAway
    """
    await as_manager(by, in_roles=in_roles, pool=pool)
    async with connection(pool) as conn:
        found = await rule_log.log(
            conn, platform=by.platform, installation=by.installation, before=before, limit=PAGE + 1
        )
    return LogPage(changes=tuple(found[:PAGE]), older=found[PAGE - 1].id if len(found) > PAGE else None)


async def month_of_use(by: Principal, *, in_roles: InRoles, pool: Pool) -> MonthOfUse:
    """What was used this month.

    Raises:
        NotAnAdmin, CannotCheck, DatabaseAway
    """
    await as_manager(by, in_roles=in_roles, pool=pool)
    async with connection(pool) as conn:
        sums = await rule_log.sums(conn, platform=by.platform, installation=by.installation)
        refused = await rule_log.refusals(conn, platform=by.platform, installation=by.installation)
        now = await database_now(conn)
    return MonthOfUse(sums=sums, refused=refused, now=now)


async def month_in_lines(by: Principal, *, in_roles: InRoles, pool: Pool) -> MonthInLines:
    """What was used this month, each video.

    Raises:
        NotAnAdmin, CannotCheck, DatabaseAway
    """
    await as_manager(by, in_roles=in_roles, pool=pool)
    async with connection(pool) as conn:
        lines, total = await rule_log.usage(conn, platform=by.platform, installation=by.installation)
        now = await database_now(conn)
    return MonthInLines(lines=tuple(lines), total=total, now=now)
