"""Kling's current API by the request examples of its own documents, field for field (read 2026-09-20).

No client of this API can be had from a package index (2026-11-30): those there are speak the older one, which
`test_strangers` sets against ours.
"""

from typing import ClassVar

from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import InputImage, VideoJob
from tests.official.proof import KEY, Errand, Proof
from tests.official.recorder import Differs
from tests.official.test_strangers import PICTURE_64, TYPED
from tests.providers.harness import job, offer
from tests.providers.test_sandbox import PICTURE

WORDS = (
    "A girl sat on the train, looking out the window with a melancholic expression, her head swaying with the train."
)
CALLBACK = "http://127.0.0.1:9/callback"
"""The documents have `https://xxx/callback`; here nothing listens, and nothing may leave this machine."""
OPTIONS = {"callback_url": CALLBACK, "external_task_id": "", "watermark_info": {"enabled": False}}
TEXT = {
    "prompt": WORDS,
    "settings": {"resolution": "4k", "aspect_ratio": "16:9", "duration": 15, "audio": "off", "multi_shot": True},
    "options": OPTIONS,
}


def ours(*, seconds: int, first_frame: InputImage | None = None) -> VideoJob:
    """The same job in our words: the largest picture that Kling has, without sound."""
    request = VideoRequest(prompt=WORDS, tier=TierName.ULTRA, duration_s=seconds, audio=False, aspect=Aspect.WIDE)
    return job(offer("kling.api"), request, first_frame=first_frame, callback_url=CALLBACK)


class TestKling(Proof):
    client, environment = "run_kling", "vendors"
    host = "kling"
    key: ClassVar[str] = KEY
    named = ("submit", "poll")
    status = "succeeded"
    meant = (
        TYPED,
        Differs(at="* submit.body.settings.multi_shot", theirs=True, ours=False, why="we ask for one clip, uncut"),
        Differs(
            at="* submit.body.options.external_task_id",
            theirs="",
            why="the example leaves it empty; ours finds a task whose answer was lost",
        ),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        frame = {"type": "first_frame", "url": PICTURE_64}
        picture = {
            "contents": [{"type": "prompt", "text": WORDS}, frame],
            "settings": {"resolution": "4k", "duration": 10, "audio": "off", "multi_shot": False},
            "options": OPTIONS,
        }
        return [
            Errand(route="kling.api", theirs={"path": "/text-to-video/kling-3.0", "body": TEXT}, ours=ours(seconds=15)),
            Errand(
                route="kling.api",
                theirs={"path": "/image-to-video/kling-3.0", "body": picture},
                ours=ours(seconds=10, first_frame=PICTURE),
            ),
        ]
