"""The Ark runtime SDK against our routes to Seedance, outside China and inside."""

from dataclasses import replace
from typing import Any

from core.providers.adapter import data_uri
from tests.official.proof import PROMPT, Errand, Proof, Withdrawal, asked
from tests.official.recorder import ABSENT, Differs
from tests.providers.test_sandbox import PICTURE

MODELS = {
    "seedance.ark": "dreamina-seedance-2-0-mini-260615",
    "seedance.volc": "doubao-seedance-2-0-mini-260615",
    "seedance.ark2": "dreamina-seedance-2-0-260128",
}


class TestSeedance(Proof):
    client, environment, host, prefix = "run_ark", "vendors", "ark", "/api/v3"
    named = ("submit", "poll")
    status = "succeeded"
    meant = (
        Differs(at="* submit.body.*", theirs=None, ours=ABSENT, why="the SDK sends an option that is not set as null"),
        Differs(at="*.header.x-client-request-id", ours=ABSENT, why="names one HTTP request in the vendor's log"),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        return [errand for route, model in MODELS.items() for errand in jobs(route, model)]


class TestWithdrawal(Withdrawal):
    client, environment, host, prefix = "run_ark", "vendors", "ark", "/api/v3"
    named = ("submit", "poll", "cancel", "list")
    status = "cancelled"
    meant = (
        *TestSeedance.meant,
        Differs(
            at="* cancel.header.content-type", theirs="application/json", ours=ABSENT,
            why="the SDK names a type for no body on a DELETE",
        ),
    )  # fmt: skip

    @classmethod
    def errands(cls) -> list[Errand]:
        said = jobs("seedance.ark", MODELS["seedance.ark"])[0]
        return [replace(said, theirs=said.theirs | {"withdraw": True})]


def jobs(route: str, model: str) -> list[Errand]:
    """From words, from a first frame, and between two."""
    words: dict[str, Any] = {"type": "text", "text": PROMPT}
    first, last = (
        {"type": "image_url", "image_url": {"url": data_uri(PICTURE)}, "role": role}
        for role in ("first_frame", "last_frame")
    )
    said = {
        "model": model, "content": [words], "resolution": "720p" if "mini" in model else "1080p",
        "ratio": "16:9", "duration": 8,
        "watermark": False, "generate_audio": True, "safety_identifier": asked(route).external_id.hex,
    }  # fmt: skip
    one, two = (said | {"ratio": "adaptive", "content": content} for content in ([words, first], [words, first, last]))
    return [
        Errand(route=route, theirs=said, ours=asked(route)),
        Errand(route=route, theirs=one, ours=asked(route, first_frame=PICTURE)),
        Errand(route=route, theirs=two, ours=asked(route, first_frame=PICTURE, last_frame=PICTURE)),
    ]
