"""What the noes of a generation's attempts add up to: whether it ends, and of what."""

from collections import Counter
from collections.abc import Sequence

from core.domain.errors import ErrorClass, Refusal
from core.domain.generations.generation import Attempt, AttemptState
from core.domain.generations.retry import AfterRefusal, after_refusal

_OVER = frozenset({AttemptState.REJECTED, AttemptState.FAILED})


def final_refusal(tried: Sequence[Attempt], *, asks_elsewhere: bool) -> Attempt | None:
    """The attempt whose refusal ends the generation, although other providers are left."""
    refusals = Counter[str]()
    final: Attempt | None = None
    for attempt in tried:
        if attempt.error_class is not ErrorClass.CONTENT_POLICY or attempt.state not in _OVER:
            continue
        before = refusals[attempt.provider]
        after = after_refusal(
            attempt.refusal or Refusal(),
            before=before,
            others=len(refusals.keys() - {attempt.provider}),
            asks_elsewhere=asks_elsewhere,
        )
        refusals[attempt.provider] = before + 1
        final = attempt if after is AfterRefusal.END else final
    return final


def last_errors(tried: Sequence[Attempt]) -> list[ErrorClass]:
    """The last error of each provider, in the order in which they came."""
    last: dict[str, ErrorClass] = {}
    for attempt in tried:
        if attempt.error_class is not None:
            last.pop(attempt.provider, None)
            last[attempt.provider] = attempt.error_class
    return list(last.values())
