"""The state of the providers in words: which are up, which are down and why, and which stand in for them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import Availability, ProviderStatus, RouteStatus, StandIn, stand_ins
from core.domain.health.route_health import HealthState, Reason, Transition
from core.domain.health.transitions import passes_free_check
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card, ListLine, Moment, Part, SmallPrint, Text, Tone, Word, percent
from core.replies.chat.words import brief, clock, cut, listed
from core.replies.languages.say import later, say, say_count

ENDS_SOON = timedelta(days=30)
SAME_DAY_S = 12 * 3600
"""Seconds up to which a time is shown without its day."""
WHY_MAX = 200

_WORDS = {
    Availability.WORKING: later("working"),
    Availability.PARTLY_WORKING: later("partly working"),
    Availability.SET_ASIDE: later("set aside"),
    Availability.OUT_OF_USE: later("out of use"),
}
_STATES = {
    HealthState.HEALTHY: later("working"),
    HealthState.DEMOTED: later("set aside"),
    HealthState.PROBING: later("being tried out"),
    HealthState.HELD: later("out of use"),
}
_BAD = {
    "submit": later("turned away"),
    "run": later("failed midway"),
    "overdue": later("overdue"),
    "timeout": later("timed out"),
}
_ALL_BAD = {
    "submit": later("were turned away"),
    "run": later("failed midway"),
    "overdue": later("are overdue"),
    "timeout": later("timed out"),
}
_HELD = {
    Reason.AUTH: later("it does not accept our key"),
    Reason.QUOTA: later("our quota or balance there is used up"),
    Reason.MODEL_GONE: later("it has retired its model"),
}


def providers(
    statuses: Sequence[ProviderStatus],
    *,
    chains: Mapping[TierName, Sequence[ProviderName]],
    now: datetime,
    health: HealthConfig,
    ends: Mapping[RouteKey, datetime] = MappingProxyType({}),
) -> Card:
    """The answer to /providers.

    Args:
        chains: by tier, the providers in the order in which they are tried.
        now: the time that "in 4 min" counts from.
        ends: by route, the announced end of its model.
    """
    up = [each.provider for each in statuses if each.is_up]
    labels = {each.provider: each.label for each in statuses}
    overview: list[ListLine] = []
    troubles: list[ListLine] = []
    for each in statuses:
        several = len(each.routes) > 1
        instead = () if each.is_up else _instead(stand_ins(each.provider, chains, up=up), labels)
        overview.append(ListLine(each.label, tuple(_brief(each, now=now))))
        for n, route in enumerate(each.routes):
            if several:
                overview.append(ListLine(f"– {_way(route)}", tuple(_brief_of_route(route, now=now))))
            if not route.is_up:
                name = say("{label} through {route}", label=each.label, route=_way(route)) if several else each.label
                told = _trouble(route, instead if n == 0 else (), now=now, health=health)
                troubles.append(ListLine(name, tuple(told)))
    parts: list[Part] = [*overview]
    ending = [line for each in statuses for line in _ending(each, ends, now=now)]
    if ending:
        parts += [Text(say("Ends soon:")), *ending]
    if troubles:
        parts += [Text(say("What is wrong:")), *troubles]
    parts.append(SmallPrint(say("Success and usual time: our own tries of the last 24 hours.")))
    found = [each.availability for each in statuses]
    tone = Tone.QUIET if found.count(Availability.WORKING) == len(found) else Tone.WARNING
    return Card(title=_title(found), tone=tone, parts=tuple(parts))


def _ending(each: ProviderStatus, ends: Mapping[RouteKey, datetime], *, now: datetime) -> Iterator[ListLine]:
    """A line for each route whose model is switched off within a month, or should have been."""
    for route in each.routes:
        at = ends.get(route.route)
        if at is not None and at - now <= ENDS_SOON:
            name = (
                say("{label} through {route}", label=each.label, route=_way(route))
                if len(each.routes) > 1
                else each.label
            )
            verb = say("switches this model off on ") if at > now else say("meant to switch this model off on ")
            yield ListLine(name, (say("its maker {verb}", verb=verb), Moment(at, with_day=True), "."))


def _title(found: Sequence[Availability]) -> str:
    partly = found.count(Availability.PARTLY_WORKING)
    works = found.count(Availability.WORKING) + partly
    if not found:
        return say("No provider is configured")
    if not works:
        return say("No provider works")
    if len(found) == 1:
        return say("The provider works, but only partly") if partly else say("The provider works")
    told = (
        say("All {n} providers work", n=works)
        if works == len(found)
        else say_count("{n} of {all} providers works", "{n} of {all} providers work", works, all=len(found))
    )
    return say("{told}, {n} of them only partly", told=told, n=partly) if partly else told


def _brief(each: ProviderStatus, *, now: datetime) -> Iterator[Word]:
    """The state of a provider in a word, with its numbers."""
    yield f"{say(_WORDS[each.availability])} · {_lately(each)}"
    if len(each.routes) == 1:
        yield from _busy(each.routes[0], now=now)


def _brief_of_route(route: RouteStatus, *, now: datetime) -> Iterator[Word]:
    yield f"{say(_STATES[route.row.state])} · {_lately(route)}"
    yield from _busy(route, now=now)


def _busy(route: RouteStatus, *, now: datetime) -> Iterator[Word]:
    if route.is_up and route.row.is_cooling(now) and route.row.cooldown_until is not None:
        yield say(" · busy, it asked us to wait until ")
        yield _moment(route.row.cooldown_until, now)


def _trouble(route: RouteStatus, instead: Sequence[str], *, now: datetime, health: HealthConfig) -> Iterator[Word]:
    """For a route that is not up: since when, why, which provider stands in, and what comes next."""
    yield say("out of use since ") if route.row.state is HealthState.HELD else say("set aside since ")
    yield _moment(route.since, now)
    why = _why(route.trouble)
    relapses = (
        (say_count("{n} probe failed since.", "{n} probes failed since.", route.relapses),) if route.relapses else ()
    )
    yield " ".join((f": {why}." if why else ".", *instead, *relapses, _next(route, now=now, health=health)))


def _moment(at: datetime, now: datetime) -> Moment:
    return Moment(at, with_day=abs((now - at).total_seconds()) > SAME_DAY_S)


def _lately(each: RouteStatus | ProviderStatus) -> str:
    tries = each.ok + each.bad
    if not tries:
        return say("no tries yet")
    usual = say(", usually {time}", time=clock(each.usual_s)) if each.usual_s is not None else ""
    return say(
        "{share} of {tries}{usual}",
        share=percent(each.ok / tries),
        tries=say_count("{n} try", "{n} tries", tries),
        usual=usual,
    )


def _why(trouble: Transition | None) -> str:
    if trouble is None:
        return ""
    found = trouble.evidence
    match trouble.reason:
        case Reason.AUTH | Reason.QUOTA | Reason.MODEL_GONE:
            return say(_HELD[trouble.reason])
        case Reason.OPERATOR:
            return say("an operator did it ({what})", what=cut(str(found.get("text", "")), WHY_MAX))
        case Reason.NOT_ACCEPTED:
            return say("it does not accept the requests of several people")
        case Reason.LIVENESS:
            return say("it does not answer when we ask how it is")
        case Reason.SLOW:
            return say(
                "{slow} of its last {all} videos took far longer than usual",
                slow=found.get("slow"),
                all=found.get("successes"),
            )
        case _:
            return _failures(found)


def _failures(found: Mapping[str, str | int | float]) -> str:
    """3 of 5 tries timed out; or 3 of 5 tries failed, 2 timed out and 1 turned away."""
    kinds = {name: int(found[name]) for name in _BAD if found.get(name)}
    bad = sum(kinds.values())
    if not bad:
        return cut(str(found.get("text", "")), WHY_MAX)
    total = bad + int(found.get("successes", 0))
    if len(kinds) == 1:
        return say("{bad} of {total} tries {all_bad}", bad=bad, total=total, all_bad=say(_ALL_BAD[next(iter(kinds))]))
    told = [f"{n} {say(_BAD[name])}" for name, n in sorted(kinds.items(), key=lambda kind: -kind[1])]
    return say("{bad} of {total} tries failed, {words}", bad=bad, total=total, words=listed(told))


def _next(route: RouteStatus, *, now: datetime, health: HealthConfig) -> str:
    """The next action for the route, and its time."""
    row = route.row
    if row.state is HealthState.PROBING:
        if row.probe_ok or row.probes:
            return say(
                "Being probed: {probe_ok} of {probes_to_restore} came through.",
                probe_ok=row.probe_ok,
                probes_to_restore=health.probes_to_restore,
            )
        return say("The next video that wants it is a probe.")
    if row.until is None:
        return say("An operator has to bring it back.")
    wait = brief((row.until - now).total_seconds())
    answers = passes_free_check(row, now, health)
    return (
        say("Next probe in {wait}.", wait=wait)
        if answers
        else say("It does not answer yet; we ask again in {wait}.", wait=wait)
    )


def _instead(found: Sequence[StandIn], labels: Mapping[ProviderName, str]) -> tuple[str, ...]:
    """The provider that makes its videos meanwhile."""
    told = []
    for stand_in in found:
        tiers = listed(stand_in.tiers)
        if stand_in.provider is None:
            told.append(say("Nobody stands in for {tiers}: those videos try it all the same, or wait.", tiers=tiers))
            continue
        name = labels.get(stand_in.provider, str(stand_in.provider).capitalize())
        told.append(
            say("{name} stands in.", name=name)
            if len(found) == 1
            else say("{name} stands in for {tiers}.", name=name, tiers=tiers)
        )
    return tuple(told)


def _way(route: RouteStatus) -> str:
    """The route's own name, without its provider's."""
    return str(route.route).partition(".")[2] or str(route.route)
