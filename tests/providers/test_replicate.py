"""Our five models through Replicate, with payloads written from its documents."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.domain.errors import ErrorClass, TryLater
from core.domain.requests.request import VideoRequest
from core.ports import Cancelled, TaskFailed, TaskSucceeded, VideoJob
from core.providers.replicate_models import MODELS
from tests.providers.case import failure
from tests.providers.contract import Contract
from tests.providers.harness import PIXEL, SENT_AT, Reply, job, offer, ok
from tests.providers.noise import Noise

E = ErrorClass


def prediction(state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "k3v0d2yfa1rme0cu4x5ax9b7kw", "model": "minimax/hailuo-2.3", "version": "hidden", "status": state,
        "input": {"prompt": "a cat"}, "logs": "", "output": None, "error": None, "data_removed": False,
        "created_at": "2026-11-22T19:00:05.120Z", "urls": {"get": "https://elsewhere.example/x"}, **more,
    }  # fmt: skip


def problem(status: int, detail: str) -> dict[str, Any]:
    return {"title": "text", "status": status, "detail": detail}


REFUSALS = (
    (400, problem(400, "malformed"), E.INVALID_REQUEST),
    (401, problem(401, "Unauthenticated"), E.AUTH),
    (402, problem(402, "Insufficient credit"), E.QUOTA_EXHAUSTED),
    (403, problem(403, "not allowed"), E.AUTH),
    (404, problem(404, "The requested resource could not be found."), E.MODEL_GONE),
    (404, b"", E.TRANSIENT_SERVER),
    (413, b"", E.INVALID_REQUEST),
    (422, problem(422, "Input validation failed"), E.INVALID_REQUEST),
    (429, problem(429, "Request was throttled. Your rate limit resets in ~30s."), E.RATE_LIMITED),
    (500, problem(500, "text"), E.OUTCOME_UNKNOWN),
    (502, b"<html>", E.OUTCOME_UNKNOWN),
    (503, b"", E.CAPACITY),
)
DONE = prediction(
    "succeeded", output="https://replicate.delivery/xezq/out.mp4", completed_at="2026-11-22T19:01:36Z",
    metrics={"predict_time": 91.4},
)  # fmt: skip
SENSITIVE = "The input or output was flagged as sensitive. Please try again with different inputs. (E005) (abc123)"


class _Replicate(Contract):
    slug: str
    created = Reply(status=201, body=prediction("starting"))
    task_id = "k3v0d2yfa1rme0cu4x5ax9b7kw"
    has_codes = False
    refusals = REFUSALS
    running = (ok(prediction("starting")), ok(prediction("processing")))
    succeeded = (ok(DONE),)
    url = "https://replicate.delivery/xezq/out.mp4"
    failures = (
        (prediction("failed", error=SENSITIVE), E.CONTENT_POLICY),
        (prediction("failed", error="flagged as sensitive"), E.CONTENT_POLICY),
        (prediction("failed", error="unknown (E1000)"), E.TRANSIENT_SERVER),
        (prediction("failed", error="Out of memory (E1001)"), E.INVALID_REQUEST),
        (prediction("failed", error="webhook URL empty (E4875)"), E.INVALID_REQUEST),
        (prediction("failed", error="did not start (E6716)"), E.CAPACITY),
        (prediction("failed", error="health check (E8765)"), E.TRANSIENT_SERVER),
        (prediction("failed", error="interrupted (E9243)"), E.TRANSIENT_SERVER),
        (prediction("failed", error="Service is temporarily unavailable. (E004)"), E.CAPACITY),
        (prediction("failed", error="Input validation error: image: unreachable"), E.INVALID_REQUEST),
        (prediction("failed", error="it fell over"), E.TRANSIENT_SERVER),
        (prediction("failed"), E.TRANSIENT_SERVER),
        (prediction("canceled"), E.CANCELLED),
        (prediction("aborted"), E.CANCELLED),
        (prediction("succeeded", data_removed=True), E.TASK_GONE),
    )
    without_video = (prediction("succeeded"), prediction("succeeded", output=[]), prediction("succeeded", output={}))
    strange_state = prediction("daydreaming")
    gone = (Reply(status=404, body=problem(404, "not found")),)
    alive = (ok({"results": [], "next": None, "previous": None}),)
    listing = True
    cancels = (
        ([ok(prediction("canceled"))], Cancelled.YES),
        ([ok(prediction("aborted"))], Cancelled.YES),
        ([ok(DONE)], Cancelled.TOO_LATE),
    )

    def found(self, job: VideoJob, *ids: str) -> Reply:
        asked = MODELS[offer(self.route).provider].inputs(job, 0x0C1F2E3D)
        mine = [prediction("starting", id=one, model=self.slug, input=asked | {"fps": 24}) for one in ids]
        return ok({"results": [*mine, prediction("starting", id="other")], "next": None})

    def foreign(self, job: VideoJob) -> Reply:
        asked = MODELS[offer(self.route).provider].inputs(job, 0x0C1F2E3D)
        older = prediction("starting", model=self.slug, input=asked, created_at="2026-11-22T18:00:00Z")
        elsewhere = prediction("starting", model="someone/else", input=asked)
        return ok({"results": [elsewhere, older], "next": None})

    async def test_a_submit_goes_to_its_model(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(callback_url="https://us.example/cb"))
        assert vendor.requests[0].url.path == f"/v1/models/{self.slug}/predictions"
        assert vendor.bodies[0]["webhook"] == "https://us.example/cb"
        assert vendor.bodies[0]["webhook_events_filter"] == ["completed"]


class TestVeoAtReplicate(_Replicate, Noise):
    route, slug = "veo.replicate", "google/veo-3.1"

    async def test_when_to_come_again_may_be_said_in_words(self) -> None:
        route, _ = self.adapter(Reply(status=429, body=problem(429, "Your rate limit resets in ~30s.")))
        with pytest.raises(TryLater) as caught:
            await route.submit(self.job())
        assert caught.value.retry_after_s == 30

    async def test_the_list_is_read_page_by_page_on_our_own_address(self) -> None:
        page = {"results": [prediction("starting", id="other")], "next": "https://elsewhere.example/p?cursor=cD0y"}
        route, vendor = self.adapter(ok(page), self.found(self.job(), self.task_id))
        assert await route.find(self.job(), sent_at=SENT_AT) == self.task_id
        assert str(vendor.requests[1].url) == "https://api.replicate.com/v1/predictions?cursor=cD0y"
        route, vendor = self.adapter(ok(page))
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        assert len(vendor.requests) == 5

    async def test_a_submit_says_what_was_asked_for_and_nothing_else(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(external_id=UUID("ffffffff-4a5b-4c6d-8e7f-102132435465")))
        assert set(vendor.bodies[0]) == {"input"}
        assert vendor.bodies[0]["input"]["prompt"] == "a red fox in the snow"
        assert vendor.bodies[0]["input"]["seed"] == 0xFFFFFFFF % 2**31

    async def test_what_was_made_half_a_minute_before_and_with_any_seed_is_found(self) -> None:
        ours = self.job(external_id=UUID("7fffffff-4a5b-4c6d-8e7f-102132435465"))
        route, vendor = self.adapter(ok({"id": "x"}))
        await route.submit(ours)
        began = SENT_AT - timedelta(seconds=30)
        mine = {"model": self.slug, "input": vendor.bodies[0]["input"], "created_at": began.isoformat()}
        assert mine["input"]["seed"] == 2**31 - 1
        route, _ = self.adapter(ok({"results": [prediction("starting", id="ours", **mine)]}))
        assert await route.find(ours, sent_at=SENT_AT) == "ours"

    @pytest.mark.parametrize("at_once", [True, False])
    async def test_only_predictions_of_this_minute_with_an_id_are_ours(self, *, at_once: bool) -> None:
        sent = ok({"id": "x"})
        route, vendor = self.adapter(sent)
        await route.submit(self.job())
        mine = {"model": self.slug, "input": vendor.bodies[0]["input"]}
        began = SENT_AT - timedelta(seconds=0 if at_once else 31)
        rows = [
            prediction("starting", id="", **mine), prediction("starting", id="old", created_at="", **mine),
            prediction("starting", id="ours", created_at=began.isoformat(), **mine),
        ]  # fmt: skip
        route, vendor = self.adapter(ok({"results": rows, "next": "https://x.example/?cursor=cD0y"}))
        assert await route.find(self.job(), sent_at=SENT_AT) == ("ours" if at_once else None)
        assert len(vendor.requests) == 1, "the oldest of the page is older than ours"
        assert str(vendor.requests[0].url) == "https://api.replicate.com/v1/predictions"

    async def test_a_page_of_nothing_is_the_last(self) -> None:
        route, vendor = self.adapter(ok({"results": [], "next": "https://x.example/?cursor=cD0y"}))
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        assert len(vendor.requests) == 1

    async def test_a_link_lasts_an_hour_from_the_end_and_a_failure_has_its_code(self) -> None:
        answer = await self.adapter(ok(DONE))[0].poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.clip.expires_at == datetime(2026, 11, 22, 20, 1, 36, tzinfo=UTC)
        failed = await self.adapter(ok(prediction("failed", error=SENSITIVE)))[0].poll(self.task_id)
        assert isinstance(failed, TaskFailed)
        assert (failed.error.vendor_code, failed.error.detail) == ("E005", SENSITIVE)

    async def test_an_answer_of_words_alone_is_the_detail(self) -> None:
        error = await failure(self.adapter(Reply(status=404, body="no such model"))[0].submit(self.job()))
        assert error is not None
        assert (error.error_class, error.detail) == (E.MODEL_GONE, "no such model")

    async def test_the_video_may_be_the_first_of_a_list(self) -> None:
        route, _ = self.adapter(ok(DONE | {"output": ["https://replicate.delivery/a.mp4"]}))
        answer = await route.poll(self.task_id)
        assert getattr(answer, "clip", None) is not None


class TestKlingAtReplicate(_Replicate):
    route, slug = "kling.replicate", "kwaivgi/kling-v3-video"


class TestSeedanceAtReplicate(_Replicate):
    route, slug = "seedance.replicate", "bytedance/seedance-1.5-pro"


class TestHailuoAtReplicate(_Replicate):
    route, slug = "hailuo.replicate", "minimax/hailuo-2.3"

    async def test_two_pictures_go_to_the_model_that_takes_two(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL))
        assert vendor.requests[0].url.path == "/v1/models/minimax/hailuo-02/predictions"


class TestWanAtReplicate(_Replicate):
    route, slug = "wan.replicate", "wan-video/wan-2.2-t2v-fast"


PICTURES = [
    ("veo", 2, None, {"image", "last_frame"}),
    ("kling", 1, None, {"start_image"}),
    ("kling", 2, None, {"start_image", "end_image"}),
    ("seedance", 2, None, {"image", "last_frame_image"}),
    ("hailuo", 1, None, {"first_frame_image"}),
    ("hailuo", 2, "minimax/hailuo-02", {"first_frame_image", "last_frame_image"}),
    ("wan", 1, "wan-video/wan-2.2-i2v-fast", {"image"}),
]


@pytest.mark.parametrize(("provider", "frames", "slug", "fields"), PICTURES)
def test_every_model_has_its_own_words_for_pictures(
    provider: str, frames: int, slug: str | None, fields: set[str]
) -> None:
    made = offer(f"{provider}.replicate")
    asked = job(made, first_frame=PIXEL, last_frame=PIXEL if frames == 2 else None)
    table = MODELS[made.provider]
    inputs = table.inputs(asked, 1)
    assert table.slug_of(asked) == slug
    assert {name for name, value in inputs.items() if str(value).startswith("data:image/png")} == fields


def test_veo_takes_references_in_a_list() -> None:
    made = offer("veo.replicate")
    inputs = MODELS[made.provider].inputs(job(made, references=(PIXEL, PIXEL)), 1)
    listed = inputs["reference_images"]
    assert isinstance(listed, list)
    assert [str(each).partition(";")[0] for each in listed] == ["data:image/png"] * 2


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [("veo", {"prompt": "p", "aspect_ratio": "16:9", "duration": 8, "resolution": "1080p", "generate_audio": True,
              "seed": 1, "negative_prompt": "n"}),
     ("kling", {"prompt": "p", "aspect_ratio": "16:9", "duration": 8, "mode": "pro", "generate_audio": True,
                "negative_prompt": "n"}),
     ("seedance", {"prompt": "p", "aspect_ratio": "16:9", "duration": 8, "resolution": "1080p", "generate_audio": True,
                   "seed": 1}),
     ("hailuo", {"prompt": "p", "duration": 6, "resolution": "1080p", "prompt_optimizer": True}),
     ("wan", {"prompt": "p", "resolution": "1080p", "num_frames": 81})],
)  # fmt: skip
def test_every_model_is_sent_only_what_it_lists(provider: str, inputs: dict[str, object]) -> None:
    made = offer(f"{provider}.replicate")
    assert MODELS[made.provider].inputs(job(made, VideoRequest(prompt="p", negative="n")), 1) == inputs
