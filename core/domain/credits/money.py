"""What the ledger answers: statuses and the numbers that come with them. Credits are whole numbers.

What a status means for a person is decided by the use cases; the words are in `core.replies`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.domain.ids import ChannelId, Installation, MemberId, PlatformName, TeamId


class MoneyStatus(StrEnum):
    """How a movement of credits went. Anything but OK and REPLAYED moved nothing."""

    OK = "ok"
    REPLAYED = "replayed"
    """The same key with the same values: nothing moved, and the numbers are those of the first answer."""
    KEY_CONFLICT = "key_conflict"
    """The same key with other values."""
    UNKNOWN_TEAM = "unknown_team"

    INSUFFICIENT = "insufficient"
    OVER_MEMBER_BUDGET = "over_member_budget"
    OVER_CHANNEL_BUDGET = "over_channel_budget"
    OVER_TEAM_BUDGET = "over_team_budget"
    NEEDS_APPROVAL = "needs_approval"
    FROZEN = "frozen"

    UNKNOWN_HOLD = "unknown_hold"
    ALREADY_SETTLED = "already_settled"
    """Settled before, with another amount."""
    EXCEEDS_HOLD = "exceeds_hold"
    NOT_SETTLED = "not_settled"
    EXCEEDS_KEPT = "exceeds_kept"
    """A correction of more than the generation still costs."""

    EXPIRED = "expired"
    """A grant that would have lapsed before it came; a code that is too old."""

    UNKNOWN_MEMBER = "unknown_member"
    NO_BUDGET = "no_budget"
    """A gift from or to a member whose month has no budget."""
    EXCEEDS_BUDGET = "exceeds_budget"

    UNKNOWN_CODE = "unknown_code"
    USED = "used"
    SAME_TEAM = "same_team"
    NOT_LINKED = "not_linked"

    @property
    def moved(self) -> bool:
        """Whether the credits are where the caller wanted them, now or since an earlier call."""
        return self in {MoneyStatus.OK, MoneyStatus.REPLAYED}


class FreePeriod(StrEnum):
    """How often a team gets its free credits. A period's credits lapse at its end."""

    DAY = "1 day"
    WEEK = "7 days"
    MONTH = "1 month"


class BudgetScope(StrEnum):
    """Whose use a budget bounds: one member's, one channel's, or everybody's together."""

    MEMBER = "member"
    CHANNEL = "channel"
    TEAM = "team"


class BudgetPeriod(StrEnum):
    """What a budget is for. Days and months begin at midnight UTC."""

    DAY = "day"
    MONTH = "month"


class AlertKind(StrEnum):
    """What a team is alerted of."""

    BUDGET = "budget"
    LOW_BALANCE = "low_balance"


class EntryKind(StrEnum):
    """What a line of the ledger is about."""

    GRANT = "grant"
    FREE = "free"
    CONSUME = "consume"
    SETTLE = "settle"
    REFUND = "refund"
    EXPIRE = "expire"
    MOVE_OUT = "move_out"
    MOVE_IN = "move_in"
    GIFT = "gift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Whose credits a person spends, and who they are to the ledger."""

    team_id: TeamId
    member_id: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The answer to a consume or a grant: the team's balance and what its running generations hold, after it."""

    status: MoneyStatus
    balance: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The answer to a settlement or a correction: what came back, and the numbers after it."""

    status: MoneyStatus
    balance: int
    held: int
    given_back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What a team can spend now.

    Args:
        team_id: whose wallet it is: that of the team which this one was joined to, if it was.
        held: taken for generations that are not settled yet; not in the balance.
    """

    team_id: TeamId
    balance: int
    held: int
    frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One generation with its settlement and corrections, or one movement that is not a generation's.

    Args:
        seq: the line's number in the team's ledger, which only grows.
        at: when it took effect.
        taken: what a generation took up front.
        given_back: of that, by settlement and corrections.
        amount: what the line did to the balance in all.
        held: what is still held for it.
        balance_after: right after its first entry.
        settled_at: when a generation was settled; None while it is held.
        why: the note of its latest correction or settlement.
        booked: False for what has lapsed or was granted by itself and awaits the next writer.
    """

    seq: int
    at: datetime
    kind: EntryKind
    key: UUID
    member_id: MemberId | None
    actor_id: MemberId | None
    channel: str | None
    note: str | None
    taken: int
    given_back: int
    amount: int
    held: int
    balance_after: int
    settled_at: datetime | None
    why: str | None
    booked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUsage:
    """What a member's generations of one day and note cost, less what came back of it."""

    day: date
    member_id: MemberId | None
    note: str | None
    generations: int
    spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A cap and what is spent of it since `starts_at`.

    Args:
        subject: the member's number, the channel, "" for the team, or "*": every member or channel without their own.
        cap: with what was given to it this month, or less what it gave away.
    """

    scope: BudgetScope
    subject: str
    period: BudgetPeriod
    cap: int
    spent: int
    starts_at: datetime

    @property
    def left(self) -> int:
        return max(self.cap - self.spent, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAlert:
    """Something that a team wants to be told, once, and where.

    Args:
        scope, subject, period: of the budget; None for a low balance.
        cap: the budget's, or the balance below which the team wants to know.
        spent: of the budget; None for a low balance.
    """

    kind: AlertKind
    scope: BudgetScope | None
    subject: str | None
    period: BudgetPeriod | None
    cap: int
    spent: int | None
    balance: int
    platform: PlatformName
    installation: Installation
    channel: ChannelId


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLimits:
    """What a team's admins set besides budgets.

    Args:
        approval_above: a generation that holds more asks an admin; None: none does.
        low_balance: below it, an alert is due.
        alert_channel: where alerts go; None: nowhere.
    """

    approval_above: int | None
    low_balance: int
    alert_platform: PlatformName | None
    alert_installation: Installation | None
    alert_channel: ChannelId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """A code that joins another workspace to a team, once, until it expires."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """The answer to a code.

    Args:
        team_id: the team that the workspace spends from now; None if it was not joined.
        made_by: the admin who made the code, if there is such a code.
        moved: the credits that came along.
    """

    status: MoneyStatus
    team_id: TeamId | None
    made_by: MemberId | None
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A team whose ledger is not whole, and what is wrong with it."""

    team_id: TeamId
    wrong: tuple[str, ...]
