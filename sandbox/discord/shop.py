"""Discord's own shop, as the sandbox has it: what is sold, who has bought it, and what was paid back."""

import time
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute

from sandbox.discord import payloads
from sandbox.discord.errors import ApiError, FormErrors, Refusal
from sandbox.discord.fixtures import APPLICATION_ID, SKUS, name_of
from sandbox.discord.server import Answer, Call, Server
from sandbox.discord.sessions import Emit, Intent
from sandbox.discord.store import Store

PURCHASE = 8
LIST_MAX = 100


@dataclass(slots=True, kw_only=True)
class Entitlement:
    """One sale."""

    id: int
    sku: int
    user_id: int
    bought_at: float
    consumed: bool = False
    deleted: bool = False

    def json(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "sku_id": str(self.sku),
            "application_id": str(APPLICATION_ID),
            "user_id": str(self.user_id),
            "type": PURCHASE,
            "deleted": self.deleted,
            "consumed": self.consumed,
            "starts_at": payloads.at(self.bought_at),
            "ends_at": None,
        }

    @property
    def called(self) -> str:
        """What the page calls it."""
        return f"{name_of(self.user_id)}: {SKUS[self.sku]} ({self.id})"


class Shop:
    """Handlers below /applications/…/entitlements, and what people do in the shop."""

    def __init__(self, store: Store, emit: Emit) -> None:
        self._store = store
        self._emit = emit
        self._sold: dict[int, Entitlement] = {}
        self.is_silent = False
        """Sales are made, and the gateway says nothing of them."""

    def routes(self, server: Server) -> list[BaseRoute]:
        every = "/applications/{application:int}/entitlements"
        return [
            server.route("GET", every, self._list),
            server.route("GET", every + "/{entitlement:int}", self._show),
            server.route("POST", every + "/{entitlement:int}/consume", self._consume),
        ]

    def buy(self, user_id: int, sku: int) -> Entitlement:
        """A person pays."""
        made = Entitlement(id=self._store.next_id(), sku=sku, user_id=user_id, bought_at=time.time())
        self._sold[made.id] = made
        self._tell("ENTITLEMENT_CREATE", made)
        return made

    def again(self) -> None:
        """Tell of every sale once more, as after a resume."""
        for each in self._sold.values():
            self._tell("ENTITLEMENT_DELETE" if each.deleted else "ENTITLEMENT_CREATE", each)

    def refund(self, entitlement: int) -> None:
        """Discord pays a buyer back."""
        found = self._sold[entitlement]
        if not found.deleted:
            found.deleted = True
            self._tell("ENTITLEMENT_DELETE", found)

    @property
    def sold(self) -> tuple[Entitlement, ...]:
        """All sales, the oldest first."""
        return tuple(self._sold.values())

    def _tell(self, event: str, one: Entitlement) -> None:
        if not self.is_silent:
            self._emit(event, one.json(), Intent.ALWAYS)

    def _list(self, call: Call) -> Answer:
        """A page of sales, the newest first; with `after` the oldest behind it first."""
        _ours(call)
        errors = FormErrors()
        limit = errors.number(call.query.get("limit"), ("limit",), low=1, high=LIST_MAX, default=LIST_MAX)
        after = errors.number(call.query.get("after"), ("after",), low=0, high=1 << 63, default=0)
        before = errors.number(call.query.get("before"), ("before",), low=0, high=(1 << 63) - 1, default=(1 << 63) - 1)
        errors.check()
        hides = call.query.get("exclude_deleted", "true").lower() in {"true", "1"}
        found = [one for one in self._sold.values() if after < one.id < before and not (hides and one.deleted)]
        chosen = found[:limit] if after else found[-limit:]
        return Answer(body=[one.json() for one in chosen])

    def _show(self, call: Call) -> Answer:
        return Answer(body=self._found(call).json())

    def _consume(self, call: Call) -> Answer:
        found = self._found(call)
        if found.deleted:
            raise ApiError(Refusal.UNKNOWN_ENTITLEMENT)
        found.consumed = True
        return Answer(status=204)

    def _found(self, call: Call) -> Entitlement:
        _ours(call)
        found = self._sold.get(call.path["entitlement"])
        if found is None:
            raise ApiError(Refusal.UNKNOWN_ENTITLEMENT)
        return found


def _ours(call: Call) -> None:
    if call.path["application"] != APPLICATION_ID:
        raise ApiError(Refusal.UNKNOWN_APPLICATION)
