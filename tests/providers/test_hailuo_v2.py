"""MiniMax-H3 through MiniMax's V2 API, with payloads as its own description and two clients have them."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.errors import ErrorClass
from core.domain.ids import RouteKey
from core.domain.requests.pricing import fit
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import HAILUO, TierName
from core.ports import Cancelled, TaskSucceeded, VideoJob
from core.providers.adapter import unfit
from core.providers.hailuo_v2 import request
from core.providers.registry import build
from tests.providers.case import failure
from tests.providers.contract import Contract
from tests.providers.harness import NOW, PIXEL, SENT_AT, Reply, Vendor, adapter, offer, ok
from tests.providers.noise import Noise

E = ErrorClass
ID = "306000000000001"


def said(code: int, message: str = "text", status: int = 400) -> dict[str, Any]:
    error = {"type": "some_error", "message": f"{message} ({code})", "http_code": str(status)}
    return {"type": "error", "error": error, "request_id": "0217"}


def older(code: int, message: str = "text") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


def flat(status: str, **more: Any) -> dict[str, Any]:
    """As it stands in the list."""
    facts = {"id": ID, "model": "MiniMax-H3", "status": status, "created_at": int(NOW) - 99, "updated_at": int(NOW)}
    asked = {"resolution": "2K", "duration": 6, "ratio": "16:9", "task_type": "text_to_video", "modality": "video"}
    return {**facts, **asked, **more}


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"task": flat(status, **more)}


DONE = task("succeeded", content={"url": "https://host/x.mp4?sig"}, usage={"total_seconds": 6, "output_seconds": 6})


class _HailuoV2(Contract):
    route = "hailuo.api2"
    created = ok({"task_id": ID})
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
        (500, said(1000), E.OUTCOME_UNKNOWN),
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
        (task("failed", error={"code": "content_filter", "message": "output new_sensitive (1027)"}), E.CONTENT_POLICY),
        (task("failed", error={"code": 1033, "message": "system error"}), E.TRANSIENT_SERVER),
        (task("failed"), E.TRANSIENT_SERVER),
        (task("cancelled"), E.CANCELLED),
        (task("expired"), E.TIMEOUT),
    )
    without_video = (task("succeeded"), task("succeeded", content={}), task("succeeded", content={"url": ""}))
    strange_state = task("polishing")
    gone = (
        Reply(status=500, body=said(1000, "record not found", 500)),
        Reply(status=400, body=said(2013, "invalid task_id")),
    )
    alive = (ok({"total": 0, "items": []}),)
    listing = True
    cancels = (
        ([ok(task("queued")), ok({"task_id": ID, "status": "cancelled"})], Cancelled.YES),
        ([ok(task("queued")), Reply(status=400, body=said(2013, "cannot be cancelled any more"))], Cancelled.TOO_LATE),
        ([ok(task("running"))], Cancelled.TOO_LATE),
        ([ok(DONE)], Cancelled.TOO_LATE),
        ([ok(task("cancelled"))], Cancelled.YES),
    )

    def found(self, job: VideoJob, *ids: str) -> Reply:
        at = SENT_AT.timestamp()
        mine = [flat("running") | {"id": one, "created_at": at + 2} for one in ids]
        return ok({"total": 9, "items": [*mine, flat("running") | {"id": "9", "created_at": at - 60}]})

    def foreign(self, job: VideoJob) -> Reply:
        other = flat("running") | {"id": "9", "created_at": SENT_AT.timestamp() + 2, "model": "MiniMax-H4"}
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
        assert "ratio" not in body

    async def test_what_it_billed_is_said_in_dollars(self) -> None:
        route, _ = self.adapter(ok(DONE))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.usd_micros == 6 * 130_000

    async def test_the_max_model_makes_other_sizes(self) -> None:
        config = replace(self.config, model="MiniMax-H3-Max")
        vendor = Vendor([self.created])
        route = adapter(self.route, vendor, config)
        makes = route.facts.makes
        assert makes is not None
        assert [mode.lines for mode in makes.modes] == [480, 768]
        await route.submit(self.job(fitted=replace(self.job().fitted, lines=480)))
        assert (vendor.bodies[0]["model"], vendor.bodies[0]["resolution"]) == ("MiniMax-H3-Max", "480P")

    async def test_a_list_that_does_not_reach_back_to_the_submit_proves_nothing(self) -> None:
        mine = flat("running") | {"created_at": SENT_AT.timestamp() + 2}
        route, _ = self.adapter(ok({"total": 300, "items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        route, _ = self.adapter(ok({"total": 1, "items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) == ID

    async def test_a_task_whose_model_the_list_leaves_out_counts_as_ours(self) -> None:
        mine = flat("running", model="") | {"created_at": SENT_AT.timestamp() + 2}
        other = flat("running", model="MiniMax-H3-Max") | {"id": "7", "created_at": SENT_AT.timestamp() + 2}
        route, _ = self.adapter(ok({"total": 2, "items": [other, mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) == ID

    async def test_a_last_frame_needs_a_first_one(self) -> None:
        assert request(self.job(last_frame=PIXEL), "MiniMax-H3")["content"] == [
            {"type": "text", "text": "a red fox in the snow"}
        ]

    @pytest.mark.parametrize("refused", [{"status_code": 1008}, {"base_resp": {"status_code": 1008}}])
    async def test_a_gateways_code_is_read_in_both_of_its_places(self, refused: dict[str, Any]) -> None:
        route, _ = self.adapter(ok(refused))
        error = await failure(route.submit(self.job()))
        assert error is not None
        assert (error.error_class, error.vendor_code) == (E.QUOTA_EXHAUSTED, "1008")

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
