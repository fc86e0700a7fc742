"""What became of each generation and of each route in one run, to be laid beside another run of the same world."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

SAME_S = 0.01
"""Times that differ by less are the same: rows keep them to the microsecond, and one follows from another."""


@dataclass(frozen=True, slots=True)
class Start:
    """One attempt of a generation begins."""

    vendor: str
    at: float
    is_hedge: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A generation has its video, made by this vendor."""

    vendor: str
    at: float


@dataclass(frozen=True, slots=True)
class Move:
    """One transition of a route."""

    vendor: str
    at: float
    from_state: str
    to_state: str
    reason: str


Fact = Start | Delivery | Move


@dataclass
class Trace:
    """All of it, generations by their number."""

    starts: dict[int, list[Start]] = field(default_factory=lambda: defaultdict(list))
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    def begins(self, n: int, vendor: str, at: float, *, is_hedge: bool) -> None:
        self.starts[n].append(Start(vendor, at, is_hedge))

    def delivers(self, n: int, vendor: str, at: float) -> None:
        self.deliveries[n] = Delivery(vendor, at)


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in both. `n` is the generation; None where it is about a route."""

    n: int | None
    expected: Fact | None
    found: Fact | None

    def __str__(self) -> str:
        about = "routes" if self.n is None else f"generation {self.n}"
        return f"{about}: {self.expected} expected, {self.found} found"


def differences(expected: Trace, found: Trace) -> Iterator[Difference]:
    """Everything that is not the same in both: generations by number, then routes."""
    for n in sorted(expected.starts.keys() | found.starts.keys()):
        pairs = [
            *zip_longest(expected.starts.get(n, []), found.starts.get(n, [])),
            (expected.deliveries.get(n), found.deliveries.get(n)),
        ]
        yield from (Difference(n, one, other) for one, other in pairs if not _same(one, other))
    moves = zip_longest(expected.moves, found.moves)
    yield from (Difference(None, one, other) for one, other in moves if not _same(one, other))


def _same(one: Fact | None, other: Fact | None) -> bool:
    if one is None or other is None:
        return one is other
    return _but_for_time(one) == _but_for_time(other) and abs(one.at - other.at) <= SAME_S


def _but_for_time(fact: Fact) -> tuple[object, ...]:
    match fact:
        case Start(vendor, _, is_hedge):
            return vendor, is_hedge
        case Delivery(vendor, _):
            return (vendor,)
        case Move(vendor, _, from_state, to_state, reason):
            return vendor, from_state, to_state, reason
