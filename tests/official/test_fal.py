"""fal-client against our routes through fal: one codec, five models, from words and from a picture."""

from dataclasses import replace
from typing import Any

from core.providers.adapter import data_uri
from tests.official.proof import PROMPT, SEED, Errand, Proof, Withdrawal, asked
from tests.official.recorder import ABSENT, Differs
from tests.providers.test_sandbox import PICTURE

LINK = data_uri(PICTURE)
VEO = {"duration": "8s", "resolution": "1080p", "generate_audio": True, "seed": SEED, "aspect_ratio": "16:9"}
KLING = {"duration": "8", "generate_audio": True}
SEEDANCE = {"duration": "8", "resolution": "1080p", "generate_audio": True, "seed": SEED}
HAILUO = {"prompt_optimizer": True}
WAN = {"resolution": "480p", "seed": SEED}

FROM_WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "veo.fal": ("fal-ai/veo3.1", VEO),
    "kling.fal": ("fal-ai/kling-video/v3/pro/text-to-video", KLING | {"aspect_ratio": "16:9"}),
    "seedance.fal": ("fal-ai/bytedance/seedance/v1.5/pro/text-to-video", SEEDANCE | {"aspect_ratio": "16:9"}),
    "hailuo.fal": ("fal-ai/minimax/hailuo-2.3/pro/text-to-video", HAILUO),
    "wan.fal": (
        "fal-ai/wan/v2.2-a14b/text-to-video",
        WAN | {"aspect_ratio": "16:9", "num_frames": 81, "frames_per_second": 16},
    ),
}
FROM_A_PICTURE: dict[str, tuple[str, dict[str, Any]]] = {
    "veo.fal": ("fal-ai/veo3.1/image-to-video", VEO | {"image_url": LINK}),
    "kling.fal": ("fal-ai/kling-video/v3/pro/image-to-video", KLING | {"start_image_url": LINK}),
    "seedance.fal": (
        "fal-ai/bytedance/seedance/v1.5/pro/image-to-video",
        SEEDANCE | {"aspect_ratio": "auto", "image_url": LINK},
    ),
    "hailuo.fal": ("fal-ai/minimax/hailuo-2.3/pro/image-to-video", HAILUO | {"image_url": LINK}),
    "wan.fal": ("fal-ai/wan/v2.2-a14b/image-to-video/turbo", WAN | {"aspect_ratio": "auto", "image_url": LINK}),
}


class TestFal(Proof):
    client, environment, host = "run_fal", "vendors", "fal"
    named = ("submit", "poll", "result")
    status = "Completed"
    meant = (Differs(at="* poll.query.logs", theirs="false", ours=ABSENT, why="no logs are what fal gives by default"),)

    @classmethod
    def errands(cls) -> list[Errand]:
        return [
            Errand(
                route=route,
                theirs={"application": endpoint, "arguments": {"prompt": PROMPT} | arguments},
                ours=asked(route, first_frame=picture),
            )
            for table, picture in ((FROM_WORDS, None), (FROM_A_PICTURE, PICTURE))
            for route, (endpoint, arguments) in table.items()
        ]


class TestWithdrawal(Withdrawal):
    client, environment, host = "run_fal", "vendors", "fal"
    named = ("submit", "poll", "cancel")
    status = "Queued"
    meant = TestFal.meant

    @classmethod
    def errands(cls) -> list[Errand]:
        said = TestFal.errands()[0]
        return [replace(said, theirs=said.theirs | {"withdraw": True})]
