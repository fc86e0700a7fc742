"""The providers that an attempt passed over: the column `attempts.passed`, as a value that people are told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain.ids import ProviderName


class WhyPassed(StrEnum):
    """Why a better provider was not asked."""

    TROUBLE = "trouble"
    """Its health was poor."""
    FULL = "full"
    """It had no room, or takes no more for the moment."""
    HELD = "held"
    """It is out of use: by an operator, for its key, or because a limit of money is reached."""
    UNABLE = "unable"
    """It cannot make what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A provider that stands before the chosen one in the chain, and that this generation has not asked."""

    provider: ProviderName
    why: WhyPassed


def passed_from(data: Iterable[dict[str, Any]]) -> tuple[PassedOver, ...]:
    """The same from the column. A reason that this release does not know is passed over: the column is only shown."""
    known = {why.value for why in WhyPassed}
    return tuple(
        PassedOver(provider=ProviderName(each["provider"]), why=WhyPassed(each["why"]))
        for each in data
        if each["why"] in known
    )


def passed_as_json(passed: Iterable[PassedOver]) -> list[dict[str, str]]:
    """The column."""
    return [{"provider": each.provider, "why": each.why.value} for each in passed]
