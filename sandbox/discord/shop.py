"""Discord's own shop, as the sandbox has it: what is sold, who has bought it, and what was paid back."""

import time
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute

from sandbox.discord import payloads
from sandbox.discord.errors import ApiError, FormErrors, Refusal
from sandbox.discord.fixtures import APPLICATION_ID, GOODS, SUBSCRIPTIONS, name_of
from sandbox.discord.server import Answer, Call, Server
from sandbox.discord.sessions import Emit, Intent
from sandbox.discord.store import Store

PURCHASE = 8
ACTIVE = 0
MONTH_S = 30 * 24 * 3600.0
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
    ends_at: float | None = None

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
            "ends_at": payloads.at(self.ends_at) if self.ends_at is not None else None,
        }

    @property
    def called(self) -> str:
        """What the page calls it."""
        return f"{name_of(self.user_id)}: {GOODS[self.sku]} ({self.id})"


@dataclass(slots=True, kw_only=True)
class Subscription:
    """What somebody pays for every month, with the entitlement that lasts until it ends."""

    id: int
    entitlement: Entitlement
    begins: float
    periods: int = 1

    def json(self, *, is_granted: bool = True) -> dict[str, Any]:
        start = self.begins + (self.periods - 1) * MONTH_S
        return {
            "id": str(self.id),
            "user_id": str(self.entitlement.user_id),
            "sku_ids": [str(self.entitlement.sku)],
            "renewal_sku_ids": None,
            "entitlement_ids": [str(self.entitlement.id)] if is_granted else [],
            "current_period_start": payloads.at(start),
            "current_period_end": payloads.at(start + MONTH_S),
            "status": ACTIVE,
            "canceled_at": None,
        }


class Shop:
    """Handlers below /applications/…/entitlements, and what people do in the shop."""

    def __init__(self, store: Store, emit: Emit) -> None:
        self._store = store
        self._emit = emit
        self._sold: dict[int, Entitlement] = {}
        self._subscribed: dict[int, Subscription] = {}
        self.is_silent = False
        """Sales are made, and the gateway says nothing of them."""

    def routes(self, server: Server) -> list[BaseRoute]:
        every = "/applications/{application:int}/entitlements"
        return [
            server.route("GET", every, self._list),
            server.route("GET", every + "/{entitlement:int}", self._show),
            server.route("POST", every + "/{entitlement:int}/consume", self._consume),
            server.route("GET", "/skus/{sku:int}/subscriptions", self._list_subscriptions),
        ]

    def buy(self, user_id: int, sku: int) -> Entitlement:
        """A person pays."""
        made = Entitlement(id=self._store.next_id(), sku=sku, user_id=user_id, bought_at=time.time())
        self._sold[made.id] = made
        begun = Subscription(id=self._store.next_id(), entitlement=made, begins=made.bought_at)
        if sku in SUBSCRIPTIONS:  # it is told before its entitlement, and once more with it
            self._subscribed[made.id] = begun
            self._tell_of("SUBSCRIPTION_CREATE", begun.json(is_granted=False))
        self._tell("ENTITLEMENT_CREATE", made)
        if sku in SUBSCRIPTIONS:
            self._tell_of("SUBSCRIPTION_UPDATE", begun.json())
        return made

    def renew(self, entitlement: int) -> None:
        """Another month is paid: Discord sends no event about the entitlement."""
        found = self._subscribed[entitlement]
        found.periods += 1
        self._tell_of("SUBSCRIPTION_UPDATE", found.json())

    @property
    def subscribed(self) -> tuple[Entitlement, ...]:
        """The subscriptions that go on."""
        return tuple(each.entitlement for each in self._subscribed.values() if not each.entitlement.deleted)

    def again(self) -> None:
        """Tell of every sale once more, as after a resume."""
        for each in self._sold.values():
            self._tell("ENTITLEMENT_DELETE" if each.deleted else "ENTITLEMENT_CREATE", each)
        for one in self._subscribed.values():
            self._tell_of("SUBSCRIPTION_UPDATE", one.json())

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
        self._tell_of(event, one.json())

    def _tell_of(self, event: str, data: dict[str, Any]) -> None:
        if not self.is_silent:
            self._emit(event, data, Intent.ALWAYS)

    def _list_subscriptions(self, call: Call) -> Answer:
        """Those of one person; nobody else's are told."""
        errors = FormErrors()
        errors.number(call.query.get("limit"), ("limit",), low=1, high=LIST_MAX, default=LIST_MAX)
        whose = errors.number(call.query.get("user_id"), ("user_id",), low=1, high=1 << 63, default=0)
        errors.check()
        theirs = [each for each in self._subscribed.values() if each.entitlement.user_id == whose]
        return Answer(body=[each.json() for each in theirs if each.entitlement.sku == call.path["sku"]])

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
        if found.deleted or found.sku in SUBSCRIPTIONS:
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
