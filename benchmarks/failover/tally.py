"""What `failover` counts: deliveries, delays, money lost, and how well the demotions match the outages."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import mean, median

from benchmarks.failover.trace import Move
from benchmarks.failover.world import MINUTE, PRICE_USD, VENDORS, End, Fate, Kind, Request, World

_GRACE_S = 12 * MINUTE
"""After an outage or a slow-down its last attempts still come in: a demotion then is not a false one."""


@dataclass
class Tally:
    """The figures of one policy in one world."""

    world: World
    asked: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    times_s: list[float] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    wasted_usd: float = 0.0
    submits: int = 0
    demotions: list[tuple[str, float]] = field(default_factory=list)
    """Vendor and time, each time that one goes to the back, or out."""
    restorations: list[tuple[str, float]] = field(default_factory=list)
    met: dict[tuple[str, float], float] = field(default_factory=dict)
    """By vendor and start of an outage: when the first attempt began that it spoiled."""

    def fate(self, request: Request, vendor: str, k: int, now: float) -> Fate:
        """What becomes of an attempt that begins now."""
        fate = self.world.fate(request, vendor, k, now)
        spell = self.world.outages[vendor].at(now)
        if spell is not None and fate.end is not End.OK:
            self.met.setdefault((vendor, spell.start), now)
        return fate

    def deliver(self, request: Request, now: float) -> None:
        if request.is_poison:
            return
        self.delivered[request.tier] += 1
        self.times_s.append(now - request.at)
        self.delays_s.append(now - request.at - self.world.ideal_s(request))

    def waste(self, vendor: str) -> None:
        self.wasted_usd += PRICE_USD[vendor]

    def heed(self, moves: Iterable[Move]) -> None:
        """Remember which route was demoted, and which was restored."""
        for move in moves:
            if move.to_state == "demoted" and move.from_state == "healthy":
                self.demotions.append((move.vendor, move.at))
            if move.to_state == "healthy":
                self.restorations.append((move.vendor, move.at))

    def success(self, *tiers: str) -> tuple[int, int]:
        """Delivered and asked, in these tiers or in all."""
        chosen = tiers or tuple(self.asked)
        return sum(self.delivered[t] for t in chosen), sum(self.asked[t] for t in chosen)


@dataclass(frozen=True)
class Demotions:
    """How demotions match the outages of the world."""

    outages: int
    to_demote_s: dict[Kind, list[float]]
    noticed_s: list[float]
    """The same, from the start of the first attempt that the outage spoiled."""
    to_restore_s: list[float]
    flaps: int
    false: int
    vendor_months: float

    def after_s(self, *kinds: Kind) -> list[float]:
        """How long it took to demote in outages of these kinds."""
        return [after_s for kind in kinds for after_s in self.to_demote_s[kind]]


def demotions(tally: Tally) -> Demotions:
    """Match every demotion to the outage during which it fell."""
    world, outages, flaps, false = tally.world, 0, 0, 0
    to_demote_s: dict[Kind, list[float]] = {kind: [] for kind in Kind}
    noticed_s: list[float] = []
    to_restore_s: list[float] = []
    for vendor in VENDORS:
        times = sorted(at for who, at in tally.demotions if who == vendor)
        back = sorted(at for who, at in tally.restorations if who == vendor)
        matched: Counter[float] = Counter()
        spells = world.outages[vendor].all
        outages += len(spells)
        for at in times:
            spell = world.outages[vendor].at(at)
            if spell is None or spell.kind is None:
                false += not _explained(world, vendor, at)
                continue
            if not matched[spell.start]:
                to_demote_s[spell.kind].append(at - spell.start)
                noticed_s.append(at - tally.met.get((vendor, spell.start), spell.start))
                restored = next((b for b in back if b > max(at, spell.end)), None)
                if restored is not None:
                    to_restore_s.append(restored - spell.end)
            matched[spell.start] += 1
        flaps += sum(n - 1 for n in matched.values())
    months = len(VENDORS) * world.length_s / (30 * 86_400)
    return Demotions(outages, to_demote_s, noticed_s, to_restore_s, flaps, false, months)


def _explained(world: World, vendor: str, at: float) -> bool:
    for spells in (world.outages[vendor], world.slow[vendor]):
        if spells.at(at) is not None or any(s.start < at < s.end + _GRACE_S for s in spells.all):
            return True
    return False


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


def average(values: list[float]) -> float:
    return mean(values) if values else float("nan")


def middle(values: list[float]) -> float:
    return median(values) if values else float("nan")
