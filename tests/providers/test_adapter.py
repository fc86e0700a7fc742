"""What all adapters share: settings over defaults, what a route cannot make, seeds, and pictures as text."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.domain.errors import ErrorClass, WontWork
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import VEO
from core.ports import Cancelled, InputImage, RouteFacts
from core.providers.adapter import Adapter, RouteConfig, data_uri, holds, link, seed_of, unfit
from tests.providers.harness import MP4, PIXEL, SENT_AT, Reply, Vendor, job, offer, ok, wiring

DEFAULTS = RouteConfig(
    api_key="k-0", base_url="https://v.example/", model="m-0", max_in_flight=5, submits_per_min=60, allow_private=True,
    extra={"region": "eu", "bucket": "b"},
)  # fmt: skip
MAKES = Capabilities(
    modes=(Mode(lines=720, durations_s=(5, 8)), Mode(lines=1080, durations_s=(8,))),
    aspects=(Aspect.WIDE,), sound=Sound.NEVER, prompt_max=100, first_frame=True, last_frame=False, references_max=2,
)  # fmt: skip
FACTS = RouteFacts(
    key=RouteKey("veo.test"), provider=VEO, model="m-0", configured=True, can_cancel=False, can_find=False,
    has_callbacks=False, makes=MAKES,
)  # fmt: skip
FITTED = Fitted(duration_s=8, lines=720, aspect=Aspect.WIDE, audio=False)


def test_settings_that_are_given_stand_over_the_defaults() -> None:
    own = RouteConfig(
        api_key="k-1", base_url="https://w.example//", model="m-1", max_in_flight=1, submits_per_min=2,
        extra={"region": "us", "bucket": ""},
    )  # fmt: skip
    assert own.over(DEFAULTS) == RouteConfig(
        api_key="k-1", base_url="https://w.example", model="m-1", max_in_flight=1, submits_per_min=2,
        allow_private=True, extra={"region": "us", "bucket": "b"},
    )  # fmt: skip
    assert RouteConfig().over(DEFAULTS) == replace(DEFAULTS, base_url="https://v.example")
    assert RouteConfig().over(RouteConfig()) == RouteConfig(base_url="")
    assert RouteConfig(allow_private=True).over(RouteConfig()).allow_private
    assert RouteConfig(base_url="https://w.example/max/").over(DEFAULTS).base_url == "https://w.example/max"
    assert "secret" not in repr(RouteConfig(api_key="secret", extra={"token": "secret"}))


@pytest.mark.parametrize(
    ("changes", "first_frame", "last_frame", "references", "why"),
    [
        ({}, False, False, 0, None),
        ({"duration_s": 5}, False, False, 0, None),
        ({"duration_s": 6}, False, False, 0, "no 6 s at 720p"),
        ({"lines": 1080, "duration_s": 5}, False, False, 0, "no 5 s at 1080p"),
        ({"lines": 480}, False, False, 0, "no 8 s at 480p"),
        ({"aspect": Aspect.TALL}, False, False, 0, "no 9:16"),
        ({"aspect": Aspect.TALL}, True, False, 0, None),  # the picture gives the shape
        ({"audio": True}, False, False, 0, "no sound"),
        ({}, True, False, 0, None),
        ({}, True, True, 0, "no last frame"),
        ({}, False, True, 0, "no last frame"),
        ({}, False, False, 2, None),
        ({}, False, False, 3, "at most 2 references"),
    ],
)
def test_a_route_says_what_it_cannot_make(
    *, changes: dict[str, Any], first_frame: bool, last_frame: bool, references: int, why: str | None
) -> None:
    fitted = replace(FITTED, **changes)
    assert unfit(FACTS, fitted, first_frame=first_frame, last_frame=last_frame, references=references) == why
    free = replace(FACTS, makes=None)
    assert unfit(free, fitted, first_frame=first_frame, last_frame=last_frame, references=references) is None


def test_a_route_without_frames_says_which_it_lacks() -> None:
    bare = replace(FACTS, makes=replace(MAKES, first_frame=False, sound=Sound.CHOICE))
    assert unfit(bare, FITTED, first_frame=True, last_frame=False) == "no first frame"
    assert unfit(bare, FITTED, first_frame=True, last_frame=True) == "no first frame"
    both = replace(FACTS, makes=replace(MAKES, last_frame=True, sound=Sound.CHOICE))
    assert unfit(both, replace(FITTED, audio=True), first_frame=True, last_frame=True) is None
    plain = replace(FACTS, makes=replace(MAKES, references_max=0))
    assert unfit(plain, FITTED, first_frame=False, last_frame=False) is None
    assert unfit(plain, FITTED, first_frame=False, last_frame=False, references=1) == "no references"


def test_a_seed_is_the_persons_or_made_of_our_id_and_below_the_vendors_bound() -> None:
    asked = job(offer("veo.vertex"))
    assert [seed_of(replace(asked, seed=seed), below=100) for seed in (0, 7, 99, 100, 101)] == [0, 7, 99, 0, 1]
    made = seed_of(asked, below=2**31)
    assert made == seed_of(asked, below=2**31)
    assert 0 < made < 2**31
    assert seed_of(asked, below=10) == made % 10


@pytest.mark.parametrize(
    ("seen", "is_held"),
    [
        ({"a": 1, "b": "x"}, True),
        ({"a": 1, "b": "x", "c": None}, True),
        ({"a": 1}, False),
        ({"a": 1, "b": "y"}, False),
        ({}, False),
        (None, False),
        ([("a", 1), ("b", "x")], False),
    ],
)
def test_a_record_holds_what_we_asked_for_and_may_hold_more(*, seen: object, is_held: bool) -> None:
    assert holds(seen, {"a": 1, "b": "x"}) is is_held


def test_a_picture_is_its_address_or_itself() -> None:
    picture = InputImage(data=b"abc", mime_type="image/png")
    assert data_uri(picture) == link(picture) == "data:image/png;base64,YWJj"
    assert link(replace(PIXEL, url="https://us.example/p.png")) == "https://us.example/p.png"


async def test_what_a_vendor_lacks_is_said_and_costs_no_request(tmp_path: Path) -> None:
    vendor = Vendor([ok({})])
    route = Adapter(FACTS, RouteConfig(), wiring(vendor))
    assert (route.model, route.key, route.bearer) == ("m-0", "", {"authorization": "Bearer "})
    assert Adapter(FACTS, RouteConfig(api_key="k-1"), wiring(vendor)).bearer == {"authorization": "Bearer k-1"}
    assert await route.find(job(offer("veo.vertex")), sent_at=SENT_AT) is None
    assert await route.cancel("t1") is Cancelled.UNSUPPORTED
    with pytest.raises(WontWork, match="the vendor gave no link") as found:
        await route.download("t1", RemoteClip(url=None), to=tmp_path / "v.mp4")
    assert found.value.error_class is ErrorClass.TASK_GONE
    assert vendor.requests == []
    assert route.http.base_url == ""


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_file_at_a_private_address_is_fetched_where_that_is_allowed(*, allowed: bool, tmp_path: Path) -> None:
    async def private(host: str, port: int) -> tuple[str, ...]:
        return ("10.0.0.7",)

    route = Adapter(FACTS, RouteConfig(allow_private=allowed), wiring(Vendor([Reply(body=MP4)]), resolve=private))
    with nullcontext() if allowed else pytest.raises(WontWork):
        await route.download("t1", RemoteClip(url="https://cdn.example/v.mp4"), to=tmp_path / "v.mp4")
    assert (tmp_path / "v.mp4").read_bytes() == (MP4 if allowed else b"")
    await route.aclose()
    assert route.http._clients == []


def test_the_end_of_a_model_is_the_routes_own_word_or_the_vendors_list() -> None:
    told = datetime(2027, 1, 1, tzinfo=UTC)
    assert Adapter(replace(FACTS, announced_end=told), RouteConfig(), wiring()).facts.announced_end == told
    assert Adapter(FACTS, RouteConfig(), wiring()).facts.announced_end is None
    listed = Adapter(replace(FACTS, model="veo-3.1-generate-001"), RouteConfig(), wiring()).facts
    assert listed.announced_end is not None
