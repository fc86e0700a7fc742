"""The terms of an installation that reaches all five providers at their list prices."""

from functools import cache
from typing import Any

from core.domain.requests.pricing import Offers
from core.domain.requests.terms import Terms
from core.providers.registry import ENTRIES, settings


@cache
def offers() -> Offers:
    """The offers that the providers themselves make."""
    found: dict[Any, Any] = {}
    for entry in ENTRIES:
        found.setdefault(entry.provider, entry.offer(settings(entry, {})))
    return found


def terms(**changed: Any) -> Terms:
    return Terms(**{"offers": offers(), "open_most": 1000, **changed})
