"""Kling's current API, with payloads written from its documents."""

from typing import Any

import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.domain.requests.pricing import fit
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import RouteConfig
from core.providers.kling import Kling
from tests.providers.contract import Contract
from tests.providers.harness import PIXEL, Reply, job, offer, ok
from tests.providers.noise import Noise

E = ErrorClass


def said(code: int, message: str = "text") -> dict[str, Any]:
    return {"code": code, "message": message, "request_id": "req-9"}


def task(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "8890001", "status": status, "external_id": "job-42", "message": "",
        "create_time": 1795374000000, "update_time": 1795374090000, **more,
    }  # fmt: skip


def tasks(*found: dict[str, Any]) -> dict[str, Any]:
    return {"code": 0, "message": "SUCCEED", "request_id": "req-2", "data": list(found)}


OUTPUT = {"type": "video", "id": "v1", "url": "https://cdn.example/v.mp4", "duration": "5.041"}
BILL = {"charge_type": "unit", "amount": "0.6", "package_type": "video"}


class TestKling(Contract, Noise):
    route = "kling.api"
    created = ok({"code": 0, "message": "SUCCEED", "request_id": "req-1", "data": task("submitted")})
    task_id = "8890001"
    refusals = (
        (401, said(1000), E.AUTH),
        (401, said(1001), E.AUTH),
        (401, said(1002), E.AUTH),
        (401, said(1003), E.AUTH),
        (401, said(1004), E.AUTH),
        (429, said(1100), E.AUTH),
        (429, said(1101), E.QUOTA_EXHAUSTED),
        (429, said(1102), E.QUOTA_EXHAUSTED),
        (403, said(1103), E.AUTH),
        (400, said(1200), E.INVALID_REQUEST),
        (400, said(1201), E.INVALID_REQUEST),
        (400, said(1201, "external_task_id already exists"), E.OUTCOME_UNKNOWN),
        (404, said(1202), E.INVALID_REQUEST),
        (404, said(1203), E.MODEL_GONE),
        (400, said(1300), E.CONTENT_POLICY),
        (400, said(1301), E.CONTENT_POLICY),
        (429, said(1302), E.RATE_LIMITED),
        (429, said(1303), E.CAPACITY),
        (429, said(1304), E.AUTH),
        (500, said(5000), E.OUTCOME_UNKNOWN),
        (503, said(5001), E.CAPACITY),
        (504, said(5002), E.OUTCOME_UNKNOWN),
        (200, said(1301), E.CONTENT_POLICY),
        (200, said(1302), E.RATE_LIMITED),
        (200, said(5000), E.OUTCOME_UNKNOWN),
        (502, b"<html>", E.OUTCOME_UNKNOWN),
        (429, b"", E.RATE_LIMITED),
    )
    running = (ok(tasks(task("submitted"))), ok(tasks(task("processing"))))
    succeeded = (ok(tasks(task("succeeded", outputs=[OUTPUT], billing=[BILL]))),)
    url = "https://cdn.example/v.mp4"
    failures = (
        (tasks(task("failed", message="out of cheese")), E.TRANSIENT_SERVER),
        (tasks(task("failed", message="Failure to pass the risk control system")), E.CONTENT_POLICY),
    )
    without_video = (
        tasks(task("succeeded")),
        tasks(task("succeeded", outputs=[])),
        tasks(task("succeeded", outputs=[{"type": "image", "url": "https://cdn.example/i.png"}])),
    )
    strange_state = tasks(task("pondering"))
    gone = (ok(tasks()),)
    alive = (ok(tasks()),)
    listing = True

    def found(self, job: VideoJob, *ids: str) -> Reply:
        return ok(tasks(*(task("submitted") | {"id": one, "external_id": str(job.external_id)} for one in ids)))

    def foreign(self, job: VideoJob) -> Reply:
        return ok(tasks(task("submitted") | {"external_id": "someone-else"}))

    async def test_a_clip_is_asked_for_as_one_shot_and_its_sound_is_said(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.requests[0].url.path == "/text-to-video/kling-3.0"
        assert vendor.bodies[0] == {
            "prompt": "a red fox in the snow",
            "settings": {
                "multi_shot": False, "audio": "native", "resolution": "1080p", "duration": 8, "aspect_ratio": "16:9",
            },
            "options": {
                "external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465", "watermark_info": {"enabled": False},
            },
        }  # fmt: skip

    async def test_pictures_go_as_bare_base64_or_by_their_address(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL, callback_url="https://us.example/cb"))
        body = vendor.bodies[0]
        assert vendor.requests[0].url.path == "/image-to-video/kling-3.0"
        assert [part["type"] for part in body["contents"]] == ["prompt", "first_frame", "last_frame"]
        assert body["contents"][1]["url"] == "iVBORw0KGgpub3QgcmVhbGx5"
        assert "aspect_ratio" not in body["settings"]
        assert body["options"]["callback_url"] == "https://us.example/cb"

    async def test_what_kling_billed_is_reported(self) -> None:
        for bills, usd_micros in (
            ([BILL], 84_000),
            ([{"charge_type": "cash", "amount": 0.5, "currency": "USD"}], 500_000),
            ([{"charge_type": "cash", "amount": 3, "currency": "CNY"}], None),
            ([{"charge_type": "unit", "amount": "many"}], None),
        ):
            route, _ = self.adapter(ok(tasks(task("succeeded", outputs=[OUTPUT], billing=bills))))
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskSucceeded)
            assert answer.usd_micros == usd_micros

    async def test_every_refusal_carries_klings_own_code_and_words(self) -> None:
        for status, body, _ in self.refusals:
            route, _vendor = self.adapter(Reply(status=status, body=body))
            with pytest.raises(ProviderError) as caught:
                await route.submit(self.job())
            if isinstance(body, dict):
                assert (caught.value.vendor_code, caught.value.detail) == (str(body["code"]), body["message"])
            else:
                assert caught.value.vendor_code == str(status)

    async def test_several_tasks_are_asked_for_at_once(self) -> None:
        first, second = task("succeeded", outputs=[OUTPUT]), task("submitted") | {"id": "2"}
        route, vendor = self.adapter(ok(tasks(first, second, task("") | {"id": "3"})))
        assert isinstance(route, Kling)
        told = await route.poll_many([self.task_id, "2"])
        assert {name: type(each) for name, each in told.items()} == {self.task_id: TaskSucceeded, "2": TaskRunning}
        assert dict(vendor.requests[0].url.params) == {"task_ids": f"{self.task_id},2"}
        told = await route.poll_many(["2", "3", "4"])
        assert [getattr(each, "error_class", None) for each in told.values()] == [
            None, E.TRANSIENT_SERVER, E.TASK_GONE,
        ]  # fmt: skip

    async def test_a_task_that_is_asked_for_alone_needs_no_id_in_the_answer(self) -> None:
        nameless = task("submitted") | {"id": ""}
        route, _ = self.adapter(ok(tasks(nameless)))
        assert isinstance(route, Kling)
        assert await route.poll_many([self.task_id]) == {self.task_id: TaskRunning()}
        for others in ((nameless, nameless), (task("submitted") | {"id": "2"},)):
            route, _ = self.adapter(ok(tasks(*others)))
            with pytest.raises(ProviderError) as caught:
                await route.poll(self.task_id)
            assert caught.value.error_class is E.TASK_GONE

    async def test_the_older_spelling_of_success_counts_too(self) -> None:
        route, _ = self.adapter(ok(tasks(task("succeed", outputs=[OUTPUT]))))
        assert isinstance(await route.poll(self.task_id), TaskSucceeded)


@pytest.mark.parametrize(
    ("tier", "seconds", "usd_micros"),
    [(TierName.PRO, 8, 896_000), (TierName.DEFAULT, 8, 1_344_000), (TierName.ULTRA, 8, 5_040_000),
     (TierName.PRO, 3, 336_000)],
)  # fmt: skip
def test_kling_is_priced_by_the_second(tier: TierName, seconds: int, usd_micros: int) -> None:
    made = offer("kling.api")
    assert (
        made.usd_micros(fit(VideoRequest(prompt="x", tier=tier, duration_s=seconds), made.capabilities)) == usd_micros
    )


def test_the_unpublished_price_of_4k_with_sound_is_a_setting() -> None:
    made = offer("kling.api", RouteConfig(extra={"usd_4k_audio": "0.50"}))
    assert made.usd_micros(fit(VideoRequest(prompt="x", tier=TierName.ULTRA), made.capabilities)) == 4_000_000


def test_kling_makes_squares_and_rounds_the_rest() -> None:
    made = offer("kling.api")
    assert job(made, VideoRequest(prompt="x", aspect=Aspect.SQUARE)).fitted.aspect is Aspect.SQUARE
    assert job(made, VideoRequest(prompt="x", aspect=Aspect.CINEMA)).fitted.aspect is Aspect.WIDE
