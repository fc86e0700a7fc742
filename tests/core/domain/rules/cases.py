"""Rules for tests: made in a line, each newer than the one before it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from core.domain.chat.principal import Outsiders
from core.domain.ids import ChannelId, UserId
from core.domain.rules.decision import AskedIn, Who
from core.domain.rules.kinds import RuleKind, Rules, Value, WorkspaceRule

SOME_DAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE = AskedIn(channel=ChannelId("C1"))
ANA = Who(user=UserId("ana"))


def rules(*each: tuple[RuleKind, str, Value], lets_in: Outsiders = Outsiders.NOBODY) -> Rules:
    return Rules(revision=len(each), all=tuple(_rules(each)), lets_in=lets_in)


def _rules(each: Iterable[tuple[RuleKind, str, Value]]) -> Iterable[WorkspaceRule]:
    for number, (kind, subject, value) in enumerate(each, start=1):
        yield WorkspaceRule(id=number, kind=kind, subject=subject, value=value, author=UserId("boss"), at=SOME_DAY)
