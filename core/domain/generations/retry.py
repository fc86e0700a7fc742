"""What each class of error means for the generation that met it and for the route that gave it: one table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from core.domain.errors import ErrorClass


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
    """The generation ends with a refund: no other provider would do better."""
    alerts: bool = False
    """The operator is told."""
    quick_retry: bool = False
    """One more submit to the same route, if the route had nothing against it."""
    looks_first: bool = False
    """A task may exist: look for it before anything else is tried."""
    stays_on_watch: bool = False
    """The attempt may still succeed: go on polling while the generation moves on."""
    to_successor: bool = False
    """The route moves on to its model's successor."""


POLICIES: Mapping[ErrorClass, Policy] = MappingProxyType(
    {
        ErrorClass.TRANSIENT_SERVER: Policy(effect=Effect.BAD, quick_retry=True),
        ErrorClass.CAPACITY: Policy(effect=Effect.BAD, quick_retry=True),
        ErrorClass.TIMEOUT: Policy(effect=Effect.BAD, stays_on_watch=True),
        ErrorClass.TASK_GONE: Policy(effect=Effect.BAD),
        ErrorClass.RATE_LIMITED: Policy(effect=Effect.COOLDOWN),
        ErrorClass.AUTH: Policy(effect=Effect.HOLD, alerts=True),
        ErrorClass.QUOTA_EXHAUSTED: Policy(effect=Effect.HOLD, alerts=True),
        ErrorClass.MODEL_GONE: Policy(effect=Effect.HOLD, alerts=True, to_successor=True),
        ErrorClass.INVALID_REQUEST: Policy(effect=Effect.NONE, ends=True),
        ErrorClass.CONTENT_POLICY: Policy(effect=Effect.NONE, ends=True),
        ErrorClass.OUTCOME_UNKNOWN: Policy(effect=Effect.NONE, looks_first=True, stays_on_watch=True),
        ErrorClass.CANCELLED: Policy(effect=Effect.NONE),
    }
)


def policy(error_class: ErrorClass, *, stage: Stage) -> Policy:
    """What to do about this error at this stage."""
    found = POLICIES[error_class]
    if stage is Stage.RUN and found.quick_retry:
        return replace(found, quick_retry=False)
    if stage is Stage.SUBMIT and error_class is ErrorClass.TIMEOUT:
        # The vendor could not be reached: nothing was handed over, so there is nothing to watch.
        return replace(found, stays_on_watch=False, quick_retry=True)
    return found


def ends_generation(error_class: ErrorClass, *, refusals_before: int, asks_elsewhere: bool) -> bool:
    """Whether the generation ends with this error instead of going on to its next route.

    Args:
        error_class: what the attempt ended with.
        refusals_before: how many providers had refused the content of this generation already.
        asks_elsewhere: the workspace wants refused content to be tried once more, at the next provider.
    """
    if error_class is ErrorClass.CONTENT_POLICY and asks_elsewhere:
        return refusals_before > 0
    return POLICIES[error_class].ends
