"""What a person may ask of /credits, whatever the platform they typed it on."""

from dataclasses import dataclass

from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.ids import ChannelId, Thread, UserId
from core.domain.requests.refusals import WrongAmount
from core.domain.text import NAME_MAX, clean

DIGITS_MAX = 9
_OFF = frozenset({"off", "none", "no", "never"})


@dataclass(frozen=True, slots=True)
class ShowBalance:
    pass


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """A page: the newest one, or what is before a line."""

    before: int | None = None


@dataclass(frozen=True, slots=True)
class ShowMonth:
    """The picture of the last 30 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose budget: one member's or channel's, that of each of them without one of their own, or the team's."""

    scope: BudgetScope
    user: UserId | None = None
    channel: ChannelId | None = None


@dataclass(frozen=True, slots=True)
class ShowBudgets:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBudget:
    """`cap` None takes the budget away."""

    whose: Whose
    period: BudgetPeriod
    cap: int | None


@dataclass(frozen=True, slots=True)
class ShowLimits:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimits:
    """What an admin changes of the limits; the rest stays.

    Args:
        approval_above: a generation that holds more asks an admin.
        asks_nobody: no generation does.
        low_balance: below it, an alert is due.
        alerts_to: where alerts go, as the platform names the place; and the channel that it is, for the log.
        no_alerts: nowhere.
    """

    approval_above: int | None = None
    asks_nobody: bool = False
    low_balance: int | None = None
    alerts_to: Thread | None = None
    alerts_in: ChannelId | None = None
    no_alerts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Give:
    """Budget of this month from one member to another. `giver` None is the person who gives the command."""

    receiver: UserId
    amount: int
    giver: UserId | None = None


@dataclass(frozen=True, slots=True)
class ShowCode:
    """A code that joins another workspace to this team."""


@dataclass(frozen=True, slots=True)
class Join:
    """The code, redeemed."""

    code: str


@dataclass(frozen=True, slots=True)
class Part:
    """The way back."""


CreditCommand = (
    ShowBalance
    | ShowHistory
    | ShowMonth
    | ShowBudgets
    | SetBudget
    | ShowLimits
    | SetLimits
    | Give
    | ShowCode
    | Join
    | Part
)


def amount_named(word: str) -> int:
    """A number of credits.

    Raises:
        WrongAmount
    """
    digits = word.replace(",", "").replace("_", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        raise WrongAmount(value=clean(word, length=NAME_MAX))
    return int(digits)


def cap_named(word: str) -> int | None:
    """A number of credits, or None for no limit.

    Raises:
        WrongAmount
    """
    return None if word.lower() in _OFF else amount_named(word)
