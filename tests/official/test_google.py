"""Google's own client against our three routes to Google: submit, poll and download of each."""

import base64
from dataclasses import replace
from typing import Any, ClassVar

from tests.official.proof import PROMPT, SEED, Errand, Proof, Withdrawal, asked
from tests.official.recorder import ABSENT, Differs, Sent
from tests.providers.test_sandbox import PICTURE

INLINE = base64.b64encode(PICTURE.data).decode()
SPEAKER = Differs(at="*.header.x-goog-api-client", ours=ABSENT, why="names the SDK and its version, as user-agent does")
BODILESS = Differs(
    at="*.header.content-type",
    theirs="application/json",
    ours=ABSENT,
    why="the SDK names a type where there is no body",
)


def with_pictures(route: str, said: dict[str, Any]) -> list[Errand]:
    """The same job from words, from a first frame, and between two."""
    return [
        Errand(route=route, theirs=said, ours=asked(route, negative="blur")),
        Errand(
            route=route,
            theirs=said | {"image": INLINE},
            ours=asked(route, negative="blur", first_frame=PICTURE),
        ),
        Errand(
            route=route,
            theirs=said | {"image": INLINE, "last_frame": INLINE},
            ours=asked(route, negative="blur", first_frame=PICTURE, last_frame=PICTURE),
        ),
    ]


class TestVeoThroughTheGeminiApi(Proof):
    client, environment, host = "run_veo_gemini", "google2", "google"
    named = ("submit", "poll", "download")
    status = "done"
    meant = (SPEAKER, BODILESS)

    @classmethod
    def errands(cls) -> list[Errand]:
        config = {
            "number_of_videos": 1, "duration_seconds": 8, "aspect_ratio": "16:9", "resolution": "1080p",
            "negative_prompt": "blur",
        }  # fmt: skip
        return with_pictures("veo.gemini", {"model": "veo-3.1-generate-preview", "prompt": PROMPT, "config": config})


class TestVeoThroughVertex(Proof):
    client, environment, host = "run_veo_vertex", "google3", "google"
    extra: ClassVar = {"project": "P"}
    named = ("submit", "poll")
    status = "done"
    meant = (SPEAKER,)

    @classmethod
    def begins(cls, request: Sent) -> bool:
        return request.path.endswith(":predictLongRunning")  # a poll is a POST, too

    @classmethod
    def errands(cls) -> list[Errand]:
        config = {
            "number_of_videos": 1, "duration_seconds": 8, "aspect_ratio": "16:9", "resolution": "1080p",
            "negative_prompt": "blur", "generate_audio": True, "seed": SEED,
        }  # fmt: skip
        return with_pictures("veo.vertex", {"model": "veo-3.1-generate-001", "prompt": PROMPT, "config": config})


class TestOmni(Proof):
    client, environment, host = "run_omni", "google3", "google"
    named = ("submit", "poll", "download")
    status = "completed"
    meant = (
        SPEAKER,
        BODILESS,
        Differs(at="* poll.query.stream", theirs="false", ours=ABSENT, why="the API's default: no stream"),
        Differs(
            at="* download.path", theirs="/v1/files/FILE:download", ours="/v1beta/files/FILE:download",
            why="v1beta is in the address that the API answers with; the client puts its own version in its place",
        ),
    )  # fmt: skip

    @classmethod
    def errands(cls) -> list[Errand]:
        video = {"type": "video", "aspect_ratio": "16:9", "duration": "8s", "resolution": "1080p", "delivery": "uri"}
        said = {
            "model": "gemini-omni-1.2-flash", "input": PROMPT, "background": True, "store": True,
            "response_format": video,
        }  # fmt: skip
        picture = [{"type": "text", "text": PROMPT}, {"type": "image", "data": INLINE, "mime_type": "image/png"}]

        def task(name: str) -> dict[str, object]:
            return {"generation_config": {"video_config": {"task": name}}}

        return [
            Errand(route="veo.omni", theirs=said | task("text_to_video"), ours=asked("veo.omni")),
            Errand(
                route="veo.omni",
                theirs=said | task("image_to_video") | {"input": picture},
                ours=asked("veo.omni", first_frame=PICTURE),
            ),
        ]


class TestOmniWithdrawal(Withdrawal):
    client, environment, host = "run_omni", "google3", "google"
    named = ("submit", "cancel")
    status = "cancelled"
    meant = (SPEAKER, BODILESS)

    @classmethod
    def errands(cls) -> list[Errand]:
        said = TestOmni.errands()[0]
        return [replace(said, theirs=said.theirs | {"withdraw": True})]
