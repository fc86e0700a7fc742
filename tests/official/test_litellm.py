"""LiteLLM's translations against our routes: the vendors whose documents others have read, too."""

from typing import Any, ClassVar

import pytest

from tests.official.proof import PROMPT, SEED, Errand, Proof, asked
from tests.official.recorder import ABSENT, Differs

TYPED = Differs(
    at="* *.header.content-type", theirs="application/json", ours=ABSENT, why="it names a type for no body on a GET"
)


class LiteLLM(Proof):
    client, environment = "run_litellm", "litellm"
    named: ClassVar[tuple[str, ...]] = ("submit", "poll")
    status = "completed"


def said(provider: str, model: str, prefix: str = "", **options: Any) -> dict[str, Any]:
    return {"provider": provider, "model": model, "prefix": prefix, "options": {"prompt": PROMPT, **options}}


@pytest.mark.exhaustive  # the vendor's own client is asked in any case
class TestWan(LiteLLM):
    host, prefix = "dashscope", "/api/v1"
    meant = (
        TYPED,
        Differs(
            at="* poll.header.x-dashscope-async", theirs="enable", ours=ABSENT,
            why="the vendor's own client has it on a submit alone: a poll starts nothing",
        ),
    )  # fmt: skip

    @classmethod
    def errands(cls) -> list[Errand]:
        body = {"prompt_extend": True, "watermark": False, "seed": SEED, "resolution": "720P", "ratio": "16:9"}
        theirs = said("dashscope", "dashscope/wan2.7-t2v", seconds="5", extra_body={"parameters": body})
        return [Errand(route="wan.dashscope", model="wan2.7-t2v", theirs=theirs, ours=asked("wan.dashscope"))]


@pytest.mark.exhaustive  # as above
class TestSeedance(LiteLLM):
    host, prefix = "ark", "/api/v3"
    meant = (
        TYPED,
        Differs(
            at="* submit.body.safety_identifier", theirs=ABSENT,
            why="our id, by which a lost submit is found; the vendor's own SDK has the field",
        ),
    )  # fmt: skip

    @classmethod
    def errands(cls) -> list[Errand]:
        body = {"resolution": "720p", "ratio": "16:9", "watermark": False, "generate_audio": True}
        model = "volcengine/doubao-seedance-2-0-mini-260615"
        theirs = said("volcengine", model, "/api/v3", seconds="8", extra_body=body)
        return [Errand(route="seedance.volc", theirs=theirs, ours=asked("seedance.volc"))]


class TestVeo(LiteLLM):
    host = "google"
    named = ("submit", "poll", "download")
    meant = (
        TYPED,
        Differs(at="* submit.body.parameters.sampleCount", theirs=ABSENT, ours=1, why="Google's own client says it"),
    )

    @classmethod
    def errands(cls) -> list[Errand]:
        body = {"resolution": "1080p", "sampleCount": 1}
        model = "gemini/veo-3.1-generate-preview"
        theirs = said("gemini", model, seconds="8", size="1920x1080", extra_body=body)
        return [Errand(route="veo.gemini", theirs=theirs, ours=asked("veo.gemini"))]
