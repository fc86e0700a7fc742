"""What a request would be under each choice of fallback, for a database that knows which one holds."""

import contextlib
from typing import TYPE_CHECKING

from core.db.generations.submissions import PlanOfFallback
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import NoProvider, NoProviderForPictures
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms

if TYPE_CHECKING:
    from core.domain.ids import ProviderName
    from core.domain.requests.pricing import Quote


def plans_of(request: VideoRequest, terms: Terms) -> dict[Fallback, PlanOfFallback]:
    """What each choice of fallback would make of it, so that the one that holds need not be asked for first.

    Raises:
        Refused: no choice leaves a provider that can make this.
    """
    plans: dict[Fallback, PlanOfFallback] = {}
    quotes: dict[tuple[ProviderName, ...], Quote] = {}  # most choices leave the same providers
    for fallback in Fallback:
        with contextlib.suppress(NoProvider, NoProviderForPictures):
            able = terms.able(request, fallback=fallback)
            quote = quotes.get(able) or quotes.setdefault(able, terms.priced(request, able))
            plans[fallback] = PlanOfFallback(quote=quote, chain=terms.planned(request, fallback))
    if not plans:
        terms.quote(request)
    return plans
