"""Aurora keeps the contract of every route. The answers are those of the vendor's documents."""

from dataclasses import replace
from typing import Any

from core.domain.errors import ErrorClass
from tests.providers.contract import Contract
from tests.providers.harness import PIXEL, Reply, ok
from tests.providers.noise import Noise

E = ErrorClass


def said(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "text"}}


def task(state: str, **more: Any) -> dict[str, Any]:
    return {"id": "a-1", "state": state, **more}


class TestAurora(Contract, Noise):
    """The vendor's answers; what is expected of them is the contract of every route."""

    route = "aurora.api"
    created = ok(task("waiting"))
    task_id = "a-1"
    refusals = (
        (400, said("bad_seconds"), E.INVALID_REQUEST),
        (400, said("unsafe"), E.CONTENT_POLICY),
        (401, said("who"), E.AUTH),
        (402, said("no_credit"), E.QUOTA_EXHAUSTED),
        (404, said("no_model"), E.MODEL_GONE),
        (404, b"", E.TRANSIENT_SERVER),
        (429, said("full"), E.CAPACITY),
        (429, b"", E.RATE_LIMITED),
        (500, b"", E.OUTCOME_UNKNOWN),
    )
    running = (ok(task("waiting")), ok(task("working")))
    succeeded = (ok(task("ready", video="https://cdn.aurora.example/v.mp4")),)
    url = "https://cdn.aurora.example/v.mp4"
    failures = (
        (task("failed", **said("unsafe")), E.CONTENT_POLICY),
        (task("failed"), E.TRANSIENT_SERVER),
    )
    without_video = (task("ready"), task("ready", video=""))
    strange_state = task("dreaming")
    gone = (Reply(status=404, body=said("no_task")),)
    alive = (ok([]),)

    async def test_a_submit_asks_for_what_was_fitted(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=replace(PIXEL, url="https://us.example/p.png")))
        assert vendor.bodies == [
            {
                "model": "aurora-1",
                "prompt": "a red fox in the snow",
                "seconds": 8,
                "picture": "https://us.example/p.png",
            }
        ]
