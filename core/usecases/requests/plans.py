"""What a request would be under each choice of fallback, for a database that knows which one holds."""

import contextlib

from core.db.generations.submissions import PlanOfFallback
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import NoProvider, NoProviderForPictures
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms


def plans_of(request: VideoRequest, terms: Terms) -> dict[Fallback, PlanOfFallback]:
    """What each choice of fallback would make of it, so that the one that holds need not be asked for first.

    Raises:
        Refused: no choice leaves a provider that can make this.
    """
    plans: dict[Fallback, PlanOfFallback] = {}
    for fallback in Fallback:
        with contextlib.suppress(NoProvider, NoProviderForPictures):
            quote = terms.quote(request, fallback=fallback)
            plans[fallback] = PlanOfFallback(quote=quote, chain=terms.planned(request, fallback))
    if not plans:
        terms.quote(request)
    return plans
