"""Clients that no vendor made and nobody here: the AI SDK, fal's in JavaScript, and a wrapper of Kling's older API.

Each has its own reading of the vendors' documents; where it differs from ours, the difference is listed with a reason.
"""

import base64
from typing import Any, ClassVar

from core.providers.adapter import data_uri
from tests.official.proof import PROMPT, SEED, Done, Errand, Proof, asked
from tests.official.recorder import ABSENT, Differs, Sent
from tests.providers.test_sandbox import PICTURE

PICTURE_64 = base64.b64encode(PICTURE.data).decode()
AS_FILE = {"type": "file", "mediaType": PICTURE.mime_type, "data": PICTURE_64}
LINK = data_uri(PICTURE)
SEES_ITSELF = Differs(at="*.header.accept-language", theirs="*", ours=ABSENT, why="Node's fetch says that any will do")
MODE = Differs(at="*.header.sec-fetch-mode", theirs="cors", ours=ABSENT, why="Node's fetch says what it is")
TYPED = Differs(
    at="* *.header.content-type",
    theirs="application/json",
    ours=ABSENT,
    why="the client names a type for no body on a GET",
)


class Stranger(Proof):
    client, environment = "run_node", "node"
    named: ClassVar[tuple[str, ...]] = ("submit", "poll")
    status = "completed"


def sdk(client: str, model: str, **options: Any) -> dict[str, Any]:
    return {"client": client, "model": model, "options": {"prompt": PROMPT, **options}}


class TestMiniMax(Stranger):
    host = "minimax"
    meant = (SEES_ITSELF, MODE)

    @classmethod
    def errands(cls) -> list[Errand]:
        wanted = {"duration": 6, "resolution": "2K", "aspectRatio": "16:9"}
        return [
            Errand(route="hailuo.api2", theirs=sdk("minimax", "MiniMax-H3", **wanted), ours=asked("hailuo.api")),
            Errand(
                route="hailuo.api2",
                theirs=sdk("minimax", "MiniMax-H3", image=AS_FILE, **wanted),
                ours=asked("hailuo.api", first_frame=PICTURE),
            ),
        ]


class TestMiniMaxBefore(Stranger):
    """MiniMax's own tools for assistants, with the older API; the newer one is above."""

    host = "minimax"
    named = ("submit", "poll", "file")
    status = "Success"
    meant = (
        TYPED,
        Differs(at="* *.header.mm-api-source", theirs="Minimax-MCP-JS", ours=ABSENT, why="it says who it is"),
        Differs(at="* submit.body.prompt_optimizer", theirs=ABSENT, ours=True, why="newer than it; on by default"),
        Differs(at="* file.query.file_id", why="each side has a file of its own"),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        model = "MiniMax-Hailuo-02"
        said = {"model": model, "prompt": PROMPT, "duration": 6, "resolution": "1080P"}
        framed = said | {"firstFrameImage": LINK}
        return [
            Errand(
                route="hailuo.api",
                model=model,
                theirs={"client": "hailuo", "options": each},
                ours=job,
            )
            for each, job in ((said, asked("hailuo.api")), (framed, asked("hailuo.api", first_frame=PICTURE)))
        ]


class TestWan(Stranger):
    host, prefix = "dashscope", "/api/v1"
    meant = (SEES_ITSELF, MODE)

    @classmethod
    def errands(cls) -> list[Errand]:
        told = {"promptExtend": True, "watermark": False}
        found = []
        for model, resolution in (("wan2.2-t2v-plus", "832x480"), ("wan2.7-t2v", "1280x720"), ("wan3.0-video", "480P")):
            said = {"duration": 5, "resolution": resolution, "seed": SEED, "providerOptions": {"alibaba": told}}
            if model != "wan2.2-t2v-plus":
                said["aspectRatio"] = "16:9"
            if model == "wan3.0-video":
                said["generateAudio"] = False
            found.append(
                Errand(
                    route="wan.dashscope",
                    model=model,
                    theirs=sdk("alibaba", model, **said),
                    ours=asked("wan.dashscope"),
                )
            )
        return found


class TestSeedance(Stranger):
    host, prefix = "ark", "/api/v3"
    meant = (
        SEES_ITSELF,
        MODE,
        TYPED,
        Differs(
            at="seedance.ark submit.body.safety_identifier", theirs=ABSENT,
            why="our id, by which a lost submit is found; the vendor's own SDK has the field",
        ),
    )  # fmt: skip

    @classmethod
    def errands(cls) -> list[Errand]:
        model = "dreamina-seedance-2-0-mini-260615"
        told = {"generateAudio": True, "watermark": False, "pollIntervalMs": 20}
        said = {"duration": 8, "resolution": "1280x720", "aspectRatio": "16:9"}
        said |= {"providerOptions": {"bytedance": told}}
        return [Errand(route="seedance.ark", theirs=sdk("bytedance", model, **said), ours=asked("seedance.ark"))]


class TestVeo(Stranger):
    host = "google"
    named = ("submit", "poll", "download")
    meant = (
        SEES_ITSELF,
        MODE,
        Differs(at="* download.query.key", ours=ABSENT, why="it hands out an address with the key in it; we never do"),
        Differs(at="* download.header.x-goog-api-key", theirs=ABSENT, why="our key stays in a header"),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        said = {"duration": 8, "resolution": "1920x1080", "aspectRatio": "16:9"}
        model = "veo-3.1-generate-preview"
        return [
            Errand(route="veo.gemini", theirs=sdk("google", model, **said), ours=asked("veo.gemini")),
            Errand(
                route="veo.gemini",
                theirs=sdk("google", model, image=AS_FILE, **said),
                ours=asked("veo.gemini", first_frame=PICTURE),
            ),
        ]


class TestVeoThroughVertex(Stranger):
    host = "google"
    extra: ClassVar[dict[str, str]] = {"project": "P"}
    meant = (SEES_ITSELF, MODE)

    @classmethod
    def begins(cls, request: Sent) -> bool:
        return request.path.endswith(":predictLongRunning")  # a poll is a POST, too

    @classmethod
    def errands(cls) -> list[Errand]:
        said = {"duration": 8, "resolution": "1920x1080", "aspectRatio": "16:9", "seed": SEED}
        said |= {"providerOptions": {"vertex": {"generateAudio": True}}}
        model = "veo-3.1-generate-001"
        return [Errand(route="veo.vertex", theirs=sdk("vertex", model, **said), ours=asked("veo.vertex"))]


class TestReplicate(Stranger):
    host, prefix = "replicate", "/v1"
    named = ("submit", "poll", "download")
    meant = (SEES_ITSELF, MODE)

    @classmethod
    def errands(cls) -> list[Errand]:
        said = {"duration": 8, "aspectRatio": "16:9", "seed": SEED}
        told = {"replicate": {"generate_audio": True, "resolution": "1080p", "pollIntervalMs": 20}}
        theirs = sdk("replicate", "google/veo-3.1", **said, providerOptions=told)
        return [Errand(route="veo.replicate", theirs=theirs, ours=asked("veo.replicate"))]


class TestFal(Stranger):
    """It asks for the result until there is one, and never how the request stands: only the submits are compared."""

    host = "fal"
    named = ("submit",)
    meant = (SEES_ITSELF, MODE)

    def steps(self, done: Done) -> list[dict[str, Any]]:
        return super().steps(done)[:1]

    @classmethod
    def errands(cls) -> list[Errand]:
        said = {"duration": 8, "aspectRatio": "16:9", "seed": SEED}
        told = {"fal": {"generate_audio": True, "resolution": "1080p"}}
        theirs = sdk("fal", "fal-ai/veo3.1", **said, providerOptions=told)
        return [Errand(route="veo.fal", theirs=theirs, ours=asked("veo.fal"))]


class TestFalsOwn(Stranger):
    host = "fal"
    named = ("submit", "poll", "result")
    meant = (
        SEES_ITSELF,
        MODE,
        TYPED,
        Differs(at="* poll.query.logs", theirs="0", ours=ABSENT, why="no logs are what fal gives by default"),
        Differs(
            at="* submit.header.x-fal-queue-priority",
            theirs="normal",
            ours=ABSENT,
            why="the priority that fal gives unasked",
        ),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        words = {"prompt": PROMPT, "aspect_ratio": "16:9", "duration": "8s", "resolution": "1080p"}
        veo = {"client": "falclient", "model": "fal-ai/veo3.1", "input": words | {"generate_audio": True, "seed": SEED}}
        newest = {"prompt": PROMPT, "aspect_ratio": "16:9", "duration": "8", "generate_audio": True}
        kling = {"client": "falclient", "model": "kling/v4/pro/text-to-video", "input": newest}
        return [
            Errand(route="veo.fal", theirs=veo, ours=asked("veo.fal")),
            Errand(route="kling.fal", model="kling/v4", theirs=kling, ours=asked("kling.fal")),
        ]


class TestKling(Stranger):
    host = "kling"
    key = "sk-as-long-as-a-secret-has-to-be-0123456789"
    extra: ClassVar[dict[str, str]] = {"access_key": key.replace("sk-", "ak-", 1)}
    status = "succeed"
    meant = (
        TYPED,
        Differs(at="* *.header.authorization", why="each side signs a token of its own, which holds the time"),
        Differs(at="* submit.body.multi_shot", theirs=ABSENT, ours=False, why="newer than the client; on by default"),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        job = asked("kling.legacy", seconds=5)
        params = {
            "model_name": "kling-v2-6", "prompt": PROMPT, "mode": "pro", "duration": "5", "sound": "on",
            "aspect_ratio": "16:9", "external_task_id": str(job.external_id),
        }  # fmt: skip
        theirs = {"client": "kling", "kind": "text", "params": params}
        return [Errand(route="kling.legacy", model="kling-v2-6", theirs=theirs, ours=job)]
