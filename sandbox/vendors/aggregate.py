"""What the two aggregators share: the vendor whose model a job uses keeps the job; trouble has two subjects.

A vendor's trouble strikes its models wherever they are hosted; trouble of the subject `fal` or `replicate` strikes that
host alone.
"""

import math
from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response

from sandbox.vendors.all_vendors import Vendors
from sandbox.vendors.middleware import VendorMiddleware
from sandbox.vendors.task_store import TaskStore
from sandbox.vendors.tasks import Task
from sandbox.world import FaultKind

Belongs = Callable[[Request], str]
"""Which vendor a request is about; nothing if that cannot be told."""


class SharedDoor(VendorMiddleware):
    """The way into an aggregator.

    Args:
        vendors: all of them.
        host: the aggregator's own name as a subject of trouble.
        belongs: see `Belongs`.
        down, broken: its answers.
    """

    def __init__(
        self,
        vendors: Vendors,
        *,
        host: str,
        belongs: Belongs,
        down: Callable[[], Response],
        broken: Callable[[], Response],
    ) -> None:
        super().__init__(vendors.stores["veo"], down=down, broken=broken)
        self._vendors = vendors
        self._host = host
        self._belongs = belongs

    def strikes(self, vendor: str, kind: FaultKind) -> bool:
        """Whether trouble of this kind strikes now: the host's own, or the vendor's."""
        return self._vendors.world.hits(self._host, kind) or (
            vendor in self._vendors.stores and self._vendors.stores[vendor].hits(kind)
        )

    def _struck(self, request: Request, kind: FaultKind) -> bool:
        return self.strikes(self._belongs(request), kind)


def hosted(vendors: Vendors, host: str) -> Iterator[tuple[TaskStore, Task]]:
    """All tasks of an aggregator with the store that keeps each, newest first for each store."""
    for store in vendors.stores.values():
        for task in store.newest(within_s=math.inf, host=host):
            yield store, task


def find(vendors: Vendors, host: str, task_id: str) -> tuple[TaskStore, Task] | None:
    """One task of an aggregator, and its store."""
    for store in vendors.stores.values():
        if (task := store.find(task_id, host=host)) is not None:
            return store, task
    return None
