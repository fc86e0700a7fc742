"""What can go wrong, in two families: we said no (`Refused`), or a provider did not do what we asked.

What to do about a failure is decided in `retry`; the sentences for people are in `core.replies`.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """The one class that each vendor answer is mapped to."""

    AUTH = "auth"
    INVALID_REQUEST = "invalid_request"
    CONTENT_POLICY = "content_policy"
    RATE_LIMITED = "rate_limited"
    CAPACITY = "capacity"
    QUOTA_EXHAUSTED = "quota_exhausted"
    TRANSIENT_SERVER = "transient_server"
    TIMEOUT = "timeout"
    MODEL_GONE = "model_gone"
    TASK_GONE = "task_gone"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CANCELLED = "cancelled"


class Subject(StrEnum):
    """What a vendor's content filter has refused."""

    WORDS = "words"
    PICTURE = "picture"
    OUTPUT = "output"
    """The finished video, or its sound. The same request may pass the next time."""
    UNKNOWN = "unknown"
    """The vendor does not say."""


class Rule(StrEnum):
    """Whose rule was broken."""

    COMMON = "common"
    """Every vendor has it: violence, nudity, minors."""
    VENDOR = "vendor"
    """This vendor's own: real people in a picture. Another one may make the video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a CONTENT_POLICY error is about.

    Args:
        by_chance: the vendor itself says that the same request may pass, and does not bill the refused one.
    """

    subject: Subject = Subject.UNKNOWN
    rule: Rule = Rule.COMMON
    by_chance: bool = False

    @property
    def tries_again(self) -> int:
        """How many more tries at the same vendor are worth it: a vendor that does not bill the refusal gets two."""
        if self.by_chance:
            return 2
        return 1 if self.subject is Subject.OUTPUT else 0

    @property
    def may_pass_elsewhere(self) -> bool:
        """Whether another vendor may make the same video."""
        return self.by_chance or self.rule is Rule.VENDOR or self.subject in {Subject.OUTPUT, Subject.UNKNOWN}


@dataclass(eq=False)
class ProviderError(Exception):
    """A provider did not do what we asked.

    Args:
        error_class: what kind of failure it is.
        detail: the vendor's own words, cut to 500 characters; may be shown to operators, never to chat.
        vendor_code: the vendor's own code, such as "1303" or "InvalidParameter.size".
        retry_after_s: what the vendor asked us to wait, in seconds; None if it did not say.
        refusal: of CONTENT_POLICY, what was refused and by whose rule; None where the adapter does not know.
        field: of INVALID_REQUEST, the vendor's name of the field that it does not accept; "" if it did not say.
    """

    error_class: ErrorClass
    detail: str = ""
    vendor_code: str = ""
    retry_after_s: float | None = None
    refusal: Refusal | None = None
    field: str = ""

    def __post_init__(self) -> None:
        self.detail = self.detail[:500]
        self.field = self.field[:80]

    def __str__(self) -> str:
        code = f" {self.vendor_code}" if self.vendor_code else ""
        return f"{self.error_class}{code}: {self.detail}"


class TryLater(ProviderError):
    """May work unchanged, after a while."""


class WontWork(ProviderError):
    """Will never work unchanged."""


class OutcomeUnknown(ProviderError):
    """The request may have started a task: look before asking again."""


_LATER = frozenset(
    {
        ErrorClass.RATE_LIMITED,
        ErrorClass.CAPACITY,
        ErrorClass.TRANSIENT_SERVER,
        ErrorClass.TIMEOUT,
    }
)


def provider_error(
    error_class: ErrorClass,
    detail: str = "",
    *,
    vendor_code: str = "",
    retry_after_s: float | None = None,
    refusal: Refusal | None = None,
    field: str = "",
) -> ProviderError:
    """The right kind of ProviderError for a class."""
    kind: type[ProviderError]
    if error_class is ErrorClass.OUTCOME_UNKNOWN:
        kind = OutcomeUnknown
    elif error_class in _LATER:
        kind = TryLater
    else:
        kind = WontWork
    return kind(error_class, detail, vendor_code, retry_after_s, refusal, field)


class Refused(Exception):
    """We said no, and the person is told why. Subclasses carry the facts; `core.replies` has the words."""


class NotStored(Exception):
    """There is no file under this key: nothing to read."""


class Away(Exception):
    """Something of ours that a step needs is not there now. It is tried again, and never counts towards giving up."""


class MediaAway(Away):
    """No media process could be had, or it did not come to an end in time: later it may."""


class StorageAway(Away):
    """The storage, or the disk under our own files, is full, refuses, or does not answer. The file is not to blame.

    Whoever hears it does the same again later. Only `core.storage` says it.
    """
