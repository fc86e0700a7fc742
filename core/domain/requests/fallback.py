"""Which other providers a workspace lets its generations go to, when the first one fails or refuses."""

from enum import StrEnum
from typing import assert_never

from core.domain.ids import ProviderName


class Fallback(StrEnum):
    """How far a workspace lets its generations go when the first provider fails."""

    NEVER = "never"
    SAME_TIER = "same_tier"
    ANY = "any"
    """The tier's chain, and its last resort if the operator set one."""


class Elsewhere(StrEnum):
    """What a workspace wants when a provider refuses a video by a rule that others do not have."""

    OFFER = "offer"
    """The person is told, and may send it to the next provider with a button."""
    GO_ON = "go_on"
    """The next provider of the chain is asked at once."""


def within(
    fallback: Fallback, *, chain: tuple[ProviderName, ...], last_resort: ProviderName | None
) -> tuple[ProviderName, ...]:
    """The providers of a chain that a choice leaves, in order."""
    match fallback:
        case Fallback.NEVER:
            return chain[:1]
        case Fallback.SAME_TIER:
            return chain
        case Fallback.ANY:
            return chain if last_resort is None or last_resort in chain else (*chain, last_resort)
        case _:
            assert_never(fallback)
