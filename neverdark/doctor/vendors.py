"""Checks the vendors: whether one is configured, whether each accepts our key, and which model is about to end."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from core.domain.errors import ErrorClass, ProviderError
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName
from core.ports import RouteFacts, VideoRoute
from core.providers.lifecycle import successor_of
from core.providers.registry import Registry
from core.runtime import open_providers, terms
from core.settings import Settings, key_variables, route_prefix
from neverdark.doctor.findings import Finding, Verdict, fine, made, unset, warning, wrong
from neverdark.operator.credentials import refusal

SOON = timedelta(days=30)
_HOPELESS = frozenset({ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.MODEL_GONE})


async def vendors(now: datetime, settings: Settings, *, outside: bool) -> list[Finding]:
    """For each provider, the routes that reach it, and their faults.

    Args:
        outside: whether the vendors are asked if they accept our keys; no paid task is started.
        settings: the credits of a new team, and the secrets that must never be shown.
    """
    providers = open_providers()
    try:
        findings = [each for provider in providers.by_provider for each in _of(provider, providers, now)]
        ready = [route for route in providers.routes.values() if route.facts.configured]
        if not ready:
            remedy = "set the key of at least one, such as KLING_API_KEY (docs/vendors.md)"
            return [*findings, unset("vendors", "no provider at all has a key, so no video can be made", remedy)]
        findings += _first_video(terms(settings, providers))
        if outside:
            for found in await asyncio.gather(*(_asked(route, settings.secrets()) for route in ready)):
                findings += found
        return findings
    finally:
        await providers.aclose()


def _of(provider: str, providers: Registry, now: datetime) -> list[Finding]:
    facts = [route.facts for route in providers.routes.values() if route.facts.provider == provider]
    by_key = {fact.key: fact for fact in facts}
    chain = [by_key[key] for key in providers.by_provider[provider] if key in by_key]  # type: ignore[index]  # its name
    ready = [fact for fact in chain if fact.configured]
    behind = [providers.routes[next_].facts for fact in ready if (next_ := providers.successors.get(fact.key))]
    used = (*ready, *(fact for fact in behind if fact.configured))
    ending = [fact for fact in used if fact.announced_end is not None and fact.announced_end - now < SOON]
    findings = [_ending(provider, fact, now) for fact in ending]
    if ready:
        return [*findings, fine(provider, ", ".join(f"{fact.key} ({fact.model})" for fact in ready))]
    names = " or ".join(key_variables(fact.key)[0] for fact in chain)
    return [*findings, warning(provider, "no key", f"set {names}")]


def _ending(provider: str, fact: RouteFacts, now: datetime) -> Finding:
    """The finding about a route's model that is about to end."""
    assert fact.announced_end is not None  # noqa: S101 - asked for those alone that end
    word = "ends" if fact.announced_end > now else "ended"
    successor = successor_of(fact.model)
    instead = f"{successor} comes after it" if successor else "no successor is named"
    variable = f"{route_prefix(fact.key)}MODEL"
    says = f"{fact.model} of {fact.key} {word} on {fact.announced_end:%Y-%m-%d}"
    return warning(provider, says, f"{instead}; {variable} sets another")


def _first_video(known: Terms) -> Iterator[Finding]:
    """Whether the credits of a new team pay for a first command without options."""
    price = known.tier_prices().get(TierName.DEFAULT)
    if price is None or not known.free_credits:
        return
    says = f"a first video takes up to {price} credits, and a new team has {known.free_credits}"
    if price <= known.free_credits:
        yield fine("free credits", says)
    else:
        yield warning("free credits", f"{says}: it is refused", "raise FREE_CREDITS")


async def _asked(route: VideoRoute, secrets: Sequence[str]) -> list[Finding]:
    key = route.facts.key

    async def check() -> Finding:
        try:
            await route.check()
        except ProviderError as error:
            says = refusal(error, secrets=secrets)
            if error.error_class in _HOPELESS:
                remedy = f"put a working {key_variables(key)[0]} in place, or take it away"
                if error.error_class is ErrorClass.QUOTA_EXHAUSTED:
                    remedy = "top up at the vendor"
                elif error.error_class is ErrorClass.MODEL_GONE:
                    remedy = f"set {route_prefix(key)}MODEL to one that the vendor has"
                return wrong(key, says, remedy)
            return warning(key, says, f"look at the vendor's status page, then `neverdark providers check {key}`")
        return fine(key, route.facts.check_lacks or "the key was let in to read our tasks")

    again = f"look at the network of this machine, then `neverdark providers check {key}`"
    return await made(key, check, remedy=again, verdict=Verdict.WARNING)
