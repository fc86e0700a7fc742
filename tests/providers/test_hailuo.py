"""Hailuo through MiniMax's V1 API, with payloads written from its documents."""

from typing import Any

import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.domain.requests.pricing import fit
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import TaskFailed, TaskSucceeded
from tests.providers.contract import Contract
from tests.providers.harness import NOW, PIXEL, offer, ok
from tests.providers.noise import Noise

E = ErrorClass


def base(code: int = 0, text: str = "success") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": text}}


def said(code: int, text: str = "text") -> dict[str, Any]:
    return {"task_id": "", **base(code, text)}


def query(status: str, file_id: Any = "", code: int = 0) -> dict[str, Any]:
    return {"task_id": "106916112212032", "status": status, "file_id": file_id, "video_width": 0, **base(code)}


def file(url: str = "https://host/x.mp4?sig", **more: Any) -> dict[str, Any]:
    return {
        "file": {
            "file_id": 205258526306433, "bytes": 0, "created_at": 1795374000, "filename": "output_aigc.mp4",
            "purpose": "video_generation", "download_url": url, **more,
        },
        **base(),
    }  # fmt: skip


class _Hailuo(Contract):
    route = "hailuo.api"
    created = ok({"task_id": "106916112212032", **base()})
    task_id = "106916112212032"
    refusals = (
        (200, said(1000), E.OUTCOME_UNKNOWN),
        (200, said(1001), E.OUTCOME_UNKNOWN),
        (200, said(1002), E.RATE_LIMITED),
        (200, said(1004), E.AUTH),
        (200, said(1008), E.QUOTA_EXHAUSTED),
        (200, said(1013), E.OUTCOME_UNKNOWN),
        (200, said(1024), E.OUTCOME_UNKNOWN),
        (200, said(1026), E.CONTENT_POLICY),
        (200, said(1027), E.CONTENT_POLICY),
        (200, said(1028), E.QUOTA_EXHAUSTED),
        (200, said(1030), E.QUOTA_EXHAUSTED),
        (200, said(1033), E.OUTCOME_UNKNOWN),
        (200, said(1039), E.RATE_LIMITED),
        (200, said(1041), E.CAPACITY),
        (200, said(1042), E.INVALID_REQUEST),
        (200, said(2013), E.INVALID_REQUEST),
        (200, said(2013, "invalid params: model MiniMax-Hailuo-2.3 does not exist"), E.MODEL_GONE),
        (200, said(2013, "invalid params: this model does not support duration 10 at 1080P"), E.INVALID_REQUEST),
        (200, said(2038), E.AUTH),
        (200, said(2045), E.RATE_LIMITED),
        (200, said(2049), E.AUTH),
        (200, said(2056), E.QUOTA_EXHAUSTED),
        (200, said(2061), E.AUTH),
        (200, said(9999), E.OUTCOME_UNKNOWN),
        (401, b"", E.AUTH),
        (403, b"", E.AUTH),
        (408, b"", E.OUTCOME_UNKNOWN),
        (429, b"", E.RATE_LIMITED),
        (500, b"", E.OUTCOME_UNKNOWN),
        (504, b"", E.OUTCOME_UNKNOWN),
        (401, said(2049), E.AUTH),
    )
    running = (ok(query("Preparing")), ok(query("Queueing")), ok(query("Processing")), ok(query("processing")))
    succeeded = (ok(query("Success", "205258526306433")), ok(file()))
    url = "https://host/x.mp4?sig"
    failures = (
        (query("Fail", code=1027), E.CONTENT_POLICY),
        (query("Fail", code=1026), E.CONTENT_POLICY),
        (query("Fail"), E.TRANSIENT_SERVER),
        (query("failed", code=1013), E.TRANSIENT_SERVER),
        ({"task_id": "1", **base(1027)}, E.CONTENT_POLICY),
    )
    without_video = (query("Success"), query("Success", 0), query("Success", None))
    strange_state = query("Polishing")
    alive = (ok(said(2013, "invalid params")), ok(query("Fail")), ok(base()))

    @pytest.mark.parametrize(("words", "detail"), [("out of frames", "out of frames"), ("", "failed")])
    async def test_a_failure_is_told_in_minimaxs_words_where_it_has_any(self, words: str, detail: str) -> None:
        route, _ = self.adapter(ok(query("Fail") | {"base_resp": {"status_code": 1026, "status_msg": words}}))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskFailed)
        assert (answer.error.detail, answer.error.vendor_code) == (detail, "1026")

    async def test_a_submit_asks_for_what_was_fitted(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(callback_url="https://us.example/cb"))
        assert vendor.requests[0].url.path == "/v1/video_generation"
        assert vendor.bodies[0] == {
            "model": "MiniMax-Hailuo-2.3",
            "prompt": "a red fox in the snow",
            "prompt_optimizer": True,
            "duration": 6,
            "resolution": "1080P",
            "callback_url": "https://us.example/cb",
        }

    async def test_a_last_frame_goes_to_the_model_that_has_one(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL))
        await route.submit(self.job(first_frame=PIXEL))
        both, first = vendor.bodies
        assert both["model"] == "MiniMax-Hailuo-02"
        assert both["last_frame_image"].startswith("data:image/png;base64,")
        assert first["model"] == "MiniMax-Hailuo-2.3"
        assert "last_frame_image" not in first

    async def test_a_file_id_may_be_a_number_and_the_link_lasts_an_hour(self) -> None:
        route, vendor = self.adapter(ok(query("Success", 205258526306433)), ok(file()))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.clip.expires_at is not None
        assert answer.clip.expires_at.timestamp() == NOW + 3600
        assert vendor.requests[1].url.params["file_id"] == "205258526306433"

    async def test_the_second_link_is_taken_when_the_first_is_missing(self) -> None:
        spare = file("", backup_download_url="https://host/spare.mp4")
        route, _ = self.adapter(ok(query("Success", "205258526306433")), ok(spare))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.clip.url == "https://host/spare.mp4"

    async def test_a_file_that_cannot_be_asked_for_now_is_asked_for_again(self) -> None:
        for reply in (ok(said(1002)), ok(file("")), ok({})):
            route, _ = self.adapter(ok(query("Success", "205258526306433")), reply)
            with pytest.raises(ProviderError):
                await route.poll(self.task_id)


class TestHailuo(_Hailuo, Noise):
    """The codec's first route."""


class TestHailuoInChina(_Hailuo):
    route = "hailuo.cn"

    async def test_a_submit_asks_for_what_was_fitted(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.requests[0].url.host == "api.minimaxi.com"


@pytest.mark.parametrize(
    ("tier", "seconds", "usd_micros"),
    [(TierName.STANDARD, 6, 280_000), (TierName.STANDARD, 10, 560_000), (TierName.DEFAULT, 6, 490_000),
     (TierName.DEFAULT, 10, 560_000)],
)  # fmt: skip
def test_hailuo_is_priced_by_the_clip(tier: TierName, seconds: int, usd_micros: int) -> None:
    made = offer("hailuo.api")
    assert (
        made.usd_micros(fit(VideoRequest(prompt="x", tier=tier, duration_s=seconds), made.capabilities)) == usd_micros
    )


def test_halfway_between_two_durations_the_shorter_is_made_and_said() -> None:
    made = offer("hailuo.api")
    fitted = fit(VideoRequest(prompt="x", duration_s=8, aspect=Aspect.TALL), made.capabilities)
    assert (fitted.duration_s, fitted.aspect) == (6, Aspect.WIDE)
    assert [(rounding.asked, rounding.got) for rounding in fitted.roundings] == [("8 s", "6 s"), ("9:16", "16:9")]
