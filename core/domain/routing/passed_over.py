"""Why the chosen route is not of the first provider of the chain: who was passed over, by the plan it comes from."""

from collections.abc import Iterable

from core.domain.generations.passed_over import PassedOver, WhyPassed
from core.domain.routing.decisions import Candidate, CandidateOrder, Plan, RoutedGeneration, Skipped

_MILDEST_FIRST = (WhyPassed.FULL, WhyPassed.TROUBLE, WhyPassed.HELD, WhyPassed.UNABLE)


def passed_over(job: RoutedGeneration, plan: Plan, chosen: Candidate) -> tuple[PassedOver, ...]:
    """The providers before the chosen one that this generation has not asked, each with why.

    Of a provider with several routes the mildest reason counts: one full route is a busy provider, whatever the others
    are. A provider that was asked is not here: its attempt records the outcome.
    """
    asked = {tried.provider for tried in job.tried if tried.is_try}
    found = []
    for provider in job.providers:
        if provider == chosen.provider:
            break
        if provider in asked:
            continue
        whys = {
            *_of_candidates(each for each in plan.candidates if each.provider == provider),
            *_of_skipped(each for each in plan.skipped if each.provider == provider),
        }
        why = next((each for each in _MILDEST_FIRST if each in whys), None)
        if why is not None:
            found.append(PassedOver(provider=provider, why=why))
    return tuple(found)


def _of_candidates(candidates: Iterable[Candidate]) -> Iterable[WhyPassed]:
    """One that would be tried for want of a better one only is in trouble; any other was chosen later by chance."""
    return (WhyPassed.TROUBLE for each in candidates if each.turn is CandidateOrder.PANIC)


def _of_skipped(skipped: Iterable[Skipped]) -> Iterable[WhyPassed]:
    return (each.why for each in skipped if each.why is not None)
