"""The reasons for which we refuse. A refusal carries facts; `core.replies.requests.refusals` has the sentences."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.errors import Refused


class PromptMissing(Refused):
    """The request has no description."""


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
    """More takes of one description than are made at once. `may_have_most`: the largest number is allowed here."""

    takes: int
    takes_max: int
    may_have_most: bool = True


@dataclass(eq=False)
class PickedAlready(Refused):
    """One of several takes was chosen before. `take`: which, counted from 1."""

    take: int


class DraftGone(Refused):
    """A button of a draft that is too old, or of another person."""


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
    """The request would exceed a budget. `whose` is member, channel or team; `affordable` would be within it."""

    whose: str
    needed: int
    affordable: tuple[tuple[str, int], ...] = ()


class TeamFrozen(Refused):
    """An operator has stopped this team's spending."""


class NoProvider(Refused):
    """The operator has configured no provider of this tier."""


class UnknownGeneration(Refused):
    """A button of a generation that does not exist."""


class WhyGone(StrEnum):
    """Why a result can no longer be used."""

    DELETED = "deleted"
    HIDDEN = "hidden"
    """A manager has removed it."""
    OLD = "old"
    """Its words and its video are not kept any more."""


@dataclass(eq=False)
class ResultGone(Refused):
    """A button of a result that cannot be restored.

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
    """No tier makes it in a better quality."""


class NothingToExtend(Refused):
    """The video's file is not stored here, so it cannot be extended."""


class NothingToShare(Refused):
    """The video's file is not stored here, or this installation has no public links."""


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
    """The queue is so long that this could not begin in time.

    Args:
        quicker: tiers that could, with what they hold.
    """

    wait_s: float
    allowed_s: float
    quicker: tuple[tuple[str, int], ...] = ()


class NotAnAdmin(Refused):
    """Only an admin of the workspace may do this."""


class CannotCheck(Refused):
    """The platform cannot confirm at the moment who the person is, so they may not decide."""


@dataclass(eq=False)
class NotOfThisWorkspace(Refused):
    """Somebody who does not belong to the workspace, and whom its admins have not let in. `belongs`: what they are."""

    belongs: str


@dataclass(eq=False)
class Decided(Refused):
    """Another admin has decided already. `approved`: the decision."""

    approved: bool


@dataclass(eq=False)
class WrongAmount(Refused):
    """`value` was typed where a number of credits belongs."""

    value: str


@dataclass(eq=False)
class Incomplete(Refused):
    """A command that lacks something. `usage`: how it is written here."""

    usage: tuple[str, ...]


@dataclass(eq=False)
class NotOnePlace(Refused):
    """A budget without a subject, or with several."""


@dataclass(eq=False)
class NoGift(Refused):
    """A gift that is impossible. `why` is the ledger's status."""

    why: str
    amount: int


@dataclass(eq=False)
class NoLink(Refused):
    """Workspaces that cannot be linked or unlinked. `why` is the ledger's status."""

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
    """The address gives no picture, or is one that we never request, such as a private one."""


class PictureLate(Refused):
    """The picture's host or our storage does not answer in time; a repeat may work."""


class PictureNotYours(Refused):
    """A file of the chat which the person may not have access to."""


class NoPictureThere(Refused):
    """A message without a picture."""


class LastPictureAlone(Refused):
    """A last picture without a first one."""


@dataclass(eq=False)
class NoProviderForPictures(NoProvider):
    """No provider of the tier takes the given pictures: a last picture, or so many references.

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
    """Text that is no time, or a time in the past or more than two months ahead."""

    typed: str


class TooManyLater(Refused):
    """The person has as many planned as they may."""
