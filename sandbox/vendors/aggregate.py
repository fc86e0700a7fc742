"""What the two aggregators share: jobs lie on the desk of the vendor whose model they use, trouble has two subjects.

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
        super().__init__(vendors.desks["veo"], down=down, broken=broken)
        self._vendors = vendors
        self._host = host
        self._belongs = belongs

    def strikes(self, vendor: str, kind: FaultKind) -> bool:
        """Whether trouble of this kind strikes now: the host's own, or the vendor's."""
        return self._vendors.world.hits(self._host, kind) or (
            vendor in self._vendors.desks and self._vendors.desks[vendor].hits(kind)
        )

    def _struck(self, request: Request, kind: FaultKind) -> bool:
        return self.strikes(self._belongs(request), kind)


def hosted(vendors: Vendors, host: str) -> Iterator[tuple[TaskStore, Task]]:
    """All tasks of an aggregator with the desk each lies on, newest first for each desk."""
    for desk in vendors.desks.values():
        for task in desk.newest(within_s=math.inf, host=host):
            yield desk, task


def find(vendors: Vendors, host: str, task_id: str) -> tuple[TaskStore, Task] | None:
    """One task of an aggregator, and its desk."""
    for desk in vendors.desks.values():
        if (task := desk.find(task_id, host=host)) is not None:
            return desk, task
    return None
