"""Every route against the sandbox's stand-ins, which know nothing of our adapters, over real sockets."""

import asyncio
import contextlib
import io
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from core.domain.errors import ErrorClass, OutcomeUnknown
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import WAN, TierName
from core.http.client import HttpSettings
from core.ports import Cancelled, InputImage, Poll, TaskFailed, TaskRunning, TaskSucceeded, VideoJob, VideoRoute
from core.providers.adapter import RouteConfig
from core.providers.registry import ENTRIES, Entry, settings
from sandbox.vendors import Settings, Vendors, vendor_mounts
from sandbox.world import FaultKind, World
from tests.providers.case import failure
from tests.providers.harness import job
from tests.quick import shared

E, T = ErrorClass, FaultKind
HOSTS = {
    "veo": "google", "kling": "kling", "seedance": "ark/api/v3", "hailuo": "minimax", "wan": "dashscope/api/v1",
    "fal": "fal", "replicate": "replicate/v1",
}  # fmt: skip
EXTRA = {"vertex": {"project": "P"}, "vertex2": {"project": "P", "storage_uri": "gs://bucket/made/"}}
TRIES, PAUSE_S = 400, 0.02
ROUTES = list(ENTRIES)
_FIRST = ("veo.vertex", "veo.gemini", "veo.omni", "veo.vertex2", "kling.api", "kling.legacy", "seedance.ark",
          "hailuo.api", "hailuo.api2", "wan.dashscope", "wan.dashscope2", "veo.fal", "veo.replicate")  # fmt: skip
CODECS = [entry for entry in ROUTES if entry.key in _FIRST]
BY_KEY = attrgetter("key")
Reach = Callable[..., VideoRoute]


def picture() -> InputImage:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(made, "PNG")
    return InputImage(data=made.getvalue(), mime_type="image/png")


PICTURE = picture()


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A sandbox of this test's own, listening."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = World(home=tmp_path, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", factor=400, seed=1)
        app = Starlette(routes=vendor_mounts(Vendors(made, settings=Settings(frames_every=12))))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]  # they are pytest's
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield made
        server.should_exit = True
        await asyncio.wait_for(serving, 10)


@pytest_asyncio.fixture
async def reach(world: World) -> AsyncIterator[Reach]:
    """Makes a route of an entry; they are closed when the test is over."""
    routes: list[VideoRoute] = []

    def made(entry: Entry, key: str = "k-1") -> VideoRoute:
        provider, _, way = entry.key.partition(".")
        base = f"{world.base_url}/vendors/"
        config = RouteConfig(
            api_key=key,
            base_url=base + HOSTS.get(way, HOSTS.get(provider, provider)),
            allow_private=True,
            extra=EXTRA.get(way, {"platform_url": f"{base}fal/v1"}) | {"storage_url": f"{base}google/gcs"},
        )
        routes.append(entry.build(settings(entry, {entry.key: config}), HttpSettings()))
        return routes[-1]

    yield made
    for route in routes:
        await route.aclose()


def ask(entry: Entry, **changes: object) -> VideoJob:
    tier = TierName.DRAFT if entry.provider == WAN else TierName.DEFAULT
    made_by = entry.offer(settings(entry, {}))
    return job(made_by, VideoRequest(prompt=f"a fox {uuid4()}", tier=tier), external_id=uuid4(), **changes)


async def end(route: VideoRoute, task_id: str) -> Poll:
    for _ in range(TRIES):
        answer = await route.poll(task_id)
        if not isinstance(answer, TaskRunning):
            return answer
        await asyncio.sleep(PAUSE_S)
    raise AssertionError("the task never ends")


async def run(route: VideoRoute, job: VideoJob) -> Poll:
    return await end(route, await route.submit(job))


@pytest.mark.parametrize("entry", ROUTES, ids=lambda entry: entry.key)
async def test_every_route_makes_a_video(reach: Reach, entry: Entry, tmp_path: Path) -> None:
    route = reach(entry)
    await route.check()
    task_id = await route.submit(ask(entry))
    answer = await end(route, task_id)
    assert isinstance(answer, TaskSucceeded)
    await route.download(task_id, answer.clip, to=tmp_path / "v.mp4")
    assert (tmp_path / "v.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("entry", shared(CODECS, BY_KEY, of="codecs in trouble", n=0), ids=BY_KEY)
async def test_every_trouble_has_its_class(world: World, reach: Reach, entry: Entry) -> None:
    route = reach(entry)
    # MiniMax has no word for a model that has left: it is "not in the plan", as in the key's.
    gone = E.AUTH if entry.key == "hailuo.api" else E.MODEL_GONE
    for kind, classes in (
        (T.DOWN, {E.CAPACITY}),
        (T.ERRORS, {E.OUTCOME_UNKNOWN}),
        (T.RATE_LIMITED, {E.RATE_LIMITED}),
        (T.REFUSED, {E.CONTENT_POLICY}),
        (T.GONE, {gone}),
        (T.LOST_REPLY, {E.OUTCOME_UNKNOWN}),
        (T.FAIL_IN_RUN, {E.TRANSIENT_SERVER, E.CAPACITY}),
    ):
        if kind is T.GONE and entry.key in {"veo.omni", "veo.vertex2", "hailuo.api2", "wan.dashscope2"}:
            continue  # a successor works on
        world.switch(entry.provider, kind)
        error = await failure(run(route, ask(entry)))
        world.switch(entry.provider, kind, rate=0)
        assert error is not None, kind
        assert error.error_class in classes, (kind, error)


@pytest.mark.parametrize("entry", shared(CODECS, BY_KEY, of="lost submits", n=1), ids=BY_KEY)
async def test_a_lost_submit_is_found_again(world: World, reach: Reach, entry: Entry) -> None:
    route, asked, sent_at = reach(entry), ask(entry), datetime.now(UTC)
    assert await route.find(asked, sent_at=sent_at) is None
    world.switch(entry.provider, T.LOST_REPLY)
    with pytest.raises(OutcomeUnknown):
        await route.submit(asked)
    world.switch(entry.provider, T.LOST_REPLY, rate=0)
    for _ in range(TRIES):  # fal lists a request when it has ended
        found = await route.find(asked, sent_at=sent_at)
        if found is not None or not route.facts.can_find:
            break
        await asyncio.sleep(PAUSE_S)
    assert (found is not None) is route.facts.can_find
    if found is not None:
        assert isinstance(await end(route, found), TaskSucceeded)


@pytest.mark.parametrize("entry", shared(CODECS, BY_KEY, of="refused keys", n=2), ids=BY_KEY)
async def test_a_key_that_is_not_let_in_is_the_operators_to_mend(reach: Reach, entry: Entry) -> None:
    for key, error_class in (("bad-1", E.AUTH), ("bad-region-1", E.AUTH), ("poor-1", E.QUOTA_EXHAUSTED)):
        route = reach(entry, key)
        error = await failure(route.submit(ask(entry)))
        assert error is not None
        assert error.error_class is error_class, error
        if error_class is E.AUTH:
            assert await failure(route.check()) is not None


@pytest.mark.parametrize("entry", shared(CODECS, BY_KEY, of="first and last frames", n=3), ids=BY_KEY)
async def test_a_picture_can_be_the_first_frame_and_the_last(reach: Reach, entry: Entry) -> None:
    route = reach(entry)
    makes = route.facts.makes or entry.offer(settings(entry, {})).capabilities
    last = PICTURE if makes.last_frame else None
    answer = await run(route, ask(entry, first_frame=PICTURE, last_frame=last))
    assert isinstance(answer, TaskSucceeded), answer


@pytest.mark.parametrize(
    "entry",
    shared(CODECS, BY_KEY, of="references", n=4),
    ids=BY_KEY,
)
async def test_references_make_a_video_where_a_route_takes_them_and_one_too_many_none(
    reach: Reach, entry: Entry
) -> None:
    route = reach(entry)
    most = (route.facts.makes or entry.offer(settings(entry, {})).capabilities).references_max
    if not most:
        pytest.skip("it takes none")
    answer = await run(route, ask(entry, references=(PICTURE,) * most))
    assert isinstance(answer, TaskSucceeded), answer


@pytest.mark.parametrize("entry", shared(CODECS, BY_KEY, of="cancelled tasks", n=5), ids=BY_KEY)
async def test_what_is_cancelled_ends_cancelled(world: World, reach: Reach, entry: Entry) -> None:
    world.factor = 1
    route = reach(entry)
    task_id = await route.submit(ask(entry))
    answer = await route.cancel(task_id)
    assert answer is Cancelled.UNSUPPORTED or route.facts.can_cancel
    if answer is Cancelled.YES:
        ended = await route.poll(task_id)
        assert isinstance(ended, TaskFailed)
        assert ended.error.error_class is E.CANCELLED
