"""Who is next where more wait than there is room for, and how long it takes until it is somebody's turn.

Pure. The same order is computed in Postgres by `route_queue_order`, and a test holds the two together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.ids import GenerationId, MemberId, ProviderName, RouteKey, TeamId
from core.domain.routing.latency import Latency

NEAR = 10
"""So many at the head of a queue are looked after most often."""
TURN_SHARE = 4
"""A message is looked at again after a quarter of the time until its turn at the latest."""
BURST_SHARE = 5
"""A fifth of a minute's submits may come at once; the rest comes evenly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A generation that stands in a route's queue."""

    id: GenerationId
    team: TeamId
    member: MemberId
    asked_at: datetime


Party = tuple[TeamId, MemberId]


def in_order(waiting: Iterable[Waiting], busy: Iterable[Party] = ()) -> list[Waiting]:
    """Everyone who waits for a route, as they will be served if nothing ends and nobody comes.

    Each slot goes to the team with the fewest attempts under way, in it to the member with the fewest, and among equals
    to whoever asked first. So somebody with fifty requests holds nobody up who has one; and nobody starves: a team that
    is not served has nothing under way before long, and is then the one that asked first.

    Args:
        waiting: the queue, in any order.
        busy: the team and member of each attempt that is under way there and whose generation waits for it.
    """
    of_member = Counter(busy)
    of_team = Counter(team for team, _ in of_member.elements())
    by_age = sorted(waiting, key=lambda one: (one.asked_at, one.id))
    member_turn: dict[GenerationId, int] = {}
    for one in by_age:
        of_member[one.team, one.member] += 1
        member_turn[one.id] = of_member[one.team, one.member]
    team_turn: dict[GenerationId, int] = {}
    for one in sorted(by_age, key=lambda one: member_turn[one.id]):
        of_team[one.team] += 1
        team_turn[one.id] = of_team[one.team]
    return sorted(by_age, key=lambda one: (team_turn[one.id], member_turn[one.id]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRate:
    """A bucket of submits: so many at once, then so many a second."""

    burst: float
    per_s: float


def pace(submits_per_min: int) -> SubmitRate:
    """What never sends more than so many within any minute, the burst included."""
    burst = max(1, submits_per_min // BURST_SHARE)
    return SubmitRate(burst=burst, per_s=max(1, submits_per_min - burst) / 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a route has to do before it can take one more.

    Args:
        slots: how many attempts it may have in flight.
        ages_s: of those in flight, how long each has been running.
        tokens: submits that it takes now; None where there is no limit.
        per_s: how many more it takes each second.
    """

    slots: int
    ages_s: Sequence[float]
    tokens: float | None = None
    per_s: float = 0.0


def wait_s(load: Load, *, ahead: int, takes_s: float) -> float:
    """How long it takes until it is the turn of one before whom so many stand.

    Args:
        takes_s: how long an attempt takes there. One that has been at it for longer is taken to be nearly done.
    """
    return max(_slot_in_s(load, ahead=ahead, takes_s=takes_s), _token_in_s(load, ahead=ahead))


def _slot_in_s(load: Load, *, ahead: int, takes_s: float) -> float:
    free = load.slots - len(load.ages_s)
    if ahead < free:
        return 0.0
    nearly_s = 0.1 * takes_s
    left = sorted(max(nearly_s, takes_s - age_s) for age_s in load.ages_s)
    # Free slots are taken at once by those ahead, and come back after a whole turn; ends beyond the limit free nothing.
    ends = [*left[max(0, -free) :], *([takes_s] * max(0, free))]
    turns, position = divmod(ahead - max(0, free), len(ends))
    return ends[position] + turns * takes_s


def _token_in_s(load: Load, *, ahead: int) -> float:
    if load.tokens is None or ahead + 1 <= load.tokens:
        return 0.0
    return (ahead + 1 - load.tokens) / load.per_s if load.per_s > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTurn:
    """What the person who waits is told: the place, from 1, and when the video may be there, in seconds.

    `soonest_s` and `latest_s` are None where history does not say enough to name a time.
    """

    route: RouteKey
    provider: ProviderName
    place: int
    soonest_s: float | None = None
    latest_s: float | None = None


def turn(route: RouteKey, provider: ProviderName, load: Load, *, place: int, usual: Latency) -> ExpectedTurn:
    """When the video of somebody at this place may be there, from half to nine tenths of what history says."""
    if usual.samples == 0:
        return ExpectedTurn(route=route, provider=provider, place=place)
    soonest, latest = (
        wait_s(load, ahead=place - 1, takes_s=takes_s) + takes_s for takes_s in (usual.p50_s, usual.p90_s)
    )
    return ExpectedTurn(route=route, provider=provider, place=place, soonest_s=soonest, latest_s=latest)


def rarer_s(every_s: float, *, ahead: int) -> float:
    """The pause between two looks for somebody who waits behind so many, where the first ten look every so often.

    Nothing changes soon for them, and whose turn has come is called. It grows faster than the place, so that all looks
    at a queue of ten thousand cost next to nothing more than those at a queue of a hundred.
    """
    return float(every_s * max(1.0, ahead / NEAR) ** 1.5)


def shown_again_s(turn: ExpectedTurn, *, every_s: float) -> float:
    """The pause until a message is looked at again that shows this: rarer far from the turn, in time before it."""
    far_s = rarer_s(every_s, ahead=turn.place - 1)
    return far_s if turn.soonest_s is None else max(every_s, min(far_s, turn.soonest_s / TURN_SHARE))


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRate:
    """What a route takes.

    Args:
        per_s: submits a second; None where any number.
        takes_s: how long an attempt takes there; None where nobody knows yet.
    """

    route: RouteKey
    slots: int
    per_s: float | None = None
    takes_s: float | None = None


def least_wait_s(ahead: int, rates: Iterable[RouteRate], *, guess_s: Mapping[RouteKey, float]) -> float | None:
    """How long it takes at least until so many have been served; None where nobody can tell.

    Args:
        guess_s: how long an attempt takes where history says nothing.
    """
    total = 0.0
    for rate in rates:
        takes_s = rate.takes_s or guess_s.get(rate.route)
        if not takes_s:
            return None
        of_slots = rate.slots / takes_s
        total += of_slots if rate.per_s is None else min(of_slots, rate.per_s)
    return ahead / total if total > 0 else None
