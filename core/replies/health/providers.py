"""How the providers are doing, in plain words: who is up, who is not and why, and who stands in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import ProviderStatus, RouteStatus, StandIn, stand_ins
from core.domain.health.route_health import HealthState, Reason, Transition
from core.domain.health.transitions import passes_free_check
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card, ListLine, Moment, Part, SmallPrint, Text, Tone, Word, percent
from core.replies.chat.words import brief, clock, count, cut, listed

ENDS_SOON = timedelta(days=30)
SAME_DAY_S = 12 * 3600
"""Up to here a time needs no day to be understood."""
WHY_MAX = 200

_STATES = {
    HealthState.HEALTHY: "up",
    HealthState.DEMOTED: "set aside",
    HealthState.PROBING: "being tried out",
    HealthState.HELD: "taken out",
}
_BAD = {"submit": "turned away", "run": "failed midway", "overdue": "overdue", "timeout": "timed out"}
_ALL_BAD = {"submit": "were turned away", "run": "failed midway", "overdue": "are overdue", "timeout": "timed out"}
_HELD = {
    Reason.AUTH: "it does not accept our key",
    Reason.QUOTA: "our quota or balance there is used up",
    Reason.MODEL_GONE: "it has retired its model",
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
        now: what "in 4 min" counts from.
        ends: when the model of a route ends, where that was announced.
    """
    up = [each.provider for each in statuses if each.is_up]
    labels = {each.provider: each.label for each in statuses}
    overview: list[ListLine] = []
    troubles: list[ListLine] = []
    for each in statuses:
        several = len(each.routes) > 1
        instead = () if each.is_up else _instead(stand_ins(each.provider, chains, up=up), labels)
        if several:
            overview.append(ListLine(each.label, (f"{'up' if each.is_up else 'not up'} · {_lately(each)}",)))
        for n, route in enumerate(each.routes):
            overview.append(ListLine(f"– {_way(route)}" if several else each.label, tuple(_brief(route, now=now))))
            if not route.is_up:
                name = f"{each.label} through {_way(route)}" if several else each.label
                told = _trouble(route, instead if n == 0 else (), now=now, health=health)
                troubles.append(ListLine(name, tuple(told)))
    parts: list[Part] = [*overview]
    ending = [line for each in statuses for line in _ending(each, ends, now=now)]
    if ending:
        parts += [Text("Ends soon:"), *ending]
    if troubles:
        parts += [Text("What is wrong:"), *troubles]
    parts.append(SmallPrint("Success and usual time: our own tries of the last 24 hours."))
    tone = Tone.QUIET if len(up) == len(statuses) else Tone.WARNING
    return Card(title=_title(statuses, up=len(up)), tone=tone, parts=tuple(parts))


def _ending(each: ProviderStatus, ends: Mapping[RouteKey, datetime], *, now: datetime) -> Iterator[ListLine]:
    """A line for each route whose model is switched off within a month, or should have been."""
    for route in each.routes:
        at = ends.get(route.route)
        if at is not None and at - now <= ENDS_SOON:
            name = f"{each.label} through {_way(route)}" if len(each.routes) > 1 else each.label
            verb = "switches this model off on " if at > now else "meant to switch this model off on "
            yield ListLine(name, (f"its maker {verb}", Moment(at, with_day=True), "."))


def _title(statuses: Sequence[ProviderStatus], *, up: int) -> str:
    if not statuses:
        return "No provider is configured"
    if up == len(statuses):
        return f"All {up} providers are up" if up > 1 else "The provider is up"
    return f"{up} of {count(len(statuses), 'provider')} {'is' if up == 1 else 'are'} up" if up else "No provider is up"


def _brief(route: RouteStatus, *, now: datetime) -> Iterator[Word]:
    """How a route stands, in a word, with its figures."""
    yield f"{_STATES[route.row.state]} · {_lately(route)}"
    if route.is_up and route.row.is_cooling(now) and route.row.cooldown_until is not None:
        yield " · busy, it asked us to wait until "
        yield _moment(route.row.cooldown_until, now)


def _trouble(route: RouteStatus, instead: Sequence[str], *, now: datetime, health: HealthConfig) -> Iterator[Word]:
    """Since when a route is not up, why, who stands in, and what comes next."""
    yield f"{'taken out' if route.row.state is HealthState.HELD else 'set aside'} since "
    yield _moment(route.since, now)
    why = _why(route.trouble)
    relapses = (f"{count(route.relapses, 'probe')} failed since.",) if route.relapses else ()
    yield " ".join((f": {why}." if why else ".", *instead, *relapses, _next(route, now=now, health=health)))


def _moment(at: datetime, now: datetime) -> Moment:
    return Moment(at, with_day=abs((now - at).total_seconds()) > SAME_DAY_S)


def _lately(each: RouteStatus | ProviderStatus) -> str:
    tries = each.ok + each.bad
    if not tries:
        return "no tries yet"
    usual = f", usually {clock(each.usual_s)}" if each.usual_s is not None else ""
    return f"{percent(each.ok / tries)} of {'1 try' if tries == 1 else f'{tries} tries'}{usual}"


def _why(trouble: Transition | None) -> str:
    if trouble is None:
        return ""
    found = trouble.evidence
    match trouble.reason:
        case Reason.AUTH | Reason.QUOTA | Reason.MODEL_GONE:
            return _HELD[trouble.reason]
        case Reason.OPERATOR:
            return f"an operator did it ({cut(str(found.get('text', '')), WHY_MAX)})"
        case Reason.NOT_ACCEPTED:
            return "it does not accept the requests of several people"
        case Reason.LIVENESS:
            return "it does not answer when we ask how it is"
        case Reason.SLOW:
            return f"{found.get('slow')} of its last {found.get('successes')} videos took far longer than usual"
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
        return f"{bad} of {total} tries {_ALL_BAD[next(iter(kinds))]}"
    told = [f"{n} {_BAD[name]}" for name, n in sorted(kinds.items(), key=lambda kind: -kind[1])]
    return f"{bad} of {total} tries failed, {listed(told)}"


def _next(route: RouteStatus, *, now: datetime, health: HealthConfig) -> str:
    """What will be done about it, and when."""
    row = route.row
    if row.state is HealthState.PROBING:
        if row.probe_ok or row.probes:
            return f"Being probed: {row.probe_ok} of {health.probes_to_restore} came through."
        return "The next video that wants it is a probe."
    if row.until is None:
        return "An operator has to bring it back."
    wait = brief((row.until - now).total_seconds())
    answers = passes_free_check(row, now, health)
    return f"Next probe in {wait}." if answers else f"It does not answer yet; we ask again in {wait}."


def _instead(found: Sequence[StandIn], labels: Mapping[ProviderName, str]) -> tuple[str, ...]:
    """Who takes its videos meanwhile."""
    told = []
    for stand_in in found:
        tiers = listed(stand_in.tiers)
        if stand_in.provider is None:
            told.append(f"Nobody stands in for {tiers}: those videos try it all the same, or wait.")
            continue
        name = labels.get(stand_in.provider, str(stand_in.provider).capitalize())
        told.append(f"{name} stands in." if len(found) == 1 else f"{name} stands in for {tiers}.")
    return tuple(told)


def _way(route: RouteStatus) -> str:
    """The route's own name, without its provider's."""
    return str(route.route).partition(".")[2] or str(route.route)
