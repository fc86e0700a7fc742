"""Veo through Vertex AI: the other dialect, access tokens, and videos inside the answer."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from core.domain.errors import ErrorClass, TryLater, WontWork
from core.domain.generations.remote_clip import RemoteClip
from core.ports import TaskRunning, TaskSucceeded
from core.providers.adapter import RouteConfig
from tests.providers.contract import Contract
from tests.providers.google import REFUSALS, RPC_FAILURES, E, said
from tests.providers.harness import KEY, MP4, NOW, PIXEL, Breaking, Endless, Reply, Vendor, adapter, ok
from tests.providers.noise import Noise

HOME = "projects/P/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
NAME = f"{HOME}/operations/6f1c0b5e-0000-4000-8000-000000000001"


def operation(**more: Any) -> dict[str, Any]:
    return {"name": NAME, **more}


def done(**response: Any) -> dict[str, Any]:
    kind = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
    return operation(done=True, response={"@type": kind, **response})


def inline(video: bytes = MP4) -> dict[str, Any]:
    encoded = base64.b64encode(video).decode()
    return done(raiMediaFilteredCount=0, videos=[{"bytesBase64Encoded": encoded, "mimeType": "video/mp4"}])


class TestVeoVertex(Contract, Noise):
    route = "veo.vertex"
    config = RouteConfig(api_key=KEY, extra={"project": "P"})
    created = ok(operation())
    task_id = NAME
    refusals = REFUSALS
    running = (ok(operation()), ok(operation(done=False)))
    succeeded = (ok(done(raiMediaFilteredCount=0, videos=[{"gcsUri": "gs://b/p/0.mp4", "mimeType": "video/mp4"}])),)
    url = "gs://b/p/0.mp4"
    failures = (
        *((operation(done=True, error={"code": code, "message": text}), kind) for code, text, kind in RPC_FAILURES),
        (done(raiMediaFilteredCount=1, raiMediaFilteredReasons=["text"]), E.CONTENT_POLICY),
    )
    without_video = (done(), done(videos=[]), done(videos=[{"mimeType": "video/mp4"}]), operation(done=True))
    strange_state = operation(state="SIMMERING")
    gone = (Reply(status=404, body=said(404, "NOT_FOUND")),)
    alive = (
        Reply(status=404, body=said(404, "NOT_FOUND", "operation not found")),
        Reply(status=400, body=said(400, "INVALID_ARGUMENT", "no such operation")),
        ok(operation()),
    )

    async def test_a_submit_says_whether_there_is_sound(self) -> None:
        config = replace(self.config, extra={"project": "P", "storage_uri": "gs://bucket/prefix/"})
        vendor = Vendor([self.created])
        await adapter(self.route, vendor, config).submit(self.job(seed=2**32 + 500))
        assert vendor.requests[0].url.path == f"/v1/{HOME}:predictLongRunning"
        assert vendor.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert vendor.bodies[0]["parameters"] == {
            "sampleCount": 1, "durationSeconds": 8, "aspectRatio": "16:9", "resolution": "1080p",
            "generateAudio": True, "seed": 500, "storageUri": "gs://bucket/prefix/",
        }  # fmt: skip

    async def test_a_picture_goes_inline(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=replace(PIXEL, url="https://us.example/p.png")))
        assert vendor.bodies[0]["instances"][0]["image"]["bytesBase64Encoded"] == "iVBORw0KGgpub3QgcmVhbGx5"

    async def test_a_poll_asks_at_the_model_that_the_task_began_with(self) -> None:
        older = NAME.replace("veo-3.1-generate-001", "veo-3.0-generate-001")
        route, vendor = self.adapter(ok(operation()))
        await route.poll(older)
        assert vendor.requests[0].method == "POST"
        assert vendor.requests[0].url.path == f"/v1/{older.partition('/operations/')[0]}:fetchPredictOperation"
        assert vendor.bodies[0] == {"operationName": older}

    async def test_a_poll_reads_no_further_than_to_the_video(self) -> None:
        head = json.dumps(inline(b"")).partition('"bytesBase64Encoded": "')
        body = Endless(chunk=b"A" * 65536)
        whole = [(head[0] + head[1]).encode()]

        class Answer(httpx.AsyncByteStream):
            async def __aiter__(self) -> Any:
                yield whole[0]
                async for chunk in body:
                    yield chunk

        route, _ = self.adapter(httpx.Response(200, stream=Answer()))
        assert await route.poll(self.task_id) == TaskSucceeded(clip=RemoteClip(url=None))
        assert body.taken <= 65536 * 2

    async def test_an_empty_video_inside_the_answer_is_none(self) -> None:
        route, _ = self.adapter(ok(inline(b"")))
        answer = await route.poll(self.task_id)
        assert not isinstance(answer, (TaskSucceeded, TaskRunning))

    async def test_a_video_inside_the_answer_is_written_out(self, tmp_path: Path) -> None:
        route, vendor = self.adapter(ok(inline()))
        await route.download(self.task_id, RemoteClip(url=None), to=tmp_path / "v.mp4")
        assert (tmp_path / "v.mp4").read_bytes() == MP4
        assert vendor.bodies[0] == {"operationName": NAME}

    async def test_a_video_inside_the_answer_has_the_time_of_a_download(self, tmp_path: Path) -> None:
        route, _ = self.adapter(ok(inline()), ask_s=1e-6)
        await route.download(self.task_id, RemoteClip(url=None), to=tmp_path / "v.mp4")
        assert (tmp_path / "v.mp4").read_bytes() == MP4

    async def test_a_video_inside_the_answer_that_breaks_off_is_fetched_later(self, tmp_path: Path) -> None:
        text = json.dumps(inline()).encode()
        for answer in (
            httpx.Response(200, stream=Breaking(text[:2000])),
            Reply(body=text[:2000]),
            Reply(body=text.replace(b"AAAA", b"A!!A")),
            Reply(status=503, body=b""),
        ):
            route, _ = self.adapter(answer)
            with pytest.raises(TryLater):
                await route.download(self.task_id, RemoteClip(url=None), to=tmp_path / "v.mp4")

    async def test_a_video_inside_the_answer_may_be_too_large_or_gone(self, tmp_path: Path) -> None:
        route, _ = self.adapter(ok(inline(MP4 * 9)), download_bytes_max=len(MP4))
        with pytest.raises(WontWork):
            await route.download(self.task_id, RemoteClip(url=None), to=tmp_path / "v.mp4")
        route, _ = self.adapter(ok(done()))
        with pytest.raises(WontWork) as caught:
            await route.download(self.task_id, RemoteClip(url=None), to=tmp_path / "v.mp4")
        assert caught.value.error_class is ErrorClass.TASK_GONE

    async def test_a_video_in_the_operators_bucket_is_fetched_with_the_token(self, tmp_path: Path) -> None:
        route, vendor = self.adapter(Reply(body=MP4))
        await route.download(self.task_id, RemoteClip(url="gs://b/p q/0.mp4"), to=tmp_path / "v.mp4")
        request = vendor.requests[0]
        assert request.headers["host"] == "storage.googleapis.com"
        assert request.url.raw_path == b"/b/p%20q/0.mp4"
        assert request.headers["authorization"] == f"Bearer {KEY}"

    async def test_the_store_may_be_another_one(self, tmp_path: Path) -> None:
        config = replace(self.config, extra={"project": "P", "storage_url": "https://store.example/box/"})
        vendor = Vendor([Reply(body=MP4)])
        route = adapter(self.route, vendor, config)
        await route.download(self.task_id, RemoteClip(url="gs://b/0.mp4"), to=tmp_path / "v.mp4")
        assert (vendor.requests[0].headers["host"], vendor.requests[0].url.path) == ("store.example", "/box/b/0.mp4")
        assert vendor.requests[0].headers["authorization"] == f"Bearer {KEY}"

    async def test_a_check_asks_for_nobodys_operation(self) -> None:
        route, vendor = self.adapter(ok(operation()))
        await route.check()
        assert vendor.requests[0].url.path == f"/v1/{HOME}:fetchPredictOperation"
        assert vendor.bodies[0] == {"operationName": f"{HOME}/operations/00000000-0000-4000-8000-000000000000"}

    async def test_the_address_follows_the_location(self) -> None:
        for location, host in (("europe-west4", "europe-west4-aiplatform"), ("global", "aiplatform")):
            config = replace(self.config, extra={"project": "P", "location": location})
            vendor = Vendor([self.created])
            await adapter(self.route, vendor, config).submit(self.job())
            assert vendor.requests[0].url.host == f"{host}.googleapis.com"
            assert f"/locations/{location}/" in vendor.requests[0].url.path

    def test_without_a_project_the_route_is_not_configured(self) -> None:
        assert not adapter(self.route, Vendor([self.created]), RouteConfig(api_key=KEY)).facts.configured


@pytest.fixture(scope="module")
def account(private_key: rsa.RSAPrivateKey, pem: str) -> tuple[str, rsa.RSAPublicKey]:
    """A service account's JSON, and the key that proves what it signs."""
    made = {
        "type": "service_account", "client_email": "video@p.iam.gserviceaccount.com", "private_key": pem,
        "private_key_id": "kid-1", "token_uri": "https://tokens.example/token",
    }  # fmt: skip
    return json.dumps(made), private_key.public_key()


class _Google:
    """Hands out tokens, and lets in only the newest."""

    def __init__(self) -> None:
        self.assertions: list[str] = []
        self.token = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "tokens.example":
            self.assertions.append(httpx.QueryParams(request.content.decode())["assertion"])
            self.token = f"ya29.{len(self.assertions)}"
            return httpx.Response(200, json={"access_token": self.token, "expires_in": 3599, "token_type": "Bearer"})
        if request.headers["authorization"] != f"Bearer {self.token}":
            return httpx.Response(401, json=said(401, "UNAUTHENTICATED"))
        return httpx.Response(200, json=operation())


async def test_a_service_account_signs_for_a_token_once(account: tuple[str, rsa.RSAPublicKey]) -> None:
    text, public = account
    google = _Google()
    route = adapter("veo.vertex", Vendor([google]), RouteConfig(api_key=text, extra={"project": "P"}))
    assert isinstance(await route.poll(NAME), TaskRunning)
    assert isinstance(await route.poll(NAME), TaskRunning)
    assert len(google.assertions) == 1
    claims = jwt.decode(
        google.assertions[0], public, ["RS256"], audience="https://tokens.example/token",
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert claims["iss"] == "video@p.iam.gserviceaccount.com"
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(google.assertions[0])["kid"] == "kid-1"


async def test_a_token_is_renewed_before_it_ends(account: tuple[str, rsa.RSAPublicKey]) -> None:
    google, now = _Google(), [NOW]
    config = RouteConfig(api_key=account[0], extra={"project": "P"})
    route = adapter("veo.vertex", Vendor([google]), config, clock=lambda: now[0])
    await route.poll(NAME)
    now[0] += 3598 - 60
    await route.poll(NAME)
    assert len(google.assertions) == 1
    now[0] += 1  # a minute before its end
    await route.poll(NAME)
    assert len(google.assertions) == 2


async def test_a_submit_with_an_expired_token_is_sent_again_with_a_fresh_one(
    account: tuple[str, rsa.RSAPublicKey],
) -> None:
    google = _Google()
    route = adapter("veo.vertex", Vendor([google]), RouteConfig(api_key=account[0], extra={"project": "P"}))
    await route.poll(NAME)
    google.token = "revoked"
    assert await route.submit(TestVeoVertex().job()) == NAME
    assert len(google.assertions) == 2


async def test_a_poll_that_is_not_let_in_has_a_fresh_token_the_next_time(
    account: tuple[str, rsa.RSAPublicKey],
) -> None:
    google = _Google()
    extra = {"project": "P", "token_url": "https://tokens.example/elsewhere"}
    account_elsewhere = json.dumps(json.loads(account[0]) | {"token_uri": "https://nobody.example"})
    vendor = Vendor([google])
    route = adapter("veo.vertex", vendor, RouteConfig(api_key=account_elsewhere, extra=extra))
    await route.poll(NAME)
    assert vendor.requests[0].url.path == "/elsewhere"
    google.token = "revoked"
    with pytest.raises(WontWork):
        await route.poll(NAME)
    assert isinstance(await route.poll(NAME), TaskRunning)
    assert len(google.assertions) == 2


@pytest.mark.parametrize(
    "secret", ["{}", '{"client_email": 1}', "{broken", '{"client_email": "a", "private_key": "x"}']
)
async def test_a_service_account_that_is_none_is_the_operators_to_mend(secret: str) -> None:
    route = adapter("veo.vertex", Vendor([ok({})]), RouteConfig(api_key=secret, extra={"project": "P"}))
    with pytest.raises(WontWork) as caught:
        await route.submit(TestVeoVertex().job())
    assert caught.value.error_class is ErrorClass.AUTH
    assert secret not in str(caught.value)


async def test_a_service_account_may_lie_in_a_file(account: tuple[str, rsa.RSAPublicKey], tmp_path: Path) -> None:
    (tmp_path / "account.json").write_text(account[0])
    config = RouteConfig(api_key=str(tmp_path / "account.json"), extra={"project": "P"})
    google = _Google()
    assert isinstance(await adapter("veo.vertex", Vendor([google]), config).poll(NAME), TaskRunning)
    assert len(google.assertions) == 1
    with pytest.raises(ValueError, match=r"missing\.json cannot be read"):
        adapter("veo.vertex", Vendor([google]), replace(config, api_key="missing.json"))


async def test_a_token_that_cannot_be_had_starts_nothing(account: tuple[str, rsa.RSAPublicKey]) -> None:
    for answer, error_class in (
        (Reply(status=400, body={"error": "invalid_grant"}), ErrorClass.AUTH),
        (Reply(status=403, body=b""), ErrorClass.AUTH),
        (Reply(status=408, body=b""), ErrorClass.TRANSIENT_SERVER),
        (Reply(status=429, body=b""), ErrorClass.TRANSIENT_SERVER),
        (Reply(status=499, body=b""), ErrorClass.AUTH),
        (Reply(status=500, body=b""), ErrorClass.TRANSIENT_SERVER),
        (Reply(status=503, body=b""), ErrorClass.TRANSIENT_SERVER),
        (Reply(body={"expires_in": 3599}), ErrorClass.TRANSIENT_SERVER),
        (Reply(body=b"<html>"), ErrorClass.TRANSIENT_SERVER),
        (httpx.ReadTimeout("slow"), ErrorClass.TIMEOUT),
    ):
        config = RouteConfig(api_key=account[0], extra={"project": "P"})
        route = adapter("veo.vertex", Vendor([answer]), config)
        with pytest.raises((TryLater, WontWork)) as caught:
            await route.submit(TestVeoVertex().job())
        assert caught.value.error_class is error_class
