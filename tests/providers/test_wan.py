"""Wan on DashScope, with payloads written from its documents."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.domain.errors import ErrorClass
from core.domain.ids import RouteKey
from core.domain.requests.pricing import fit
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import Cancelled, TaskSucceeded, VideoJob
from core.providers.adapter import RouteConfig, unfit
from core.providers.dashscope import when
from core.providers.registry import build
from core.providers.wan import DEFAULTS, request
from tests.providers.contract import Contract
from tests.providers.harness import PIXEL, SENT_AT, Reply, job, offer, ok
from tests.providers.noise import Noise

E = ErrorClass
ID = "0385dc79-1111-4222-8333-444455556666"


def said(code: str, message: str = "text") -> dict[str, Any]:
    return {"code": code, "message": message, "request_id": "7f"}


def task(status: str, **more: Any) -> dict[str, Any]:
    return {
        "request_id": "7f",
        "output": {"task_id": ID, "task_status": status, "submit_time": "2026-11-23 03:00:00.123", **more},
    }


def element(task_id: str, *, after_s: float = 1, model: str = "wan2.2-t2v-plus") -> dict[str, Any]:
    began = int((SENT_AT.timestamp() + after_s) * 1000)
    return {"task_id": task_id, "model_name": model, "gmt_create": began, "status": "RUNNING", "region": "x"}


DONE = task(
    "SUCCEEDED", end_time="2026-11-23 03:01:30.000", orig_prompt="a", actual_prompt="b",
    video_url="https://host/x.mp4?Expires=1",
)  # fmt: skip


class _Wan(Contract):
    route = "wan.dashscope"
    created = ok({"request_id": "7f", "output": {"task_id": ID, "task_status": "PENDING"}})
    task_id = ID
    refusals = (
        (400, said("InvalidParameter"), E.INVALID_REQUEST),
        (400, said("InvalidParameter.size"), E.INVALID_REQUEST),
        (400, said("BadRequest.TooLong"), E.INVALID_REQUEST),
        (400, said("BadRequestException"), E.INVALID_REQUEST),
        (400, said("invalid_request_error"), E.INVALID_REQUEST),
        (400, said("InvalidParameter.DataInspection"), E.INVALID_REQUEST),
        (400, said("DataInspectionFailed"), E.CONTENT_POLICY),
        (400, said("data_inspection_failed"), E.CONTENT_POLICY),
        (400, said("IPInfringementSuspect"), E.CONTENT_POLICY),
        (400, said("Arrearage"), E.QUOTA_EXHAUSTED),
        (400, said("isv.OUT_OF_SERVICE"), E.QUOTA_EXHAUSTED),
        (401, said("InvalidApiKey"), E.AUTH),
        (401, said("invalid_api_key"), E.AUTH),
        (401, {"error": {"code": "invalid_api_key", "message": "text"}}, E.AUTH),
        (400, {"error": {"type": "invalid_request_error", "message": "text"}}, E.INVALID_REQUEST),
        (403, said("AccessDenied"), E.AUTH),
        (403, said("AccessDenied.Unpurchased"), E.AUTH),
        (403, said("Model.AccessDenied"), E.AUTH),
        (403, said("Workspace.AccessDenied"), E.AUTH),
        (403, said("AllocationQuota.FreeTierOnly"), E.QUOTA_EXHAUSTED),
        (404, said("ModelNotFound"), E.MODEL_GONE),
        (404, said("Model.NotExist"), E.MODEL_GONE),
        (404, said("WorkSpaceNotFound"), E.MODEL_GONE),
        (404, said("NotFound"), E.MODEL_GONE),
        (429, said("Throttling"), E.RATE_LIMITED),
        (429, said("Throttling.RateQuota"), E.RATE_LIMITED),
        (429, said("LimitRequests"), E.RATE_LIMITED),
        (429, said("Throttling.BurstRate"), E.RATE_LIMITED),
        (429, said("Throttling.AllocationQuota"), E.RATE_LIMITED),
        (429, said("insufficient_quota"), E.RATE_LIMITED),
        (429, said("CommodityNotPurchased"), E.QUOTA_EXHAUSTED),
        (429, said("PrepaidBillOverdue"), E.QUOTA_EXHAUSTED),
        (429, said("PostpaidBillOverdue"), E.QUOTA_EXHAUSTED),
        (500, said("InternalError"), E.OUTCOME_UNKNOWN),
        (500, said("InternalError.Algo"), E.OUTCOME_UNKNOWN),
        (500, said("InternalError.Upload"), E.OUTCOME_UNKNOWN),
        (500, said("InternalError.FileUpload"), E.OUTCOME_UNKNOWN),
        (500, said("SystemError"), E.OUTCOME_UNKNOWN),
        (500, said("ModelServiceFailed"), E.OUTCOME_UNKNOWN),
        (500, said("InternalError.Timeout"), E.OUTCOME_UNKNOWN),
        (503, said("ModelUnavailable"), E.CAPACITY),
        (503, said("ServiceUnavailable"), E.CAPACITY),
        (500, said("RequestTimeOut"), E.OUTCOME_UNKNOWN),
        (504, said("GatewayTimeout"), E.OUTCOME_UNKNOWN),
        (404, b"", E.TRANSIENT_SERVER),
    )
    running = (ok(task("PENDING")), ok(task("RUNNING")), ok(task("SUSPENDED")))
    succeeded = (ok(DONE),)
    url = "https://host/x.mp4?Expires=1"
    failures = (
        (task("FAILED", code="DataInspectionFailed", message="text"), E.CONTENT_POLICY),
        (task("FAILED", code="IPInfringementSuspect", message="text"), E.CONTENT_POLICY),
        (task("FAILED", code="InvalidParameter", message="text"), E.INVALID_REQUEST),
        (task("FAILED", code="InternalError.Timeout", message="text"), E.TRANSIENT_SERVER),
        (task("FAILED"), E.TRANSIENT_SERVER),
        (task("CANCELED"), E.CANCELLED),
    )
    without_video = (task("SUCCEEDED"), task("SUCCEEDED", video_url=None))
    strange_state = task("STEEPING")
    gone = (ok(task("UNKNOWN")),)
    alive = (ok({"total": 0, "data": [], "page_no": 1}),)
    listing = True
    cancels = (
        ([ok({"request_id": "7f"})], Cancelled.YES),
        ([Reply(status=400, body=said("UnsupportedOperation"))], Cancelled.TOO_LATE),
        ([Reply(status=404, body=said("NotFound"))], Cancelled.TOO_LATE),
    )

    def found(self, job: VideoJob, *ids: str) -> Reply:
        return ok(
            {"total": 9, "data": [*map(element, ids), element("earlier", after_s=-60), element("later", after_s=90)]}
        )

    def foreign(self, job: VideoJob) -> Reply:
        return ok({"total": 1, "data": [element("another model's", model="wan2.2-i2v-plus")]})

    async def test_a_submit_asks_for_a_size_and_the_asynchronous_way(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(negative="rain"))
        assert vendor.requests[0].url.path == "/api/v1/services/aigc/video-generation/video-synthesis"
        assert vendor.requests[0].headers["x-dashscope-async"] == "enable"
        assert vendor.bodies[0] == {
            "model": "wan2.2-t2v-plus",
            "input": {"prompt": "a red fox in the snow", "negative_prompt": "rain"},
            "parameters": {
                "size": "1920*1080", "duration": 5, "prompt_extend": True, "watermark": False, "seed": 0x0C1F2E3D,
            },
        }  # fmt: skip

    async def test_a_picture_goes_to_the_model_that_takes_one(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL))
        body = vendor.bodies[0]
        assert body["model"] == "wan2.2-i2v-plus"
        assert body["input"]["img_url"].startswith("data:image/png;base64,")
        assert body["parameters"]["resolution"] == "1080P"
        assert "size" not in body["parameters"]

    async def test_the_list_may_be_spelled_in_other_ways(self) -> None:
        for body in (
            {"output": {"tasks": [{"task_id": ID, "submit_time": local(SENT_AT.timestamp() + 1)}]}},
            {"output": {"data": [element(ID)]}},
            {"tasks": [{"task_id": ID, "start_time": str(int(SENT_AT.timestamp()))}]},
        ):
            route, _ = self.adapter(ok(body))
            assert await route.find(self.job(), sent_at=SENT_AT) == ID

    async def test_a_list_without_end_proves_nothing(self) -> None:
        page = ok({"data": [element(f"other-{n}", after_s=-60) for n in range(100)]})
        route, vendor = self.adapter(page)
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        assert len(vendor.requests) == 10

    async def test_the_link_lasts_a_day_from_the_tasks_end(self) -> None:
        route, _ = self.adapter(ok(DONE))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.clip.expires_at == datetime(2026, 11, 23, 19, 1, 30, tzinfo=UTC)


class TestWan(_Wan, Noise):
    """The codec's first route."""


class TestWanInBeijing(_Wan):
    route = "wan.beijing"


class TestWan27(_Wan):
    """The successor: the same answers to another request."""

    route = "wan.dashscope2"

    def found(self, job: VideoJob, *ids: str) -> Reply:
        return ok({"total": 9, "data": [element(one, model="wan2.7-t2v") for one in ids]})

    async def test_a_submit_asks_for_a_size_and_the_asynchronous_way(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.bodies[0]["model"] == "wan2.7-t2v"
        assert vendor.bodies[0]["parameters"]["resolution"] == "1080P"

    async def test_a_picture_goes_to_the_model_that_takes_one(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL))
        assert vendor.bodies[0]["model"] == "wan2.7-i2v"
        assert vendor.bodies[0]["input"]["media"][0]["type"] == "first_frame"

    async def test_the_list_may_be_spelled_in_other_ways(self) -> None:
        for body in ({"output": {"data": [element(ID, model="wan2.7-t2v")]}}, {"tasks": [element(ID, model="")]}):
            route, _ = self.adapter(ok(body))
            assert await route.find(self.job(), sent_at=SENT_AT) == ID


class TestWan27InBeijing(TestWan27):
    route = "wan.beijing2"


def local(seconds: float) -> str:
    return datetime.fromtimestamp(seconds + 8 * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S.000")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2026-11-23 03:00:00.123", 1795374000.123), ("1795374000123", 1795374000.123), ("1795374000", 1795374000.0),
     ("", None), ("soon", None), ("9999-99-99", None), ("179537400012345", None)],
)  # fmt: skip
def test_times_without_a_zone_are_chinas(text: str, seconds: float | None) -> None:
    assert when(text) == seconds


@pytest.mark.parametrize(
    ("tier", "aspect", "size", "usd_micros"),
    [(TierName.DRAFT, Aspect.WIDE, "832*480", 100_000), (TierName.DRAFT, Aspect.TALL, "480*832", 100_000),
     (TierName.DRAFT, Aspect.SQUARE, "624*624", 100_000), (TierName.DEFAULT, Aspect.WIDE, "1920*1080", 500_000),
     (TierName.DEFAULT, Aspect.TALL, "1080*1920", 500_000), (TierName.DEFAULT, Aspect.SQUARE, "1440*1440", 500_000)],
)  # fmt: skip
def test_every_size_is_one_that_dashscope_takes(tier: TierName, aspect: Aspect, size: str, usd_micros: int) -> None:
    made = offer("wan.dashscope")
    asked = VideoRequest(prompt="x", tier=tier, aspect=aspect)
    parameters = request(job(made, asked), DEFAULTS)["parameters"]
    assert isinstance(parameters, dict)
    assert parameters["size"] == size
    assert made.usd_micros(fit(asked, made.capabilities)) == usd_micros


@pytest.mark.parametrize("model", ["wan2.7-t2v", "wan3.0-video"])
def test_the_newer_models_are_asked_in_their_own_shape(model: str) -> None:
    made = offer("wan.dashscope", RouteConfig(model=model))
    config = RouteConfig(model=model)
    asked = VideoRequest(prompt="p", tier=TierName.DEFAULT, negative="n", seed=7)
    words = request(job(made, asked), config)
    newest = model == "wan3.0-video"
    common = {
        "duration": 8 if newest else 10,
        "resolution": "1080P",
        "prompt_extend": True,
        "watermark": False,
        "seed": 7,
    }
    assert words == {
        "model": model,
        "input": {"prompt": "p", "negative_prompt": "n"},
        "parameters": common | {"ratio": "16:9"} | ({"audio": True} if newest else {}),
    }
    framed = request(job(made, asked, first_frame=PIXEL, last_frame=PIXEL), config)
    assert framed["model"] == (model if newest else "wan2.7-i2v")
    inputs, parameters = framed["input"], framed["parameters"]
    assert isinstance(inputs, dict)
    assert [media["type"] for media in inputs["media"]] == ["first_frame", "last_frame"]
    assert inputs["media"][0]["url"].startswith("data:image/png;base64,")
    assert isinstance(parameters, dict)
    assert parameters.get("ratio") == ("adaptive" if newest else None)


@pytest.mark.parametrize(
    ("model", "label", "seconds", "usd_micros"),
    [("wan2.2-t2v-plus", "Wan 2.2", 5, 100_000), ("wan2.7-t2v", "Wan 2.7", 5, 500_000),
     ("wan3.0-video", "Wan 3.0", 5, 250_000)],
)  # fmt: skip
def test_the_price_follows_the_model(model: str, label: str, seconds: int, usd_micros: int) -> None:
    made = offer("wan.dashscope", RouteConfig(model=model))
    fitted = fit(VideoRequest(prompt="x", tier=TierName.DRAFT, duration_s=seconds), made.capabilities)
    assert (made.label, made.usd_micros(fitted)) == (label, usd_micros)


def test_the_successor_can_make_whatever_wan_was_asked_for() -> None:
    facts = build({}).routes[RouteKey("wan.dashscope2")].facts
    for tier in (TierName.DRAFT, TierName.DEFAULT, TierName.STANDARD):
        for frames in (0, 1):
            fitted = fit(VideoRequest(prompt="x", tier=tier), offer("wan.dashscope").capabilities)
            assert unfit(facts, fitted, first_frame=frames > 0, last_frame=False) is None
