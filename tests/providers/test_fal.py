"""Our five models through fal, with payloads written from its documents."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.domain.errors import ErrorClass, OutcomeUnknown, TryLater, WontWork
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import Cancelled, TaskFailed, TaskRunning, VideoJob
from core.providers.adapter import RouteConfig
from core.providers.fal_models import MODELS
from tests.providers.contract import Contract
from tests.providers.harness import KEY, PIXEL, SENT_AT, Reply, Vendor, adapter, job, offer, ok
from tests.providers.noise import Noise

E = ErrorClass
ID = "0c1f0000-1111-4222-8333-444455556666"


def status(state: str, **more: Any) -> dict[str, Any]:
    base = f"https://elsewhere.example/fal-ai/x/requests/{ID}"
    urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
    return {"status": state, "request_id": ID, **urls, **more}


def problem(kind: str, message: str = "text") -> dict[str, Any]:
    return {"detail": [{"loc": ["body", "prompt"], "msg": message, "type": kind, "input": "x"}]}


def plain(text: str, kind: str = "") -> dict[str, Any]:
    return {"detail": text} | ({"error_type": kind} if kind else {})


REFUSALS = (
    (400, plain("text", "bad_request"), E.INVALID_REQUEST),
    (401, plain("No user found for Key ID and Secret"), E.AUTH),
    (402, plain("payment"), E.QUOTA_EXHAUSTED),
    (403, plain("User is locked. Reason: Exhausted balance."), E.QUOTA_EXHAUSTED),
    (403, plain("not allowed"), E.AUTH),
    (404, plain("Application not found"), E.MODEL_GONE),
    (405, plain("Method not allowed"), E.MODEL_GONE),
    (404, b"", E.TRANSIENT_SERVER),
    (408, b"", E.OUTCOME_UNKNOWN),
    (409, b"", E.OUTCOME_UNKNOWN),
    (422, problem("content_policy_violation"), E.CONTENT_POLICY),
    (422, problem("value_error"), E.INVALID_REQUEST),
    (422, problem("image_too_small"), E.INVALID_REQUEST),
    (422, plain("The request was flagged by our safety system"), E.CONTENT_POLICY),
    (422, plain("harmful content"), E.CONTENT_POLICY),
    (422, plain("sensitive content"), E.CONTENT_POLICY),
    (429, plain("text", "concurrent_requests_limit"), E.RATE_LIMITED),
    (499, plain("text", "client_disconnected"), E.OUTCOME_UNKNOWN),
    (499, plain("text", "client_cancelled"), E.OUTCOME_UNKNOWN),
    (500, plain("text", "internal_server_error"), E.OUTCOME_UNKNOWN),
    (500, plain("text", "internal_error"), E.OUTCOME_UNKNOWN),
    (500, plain("text", "runner_server_error"), E.OUTCOME_UNKNOWN),
    (502, plain("text", "runner_incomplete_response"), E.OUTCOME_UNKNOWN),
    (503, plain("text", "runner_scheduling_failure"), E.CAPACITY),
    (503, plain("text", "runner_connection_timeout"), E.OUTCOME_UNKNOWN),
    (503, plain("text", "runner_disconnected"), E.OUTCOME_UNKNOWN),
    (503, plain("text", "runner_connection_refused"), E.OUTCOME_UNKNOWN),
    (503, plain("text", "runner_connection_error"), E.OUTCOME_UNKNOWN),
    (504, plain("text", "request_timeout"), E.CAPACITY),
    (504, plain("text", "startup_timeout"), E.CAPACITY),
    (504, plain("text", "generation_timeout"), E.CAPACITY),
    (500, plain("text", "downstream_service_error"), E.OUTCOME_UNKNOWN),
    (503, plain("text", "downstream_service_unavailable"), E.OUTCOME_UNKNOWN),
)
RESULT = {"video": {"url": "https://v3b.fal.media/files/out.mp4", "content_type": "video/mp4"}, "seed": 4711}


class _Fal(Contract):
    app: str
    endpoint: str
    created = ok(status("IN_QUEUE", queue_position=3))
    refusals = REFUSALS
    running = (
        Reply(status=202, body=status("IN_QUEUE", queue_position=2)),
        Reply(status=202, body=status("IN_PROGRESS", logs=[{"message": "…", "level": "INFO"}])),
    )
    succeeded = (ok(status("COMPLETED", logs=[], metrics={"inference_time": 61.2})), ok(RESULT))
    url = "https://v3b.fal.media/files/out.mp4"
    failures = ()
    without_video = (status("COMPLETED"),)
    strange_state = status("PERCOLATING")
    gone = (Reply(status=404, body=plain("Request not found")),)
    alive = (Reply(status=404, body=plain("Request not found")), ok(status("IN_QUEUE")))
    listing = True
    cancels = (
        ([ok(status("IN_QUEUE")), Reply(status=202, body={"status": "CANCELLATION_REQUESTED"})], Cancelled.YES),
        ([ok(status("IN_QUEUE")), Reply(status=400, body={"status": "ALREADY_COMPLETED"})], Cancelled.TOO_LATE),
        ([ok(status("IN_PROGRESS"))], Cancelled.TOO_LATE),
        ([ok(status("COMPLETED"))], Cancelled.TOO_LATE),
    )

    def found(self, job: VideoJob, *ids: str) -> Reply:
        asked = MODELS[offer(self.route).provider].inputs(job, 0x0C1F2E3D)
        mine = [{"request_id": one.rpartition("/")[2], "json_input": asked | {"extra": 1}} for one in ids]
        return ok({"items": [*mine, *self.others()], "next_cursor": None, "has_more": False})

    def foreign(self, job: VideoJob) -> Reply:
        return ok({"items": self.others()})

    def others(self) -> list[dict[str, Any]]:
        return [
            {"request_id": "aa", "json_input": {"prompt": "a blue fox", "seed": 1}},
            {"request_id": "bb", "json_input": None},
            {"request_id": "cc"},
        ]

    async def test_a_submit_goes_to_its_endpoint(self) -> None:
        route, vendor = self.adapter(self.created)
        assert await route.submit(self.job(callback_url="https://us.example/cb?x=1")) == self.task_id
        request = vendor.requests[0]
        assert request.url.path == f"/{self.endpoint}"
        assert request.url.params["fal_webhook"] == "https://us.example/cb?x=1"
        assert request.headers["authorization"] == f"Key {KEY}"

    async def test_the_addresses_that_an_answer_names_are_not_gone_to(self) -> None:
        route, vendor = self.adapter(*self.succeeded)
        await route.poll(self.task_id)
        assert [str(request.url) for request in vendor.requests] == [
            f"https://queue.fal.run/{self.app}/requests/{ID}/status",
            f"https://queue.fal.run/{self.app}/requests/{ID}",
        ]

    async def test_a_lost_submit_is_looked_for_on_the_platform(self) -> None:
        route, vendor = self.adapter(self.foreign(self.job()))
        await route.find(self.job(), sent_at=SENT_AT)
        assert vendor.requests[0].url.host == "api.fal.ai"
        assert vendor.requests[0].url.params["endpoint_id"] == self.endpoint


class TestVeoAtFal(_Fal, Noise):
    route = "veo.fal"
    app, endpoint = "fal-ai/veo3.1", "fal-ai/veo3.1"
    task_id = f"fal-ai/veo3.1/requests/{ID}"

    async def test_a_failure_shows_on_the_result(self) -> None:
        for reply, error_class in (
            (Reply(status=422, body=problem("content_policy_violation")), E.CONTENT_POLICY),
            (Reply(status=422, body=problem("value_error")), E.INVALID_REQUEST),
            (Reply(status=422, body=plain("harmful")), E.CONTENT_POLICY),
            (Reply(status=400, body=plain("text")), E.INVALID_REQUEST),
        ):
            route, _ = self.adapter(ok(status("COMPLETED")), reply)
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskFailed)
            assert answer.error.error_class is error_class

    async def test_a_result_that_cannot_be_had_now_is_asked_for_again(self) -> None:
        for code, body in ((401, plain("x")), (403, plain("x")), (404, plain("x")), (408, b""), (429, plain("x")),
                           (500, plain("x")), (504, b"<html>"), (400, plain("Request is still in progress")),
                           (422, b"")):  # fmt: skip
            route, _ = self.adapter(ok(status("COMPLETED")), Reply(status=code, body=body))
            with pytest.raises(TryLater):
                await route.poll(self.task_id)

    async def test_a_failure_that_the_state_names_is_one_whatever_the_result_says(self) -> None:
        state = status("COMPLETED", error="Machine fell over", error_type="runner_server_error")
        for reply in (Reply(status=500, body=b""), Reply(status=504, body=plain("x"))):
            route, _ = self.adapter(ok(state), reply)
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskFailed)
            assert answer.error.error_class is E.TRANSIENT_SERVER
            assert answer.error.vendor_code == "runner_server_error"
            assert answer.error.detail == ("Machine fell over" if reply.body == b"" else "x")

    async def test_a_failure_may_be_named_without_its_kind(self) -> None:
        route, _ = self.adapter(ok(status("COMPLETED", error="Machine fell over")), Reply(status=500, body=b""))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskFailed)
        assert (answer.error.detail, answer.error.vendor_code) == ("Machine fell over", "")

    async def test_the_list_is_asked_for_a_page_of_one_endpoint_since_shortly_before(self) -> None:
        config = replace(self.config, extra={"platform_url": "https://api.fal.ai/v1/"})
        vendor = Vendor([self.found(self.job(), self.task_id)])
        assert await adapter(self.route, vendor, config).find(self.job(), sent_at=SENT_AT) == self.task_id
        assert vendor.requests[0].url.path == "/v1/models/requests/by-endpoint"
        assert dict(vendor.requests[0].url.params) == {
            "endpoint_id": "fal-ai/veo3.1", "start": (SENT_AT - timedelta(seconds=30)).isoformat(),
            "expand": "payloads", "limit": "100",
        }  # fmt: skip

    async def test_a_list_that_is_refused_says_why(self) -> None:
        route, _ = self.adapter(Reply(status=401, body=plain("No user found for Key ID and Secret")))
        with pytest.raises(WontWork) as caught:
            await route.find(self.job(), sent_at=SENT_AT)
        assert caught.value.error_class is E.AUTH

    async def test_a_seed_is_the_same_when_it_is_looked_for_and_below_2_31(self) -> None:
        high = UUID("ffffffff-4a5b-4c6d-8e7f-102132435465")
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(external_id=high))
        assert vendor.bodies[0]["seed"] == 0xFFFFFFFF % 2**31
        sent = ok({"items": [{"request_id": ID, "json_input": vendor.bodies[0]}]})
        assert await self.adapter(sent)[0].find(self.job(external_id=high), sent_at=SENT_AT) == self.task_id

    async def test_the_place_in_the_queue_is_told(self) -> None:
        route, _ = self.adapter(Reply(status=202, body=status("IN_QUEUE", queue_position=2)))
        assert await route.poll(self.task_id) == TaskRunning(place=2)

    async def test_a_request_id_cannot_lead_elsewhere(self) -> None:
        for name in ("../../secrets", "a/b", "a?b", "a b", ""):
            route, _ = self.adapter(ok({"status": "IN_QUEUE", "request_id": name}))
            with pytest.raises(OutcomeUnknown):
                await route.submit(self.job())


class TestKling4AtFal(_Fal):
    """Where an operator has configured it; the addresses of its requests begin otherwise."""

    route, app, endpoint = "kling.fal", "kling/v4", "kling/v4/pro/text-to-video"
    config = RouteConfig(api_key=KEY, model="kling/v4")
    task_id = f"kling/v4/requests/{ID}"

    async def test_it_makes_up_to_half_a_minute(self) -> None:
        makes = self.adapter(self.created)[0].facts.makes
        assert makes is not None
        assert {mode.durations_s[-1] for mode in makes.modes} == {30}


class TestKlingAtFal(_Fal):
    route = "kling.fal"
    app, endpoint = "fal-ai/kling-video", "fal-ai/kling-video/v3/pro/text-to-video"
    task_id = f"fal-ai/kling-video/requests/{ID}"


class TestSeedanceAtFal(_Fal):
    route = "seedance.fal"
    app, endpoint = "fal-ai/bytedance", "fal-ai/bytedance/seedance/v1.5/pro/text-to-video"
    task_id = f"fal-ai/bytedance/requests/{ID}"


class TestHailuoAtFal(_Fal):
    route = "hailuo.fal"
    app, endpoint = "fal-ai/minimax", "fal-ai/minimax/hailuo-2.3/pro/text-to-video"
    task_id = f"fal-ai/minimax/requests/{ID}"


class TestWanAtFal(_Fal):
    route = "wan.fal"
    app, endpoint = "fal-ai/wan", "fal-ai/wan/v2.2-a14b/text-to-video"
    task_id = f"fal-ai/wan/requests/{ID}"

    def job(self, **changes: Any) -> VideoJob:
        return job(offer(self.route), VideoRequest(prompt="a red fox in the snow", tier=TierName.DRAFT), **changes)


PICTURES = [
    ("veo", 1, "fal-ai/veo3.1/image-to-video", {"image_url"}),
    ("veo", 2, "fal-ai/veo3.1/first-last-frame-to-video", {"first_frame_url", "last_frame_url"}),
    ("kling", 1, "fal-ai/kling-video/v3/pro/image-to-video", {"start_image_url"}),
    ("kling", 2, "fal-ai/kling-video/v3/pro/image-to-video", {"start_image_url", "end_image_url"}),
    ("seedance", 2, "fal-ai/bytedance/seedance/v1.5/pro/image-to-video", {"image_url", "end_image_url"}),
    ("hailuo", 1, "fal-ai/minimax/hailuo-2.3/pro/image-to-video", {"image_url"}),
    ("hailuo", 2, "fal-ai/minimax/hailuo-02/pro/image-to-video", {"image_url", "end_image_url"}),
    ("wan", 1, "fal-ai/wan/v2.2-a14b/image-to-video/turbo", {"image_url"}),
]


@pytest.mark.parametrize(("provider", "frames", "endpoint", "fields"), PICTURES)
def test_every_endpoint_has_its_own_words_for_pictures(
    provider: str, frames: int, endpoint: str, fields: set[str]
) -> None:
    made = offer(f"{provider}.fal")
    asked = job(made, first_frame=PIXEL, last_frame=PIXEL if frames == 2 else None)
    table = MODELS[made.provider]
    inputs = table.inputs(asked, 1)
    assert table.endpoint(asked) == endpoint
    assert {name for name in inputs if name.endswith("_url")} == fields


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [("veo", {"prompt": "p", "aspect_ratio": "16:9", "duration": "8s", "resolution": "1080p", "generate_audio": True,
              "seed": 1, "negative_prompt": "n"}),
     ("kling", {"prompt": "p", "aspect_ratio": "16:9", "duration": "8", "generate_audio": True,
                "negative_prompt": "n"}),
     ("seedance", {"prompt": "p", "aspect_ratio": "16:9", "duration": "8", "resolution": "1080p",
                   "generate_audio": True, "seed": 1}),
     ("hailuo", {"prompt": "p", "prompt_optimizer": True}),
     ("wan", {"prompt": "p", "aspect_ratio": "16:9", "resolution": "1080p", "num_frames": 81, "frames_per_second": 16,
              "seed": 1, "negative_prompt": "n"})],
)  # fmt: skip
def test_every_endpoint_is_sent_only_what_it_lists(provider: str, inputs: dict[str, object]) -> None:
    made = offer(f"{provider}.fal")
    assert MODELS[made.provider].inputs(job(made, VideoRequest(prompt="p", negative="n")), 1) == inputs
