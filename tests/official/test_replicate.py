"""replicate-python against our routes through Replicate: one codec, five models, from words and from a picture."""

from dataclasses import replace
from typing import Any

from core.providers.adapter import data_uri
from tests.official.proof import PROMPT, SEED, Errand, Proof, Withdrawal, asked
from tests.official.recorder import ABSENT, Differs
from tests.providers.test_sandbox import PICTURE

LINK = data_uri(PICTURE)
WIDE = {"aspect_ratio": "16:9", "duration": 8, "resolution": "1080p", "generate_audio": True, "seed": SEED}
KLING = {"duration": 8, "mode": "pro", "generate_audio": True}
HAILUO = {"duration": 6, "resolution": "1080p", "prompt_optimizer": True}
WAN = {"resolution": "480p", "num_frames": 81}

FROM_WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "veo.replicate": ("google/veo-3.1", WIDE),
    "kling.replicate": ("kwaivgi/kling-v3-video", KLING | {"aspect_ratio": "16:9"}),
    "seedance.replicate": ("bytedance/seedance-1.5-pro", WIDE),
    "hailuo.replicate": ("minimax/hailuo-2.3", HAILUO),
    "wan.replicate": ("wan-video/wan-2.2-t2v-fast", WAN),
}
FROM_A_PICTURE: dict[str, tuple[str, dict[str, Any]]] = {
    "veo.replicate": ("google/veo-3.1", WIDE | {"image": LINK}),
    "kling.replicate": ("kwaivgi/kling-v3-video", KLING | {"start_image": LINK}),
    "seedance.replicate": ("bytedance/seedance-1.5-pro", WIDE | {"image": LINK}),
    "hailuo.replicate": ("minimax/hailuo-2.3", HAILUO | {"first_frame_image": LINK}),
    "wan.replicate": ("wan-video/wan-2.2-i2v-fast", WAN | {"image": LINK}),
}


class TestReplicate(Proof):
    client, environment, host, prefix = "run_replicate", "vendors", "replicate", "/v1"
    named = ("submit", "poll", "download")
    status = "succeeded"
    meant = (
        Differs(
            at="* download.header.authorization", ours=ABSENT,
            why="the client sends its token to wherever the output lies; ours goes to the API alone",
        ),
    )  # fmt: skip

    @classmethod
    def errands(cls) -> list[Errand]:
        return [
            Errand(
                route=route,
                theirs={"model": model, "input": {"prompt": PROMPT} | given},
                ours=asked(route, first_frame=picture),
            )
            for table, picture in ((FROM_WORDS, None), (FROM_A_PICTURE, PICTURE))
            for route, (model, given) in table.items()
        ]


class TestWithdrawal(Withdrawal):
    client, environment, host, prefix = "run_replicate", "vendors", "replicate", "/v1"
    status = "canceled"
    meant = ()

    @classmethod
    def errands(cls) -> list[Errand]:
        said = TestReplicate.errands()[0]
        return [replace(said, theirs=said.theirs | {"withdraw": True})]
