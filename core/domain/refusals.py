"""Everything that we say no to. A refusal carries facts; `core.replies.refusals` has the sentences."""

from dataclasses import dataclass

from core.domain.errors import Refused


class PromptMissing(Refused):
    """Nothing was described."""


@dataclass(eq=False)
class PromptTooLong(Refused):
    length: int
    length_max: int


@dataclass(eq=False)
class DurationOutOfRange(Refused):
    duration_s: int
    duration_s_min: int
    duration_s_max: int


@dataclass(eq=False)
class UnknownOption(Refused):
    """A word that we do not know: `tier:mega`."""

    option: str
    value: str
    known: tuple[str, ...]


@dataclass(eq=False)
class NotANumber(Refused):
    option: str
    value: str


@dataclass(eq=False)
class Insufficient(Refused):
    """Not enough credits for the dearest provider of the chain.

    Args:
        affordable: tiers that the balance would cover, with what they hold.
    """

    needed: int
    balance: int
    affordable: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False)
class OverBudget(Refused):
    """Somebody set a limit, and this would go over it. `whose` is member, channel or team."""

    whose: str
    needed: int


@dataclass(eq=False)
class NeedsApproval(Refused):
    needed: int


class TeamFrozen(Refused):
    """An operator has stopped this team's spending."""


class NoProvider(Refused):
    """The operator has configured no provider of this tier."""


class UnknownGeneration(Refused):
    """A button of something that we do not know."""


class NotYours(Refused):
    """Only the person who asked may do this."""


@dataclass(eq=False)
class TooLate(Refused):
    """It has a video already, or has ended."""

    outcome: str | None
