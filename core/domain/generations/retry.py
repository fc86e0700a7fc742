"""What each class of error means for the generation that met it and for the route that gave it: one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from core.domain.errors import ErrorClass, Refusal, Subject


class Stage(StrEnum):
    """When an attempt failed: while it was handed over (no task was made), or after the vendor had accepted it."""

    SUBMIT = "submit"
    RUN = "run"


class Effect(StrEnum):
    """What an error says about its route."""

    NONE = "none"
    BAD = "bad"
    COOLDOWN = "cooldown"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to do about one class of error."""

    effect: Effect
    ends: bool = False
    """The generation may end with a refund, although other providers are left: see `after_refusal`."""
    alerts: bool = False
    """The operator is told."""
    quick_retry: bool = False
    """One more submit to the same route, if the route had nothing against it."""


POLICIES: Mapping[ErrorClass, Policy] = MappingProxyType(
    {
        ErrorClass.TRANSIENT_SERVER: Policy(effect=Effect.BAD, quick_retry=True),
        ErrorClass.CAPACITY: Policy(effect=Effect.BAD, quick_retry=True),
        ErrorClass.TIMEOUT: Policy(effect=Effect.BAD),
        ErrorClass.TASK_GONE: Policy(effect=Effect.BAD),
        ErrorClass.RATE_LIMITED: Policy(effect=Effect.COOLDOWN),
        ErrorClass.AUTH: Policy(effect=Effect.HOLD, alerts=True),
        ErrorClass.QUOTA_EXHAUSTED: Policy(effect=Effect.HOLD, alerts=True),
        ErrorClass.MODEL_GONE: Policy(effect=Effect.HOLD, alerts=True),
        ErrorClass.INVALID_REQUEST: Policy(effect=Effect.NONE, alerts=True),
        ErrorClass.CONTENT_POLICY: Policy(effect=Effect.NONE, ends=True),
        ErrorClass.OUTCOME_UNKNOWN: Policy(effect=Effect.NONE),
        ErrorClass.CANCELLED: Policy(effect=Effect.NONE),
    }
)


def policy(error_class: ErrorClass, *, stage: Stage) -> Policy:
    """What to do about this error at this stage."""
    found = POLICIES[error_class]
    if stage is Stage.RUN and found.quick_retry:
        return replace(found, quick_retry=False)
    if stage is Stage.SUBMIT and error_class is ErrorClass.TIMEOUT:
        # The vendor could not be reached: nothing was handed over, so another submit makes no second task.
        return replace(found, quick_retry=True)
    return found


class AfterRefusal(StrEnum):
    """What a generation does when its content was refused."""

    AGAIN = "again"
    """The same provider once more: it may have been chance."""
    ELSEWHERE = "elsewhere"
    """The next provider of the chain."""
    END = "end"
    """A refund. Where another provider may make it, the person is offered that."""


def after_refusal(refusal: Refusal, *, before: int, others: int, asks_elsewhere: bool) -> AfterRefusal:
    """What to do about the latest refusal.

    Args:
        refusal: what was refused, and by whose rule.
        before: how often this provider had refused this generation already.
        others: how many other providers had refused it already.
        asks_elsewhere: the workspace wants the next provider to be asked without being asked itself.
    """
    if before < refusal.tries_again:
        return AfterRefusal.AGAIN
    if not asks_elsewhere or not refusal.may_pass_elsewhere:
        return AfterRefusal.END
    if refusal.subject is Subject.UNKNOWN and others > 0:
        # Two providers that do not say why: it is the words or the picture, and a third would not take them either.
        return AfterRefusal.END
    return AfterRefusal.ELSEWHERE


def summed_up(errors: Sequence[ErrorClass]) -> ErrorClass | None:
    """What a generation failed of, by the last error of each provider in the order in which they came.

    A no that every provider gave is the person's affair; one that only some gave is not what kept the others.
    """
    if not errors:
        return None
    if ErrorClass.CONTENT_POLICY in errors and set(errors) <= _NOES:
        return ErrorClass.CONTENT_POLICY
    if set(errors) <= _NOES:
        return ErrorClass.INVALID_REQUEST
    return next(error for error in reversed(errors) if error not in _NOES)


_NOES = frozenset({ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})
"""The vendor understood the request, and does not want it."""
