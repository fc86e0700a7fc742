"""Refusals on order: this method, or all, answers with this error, so many times or until it is lifted."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count

EVERY = "*"
"""Stands for any method, and for anything that a call may be about."""
KEPT_MAX = 2000


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order.

    Args:
        about: what alone it concerns: a channel's id or name, or a file's.
        skip: so many calls go well before.
        times: how often still; None until it is lifted.
        retry_after: what a rate limit says, in seconds, to the letter.
    """

    id: int
    method: str
    code: str
    about: str = EVERY
    skip: int = 0
    times: int | None = None
    retry_after: str = "1"
    hits: int = 0


@dataclass(slots=True)
class Faults:
    """All orders of one platform, in the order in which they were given: the first that fits answers."""

    on_change: Callable[[], None] = lambda: None
    _orders: dict[int, Fault] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def add(
        self,
        method: str,
        code: str,
        *,
        times: int | None = None,
        about: str = EVERY,
        skip: int = 0,
        retry_after: str = "1",
    ) -> Fault:
        """From now on. What was ordered longest ago is forgotten when there are too many."""
        fault = Fault(
            id=next(self._ids),
            method=method,
            code=code,
            about=about,
            skip=skip,
            times=times,
            retry_after=retry_after,
        )
        self._orders[fault.id] = fault
        while len(self._orders) > KEPT_MAX:
            del self._orders[next(iter(self._orders))]
        self.on_change()
        return fault

    def lift(self, fault_id: int | None = None) -> bool:
        """End one order, or all. False: there was none."""
        known = bool(self._orders) if fault_id is None else fault_id in self._orders
        if fault_id is None:
            self._orders.clear()
        else:
            self._orders.pop(fault_id, None)
        self.on_change()
        return known

    def hit(self, method: str, about: Collection[str] = ()) -> Fault | None:
        """The order that this call meets, which has one hit less then."""
        for fault in self._orders.values():
            if fault.method not in {method, EVERY} or (fault.about != EVERY and fault.about not in about):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.hits += 1
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._orders[fault.id]
                self.on_change()
            return fault
        return None

    def orders(self) -> list[Fault]:
        """What is ordered now."""
        return list(self._orders.values())
