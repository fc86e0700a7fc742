"""What was seen of one fault, and the verdict on it: the caller's side, the vendors' side, and the ledger's."""

from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    """What the person got."""

    VIDEO = "video"
    TOLD = "told"
    """No video, a reason, and nothing paid."""
    OFFERED = "offered"
    """The same, with a button to the next provider."""
    CANCELLED = "cancelled"
    NOTHING = "nothing"
    """No last word, or one without its video."""


class Verdict(StrEnum):
    """How well a fault was handled."""

    PASS = "pass"  # noqa: S105 - the catalogue's word
    PARTIAL = "partial"
    """The person got what could be had, later or dearer for the vendor's customer than it had to be."""
    SAFE = "safe"
    """Less than could be had; the person knows, and paid nothing."""
    FAIL = "fail"
    """A wrong or doubled charge, a wrong or doubled video, or silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What could be had.

    Args:
        jobs: the most that each vendor has to take on: the faulty one, the other.
        within_s: simulated seconds in which it could be had.
        share: of the maker's price, what the person pays for what came.
        extras: videos offered for nothing.
    """

    end: End = End.VIDEO
    jobs: tuple[int, int] = (1, 0)
    within_s: float = 200.0
    share: float = 1.0
    extras: int = 0

    @property
    def worth(self) -> float:
        """The share of its price that the faulty vendor's video is worth: nothing, where it is to be free."""
        return 0.0 if self.extras else self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What happened.

    Args:
        results: how often a last word came.
        is_right: the video is whole, plays, and the card says what it is.
        paid, due: credits that the person paid, and that what they got costs.
        unused: videos that a vendor bills and nobody got.
        is_sound: the ledger's own check, nothing left to do, and no row waiting.
    """

    end: End
    results: int
    is_right: bool
    paid: int
    due: int
    jobs: tuple[int, int]
    cancels: int
    took_s: float
    unused: int = 0
    extras: int = 0
    is_sound: bool = True
    note: str = ""


def verdict(seen: Seen, expected: Expected) -> Verdict:
    """How well it went."""
    is_wrong = seen.results != 1 or seen.paid != seen.due or not seen.is_sound or seen.end is End.NOTHING
    if is_wrong or (seen.end is End.VIDEO and not seen.is_right):
        return Verdict.FAIL
    if seen.end is not expected.end:
        return Verdict.SAFE if seen.end is not End.VIDEO else Verdict.PARTIAL
    no_more_jobs = all(done <= most for done, most in zip(seen.jobs, expected.jobs, strict=True))
    in_time = seen.took_s <= expected.within_s
    return Verdict.PASS if no_more_jobs and in_time and seen.extras >= expected.extras else Verdict.PARTIAL
