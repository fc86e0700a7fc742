"""Reads the answers of vendors: needed values are found in every shape, and bad values that are not needed do no harm.

Bytes become a pydantic model or a ProviderError. Each adapter's table has the meaning of its vendor's codes; `loose`
has the shapes. An answer that cannot be read is logged with its fields and types.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

import structlog
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import from_json

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.http.loose import an_object, elements, flag, number, printable, shape, text
from core.ports import Poll, TaskFailed

log = structlog.get_logger()

RETRY_AFTER_MAX_S = 3600.0
SHAPE_EVERY_S = 3600.0
"""Seconds between two log lines about unreadable answers of one route, which come in thousands."""
NO_VIDEO = "no_video"
"""Our code for a task that succeeded without a video in its answer."""


class Call(StrEnum):
    """The kind of a request, which decides the meaning of a missing answer and of "not found"."""

    SUBMIT = "submit"
    """A request that may start a paid task: a lost reply is OutcomeUnknown, "not found" is about the model."""
    ASK = "ask"
    """A request about a task: a lost reply says nothing about the task, "not found" is about the task."""
    CHECK = "check"
    """A request about the route itself: "not found" is about the model."""


@dataclass(slots=True)
class Unread:
    """Logs unreadable answers of one route: their shapes, never their values."""

    route: str = ""
    clock: Callable[[], float] = time.time
    _next: float = 0.0

    def tell(self, why: str, *, status: int, body: bytes) -> None:
        now = self.clock()
        if now >= self._next:
            self._next = now + SHAPE_EVERY_S
            log.warning("provider.unread", route=self.route, why=why, status=status, shape=shape(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of any status."""

    call: Call
    status: int
    body: bytes
    retry_after_s: float | None = None
    unread: Unread | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


_TASK_ID = re.compile(r"[\x21-\x7e]{1,400}")
_BOM = b"\xef\xbb\xbf"

ItemT = TypeVar("ItemT")
Text = Annotated[str, BeforeValidator(text)]
"""A string or a number, as a string; empty if there is none: vendors send ids and codes as both."""
Word = Annotated[str, BeforeValidator(lambda value: text(value).lower())]
"""A word of a fixed list, such as a state, in lower case: vendors vary the case."""
Number = Annotated[float | None, BeforeValidator(number)]
Flag = Annotated[bool, BeforeValidator(flag)]
Many = Annotated[tuple[ItemT, ...], BeforeValidator(elements)]
"""A list without nulls; a single value counts as a list of one."""


class VendorModel(BaseModel):
    """A part of a vendor's answer. An absent or unreadable field has its default; a field without one is required.

    `lone` names the field that a plain text, or an object without known fields, stands for. `inner` names the field
    that holds all other fields, for answers that have them one level higher.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    lone: ClassVar[str] = ""
    inner: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _in_any_shape(cls, value: Any) -> Any:
        made = an_object(value, lone=cls.lone)
        if not made:
            return made
        if cls.inner and cls.inner not in made:
            return {**made, cls.inner: made}
        if cls.lone and not cls.model_fields.keys() & made.keys():
            return {cls.lone: made}
        return made

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_its_default(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValidationError:
            field = cls.model_fields[info.field_name or ""]
            if field.is_required():
                raise
            return field.get_default(call_default_factory=True)


WireT = TypeVar("WireT", bound=VendorModel)


def lost(call: Call, why: str, *, error_class: ErrorClass = ErrorClass.TRANSIENT_SERVER) -> ProviderError:
    """The error for an exchange without a usable answer: the outcome of a submit is unknown then."""
    return provider_error(ErrorClass.OUTCOME_UNKNOWN if call is Call.SUBMIT else error_class, why)


def unread(answer: Answer, why: str) -> ProviderError:
    """The error for an answer that lacks a required value; its shape is logged."""
    if answer.unread is not None:
        answer.unread.tell(why, status=answer.status, body=answer.body)
    return lost(answer.call, f"HTTP {answer.status}: {why}")


def without_video(words: str) -> TaskFailed:
    """The end of a task that the vendor calls a success, without a video."""
    return TaskFailed(provider_error(ErrorClass.TRANSIENT_SERVER, words, vendor_code=NO_VIDEO))


def shown(answer: Answer, poll: Poll) -> Poll:
    """The poll, unchanged; a success in which no video was found is logged with its shape."""
    if isinstance(poll, TaskFailed) and poll.error.vendor_code == NO_VIDEO and answer.unread is not None:
        answer.unread.tell(poll.error.detail, status=answer.status, body=answer.body)
    return poll


def body_of(answer: Answer) -> object:
    """The body as JSON.

    Raises:
        ValueError: the body is no JSON.
    """
    return from_json(answer.body.removeprefix(_BOM))


def read(answer: Answer, model: type[WireT]) -> WireT:
    """The body as a model; raises the error that an unreadable answer means for this kind of call."""
    try:
        return model.model_validate(body_of(answer))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise unread(answer, f"an unreadable body: {printable(where)} {printable(problem['msg'])}") from error
    except ValueError as error:
        raise unread(answer, "an unreadable body: no JSON") from error


def glean(answer: Answer, model: type[WireT]) -> WireT:
    """The readable part of an error's body; the model's defaults for the rest."""
    try:
        return model.model_validate(body_of(answer))
    except ValueError:
        return model()


def task_id(answer: Answer, found: str) -> str:
    """The vendor's id of a new task; after a success without an id, the outcome is unknown."""
    if not _TASK_ID.fullmatch(found):
        raise unread(answer, "no task id")
    return found


def by_status(status: int) -> ErrorClass:
    """The error class of an HTTP status, where the vendor's code is not known."""
    match status:
        case 400 | 413 | 422:
            return ErrorClass.INVALID_REQUEST
        case 401 | 403:
            return ErrorClass.AUTH
        case 402:
            return ErrorClass.QUOTA_EXHAUSTED
        case 429:
            return ErrorClass.RATE_LIMITED
        case 503 | 529:
            return ErrorClass.CAPACITY
        case _:
            return ErrorClass.TRANSIENT_SERVER


def by_prefix(code: str, classes: Mapping[str, ErrorClass]) -> ErrorClass | None:
    """The class of a code with dots, such as `Throttling.RateQuota`, by its longest known first part."""
    parts = code.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((classes[prefix] for prefix in prefixes if prefix in classes), None)


_UNSURE = frozenset({ErrorClass.TRANSIENT_SERVER, ErrorClass.TIMEOUT})


def refusal(answer: Answer, error_class: ErrorClass, *, code: str = "", detail: str = "") -> ProviderError:
    """The error that an answer stands for.

    A server that failed in a submit may have started the task before (so for every vendor, 2026-11-22): then the error
    is OutcomeUnknown, with the vendor's code to tell it from a lost connection.
    """
    certain = 300 <= answer.status < 500 and answer.status not in {408, 409, 499}
    if answer.call is Call.SUBMIT and error_class in _UNSURE and not certain:
        error_class = ErrorClass.OUTCOME_UNKNOWN
    if answer.call is Call.ASK and error_class is ErrorClass.MODEL_GONE:
        error_class = ErrorClass.TASK_GONE
    return provider_error(
        error_class,
        detail or f"HTTP {answer.status}",
        vendor_code=(code or str(answer.status))[:100],
        retry_after_s=answer.retry_after_s,
    )


def retry_after_s(headers: Mapping[str, str], *, now: float) -> float | None:
    """The seconds that a vendor asks us to wait, from Retry-After in both forms or retry-after-ms; at most an hour."""
    if re.fullmatch(r"\d{1,12}", milliseconds := headers.get("retry-after-ms", "")):
        return min(int(milliseconds) / 1000, RETRY_AFTER_MAX_S)
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", value, re.ASCII):
        return min(float(value), RETRY_AFTER_MAX_S)
    try:
        date = parsedate_to_datetime(value)
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S)


def after(seconds: float | None, *, hours: int, now: float) -> datetime:
    """The time at which a link expires that was made at this time, or now, if the vendor does not tell."""
    start = seconds if seconds is not None and 0 < seconds < now + 3600 else now
    return datetime.fromtimestamp(start, UTC) + timedelta(hours=hours)
