"""fal's platform API: the ended requests of an endpoint, by which a lost create can be found, and addresses."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import aggregate
from sandbox.vendors.all_vendors import DAY_S, Vendors
from sandbox.vendors.fal import wire
from sandbox.vendors.middleware import WireError
from sandbox.vendors.tasks import Phase, Task

ResultOf = Callable[[Task, Phase], Awaitable[tuple[int, dict[str, Any], str]]]
STATUSES = {"success": range(200, 300), "user_error": range(400, 500), "error": range(500, 600)}
LIMIT_MAX = 100


class Platform:
    """Reads the jobs of the queue; `result_of` gives the status, body and kind of error of one."""

    def __init__(self, vendors: Vendors, result_of: ResultOf) -> None:
        self._vendors = vendors
        self._result_of = result_of

    async def by_endpoint(self, request: Request) -> Response:
        """GET /v1/models/requests/by-endpoint: newest end first. Running jobs are not listed (unconfirmed)."""
        wire.identify(request)
        query = request.query_params
        endpoint = query.get("endpoint_id", "")
        if not endpoint:
            raise WireError(wire.no(422, "endpoint_id is required", kind="value_error"))
        now = self._vendors.stores["veo"].now()
        start, end = _time(query.get("start"), otherwise=now - DAY_S), _time(query.get("end"), otherwise=now)
        wanted = STATUSES.get(query.get("status", ""), range(1000))
        rows = []
        for store, task in aggregate.hosted(self._vendors, "fal"):
            phase = store.phase(task)
            ended = task.times.finishes_at
            if task.model != endpoint or not phase.ended or not start <= ended <= end:
                continue
            if query.get("request_id") not in {None, task.id}:
                continue
            status, body, _ = await self._result_of(task, phase)
            if status in wanted:
                rows.append((ended, self._row(task, status, body, payloads="payloads" in query.getlist("expand"))))
        rows.sort(key=lambda row: row[0], reverse=True)
        begin, limit = _whole(query.get("cursor"), otherwise=0), _whole(query.get("limit"), otherwise=LIMIT_MAX)
        stop = begin + min(limit, LIMIT_MAX)
        more = stop < len(rows)
        page = [row for _, row in rows[begin:stop]]
        return JSONResponse({"items": page, "next_cursor": str(stop) if more else None, "has_more": more})

    async def meta(self, request: Request) -> Response:
        """GET /v1/meta: where webhooks come from."""
        return JSONResponse({"webhook_ip_ranges": ["127.0.0.1/32"]})

    def _row(self, task: Task, status: int, body: dict[str, Any], *, payloads: bool) -> dict[str, Any]:
        row: dict[str, Any] = {
            "request_id": task.id,
            "endpoint_id": task.model,
            "sent_at": _iso(task.times.created),
            "started_at": _iso(task.times.starts_at),
            "ended_at": _iso(task.times.finishes_at),
            "status_code": status,
            "duration": task.times.finishes_at - task.times.starts_at,
        }
        return row | ({"json_input": task.wire["input"], "json_output": body} if payloads else {})


def _iso(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat().replace("+00:00", "Z")


def _time(text: str | None, *, otherwise: float) -> float:
    if text is None:
        return otherwise
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise WireError(wire.no(422, "start and end must be ISO 8601", kind="value_error")) from error


def _whole(text: str | None, *, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isdecimal():
        raise WireError(wire.no(422, "limit and cursor must be numbers", kind="value_error"))
    return int(text)
