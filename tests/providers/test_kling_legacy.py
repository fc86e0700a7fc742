"""Kling's older API, with payloads written from its documents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from core.domain.errors import ErrorClass, WontWork
from core.ports import TaskSucceeded, VideoJob
from core.providers import kling_legacy
from core.providers.adapter import RouteConfig
from tests.providers.case import Row
from tests.providers.contract import Contract
from tests.providers.harness import NOW, PIXEL, SENT_AT, Reply, Vendor, adapter, ok
from tests.providers.noise import Noise
from tests.providers.test_kling import TestKling as Newer
from tests.providers.test_kling import said

E = ErrorClass
SECRET = "0123456789abcdef0123456789abcdef"


def answer(status: str, **more: Any) -> dict[str, Any]:
    made = {
        "task_id": "t1", "task_status": status, "task_status_msg": "", "task_info": {"external_task_id": "job-42"},
        "created_at": 1795374000000, "updated_at": 1795374090000, **more,
    }  # fmt: skip
    return {"code": 0, "message": "SUCCEED", "request_id": "r", "data": made}


RESULT = {"videos": [{"id": "v1", "url": "https://cdn.example/v.mp4", "duration": "5"}]}
_ROWS: tuple[Row, ...] = tuple(Newer.refusals)


class TestKlingLegacy(Contract, Noise):
    route = "kling.legacy"
    created = ok(answer("submitted"))
    task_id = "text2video/t1"
    refusals = _ROWS
    running = (ok(answer("submitted")), ok(answer("processing")))
    succeeded = (ok(answer("succeed", task_result=RESULT, final_unit_deduction="2.5")),)
    url = "https://cdn.example/v.mp4"
    failures = (
        (answer("failed", task_status_msg="out of cheese"), E.TRANSIENT_SERVER),
        (answer("failed", task_status_msg="Failure to pass the risk control system"), E.CONTENT_POLICY),
    )
    without_video = (answer("succeed"), answer("succeed", task_result={"videos": []}))
    strange_state = answer("pondering")
    gone = (Reply(status=404, body=said(1203)),)
    alive = (ok({"code": 0, "message": "SUCCEED", "data": []}),)
    listing = True

    def found(self, job: VideoJob, *ids: str) -> Reply:
        if not ids:
            return Reply(status=404, body=said(1203))
        name = ids[0].partition("/")[2]
        return ok(answer("submitted", task_id=name, task_info={"external_task_id": str(job.external_id)}))

    def foreign(self, job: VideoJob) -> Reply:
        return ok(answer("submitted"))

    async def test_find_refuses_to_guess_between_two(self) -> None:
        """Kling is asked by our own id and names one task; what is not named so is not ours."""
        route, vendor = self.adapter(ok(answer("submitted", task_info={})))
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        assert vendor.requests[0].url.path == "/v1/videos/text2video/0c1f2e3d-4a5b-4c6d-8e7f-102132435465"

    async def test_a_submit_speaks_the_older_words(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(negative="rain"))
        assert vendor.requests[0].url.path == "/v1/videos/text2video"
        assert vendor.bodies[0] == {
            "model_name": "kling-v3", "prompt": "a red fox in the snow", "negative_prompt": "rain", "mode": "pro",
            "duration": "8", "sound": "on", "multi_shot": False, "aspect_ratio": "16:9",
            "external_task_id": "0c1f2e3d-4a5b-4c6d-8e7f-102132435465",
        }  # fmt: skip

    @pytest.mark.parametrize(("lines", "mode"), [(720, "std"), (1080, "pro"), (2160, "4k")])
    async def test_a_resolution_goes_by_the_name_of_a_mode(self, lines: int, mode: str) -> None:
        asked = self.job()
        asked = replace(asked, fitted=replace(asked.fitted, lines=lines))
        assert kling_legacy.request(asked, "kling-v3")["mode"] == mode

    @pytest.mark.parametrize("status", ["succeed", "succeeded"])
    @pytest.mark.parametrize(
        ("more", "lasts_from", "usd_micros"),
        [
            ({"updated_at": (NOW - 100) * 1000, "final_unit_deduction": "0.5"}, NOW - 100, 70_000),
            ({"updated_at": None, "final_unit_deduction": None}, NOW, None),
            ({"updated_at": 0, "final_unit_deduction": 0}, NOW, None),
        ],
    )
    async def test_a_link_lasts_30_days_and_a_price_is_known_where_it_was_told(
        self, *, status: str, more: dict[str, Any], lasts_from: float, usd_micros: int | None
    ) -> None:
        route, _ = self.adapter(ok(answer(status, task_result=RESULT, **more)))
        polled = await route.poll(self.task_id)
        assert isinstance(polled, TaskSucceeded)
        assert polled.clip.expires_at == datetime.fromtimestamp(lasts_from, UTC) + timedelta(days=30)
        assert polled.usd_micros == usd_micros

    async def test_a_picture_is_another_kind_of_task(self) -> None:
        route, vendor = self.adapter(self.created)
        made = self.job(first_frame=PIXEL, last_frame=PIXEL, callback_url="https://us.example/cb")
        assert await route.submit(made) == "image2video/t1"
        assert vendor.requests[0].url.path == "/v1/videos/image2video"
        assert vendor.bodies[0]["image"] == vendor.bodies[0]["image_tail"] == "iVBORw0KGgpub3QgcmVhbGx5"
        assert vendor.bodies[0]["callback_url"] == "https://us.example/cb"
        assert "aspect_ratio" not in vendor.bodies[0]

    async def test_a_task_is_asked_for_under_its_kind(self) -> None:
        route, vendor = self.adapter(*self.succeeded)
        polled = await route.poll("image2video/t1")
        assert vendor.requests[0].url.path == "/v1/videos/image2video/t1"
        assert isinstance(polled, TaskSucceeded)
        assert polled.usd_micros == 350_000

    @pytest.mark.parametrize("name", ["t1", "", "text2video/", "account/costs", "../text2video/t1"])
    async def test_another_routes_task_id_is_not_asked_for(self, name: str) -> None:
        route, vendor = self.adapter(*self.succeeded)
        with pytest.raises(WontWork):
            await route.poll(name)
        assert vendor.requests == []

    async def test_with_an_access_key_every_request_is_signed_anew(self) -> None:
        now, vendor = [NOW], Vendor([ok(answer("processing"))])
        config = RouteConfig(api_key=SECRET, extra={"access_key": "ak-1"})
        route = adapter(self.route, vendor, config, clock=lambda: now[0])
        await route.poll(self.task_id)
        now[0] += 3600
        await route.poll(self.task_id)
        for request, at in zip(vendor.requests, (NOW, NOW + 3600), strict=True):
            token = request.headers["authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, SECRET, ["HS256"], options={"verify_exp": False, "verify_nbf": False})
            assert claims == {"iss": "ak-1", "exp": int(at) + 1800, "nbf": int(at) - 5}
            assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
