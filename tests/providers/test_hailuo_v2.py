"""MiniMax-H3 through MiniMax's V2 API, with payloads written from the outline that is known of it."""

from typing import Any

import pytest

from core.domain.errors import ErrorClass
from core.domain.ids import RouteKey
from core.domain.requests.pricing import fit
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import HAILUO, TierName
from core.ports import Cancelled, VideoJob
from core.providers.adapter import unfit
from core.providers.registry import build
from tests.providers.contract import Contract
from tests.providers.harness import NOW, PIXEL, SENT_AT, Reply, offer, ok
from tests.providers.noise import Noise

E = ErrorClass
ID = "306000000000001"


def said(code: int, message: str = "text") -> dict[str, Any]:
    return {"error": {"code": str(code), "message": message}}


def older(code: int, message: str = "text") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"id": ID, "model": "MiniMax-H3", "status": status, "created_at": int(NOW) - 99, "updated_at": NOW, **more}


DONE = task("succeeded", content={"video_url": "https://host/x.mp4?sig"})


class _HailuoV2(Contract):
    route = "hailuo.api2"
    created = ok({"id": ID, "status": "queued"})
    task_id = ID
    refusals = (
        (400, said(2013), E.INVALID_REQUEST),
        (400, said(2013, "invalid params: model MiniMax-H3 does not exist"), E.MODEL_GONE),
        (400, b"", E.INVALID_REQUEST),
        (401, said(2049), E.AUTH),
        (401, older(1004), E.AUTH),
        (401, b"", E.AUTH),
        (402, said(1008), E.QUOTA_EXHAUSTED),
        (402, b"", E.QUOTA_EXHAUSTED),
        (403, said(2061), E.AUTH),
        (404, said(9999, "model not found"), E.MODEL_GONE),
        (404, b"", E.TRANSIENT_SERVER),
        (422, said(1026, "input new_sensitive"), E.CONTENT_POLICY),
        (422, said(1042), E.INVALID_REQUEST),
        (422, b"", E.INVALID_REQUEST),
        (429, said(1002), E.RATE_LIMITED),
        (429, said(1041), E.CAPACITY),
        (429, said(2056), E.QUOTA_EXHAUSTED),
        (429, b"", E.RATE_LIMITED),
        (500, said(1033), E.OUTCOME_UNKNOWN),
        (500, b"<html>", E.OUTCOME_UNKNOWN),
        (529, b"", E.CAPACITY),
        (200, older(1026), E.CONTENT_POLICY),
        (200, older(1000), E.OUTCOME_UNKNOWN),
    )
    running = (ok(task("queued")), ok(task("running")))
    succeeded = (ok(DONE),)
    url = "https://host/x.mp4?sig"
    failures = (
        (task("failed", error={"code": "1027", "message": "output new_sensitive"}), E.CONTENT_POLICY),
        (task("failed", error={"code": 1033, "message": "system error"}), E.TRANSIENT_SERVER),
        (task("failed"), E.TRANSIENT_SERVER),
        (task("cancelled"), E.CANCELLED),
    )
    without_video = (task("succeeded"), task("succeeded", content={}), task("succeeded", content={"video_url": ""}))
    strange_state = task("polishing")
    gone = (
        Reply(status=400, body=said(2013, "task not found")),
        Reply(status=404, body=said(2013, "no such task")),
    )
    alive = (ok({"total": 0, "items": []}),)
    listing = True
    cancels = (
        ([ok(task("queued")), ok({})], Cancelled.YES),
        ([ok(task("queued")), Reply(status=400, body=said(2013, "cannot be cancelled any more"))], Cancelled.TOO_LATE),
        ([ok(task("running"))], Cancelled.TOO_LATE),
        ([ok(DONE)], Cancelled.TOO_LATE),
        ([ok(task("cancelled"))], Cancelled.YES),
    )

    def found(self, job: VideoJob, *ids: str) -> Reply:
        at = SENT_AT.timestamp()
        mine = [task("running") | {"id": one, "created_at": at + 2} for one in ids]
        return ok({"total": 9, "items": [*mine, task("running") | {"id": "9", "created_at": at - 60}]})

    def foreign(self, job: VideoJob) -> Reply:
        other = task("running") | {"id": "9", "created_at": SENT_AT.timestamp() + 2, "model": "MiniMax-H4"}
        return ok({"total": 1, "items": [other]})

    async def test_a_submit_asks_for_what_was_fitted(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(callback_url="https://us.example/cb"))
        assert vendor.requests[0].url.path == "/v2/video_generation"
        assert vendor.bodies[0] == {
            "model": "MiniMax-H3",
            "content": [{"type": "text", "text": "a red fox in the snow"}],
            "duration": 6,
            "resolution": "2K",
            "ratio": "16:9",
            "callback_url": "https://us.example/cb",
        }

    async def test_two_pictures_have_roles_and_the_shape_follows_them(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL))
        body = vendor.bodies[0]
        assert [part.get("role") for part in body["content"]] == [None, "first_frame", "last_frame"]
        assert body["ratio"] == "adaptive"

    async def test_a_list_that_does_not_reach_back_to_the_submit_proves_nothing(self) -> None:
        mine = task("running") | {"created_at": SENT_AT.timestamp() + 2}
        route, _ = self.adapter(ok({"total": 300, "items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        route, _ = self.adapter(ok({"total": 1, "items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) == ID

    async def test_a_finished_task_is_never_deleted(self) -> None:
        route, vendor = self.adapter(ok(DONE))
        await route.cancel(self.task_id)
        assert [request.method for request in vendor.requests] == ["GET"]


class TestHailuoV2(_HailuoV2, Noise):
    """The codec's first route."""


class TestHailuoV2InChina(_HailuoV2):
    route = "hailuo.cn2"

    async def test_a_submit_asks_for_what_was_fitted(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.requests[0].url.host == "api.minimaxi.com"


@pytest.mark.parametrize("tier", [TierName.DEFAULT, TierName.STANDARD])
@pytest.mark.parametrize("seconds", [2, 6, 10, 15])
@pytest.mark.parametrize("aspect", Aspect)
def test_the_successor_can_make_whatever_hailuo_was_asked_for(tier: TierName, seconds: int, aspect: Aspect) -> None:
    registry = build({})
    facts = registry.routes[RouteKey("hailuo.api2")].facts
    asked = VideoRequest(prompt="x", tier=tier, duration_s=seconds, aspect=aspect)
    for frames in (0, 1, 2):
        fitted = fit(asked, offer("hailuo.api").capabilities)
        assert unfit(facts, fitted, first_frame=frames > 0, last_frame=frames > 1) is None
    assert registry.order(HAILUO, gone={RouteKey("hailuo.api")})[:2] == ("hailuo.api", "hailuo.api2")
