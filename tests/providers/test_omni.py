"""Gemini Omni through the Interactions API, with payloads written from Google's documents."""

from pathlib import Path
from typing import Any

from core.domain.errors import ErrorClass
from core.domain.generations.remote_clip import RemoteClip
from core.ports import Cancelled, TaskFailed, TaskSucceeded
from tests.providers.case import failure
from tests.providers.contract import Contract
from tests.providers.google import REFUSALS, said
from tests.providers.harness import KEY, MP4, PIXEL, Reply, ok
from tests.providers.noise import Noise

E = ErrorClass
FILE = "https://generativelanguage.googleapis.com/v1beta/files/omni123:download?alt=media"


def interaction(status: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"id": "int-1", "object": "interaction", "model": "gemini-omni-1.2-flash", "status": status}
    if parts:
        made["steps"] = [{"type": "model_output", "content": list(parts)}]
    return made | more


VIDEO = {"type": "video", "mime_type": "video/mp4", "uri": FILE}
USAGE = {"output_tokens_by_modality": [{"modality": "video", "tokens": 46336}, {"modality": "text", "tokens": 9}]}


class TestOmni(Contract, Noise):
    route = "veo.omni"
    home, cancel = "/v1/interactions", "/cancel"
    created = ok(interaction("queued"))
    task_id = "int-1"
    refusals = (
        *REFUSALS,
        (400, [said(400, "INVALID_ARGUMENT", "Blocked: PROHIBITED_CONTENT")], E.CONTENT_POLICY),
        (400, said(400, "INVALID_ARGUMENT", "finish reason SPII"), E.CONTENT_POLICY),
        (400, said(400, "INVALID_ARGUMENT", "BLOCKLIST"), E.CONTENT_POLICY),
    )
    running = (ok(interaction("queued")), ok(interaction("in_progress")))
    succeeded = (ok(interaction("completed", VIDEO, usage=USAGE)),)
    url = FILE
    failures = (
        (interaction("completed", {"type": "text", "text": "I cannot make that."}), E.CONTENT_POLICY),
        (interaction("failed", errors=[{"code": "SAFETY", "message": "blocked"}]), E.CONTENT_POLICY),
        (interaction("failed", errors=[{"code": 503, "message": "overloaded"}]), E.CAPACITY),
        (interaction("failed", errors=[{"code": "INTERNAL", "message": "text"}]), E.TRANSIENT_SERVER),
        (interaction("failed", errors=[{"code": "resource_exhausted", "message": "text"}]), E.RATE_LIMITED),
        (interaction("failed"), E.TRANSIENT_SERVER),
        (interaction("incomplete"), E.TRANSIENT_SERVER),
        (interaction("requires_action"), E.TRANSIENT_SERVER),
        (interaction("requires_continuation"), E.TRANSIENT_SERVER),
        (interaction("budget_exceeded"), E.QUOTA_EXHAUSTED),
        (interaction("cancelled"), E.CANCELLED),
    )
    without_video = (interaction("completed"), interaction("completed", {"type": "video"}))
    strange_state = interaction("simmering")
    gone = (
        Reply(status=404, body=said(404, "NOT_FOUND")),
        Reply(status=400, body=said(400, "INVALID_ARGUMENT", "Invalid interaction name: int-1")),
    )
    alive = (Reply(status=400, body=said(400, "INVALID_ARGUMENT", "Invalid interaction name")), ok(interaction("x")))
    cancels = (
        ([ok(interaction("cancelled"))], Cancelled.YES),
        ([ok(interaction("completed", VIDEO))], Cancelled.TOO_LATE),
        ([Reply(status=400, body=said(400, "FAILED_PRECONDITION", "already finished"))], Cancelled.TOO_LATE),
    )

    async def test_a_submit_runs_in_the_background_and_asks_for_an_address(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(seed=7, callback_url="https://us.example/cb"))
        assert vendor.requests[0].url.path == "/v1/interactions"
        assert vendor.bodies[0] == {
            "model": "gemini-omni-1.2-flash", "input": "a red fox in the snow", "background": True, "store": True,
            "response_format": {
                "type": "video", "aspect_ratio": "16:9", "duration": "8s", "resolution": "1080p", "delivery": "uri",
            },
            "generation_config": {"video_config": {"task": "text_to_video"}},
            "webhook_config": {"uris": ["https://us.example/cb"]},
        }  # fmt: skip

    async def test_a_picture_makes_it_another_task(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL))
        content = vendor.bodies[0]["input"][0]["content"]
        assert [part["type"] for part in content] == ["text", "image"]
        assert vendor.bodies[0]["generation_config"]["video_config"]["task"] == "image_to_video"

    async def test_a_last_frame_comes_second(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=PIXEL, last_frame=PIXEL))
        content = vendor.bodies[0]["input"][0]["content"]
        assert [part["type"] for part in content] == ["text", "image", "image"]

    async def test_an_interaction_that_google_does_not_know_keeps_googles_word_for_it(self) -> None:
        route, _ = self.adapter(Reply(status=400, body=said(400, "INVALID_ARGUMENT", "no such interaction")))
        error = await failure(route.poll(self.task_id))
        assert error is not None
        assert (error.error_class, error.vendor_code) == (E.TASK_GONE, "INVALID_ARGUMENT")

    async def test_a_poll_that_google_stumbles_over_ends_nothing(self) -> None:
        words = "Multiple authentication credentials received. Please pass only one."
        route, _ = self.adapter(Reply(status=400, body=said(400, "INVALID_ARGUMENT", words)))
        error = await failure(route.poll(self.task_id))
        assert error is not None
        assert error.error_class is not E.TASK_GONE

    async def test_why_there_is_no_video_is_told_in_googles_words_where_it_has_any(self) -> None:
        for body, detail, code in (
            (interaction("completed"), "completed without a video", "no_video"),
            (interaction("completed", error={"message": "out of frames"}), "out of frames", "no_video"),
            (interaction("completed", {"type": "text", "text": "No."}), "No.", ""),
            (interaction("completed", {"type": "thought", "text": "hm"}), "completed without a video", "no_video"),
            (interaction("completed", {"type": "text", "text": ""}), "completed without a video", "no_video"),
            (interaction("budget_exceeded"), "budget exceeded", ""),
            (interaction("budget_exceeded", error={"message": "too dear"}), "too dear", ""),
            (interaction("failed"), "failed", ""),
            (interaction("failed", errors=[{"code": "INTERNAL"}]), "failed", "INTERNAL"),
            (interaction("failed", errors=[{}, {"code": "INTERNAL", "message": "x"}]), "x", "INTERNAL"),
        ):
            answer = await self.adapter(ok(body))[0].poll(self.task_id)
            assert isinstance(answer, TaskFailed), body
            assert (answer.error.detail, answer.error.vendor_code) == (detail, code), body

    async def test_a_poll_and_a_cancel_have_their_addresses(self) -> None:
        route, vendor = self.adapter(ok(interaction("cancelled")))
        await route.poll("a/b")
        await route.cancel("a/b")
        asked = [(request.method, request.url.raw_path.decode()) for request in vendor.requests]
        assert asked == [("GET", f"{self.home}/a%2Fb"), ("POST", f"{self.home}/a%2Fb{self.cancel}")]

    async def test_tokens_that_are_not_told_cost_nothing(self) -> None:
        usage = {"output_tokens_by_modality": [{"modality": "video"}]}
        answer = await self.adapter(ok(interaction("completed", VIDEO, usage=usage)))[0].poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.usd_micros is None

    async def test_what_google_counted_is_reported(self) -> None:
        route, _ = self.adapter(*self.succeeded)
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.usd_micros == 556_032
        old = interaction("completed", VIDEO, usage=USAGE, model="gemini-omni-1.1-flash")
        route, _ = self.adapter(ok(old))
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.usd_micros == 810_880

    async def test_the_file_comes_from_our_own_base_address_with_the_key(self, tmp_path: Path) -> None:
        route, vendor = self.adapter(Reply(body=MP4))
        await route.download(self.task_id, RemoteClip(url=FILE), to=tmp_path / "v.mp4")
        assert vendor.requests[0].headers["x-goog-api-key"] == KEY
        assert vendor.requests[0].headers["host"] == "generativelanguage.googleapis.com"
