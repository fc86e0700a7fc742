"""Stand-ins for the five video vendors and two aggregators, written from their documents and not from our adapters.

One mount for each host: `/vendors/google`, `/vendors/kling`, `/vendors/ark`, `/vendors/minimax`, `/vendors/dashscope`;
and `/vendors/fal` and `/vendors/replicate`, whose jobs are kept in the task stores of the five
(`sandbox.vendors.aggregate`). Each can also be served alone at a root of its own (`app_for`), which is how the
vendors' official clients reach it.

A key that starts with `bad-` is refused and one that starts with `bad-region-` belongs elsewhere; one that starts with
`poor-` has no credit (`sandbox.vendors.keys`); any other one that is not empty is fine. Trouble comes from the world's
switches; what the switches cannot say, `Vendors.stores[…].plan` can.
"""

from collections.abc import Callable
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from sandbox.vendors.all_vendors import Settings, Vendors
from sandbox.vendors.ark import Ark
from sandbox.vendors.dashscope import DashScope
from sandbox.vendors.fal import Fal
from sandbox.vendors.google import Google
from sandbox.vendors.kling import Kling
from sandbox.vendors.minimax import MiniMax
from sandbox.vendors.replicate import Replicate
from sandbox.vendors.tasks import End, Phase, Task
from sandbox.world import World


class Host(Protocol):
    """One vendor's host."""

    def routes(self) -> list[BaseRoute]:
        """What it answers, from its root on."""
        ...


__all__ = ["HOSTS", "End", "Phase", "Settings", "Task", "Vendors", "app_for", "asked", "vendor_mounts", "vendors_of"]

HOSTS: dict[str, Callable[[Vendors], Host]] = {
    "google": Google,
    "kling": Kling,
    "ark": Ark,
    "minimax": MiniMax,
    "dashscope": DashScope,
    "fal": Fal,
    "replicate": Replicate,
}
"""The hosts by the name of their mount."""

_known: dict[int, Vendors] = {}


def vendors_of(world: World) -> Vendors:
    """The vendors of this world: always the same ones."""
    return _known.setdefault(id(world), Vendors(world))  # Vendors holds the world, so its id stays its own


def vendor_mounts(world: World | Vendors) -> list[BaseRoute]:
    """The routes of every vendor, with their full paths."""
    vendors = vendors_of(world) if isinstance(world, World) else world
    return [Mount(f"/vendors/{name}", routes=host(vendors).routes()) for name, host in HOSTS.items()]


def app_for(host: str, vendors: Vendors) -> Starlette:
    """One host alone, at the root of its own application."""
    return Starlette(routes=HOSTS[host](vendors).routes())


def asked(world: World | Vendors) -> dict[str, Any]:
    """What every vendor was asked, in the shape of `GET /api/vendors`; all five are always there.

    `{"veo": {"submits": n, "polls": n, "tasks": [{"id", "state", "prompt", "at"}]}, …}`: the last 50 tasks, newest
    last, `at` in unix seconds. `submits` counts the creates that reached the vendor's own logic (past its being down or
    broken, and past its check of the key), accepted or refused; `polls` counts questions for the state of a task.
    """
    return (vendors_of(world) if isinstance(world, World) else world).asked()
