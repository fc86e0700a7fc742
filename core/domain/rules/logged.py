"""A line of the log of a workspace's rules and settings."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.ids import UserId
from core.domain.rules.kinds import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """Who has changed what, and when.

    Args:
        kind: a `RuleKind`, or the name of a setting.
        before, after: None is no rule, or what holds without a word.
        author: who did it; None where they are forgotten.
        is_operators: whoever runs the service did it.
    """

    id: int
    kind: str
    subject: str
    before: Value | None
    after: Value | None
    author: UserId | None
    at: datetime
    is_operators: bool = False
