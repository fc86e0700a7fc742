"""Reading what a vendor answered: leniently where it adds things, strictly where we rely on them.

Bytes become a pydantic model or a ProviderError; the meaning of a vendor's codes is each adapter's table.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from core.domain.errors import ErrorClass, ProviderError, provider_error

RETRY_AFTER_MAX_S = 3600.0


class Call(StrEnum):
    """What a request is for, and so what a missing answer or a "not found" means."""

    SUBMIT = "submit"
    """May start a paid task: a lost reply is OutcomeUnknown, "not found" is the model."""
    ASK = "ask"
    """About a task: a lost reply says nothing about it, "not found" is the task."""
    CHECK = "check"
    """About the route itself: "not found" is the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status."""

    call: Call
    status: int
    body: bytes
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_TASK_ID = re.compile(r"[\x21-\x7e]{1,400}")


def printable(text: str) -> str:
    """A vendor's words on one line, without what a log or a database cannot hold."""
    return _UNPRINTABLE.sub(" ", text).encode("utf-8", "replace").decode().strip()


def _text(value: object) -> object:
    match value:
        case str():
            return printable(value)
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            return ""


def number(value: object) -> float | None:
    """A finite number, also one in a string; None for anything else."""
    try:
        found = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


Text = Annotated[str, BeforeValidator(_text)]
"""A string or a number, as a string; empty if it is anything else: vendors send ids and codes as both."""
Number = Annotated[float | None, BeforeValidator(number)]


class VendorModel(BaseModel):
    """A part of a vendor's answer: unknown fields are ignored, those that we can do without have defaults."""

    model_config = ConfigDict(extra="ignore", frozen=True)


WireT = TypeVar("WireT", bound=VendorModel)


def lost(call: Call, why: str, *, error_class: ErrorClass = ErrorClass.TRANSIENT_SERVER) -> ProviderError:
    """An exchange without a usable answer: for a submit nobody knows what it did."""
    return provider_error(ErrorClass.OUTCOME_UNKNOWN if call is Call.SUBMIT else error_class, why)


def read(answer: Answer, model: type[WireT]) -> WireT:
    """The body as a model; raises what an unreadable answer means for this call."""
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]["msg"]
        raise lost(answer.call, f"HTTP {answer.status} with an unreadable body: {printable(problem)}") from error


def glean(answer: Answer, model: type[WireT]) -> WireT:
    """What can be read of an error's body; the model's defaults if nothing can."""
    try:
        return model.model_validate_json(answer.body)
    except ValidationError:
        return model()


def task_id(answer: Answer, found: str) -> str:
    """The vendor's id of a new task; a success without one leaves us not knowing what was started."""
    if not _TASK_ID.fullmatch(found):
        raise lost(answer.call, f"HTTP {answer.status} without a task id")
    return found


def by_status(status: int) -> ErrorClass:
    """The class of an HTTP status, where the vendor's own code says nothing that we know."""
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


_UNSURE = frozenset({ErrorClass.TRANSIENT_SERVER, ErrorClass.TIMEOUT})


def refusal(answer: Answer, error_class: ErrorClass, *, code: str = "", detail: str = "") -> ProviderError:
    """The error that an answer stands for.

    A server that stumbled over a submit may have started the task first (every vendor's facts say so, 2026-11-22): then
    it is OutcomeUnknown, with the vendor's code to tell it from a lost connection.
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
    """How long a vendor asks us to wait, from either form of Retry-After (or retry-after-ms), at most an hour."""
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
    """When a link made at this time (or now, if the vendor does not say) stops working."""
    start = seconds if seconds is not None and 0 < seconds < now + 3600 else now
    return datetime.fromtimestamp(start, UTC) + timedelta(hours=hours)
