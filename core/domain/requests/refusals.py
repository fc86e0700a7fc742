"""Everything that we say no to. A refusal carries facts; `core.replies.requests.refusals` has the sentences."""

from dataclasses import dataclass
from enum import StrEnum

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
class TooManyTakes(Refused):
    """More takes of one description than are made at once. `may_have_most`: so many as are made at once can be had."""

    takes: int
    takes_max: int
    may_have_most: bool = True


@dataclass(eq=False)
class PickedAlready(Refused):
    """One of several takes was chosen before. `take`: which, counted from 1."""

    take: int


class DraftGone(Refused):
    """A button of something that was typed too long ago, or by somebody else."""


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
    """Somebody set a limit, and this would go over it. `whose` is member, channel or team; `affordable` fits in it."""

    whose: str
    needed: int
    affordable: tuple[tuple[str, int], ...] = ()


class TeamFrozen(Refused):
    """An operator has stopped this team's spending."""


class NoProvider(Refused):
    """The operator has configured no provider of this tier."""


class UnknownGeneration(Refused):
    """A button of something that we do not know."""


class WhyGone(StrEnum):
    """Why nothing can be done with a result any more."""

    DELETED = "deleted"
    HIDDEN = "hidden"
    """A manager has taken it away."""
    OLD = "old"
    """Its words and its video are not kept any more."""


@dataclass(eq=False)
class ResultGone(Refused):
    """A button of a result that nobody brings back.

    Args:
        tier, aspect, duration_s: what is left of the request, to ask for a new one with.
    """

    why: WhyGone
    tier: str = "default"
    aspect: str = "16:9"
    duration_s: int | None = None


class NotOverYet(Refused):
    """It is still being made, or on its way."""


class NoHigherTier(Refused):
    """Nobody makes it better than it was."""


class NothingToExtend(Refused):
    """There is no file of it here to go on from."""


class NothingToShare(Refused):
    """There is no file of it here, or this installation gives out no links."""


class ForgedButton(Refused):
    """A button or a form that we did not make, or made with a secret that has been replaced since."""


@dataclass(eq=False)
class NotYours(Refused):
    """Only the person who asked, or an admin, may do this. `what`: cancel or delete."""

    what: str = "cancel"


@dataclass(eq=False)
class TooLate(Refused):
    """It has a video already, or has ended."""

    outcome: str | None


@dataclass(eq=False)
class TooBusy(Refused):
    """So much waits that this could not begin in time.

    Args:
        quicker: tiers that could, with what they hold.
    """

    wait_s: float
    allowed_s: float
    quicker: tuple[tuple[str, int], ...] = ()


class NotAnAdmin(Refused):
    """Only whoever administers the workspace may do this."""


class CannotCheck(Refused):
    """The platform does not say who somebody is at this moment, so nobody may decide by it."""


@dataclass(eq=False)
class NotOfThisWorkspace(Refused):
    """Somebody who does not belong to the workspace, and whom its admins have not let in. `belongs`: what they are."""

    belongs: str


@dataclass(eq=False)
class Decided(Refused):
    """Somebody was first. `approved`: with which answer."""

    approved: bool


@dataclass(eq=False)
class WrongAmount(Refused):
    """No number of credits: `value` was typed."""

    value: str


@dataclass(eq=False)
class Incomplete(Refused):
    """A command that lacks something. `usage`: how it is written here."""

    usage: tuple[str, ...]


@dataclass(eq=False)
class NotOnePlace(Refused):
    """A budget that is for nobody, or for several at once."""


@dataclass(eq=False)
class NoGift(Refused):
    """A gift between budgets that cannot be. `why` is the ledger's word for it."""

    why: str
    amount: int


@dataclass(eq=False)
class NoLink(Refused):
    """Workspaces that cannot be linked or parted. `why` is the ledger's word for it."""

    why: str


class NotAPicture(Refused):
    """A file that is no picture, or none of a kind that is read here."""


@dataclass(eq=False)
class PictureTooLarge(Refused):
    """Too many bytes, or too many pixels to open. How many pixels may be depends on the kind."""

    bytes_max: int
    pixels_max: int = 24_500_000


@dataclass(eq=False)
class PictureTooSmall(Refused):
    width: int
    height: int
    side_min: int


@dataclass(eq=False)
class PictureTooNarrow(Refused):
    """Much longer than wide, or the other way round."""

    width: int
    height: int


class PictureNotFetched(Refused):
    """Nothing can be had at the address, or it is one that we do not go to."""


class PictureLate(Refused):
    """Where it lies, or where we keep it, does not answer in time: the same may work in a moment."""


class PictureNotYours(Refused):
    """A file of the chat that the person need not have seen."""


class NoPictureThere(Refused):
    """A message without a picture."""


class LastPictureAlone(Refused):
    """A picture to end with, and none to begin with."""


@dataclass(eq=False)
class NoProviderForPictures(NoProvider):
    """Nobody in the tier takes what was given: the last picture, or so many references.

    `able`: tiers in which somebody takes so many.
    """

    references: int = 0
    able: tuple[str, ...] = ()


@dataclass(eq=False)
class MissingPermissions(Refused):
    """The bot may not do what a video needs where it was asked for. `missing`: in the platform's own words."""

    missing: tuple[str, ...]
    channel: str


class NothingArrives(Refused):
    """The last results in this channel could not be posted, and a check has not passed since."""


@dataclass(eq=False)
class NoSuchTime(Refused):
    """Nothing that is a time, or none that is ahead and within two months."""

    typed: str


class TooManyLater(Refused):
    """The person has as many planned as they may."""
