"""Kling's lookups: /tasks by either id, the paged list, and what the account has left."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors.all_vendors import DAY_S
from sandbox.vendors.kling import wire
from sandbox.vendors.middleware import WireError, json_object
from sandbox.vendors.shapes import StrictBody
from sandbox.vendors.task_store import TaskStore
from sandbox.vendors.tasks import Task

LISTED_S = 30 * DAY_S
NAMED_AT_MOST = 20
"""Ids in one list; the documents name no limit, the real API refuses more (seen live, 2026-09-20)."""


class Filter(StrictBody):
    key: Literal["status", "product_type"]
    values: list[str]


class Query(StrictBody):
    """The body of POST /tasks; times in ms."""

    start_time: int | None = None
    end_time: int | None = None
    cursor: str | int = ""
    limit: int = Field(default=100, ge=1, le=500)
    filters: list[Filter] = Field(default_factory=list)


class TaskLists:
    """Finds tasks; `drawn` makes the wire's task object of one."""

    def __init__(self, store: TaskStore, drawn: Callable[[Task], dict[str, Any]]) -> None:
        self._store = store
        self._drawn = drawn
        self._last_costs: dict[str, float] = {}

    async def look_up(self, request: Request) -> Response:
        """GET /tasks: by `task_ids` or by `external_task_ids`, never both. Unknown ids are left out."""
        wire.identify(request, jwt_allowed=False)
        self._store.polls += 1
        ours = request.query_params.get("task_ids", "")
        theirs = request.query_params.get("external_task_ids", "")
        if bool(ours) == bool(theirs):
            raise WireError(
                wire.no(1201, "Invalid parameters: exactly one of task_ids and external_task_ids is required")
            )
        if len((ours or theirs).split(",")) > NAMED_AT_MOST:
            raise WireError(wire.no(1201, f"Invalid parameters: at most {NAMED_AT_MOST} ids"))
        found = [task for part in ours.split(",") if (task := self._store.find(part.strip())) is not None]
        for part in theirs.split(","):
            found.extend(self._store.find_external(part.strip()))
        return JSONResponse(wire.reply([self._drawn(task) for task in found if "product" in task.wire]))

    async def page(self, request: Request) -> Response:
        """POST /tasks: newest first, a page at a time."""
        wire.identify(request, jwt_allowed=False)
        query = wire.read(Query, await json_object(request, otherwise=wire.not_a_body))
        end = query.end_time if query.end_time is not None else int(self._store.now() * 1000) + 1
        start = query.start_time if query.start_time is not None else end - int(LISTED_S * 1000)
        wanted = {entry.key: set(entry.values) for entry in query.filters}
        rows = []
        for task in self._store.newest(within_s=LISTED_S):
            if "product" not in task.wire or not start <= task.times.created * 1000 <= end:
                continue
            row = self._drawn(task)
            kind = {"status": row["status"], "product_type": task.wire["product"]}
            if all(kind[key] in values for key, values in wanted.items()):
                rows.append(row)
        cursor = str(query.cursor or "0")
        if not cursor.isdecimal():
            raise WireError(wire.bad_field("cursor", "not a cursor", ""))
        begin = int(cursor)
        stop = begin + query.limit
        more = stop < len(rows)
        page = {
            "result": rows[begin:stop],
            "count": len(rows),
            "next_cursor": str(stop) if more else "",
            "has_more": more,
        }
        return JSONResponse(wire.reply(page))

    async def costs(self, request: Request) -> Response:
        """GET /account/costs: one resource pack; at most once a second for each key."""
        key = wire.identify(request, jwt_allowed=True)
        for name in ("start_time", "end_time"):
            if not request.query_params.get(name, "").isdecimal():
                raise WireError(wire.bad_field(name, "required, in ms", ""))
        now = self._store.now()
        if now - self._last_costs.get(key, 0.0) < 1.0:
            raise WireError(wire.no(1302, "API request too fast"))
        self._last_costs = {key: now}
        pack = {
            "resource_pack_name": "Sandbox pack",
            "resource_pack_id": "sandbox",
            "resource_pack_type": "decreasing_total",
            "total_quantity": 5000.0,
            "remaining_quantity": 0.0 if key.startswith("poor-") else 4321.0,
            "purchase_time": int((now - DAY_S) * 1000),
            "effective_time": int((now - DAY_S) * 1000),
            "invalid_time": int((now + 180 * DAY_S) * 1000),
            "status": "runOut" if key.startswith("poor-") else "online",
        }
        return JSONResponse(wire.reply({"code": 0, "msg": "", "resource_pack_subscribe_infos": [pack]}))
