"""Seedance on Ark, with payloads written from the vendor's documents."""

from typing import Any

import pytest

from core.domain.errors import ErrorClass, WontWork
from core.domain.requests.pricing import Fitted, fit
from core.domain.requests.request import Aspect, VideoRequest
from core.ports import Cancelled, TaskSucceeded, VideoJob
from core.providers.adapter import RouteConfig
from core.providers.seedance import tokens
from tests.providers.contract import Contract
from tests.providers.harness import KEY, PIXEL, SENT_AT, Reply, offer, ok
from tests.providers.noise import Noise

E = ErrorClass
OLD, MINI = "seedance-1-5-pro-251215", "dreamina-seedance-2-0-mini-260615"


def said(code: str, message: str = "text. Request id: 0217") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "param": "", "type": ""}}


def task(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "cgt-20261122190000-k7f2p", "model": "seedance-1-5-pro-251215", "status": status,
        "created_at": 1795374000, "updated_at": 1795374083, "service_tier": "default", **more,
    }  # fmt: skip


DONE = task(
    "succeeded", content={"video_url": "https://host/x.mp4?sig", "last_frame_url": "https://host/x.png?sig"},
    seed=4711, resolution="720p", ratio="16:9", duration=5, framespersecond=24, generate_audio=False,
    usage={"completion_tokens": 108900, "total_tokens": 108900},
)  # fmt: skip


class _Seedance(Contract):
    """Seedance 1.5, for whoever still has it."""

    route = "seedance.ark"
    config = RouteConfig(api_key=KEY, model=OLD)
    created = ok({"id": "cgt-20261122190000-k7f2p"})
    task_id = "cgt-20261122190000-k7f2p"
    refusals = (
        (400, said("MissingParameter"), E.INVALID_REQUEST),
        (400, said("MissingParameter.content"), E.INVALID_REQUEST),
        (400, said("InvalidParameter"), E.INVALID_REQUEST),
        (400, said("InvalidParameter.duration"), E.INVALID_REQUEST),
        (400, said("InvalidParameter.UnsupportedParameter"), E.INVALID_REQUEST),
        (400, said("InvalidParameter.TaskTypeConstraint"), E.INVALID_REQUEST),
        (400, said("InvalidParameter.TaskTypeMismatch"), E.INVALID_REQUEST),
        (400, said("InvalidImageURL.EmptyURL"), E.INVALID_REQUEST),
        (400, said("InvalidImageURL.InvalidFormat"), E.INVALID_REQUEST),
        (400, said("InvalidEndpoint.ClosedEndpoint"), E.CAPACITY),
        (400, said("SensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("SensitiveContentDetected.SevereViolation"), E.CONTENT_POLICY),
        (400, said("SensitiveContentDetected.Violence"), E.CONTENT_POLICY),
        (400, said("InputTextSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("InputImageSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("InputVideoSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("InputAudioSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("InputImageSensitiveContentDetected.PrivacyInformation"), E.CONTENT_POLICY),
        (400, said("InputTextSensitiveContentDetected.PolicyViolation"), E.CONTENT_POLICY),
        (400, said("OutputTextSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("OutputImageSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("OutputVideoSensitiveContentDetected.PolicyViolation"), E.CONTENT_POLICY),
        (400, said("OutputAudioSensitiveContentDetected"), E.CONTENT_POLICY),
        (400, said("InputTextRiskDetection"), E.CONTENT_POLICY),
        (400, said("InputImageRiskDetection"), E.CONTENT_POLICY),
        (400, said("OutputTextRiskDetection"), E.CONTENT_POLICY),
        (400, said("ContentSecurityDetectionError"), E.TRANSIENT_SERVER),
        (400, said("InvalidSubscription"), E.QUOTA_EXHAUSTED),
        (401, said("AuthenticationError"), E.AUTH),
        (401, said("InvalidAccountStatus"), E.AUTH),
        (403, said("AccessDenied"), E.AUTH),
        (403, said("OperationDenied.PermissionDenied"), E.AUTH),
        (403, said("OperationDenied.ServiceNotOpen"), E.AUTH),
        (403, said("AccountOverdueError"), E.QUOTA_EXHAUSTED),
        (403, said("OperationDenied.ServiceOverdue"), E.QUOTA_EXHAUSTED),
        (404, said("InvalidEndpointOrModel.NotFound"), E.MODEL_GONE),
        (404, said("InvalidEndpointOrModel.ModelIDAccessDisabled"), E.MODEL_GONE),
        (404, said("ModelNotOpen"), E.MODEL_GONE),
        (404, said("UnsupportedModel"), E.MODEL_GONE),
        (404, said("NotFound.task"), E.MODEL_GONE),
        (409, said("TaskRunningCannotCancel"), E.INVALID_REQUEST),
        (429, said("RateLimitExceeded.EndpointRPMExceeded"), E.RATE_LIMITED),
        (429, said("RateLimitExceeded.EndpointTPMExceeded"), E.RATE_LIMITED),
        (429, said("ModelAccountRpmRateLimitExceeded"), E.RATE_LIMITED),
        (429, said("ModelAccountTpmRateLimitExceeded"), E.RATE_LIMITED),
        (429, said("ModelAccountIpmRateLimitExceeded"), E.RATE_LIMITED),
        (429, said("APIAccountRpmRateLimitExceeded"), E.RATE_LIMITED),
        (429, said("AccountRateLimitExceeded"), E.RATE_LIMITED),
        (429, said("RequestBurstTooFast"), E.RATE_LIMITED),
        (429, said("InflightBatchsizeExceeded"), E.CAPACITY),
        (429, said("ServerOverloaded"), E.CAPACITY),
        (429, said("ModelLoadingError"), E.CAPACITY),
        (429, said("QuotaExceeded", "You have exceeded the quota of queued tasks"), E.CAPACITY),
        (429, said("QuotaExceeded", "Your free trial quota is used up"), E.QUOTA_EXHAUSTED),
        (429, said("QuotaExceeded", "The 5-hour quota is exceeded; resets at 19:00"), E.QUOTA_EXHAUSTED),
        (429, said("QuotaExceeded", "The weekly quota is exceeded"), E.QUOTA_EXHAUSTED),
        (429, said("QuotaExceeded", "The monthly quota is exceeded"), E.QUOTA_EXHAUSTED),
        (429, said("SetLimitExceeded"), E.QUOTA_EXHAUSTED),
        (500, said("InternalServiceError"), E.OUTCOME_UNKNOWN),
        (503, b"", E.CAPACITY),
        (504, b"", E.OUTCOME_UNKNOWN),
        (404, b"", E.TRANSIENT_SERVER),
    )
    running = (ok(task("queued")), ok(task("running")))
    succeeded = (ok(DONE),)
    url = "https://host/x.mp4?sig"
    failures = (
        (task("failed", error={"code": "OutputVideoSensitiveContentDetected", "message": "text"}), E.CONTENT_POLICY),
        (task("failed", error={"code": "InternalServiceError", "message": "text"}), E.TRANSIENT_SERVER),
        (task("failed"), E.TRANSIENT_SERVER),
        (task("cancelled"), E.CANCELLED),
        (task("expired"), E.TIMEOUT),
    )
    without_video = (task("succeeded"), task("succeeded", content={}), task("succeeded", content=None))
    strange_state = task("simmering")
    gone = (Reply(status=404, body=said("NotFound.task")),)
    alive = (ok({"total": 0, "items": []}),)
    listing = True
    cancels = (
        ([ok(task("queued")), ok({})], Cancelled.YES),
        ([ok(task("queued")), Reply(status=409, body=said("TaskRunningCannotCancel"))], Cancelled.TOO_LATE),
        ([ok(task("running"))], Cancelled.TOO_LATE),
        ([ok(DONE)], Cancelled.TOO_LATE),
        ([ok(task("cancelled"))], Cancelled.YES),
    )

    def found(self, job: VideoJob, *ids: str) -> Reply:
        mine = [task("running") | {"id": one, "safety_identifier": job.external_id.hex} for one in ids]
        others = [task("running", seed=7, safety_identifier="f" * 32), task("queued", seed=12)]
        return ok({"total": 9, "items": [*mine, *others]})

    def foreign(self, job: VideoJob) -> Reply:
        return ok({"total": 1, "items": [task("running", seed=99)]})

    async def test_a_submit_says_everything_that_costs(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.requests[0].url.path == "/api/v3/contents/generations/tasks"
        assert vendor.bodies[0] == {
            "model": "seedance-1-5-pro-251215",
            "content": [{"type": "text", "text": "a red fox in the snow"}],
            "resolution": "1080p",
            "ratio": "16:9",
            "duration": 8,
            "seed": 0x0C1F2E3D,
            "watermark": False,
            "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465",
        }

    async def test_two_pictures_have_roles_and_the_shape_follows_them(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL, seed=5))
        body = vendor.bodies[0]
        assert [part.get("role") for part in body["content"]] == [None, "first_frame", "last_frame"]
        assert body["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")
        assert body["ratio"] == "adaptive"
        assert body["seed"] == 5

    async def test_references_have_a_role_of_their_own_and_leave_the_shape(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(references=(PIXEL, PIXEL, PIXEL)))
        body = vendor.bodies[0]
        assert [part.get("role") for part in body["content"]] == [None, *["reference_image"] * 3]
        assert body["ratio"] == "16:9"

    async def test_a_lost_submit_is_found_by_its_seed_where_nothing_else_comes_back(self) -> None:
        mine = task("running", seed=0x0C1F2E3D)
        route, _ = self.adapter(ok({"items": [mine, task("running", seed=1)]}))
        assert await route.find(self.job(), sent_at=SENT_AT) == self.task_id

    async def test_a_seed_that_a_person_chose_proves_nothing(self) -> None:
        route, _ = self.adapter(ok({"items": [task("running", seed=5)]}))
        assert await route.find(self.job(seed=5), sent_at=SENT_AT) is None

    async def test_a_task_from_before_the_submit_is_not_ours(self) -> None:
        mine = task("running", seed=0x0C1F2E3D) | {"created_at": 1795370000}
        route, _ = self.adapter(ok({"items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) is None

    async def test_the_list_is_read_page_by_page_up_to_a_bound(self) -> None:
        page = ok({"items": [task("running", seed=n) | {"id": f"cgt-{n}"} for n in range(200)]})
        route, vendor = self.adapter(page, page, ok({"items": [task("running", seed=0x0C1F2E3D)]}))
        assert await route.find(self.job(), sent_at=SENT_AT) == self.task_id
        assert [request.url.params["page_num"] for request in vendor.requests] == ["1", "2", "3"]
        route, vendor = self.adapter(page)
        assert await route.find(self.job(), sent_at=SENT_AT) is None
        assert len(vendor.requests) == 5

    async def test_a_finished_task_is_never_deleted(self) -> None:
        route, vendor = self.adapter(ok(DONE))
        await route.cancel(self.task_id)
        assert [request.method for request in vendor.requests] == ["GET"]

    async def test_what_ark_counted_is_reported(self) -> None:
        for audio, usd_micros in ((False, 130_680), (True, 261_360)):
            route, _ = self.adapter(ok(DONE | {"generate_audio": audio}))
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskSucceeded)
            assert answer.usd_micros == usd_micros

    async def test_a_task_id_cannot_leave_its_path(self) -> None:
        route, vendor = self.adapter(Reply(status=404, body=said("NotFound.task")))
        with pytest.raises(WontWork):
            await route.poll("../../files?x=1")
        assert vendor.requests[0].url.raw_path == b"/api/v3/contents/generations/tasks/..%2F..%2Ffiles%3Fx%3D1"


class TestSeedance(_Seedance, Noise):
    """The codec's first route."""


class TestSeedanceInChina(_Seedance):
    route = "seedance.volc"
    config = RouteConfig(api_key=KEY, model=f"doubao-{OLD}")

    async def test_a_submit_says_everything_that_costs(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.requests[0].url.host == "ark.cn-beijing.volces.com"
        assert vendor.bodies[0]["model"] == "doubao-seedance-1-5-pro-251215"


class _WithoutSeed(_Seedance):
    """The models of 2.x: what 1.5 took and they do not is never sent, and a lost submit is found by our id alone."""

    async def test_two_pictures_have_roles_and_the_shape_follows_them(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL, seed=5))
        body = vendor.bodies[0]
        assert [part.get("role") for part in body["content"]] == [None, "first_frame", "last_frame"]
        assert body["ratio"] == "adaptive"
        assert not {"seed", "camera_fixed", "service_tier", "frames"} & body.keys()

    async def test_a_lost_submit_is_found_by_its_seed_where_nothing_else_comes_back(self) -> None:
        mine = task("running", seed=0x0C1F2E3D)
        route, _ = self.adapter(ok({"items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) is None, "we sent no seed"

    async def test_the_list_is_read_page_by_page_up_to_a_bound(self) -> None:
        page = ok({"items": [task("running", safety_identifier="f" * 32) | {"id": f"cgt-{n}"} for n in range(200)]})
        mine = task("running", safety_identifier="0c1f2e3d4a5b4c6d8e7f102132435465")
        route, vendor = self.adapter(page, page, ok({"items": [mine]}))
        assert await route.find(self.job(), sent_at=SENT_AT) == self.task_id
        assert len(vendor.requests) == 3


class TestSeedanceMini(_WithoutSeed):
    """What a key alone gets."""

    config = RouteConfig(api_key=KEY)

    async def test_a_submit_says_everything_that_costs(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.bodies[0] == {
            "model": MINI,
            "content": [{"type": "text", "text": "a red fox in the snow"}],
            "resolution": "720p",
            "ratio": "16:9",
            "duration": 8,
            "watermark": False,
            "generate_audio": True,
            "safety_identifier": "0c1f2e3d4a5b4c6d8e7f102132435465",
        }

    async def test_what_ark_counted_is_reported(self) -> None:
        said = {name: value for name, value in DONE.items() if name != "generate_audio"}
        route, _ = self.adapter(ok(said))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.usd_micros == 381_150


class TestSeedance2(_WithoutSeed):
    route = "seedance.ark2"
    config = RouteConfig(api_key=KEY)

    async def test_a_submit_says_everything_that_costs(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.bodies[0]["model"] == "dreamina-seedance-2-0-260128"

    async def test_what_ark_counted_is_reported(self) -> None:
        for resolution, usd_micros in (("720p", 762_300), ("1080p", 838_530), ("4k", 435_600)):
            route, _ = self.adapter(ok(DONE | {"resolution": resolution}))
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskSucceeded)
            assert answer.usd_micros == usd_micros


class TestSeedance2InChina(TestSeedance2):
    route = "seedance.volc2"

    async def test_a_submit_says_everything_that_costs(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert vendor.bodies[0]["model"] == "doubao-seedance-2-0-260128"


def fitted(lines: int, seconds: int, *, audio: bool, aspect: Aspect = Aspect.WIDE) -> Fitted:
    return Fitted(duration_s=seconds, lines=lines, aspect=aspect, audio=audio)


@pytest.mark.parametrize(
    ("lines", "seconds", "audio", "usd"),
    [(480, 5, False, 0.061), (480, 5, True, 0.122), (480, 10, False, 0.121), (480, 10, True, 0.242),
     (720, 5, False, 0.131), (720, 5, True, 0.261), (720, 10, False, 0.260), (720, 10, True, 0.521),
     (1080, 5, False, 0.296), (1080, 5, True, 0.592), (1080, 10, False, 0.590), (1080, 10, True, 1.180)],
)  # fmt: skip
def test_seedance_costs_what_its_price_table_says(lines: int, seconds: int, audio: bool, usd: float) -> None:  # noqa: FBT001 - a table's column
    made = offer("seedance.ark", RouteConfig(model=OLD))
    assert made.usd_micros(fitted(lines, seconds, audio=audio)) / 1e6 == pytest.approx(usd, abs=0.0006)


def test_tokens_agree_with_the_published_counts() -> None:
    assert tokens(fitted(720, 5, audio=False)) == 108_900
    assert tokens(fitted(1080, 5, audio=False)) == 246_840


def test_every_shape_has_a_price_and_turning_it_changes_nothing() -> None:
    made = offer("seedance.ark", RouteConfig(model=OLD))
    for aspect in made.capabilities.aspects:
        assert made.usd_micros(fitted(720, 5, audio=True, aspect=aspect)) > 0
    tall, wide = (made.usd_micros(fitted(720, 5, audio=True, aspect=a)) for a in (Aspect.TALL, Aspect.WIDE))
    assert tall == wide


def test_the_offer_follows_the_configured_model() -> None:
    made = offer("seedance.ark", RouteConfig(model="dreamina-seedance-2-0-mini-260615"))
    assert made.label == "Seedance 2.0 Mini"
    assert fit(VideoRequest(prompt="x", duration_s=15), made.capabilities).duration_s == 15
    assert fit(VideoRequest(prompt="x"), made.capabilities).lines == 720


@pytest.mark.parametrize(
    ("model", "told", "most"),
    [
        ("dreamina-seedance-2-0-mini-260615", None, 4),
        ("dreamina-seedance-2-0-260128", "9", 9),
        ("seedance-1-5-pro-251215", None, 0),
    ],
)
def test_how_many_references_it_takes_is_a_setting_and_the_older_model_takes_none(
    model: str, told: str | None, most: int
) -> None:
    extra = {} if told is None else {"references_max": told}
    assert offer("seedance.ark", RouteConfig(model=model, extra=extra)).capabilities.references_max == most
