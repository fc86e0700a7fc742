"""dashscope against our route to Wan: the interface that the documents show, and the package's new client."""

from dataclasses import replace
from typing import Any, ClassVar

from core.providers.adapter import data_uri
from tests.official.proof import PROMPT, SEED, Errand, Proof, Withdrawal, asked
from tests.official.recorder import ABSENT, Differs
from tests.providers.test_sandbox import PICTURE

ROUTE = "wan.dashscope"
SAME = {"prompt": PROMPT, "duration": 5, "prompt_extend": True, "watermark": False, "seed": SEED}
SPEAKER = Differs(at="*.header.x-dashscope-sdk-*", ours=ABSENT, why="names the SDK and counts its sessions")


class _Wan(Proof):
    """`negative` and `picture` are what the interface calls these two."""

    environment, host, prefix = "vendors", "dashscope", "/api/v1"
    named = ("submit", "poll")
    status = "SUCCEEDED"
    negative: ClassVar[dict[str, Any]]
    picture: ClassVar[str]

    @classmethod
    def errands(cls) -> list[Errand]:
        said = SAME | cls.negative
        text = said | {"model": "wan2.2-t2v-plus", "size": "832*480"}
        picture = said | {"model": "wan2.2-i2v-plus", "resolution": "480P", cls.picture: data_uri(PICTURE)}
        return [
            Errand(route=ROUTE, theirs=text, ours=asked(ROUTE, negative="blur")),
            Errand(route=ROUTE, theirs=picture, ours=asked(ROUTE, negative="blur", first_frame=PICTURE)),
        ]


class TestWanByTheFirstInterface(_Wan):
    client = "run_dashscope_v1"
    negative: ClassVar = {"negative_prompt": "blur"}
    picture = "img_url"
    meant = (
        SPEAKER,
        Differs(
            at="* submit.body.input.extend_prompt", theirs=True, ours=ABSENT,
            why="the SDK calls it deprecated and sends it still; `prompt_extend` among the parameters says the same",
        ),
        Differs(
            at="* submit.body.input.function", theirs="video-synthesis", ours=ABSENT,
            why="repeats the last part of the path; neither the documents nor the new client have it",
        ),
        Differs(
            at="* submit.header.content-type", theirs="application/json; charset=utf-8", ours="application/json",
            why="JSON is UTF-8 with or without a charset",
        ),
    )  # fmt: skip


class TestWanByTheNewClient(_Wan):
    client = "run_dashscope_v2"
    negative: ClassVar = {"extra_input": {"negative_prompt": "blur"}}
    picture = "image_url"
    meant = (SPEAKER,)


class TestWithdrawalByTheFirstInterface(Withdrawal):
    client, environment, host, prefix = "run_dashscope_v1", "vendors", "dashscope", "/api/v1"
    status = "200"
    meant = TestWanByTheFirstInterface.meant

    @classmethod
    def errands(cls) -> list[Errand]:
        said = TestWanByTheFirstInterface.errands()[0]
        return [replace(said, theirs=said.theirs | {"withdraw": True})]


class TestWithdrawalByTheNewClient(Withdrawal):
    client, environment, host, prefix = "run_dashscope_v2", "vendors", "dashscope", "/api/v1"
    status = "cancelled"
    meant = TestWanByTheNewClient.meant

    @classmethod
    def errands(cls) -> list[Errand]:
        said = TestWanByTheNewClient.errands()[0]
        return [replace(said, theirs=said.theirs | {"withdraw": True})]
