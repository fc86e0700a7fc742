"""Veo through the Gemini API, with payloads written from Google's documents."""

from pathlib import Path
from typing import Any

import pytest

from core.domain.errors import OutcomeUnknown
from core.domain.generations.remote_clip import RemoteClip
from core.domain.requests.pricing import fit
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.providers.adapter import RouteConfig
from tests.providers.contract import Contract
from tests.providers.google import REFUSALS, RPC_FAILURES, E, said
from tests.providers.harness import KEY, MP4, PIXEL, Reply, offer, ok
from tests.providers.noise import Noise

NAME = "models/veo-3.1-generate-preview/operations/a1b2c3d4e5f6"
FILE = "https://generativelanguage.googleapis.com/v1beta/files/xyz789:download?alt=media"


def operation(**more: Any) -> dict[str, Any]:
    return {"name": NAME, **more}


def done(response: Any) -> dict[str, Any]:
    kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
    return operation(done=True, response={"@type": kind, "generateVideoResponse": response})


class TestVeoGemini(Contract, Noise):
    route = "veo.gemini"
    created = ok(operation())
    task_id = NAME
    refusals = REFUSALS
    running = (ok(operation()), ok(operation(done=False)), ok(operation(metadata={"progressPercent": 4})))
    succeeded = (ok(done({"generatedSamples": [{"video": {"uri": FILE}}]})),)
    url = FILE
    failures = (
        *((operation(done=True, error={"code": code, "message": text}), kind) for code, text, kind in RPC_FAILURES),
        (done({"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["text"]}), E.CONTENT_POLICY),
        (done({"raiMediaFilteredReasons": ["text"]}), E.CONTENT_POLICY),
    )
    without_video = (
        done({}),
        done({"generatedSamples": []}),
        done({"generatedSamples": [{"video": {}}]}),
        done({"raiMediaFilteredCount": 0, "raiMediaFilteredReasons": []}),
        operation(done=True),
        operation(done=True, response=None),
    )
    strange_state = operation(state="SIMMERING")
    gone = (Reply(status=404, body=said(404, "NOT_FOUND", "operation not found")),)
    alive = (Reply(status=404, body=said(404, "NOT_FOUND", "operation not found")), ok(operation()))

    async def test_a_submit_is_an_instance_and_its_parameters(self) -> None:
        route, vendor = self.adapter(self.created)
        made = self.job(
            negative="rain", seed=7, callback_url="https://us.example/cb", first_frame=PIXEL, last_frame=PIXEL
        )
        await route.submit(made)
        assert vendor.requests[0].url.path == "/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
        assert vendor.requests[0].headers["x-goog-api-key"] == KEY
        picture = {"bytesBase64Encoded": "iVBORw0KGgpub3QgcmVhbGx5", "mimeType": "image/png"}
        assert vendor.bodies[0] == {
            "instances": [{"prompt": "a red fox in the snow", "image": picture, "lastFrame": picture}],
            "parameters": {
                "sampleCount": 1, "durationSeconds": 8, "aspectRatio": "16:9", "resolution": "1080p",
                "negativePrompt": "rain",
            },
            "webhookConfig": {"uris": ["https://us.example/cb"]},
        }  # fmt: skip

    async def test_a_submit_says_nothing_of_what_was_not_asked_for(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        assert set(vendor.bodies[0]) == {"instances", "parameters"}
        assert set(vendor.bodies[0]["instances"][0]) == {"prompt"}
        assert set(vendor.bodies[0]["parameters"]) == {"sampleCount", "durationSeconds", "aspectRatio", "resolution"}

    async def test_references_go_in_googles_own_list(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(references=(PIXEL, PIXEL)))
        picture = {"bytesBase64Encoded": "iVBORw0KGgpub3QgcmVhbGx5", "mimeType": "image/png"}
        assert vendor.bodies[0]["instances"] == [
            {"prompt": "a red fox in the snow", "referenceImages": [{"image": picture, "referenceType": "asset"}] * 2}
        ]

    async def test_googles_files_come_from_our_own_base_address_with_the_key(self, tmp_path: Path) -> None:
        elsewhere = Reply(status=302, body=b"", headers={"location": "https://storage.example/v.mp4"})
        route, vendor = self.adapter(elsewhere, Reply(body=MP4))
        await route.download(
            self.task_id, RemoteClip(url=FILE.replace("generativelanguage", "elsewhere")), to=tmp_path / "v"
        )
        first, second = vendor.requests
        assert first.headers["host"] == "generativelanguage.googleapis.com"
        assert first.url.raw_path == b"/v1beta/files/xyz789:download?alt=media"
        assert first.headers["x-goog-api-key"] == KEY
        assert second.headers["host"] == "storage.example"
        assert "x-goog-api-key" not in second.headers

    @pytest.mark.parametrize(
        "name", ["../../secrets", "models/x/../y", "models/x?key=1", "https://x/y", "a b", "/x", "x/"]
    )
    async def test_an_operations_name_cannot_lead_elsewhere(self, name: str) -> None:
        route, _ = self.adapter(ok({"name": name}))
        with pytest.raises(OutcomeUnknown):
            await route.submit(self.job())


@pytest.mark.parametrize(
    ("model", "references"),
    [("veo-3.1-generate-preview", 3), ("veo-3.1-fast-generate-preview", 0), ("veo-3.1-lite-generate-preview", 0)],
)
@pytest.mark.parametrize("route", ["veo.gemini", "veo.vertex"])
def test_only_the_whole_veo_takes_references(route: str, model: str, references: int) -> None:
    assert offer(route, RouteConfig(model=model)).capabilities.references_max == references


@pytest.mark.parametrize(
    ("tier", "seconds", "audio", "usd_micros"),
    [(TierName.DEFAULT, 8, True, 3_200_000), (TierName.DEFAULT, 8, False, 1_600_000),
     (TierName.ULTRA, 8, True, 4_800_000), (TierName.ULTRA, 8, False, 3_200_000),
     (TierName.DEFAULT, 4, True, 1_600_000)],
)  # fmt: skip
def test_veo_is_priced_by_the_second(tier: TierName, seconds: int, audio: bool, usd_micros: int) -> None:  # noqa: FBT001 - a table's column
    made = offer("veo.vertex")
    asked = VideoRequest(prompt="x", tier=tier, duration_s=seconds, audio=audio)
    assert made.usd_micros(fit(asked, made.capabilities)) == usd_micros


def test_short_clips_are_720p_because_only_8_s_comes_in_1080p() -> None:
    fitted = fit(VideoRequest(prompt="x", duration_s=5), offer("veo.vertex").capabilities)
    assert (fitted.duration_s, fitted.lines) == (4, 720)
