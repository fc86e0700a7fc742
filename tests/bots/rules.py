"""A manager's rules, set as the use case sets them, for tests that ask by the platforms' own ways."""

from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.rules.changes import RuleChange
from core.domain.rules.kinds import RuleKind, Value
from core.usecases.people.rules import change_rules
from core.usecases.requests.rulings import nobody
from tests.core.terms import terms

Given = tuple[RuleKind, str, Value | None]


async def give(house: Pool, *each: Given, platform: str, installation: str, user: str, free: int = 2000) -> None:
    """One after the other, by this admin."""
    boss = Principal(
        platform=PlatformName(platform), installation=Installation(installation), user=UserId(user), is_admin=True
    )
    changes = [RuleChange(kind=kind, subject=subject, value=value) for kind, subject, value in each]
    await change_rules(boss, changes, in_roles=nobody, pool=house, terms=terms(free_credits=free))


async def rules_in(house: Pool) -> list[Given]:
    """The rules that hold, by kind and subject. JSON has lists where a rule has a tuple."""
    rows = await house.fetch(
        "SELECT DISTINCT ON (kind, subject) kind, subject, value FROM rules ORDER BY kind, subject, id DESC"
    )
    found = [(row["kind"], row["subject"], row["value"]) for row in rows if row["value"] is not None]
    return [
        (RuleKind(kind), subject, tuple(value) if isinstance(value, list) else value) for kind, subject, value in found
    ]
