"""The world of `failover`: five vendors with their outages, and the people who ask for videos.

Everything is drawn once for a seed, before any policy runs: what happens to a generation's k-th attempt at a vendor
depends on when it is made, and on nothing else that a policy does. So policies meet the same luck.
"""

import copy
import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
VENDORS = ("veo", "kling", "seedance", "hailuo", "wan")
MEDIAN_S = dict(zip(VENDORS, (75.0, 120.0, 60.0, 110.0, 70.0), strict=True))
SIGMA = dict(zip(VENDORS, (0.35, 0.4, 0.35, 0.4, 0.38), strict=True))
AVAILABILITY = dict(zip(VENDORS, (0.985, 0.98, 0.98, 0.975, 0.97), strict=True))
PRICE_USD = dict(zip(VENDORS, (3.20, 0.70, 0.26, 0.28, 0.20), strict=True))
REGION = ("kling", "seedance", "hailuo", "wan")
REGION_DOWN, ALL_DOWN = 0.003, 0.0005

CHAINS = {
    "default": VENDORS,
    "ultra": ("veo", "kling"),
    "pro": ("kling", "seedance"),
    "standard": ("seedance", "hailuo"),
    "draft": ("wan",),
}
MIX = {"ultra": 0.10, "pro": 0.20, "standard": 0.30, "draft": 0.25, "default": 0.15}
LAST_RESORT = {"draft": "seedance"}
"""Used by half of the generations of the tier."""
MEMBERS = 250

SUBMIT_S, SUBMIT_ERROR_S = 1.0, 2.0
SUBMIT_ERRORS, RUN_ERRORS = 0.005, 0.01
RETRY_AFTER_S = 30.0
WINDOW_S = 15 * MINUTE
P95_Z = 1.6449


class Kind(StrEnum):
    """What is wrong with a vendor during a spell."""

    HARD = "hard"
    HANG = "hang"
    RUN = "run"
    BROWN = "brown"


_SHARE_AND_MEAN = {
    Kind.HARD: (0.25, 35 * MINUTE),
    Kind.HANG: (0.17, 35 * MINUTE),
    Kind.RUN: (0.20, 40 * MINUTE),
    Kind.BROWN: (0.38, 80 * MINUTE),
}


@dataclass(frozen=True, slots=True)
class Spell:
    """A time during which a vendor is not well: an outage, a slow-down, a time of 429s."""

    start: float
    end: float
    kind: Kind | None = None
    level: float = 1.0


class Spells:
    """Spells in order of their start; where two overlap, the later one rules."""

    def __init__(self, spells: list[Spell]) -> None:
        self.all = sorted(spells, key=lambda spell: spell.start)
        self._starts = [spell.start for spell in self.all]

    def at(self, now: float) -> Spell | None:
        """The spell that rules now."""
        n = bisect_right(self._starts, now)
        for spell in reversed(self.all[max(0, n - 3) : n]):
            if now < spell.end:
                return spell
        return None

    def first_between(self, after: float, before: float) -> Spell | None:
        """The first spell that starts within these times."""
        n = bisect_right(self._starts, after)
        if n < len(self.all) and self.all[n].start < before:
            return self.all[n]
        return None


@dataclass(frozen=True, slots=True)
class Request:
    """One generation that a person asks for."""

    n: int
    at: float
    tier: str
    chain: tuple[str, ...]
    member: int
    is_poison: bool = False


class End(StrEnum):
    """What becomes of one attempt."""

    OK = "ok"
    SUBMIT_ERROR = "submit_error"
    RUN_ERROR = "run_error"
    RATE_LIMITED = "rate_limited"
    NEVER = "never"


AT_SUBMIT = frozenset({End.SUBMIT_ERROR, End.RATE_LIMITED})
"""The vendor says no, and no task is begun."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one attempt, and when, seconds from its submit."""

    end: End
    after_s: float


class World:
    """One random draw of everything that a policy cannot influence."""

    def __init__(self, *, generations: int, per_hour: float, seed: int) -> None:
        rng = random.Random(seed)
        self.seed = seed
        self.length_s = generations / per_hour * HOUR
        self.requests = sorted(_requests(rng, generations, self.length_s), key=lambda request: request.at)
        region = _outages(rng, self.length_s, REGION_DOWN, correlated=True)
        everyone = [Spell(s.start, s.end, Kind.HARD) for s in _outages(rng, self.length_s, ALL_DOWN, correlated=True)]
        self.outages: dict[str, Spells] = {}
        self.slow: dict[str, Spells] = {}
        self.limited: dict[str, Spells] = {}
        for vendor in VENDORS:
            shared = REGION_DOWN if vendor in REGION else 0.0
            own = _outages(rng, self.length_s, 1 - AVAILABILITY[vendor] - shared - ALL_DOWN, correlated=False)
            self.outages[vendor] = Spells([*own, *(region if vendor in REGION else ()), *everyone])
            self.slow[vendor] = Spells(
                _spells(rng, self.length_s, every_s=4 * DAY, lasts_s=90 * MINUTE, low=2, high=3.5)
            )
            self.limited[vendor] = Spells(
                _spells(rng, self.length_s, every_s=DAY, lasts_s=15 * MINUTE, low=0.4, high=0.8)
            )

    def fate(self, request: Request, vendor: str, k: int, now: float) -> Fate:
        """What becomes of a generation's k-th attempt at a vendor, if it is submitted now."""
        duration_s, limit, luck, which, background, fraction, stuck = self._draws(request, vendor, k)
        if (limited := self.limited[vendor].at(now)) is not None and limit < limited.level:
            return Fate(End.RATE_LIMITED, SUBMIT_S)
        if request.is_poison:
            return Fate(End.RUN_ERROR, SUBMIT_S + duration_s * fraction)
        if (slow := self.slow[vendor].at(now)) is not None:
            duration_s *= slow.level
        end = self._mood(vendor, now, luck=luck, which=which)
        if end is End.OK and background < SUBMIT_ERRORS + RUN_ERRORS:
            end = End.SUBMIT_ERROR if background < SUBMIT_ERRORS else End.RUN_ERROR
        match end:
            case End.SUBMIT_ERROR:
                return Fate(end, SUBMIT_ERROR_S)
            case End.RUN_ERROR:
                return Fate(end, SUBMIT_S + duration_s * (0.1 + 0.9 * fraction))
            case End.NEVER:
                return Fate(end, math.inf)
            case _:
                return self._caught(vendor, now, SUBMIT_S + duration_s, stuck)

    def first(self, generations: int) -> "World":
        """The same world up to so many requests."""
        fewer = copy.copy(self)
        fewer.requests = self.requests[:generations]
        if generations < len(self.requests):
            fewer.length_s = self.requests[generations].at
        for name in ("outages", "slow", "limited"):
            spells: dict[str, Spells] = getattr(self, name)
            kept = {vendor: [s for s in its.all if s.start < fewer.length_s] for vendor, its in spells.items()}
            setattr(fewer, name, {vendor: Spells(spells) for vendor, spells in kept.items()})
        return fewer

    def free_checks(self, sees: frozenset[Kind], *, every_s: float) -> Iterator[tuple[str, float]]:
        """Whom to check when: from the first check that an outage fails to the first that is answered again.

        Args:
            sees: the kinds of outage in which free checks fail.
        """
        for vendor in VENDORS:
            for spell in self.outages[vendor].all:
                at = spell.start + every_s / 2
                while spell.kind in sees and at < spell.end + every_s:
                    yield vendor, at
                    at += every_s

    def answers(self, vendor: str, sees: frozenset[Kind], now: float) -> bool:
        """Whether a vendor answers a free check now."""
        spell = self.outages[vendor].at(now)
        return spell is None or spell.kind not in sees

    def ideal_s(self, request: Request) -> float:
        """How long the first vendor of the chain would have taken, had it been well."""
        return SUBMIT_S + self._draws(request, request.chain[0], 0)[0]

    def _draws(self, request: Request, vendor: str, k: int) -> tuple[float, ...]:
        """The render time of a generation's k-th attempt at a vendor, and the luck it has."""
        rng = random.Random(((self.seed * 1_000_003 + request.n) * 8 + VENDORS.index(vendor)) * 32 + k)
        duration_s = MEDIAN_S[vendor] * math.exp(SIGMA[vendor] * rng.gauss(0, 1))
        return (duration_s, *(rng.random() for _ in range(6)))

    def _mood(self, vendor: str, now: float, *, luck: float, which: float) -> End:
        """How an attempt ends that is submitted now, background errors aside."""
        outage = self.outages[vendor].at(now)
        if outage is None:
            return End.OK
        match outage.kind:
            case Kind.HARD:
                return End.SUBMIT_ERROR
            case Kind.HANG:
                return End.NEVER
            case Kind.RUN:
                return End.RUN_ERROR
            case _:
                if luck >= outage.level:
                    return End.OK
                if which < 0.40:
                    return End.SUBMIT_ERROR
                return End.RUN_ERROR if which < 0.85 else End.NEVER

    def _caught(self, vendor: str, now: float, after_s: float, stuck: float) -> Fate:
        """Half of the tasks in flight when an outage begins get stuck; half of those finish after it."""
        outage = self.outages[vendor].first_between(now, now + after_s)
        if outage is None or outage.kind not in {Kind.HARD, Kind.HANG} or stuck >= 0.5:
            return Fate(End.OK, after_s)
        if stuck < 0.25:
            return Fate(End.NEVER, math.inf)
        return Fate(End.OK, after_s + (outage.end - outage.start))


def p95_s(vendor: str) -> float:
    """How long a healthy vendor takes at most, usually."""
    return SUBMIT_S + MEDIAN_S[vendor] * math.exp(SIGMA[vendor] * P95_Z)


def _lognormal(rng: random.Random, mean: float) -> float:
    """A length with this mean and sigma 1."""
    return mean * math.exp(rng.gauss(0, 1) - 0.5)


def _outages(rng: random.Random, length_s: float, share: float, *, correlated: bool) -> list[Spell]:
    """Outages that fill a share of the time."""
    kinds = list(_SHARE_AND_MEAN)[:3] if correlated else list(_SHARE_AND_MEAN)
    weights = [_SHARE_AND_MEAN[kind][0] for kind in kinds]
    means = {kind: 25 * MINUTE if correlated else _SHARE_AND_MEAN[kind][1] for kind in kinds}
    mean_s = sum(w * means[kind] for w, kind in zip(weights, kinds, strict=True)) / sum(weights)
    pause_s = mean_s * (1 - share) / share
    found, now = [], rng.expovariate(1 / pause_s)
    while now < length_s:
        kind = rng.choices(kinds, weights)[0]
        end = now + _lognormal(rng, means[kind])
        found.append(Spell(now, end, kind, rng.uniform(0.3, 0.6)))
        now = end + rng.expovariate(1 / pause_s)
    return found


def _spells(
    rng: random.Random, length_s: float, *, every_s: float, lasts_s: float, low: float, high: float
) -> list[Spell]:
    found, now = [], rng.expovariate(1 / every_s)
    while now < length_s:
        found.append(Spell(now, now + lasts_s, None, rng.uniform(low, high)))
        now += lasts_s + rng.expovariate(1 / every_s)
    return found


def _requests(rng: random.Random, generations: int, length_s: float) -> list[Request]:
    tiers, weights = list(MIX), list(MIX.values())
    found = []
    for n in range(generations):
        tier = rng.choices(tiers, weights)[0]
        chain = CHAINS[tier]
        if tier in LAST_RESORT and rng.random() < 0.5:
            chain = (*chain, LAST_RESORT[tier])
        found.append(Request(n, rng.uniform(0, length_s), tier, chain, rng.randrange(MEMBERS)))
    n = generations
    for day in range(int(length_s // DAY)):
        start, tier = day * DAY + rng.uniform(0, DAY - HOUR), rng.choices(tiers, weights)[0]
        for k in range(6):
            found.append(Request(n, start + k * 90, tier, CHAINS[tier], MEMBERS + day, is_poison=True))
            n += 1
    return found
