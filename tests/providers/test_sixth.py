"""A sixth provider takes one file (`aurora`), one registry line (`AURORA_LINE`) and one test file (`TestAurora`)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.domain.errors import ErrorClass
from core.domain.ids import RouteKey
from core.domain.requests.pricing import fit, quote
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from core.ports import RemoteClip, TaskSucceeded
from core.providers.adapter import RouteConfig
from core.providers.registry import ENTRIES, Entry, build, settings
from tests.providers import aurora
from tests.providers.contract import Contract
from tests.providers.harness import KEY, KNOWN, MP4, PIXEL, Reply, Vendor, job, ok, wiring
from tests.providers.noise import Noise

E = ErrorClass
HERE = Path(__file__).parent

AURORA_LINE = Entry(key=RouteKey("aurora.api"), provider=aurora.AURORA, build=aurora.Aurora, defaults=aurora.DEFAULTS,
                    offer=aurora.offer)  # fmt: skip
KNOWN.append(AURORA_LINE)


def said(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "text"}}


def task(state: str, **more: Any) -> dict[str, Any]:
    return {"id": "a-1", "state": state, **more}


class TestAurora(Contract, Noise):
    """What its test file would hold: the vendor's answers, and nothing of how they are spoken about."""

    route = "aurora.api"
    created = ok(task("waiting"))
    task_id = "a-1"
    refusals = (
        (400, said("bad_seconds"), E.INVALID_REQUEST),
        (400, said("unsafe"), E.CONTENT_POLICY),
        (401, said("who"), E.AUTH),
        (402, said("no_credit"), E.QUOTA_EXHAUSTED),
        (404, said("no_model"), E.MODEL_GONE),
        (404, b"", E.TRANSIENT_SERVER),
        (429, said("full"), E.CAPACITY),
        (429, b"", E.RATE_LIMITED),
        (500, b"", E.OUTCOME_UNKNOWN),
    )
    running = (ok(task("waiting")), ok(task("working")))
    succeeded = (ok(task("ready", video="https://cdn.aurora.example/v.mp4")),)
    url = "https://cdn.aurora.example/v.mp4"
    failures = (
        (task("failed", **said("unsafe")), E.CONTENT_POLICY),
        (task("failed"), E.TRANSIENT_SERVER),
    )
    without_video = (task("ready"), task("ready", video=""))
    strange_state = task("dreaming")
    gone = (Reply(status=404, body=said("no_task")),)
    alive = (ok([]),)

    async def test_a_submit_asks_for_what_was_fitted(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(first_frame=replace(PIXEL, url="https://us.example/p.png")))
        assert vendor.bodies == [
            {
                "model": "aurora-1",
                "prompt": "a red fox in the snow",
                "seconds": 8,
                "picture": "https://us.example/p.png",
            }
        ]


async def test_with_its_line_it_is_priced_planned_and_reached_like_the_others(tmp_path: Path) -> None:
    vendor = Vendor([TestAurora.created, *TestAurora.succeeded, Reply(body=MP4)])
    config = {AURORA_LINE.key: RouteConfig(api_key=KEY)}
    registry = build(config, wiring=wiring(vendor), entries=(*ENTRIES, AURORA_LINE))
    tier = replace(TIERS[TierName.DEFAULT], chain=(*TIERS[TierName.DEFAULT].chain, aurora.AURORA))
    asked = VideoRequest(prompt="x")
    quoted = quote(asked, registry.offers, providers=tier.chain, credits_per_usd=150)
    assert quoted.by_provider[aurora.AURORA] == 60
    assert fit(asked, registry.offers[aurora.AURORA].capabilities).lines == 720
    (key,) = registry.order(aurora.AURORA)
    route = registry.routes[key]
    task_id = await route.submit(job(registry.offers[aurora.AURORA], asked))
    answer = await route.poll(task_id)
    assert isinstance(answer, TaskSucceeded)
    await route.download(task_id, RemoteClip(url=answer.clip.url), to=tmp_path / "v.mp4")
    assert (tmp_path / "v.mp4").read_bytes() == MP4
    await registry.aclose()


def test_its_settings_are_read_as_those_of_the_others_are() -> None:
    given = {AURORA_LINE.key: RouteConfig(api_key=KEY, model="aurora-2", base_url="https://eu.aurora.example/")}
    settled = settings(AURORA_LINE, given)
    assert (settled.model, settled.base_url) == ("aurora-2", "https://eu.aurora.example")


def test_its_file_is_no_longer_than_an_adapter_may_be() -> None:
    assert len((HERE / "aurora.py").read_text().splitlines()) <= 250
