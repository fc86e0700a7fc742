"""Pictures that people give are fetched with care, proved, and kept under their content's name."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from core.domain.errors import Refused
from core.domain.requests import refusals as no
from core.domain.requests.pictures import PICTURE_BYTES_MAX
from core.domain.requests.reference_refusals import PicturesMixed, TooManyReferences
from core.domain.requests.request import Aspect, VideoRequest
from core.http.client import HttpSettings
from core.http.download import origin
from core.storage import ObjectStorage
from core.usecases.requests.pictures import WIRING, Source, keep, with_pictures

ADDRESS = "https://pictures.example/fox.png"
REQUEST = VideoRequest(prompt="the fox turns its head")

Handler = Callable[[httpx.Request], httpx.Response]


def picture(size: tuple[int, int] = (600, 400), colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def wiring(handler: Handler, *, address: str = "93.184.216.34") -> HttpSettings:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(0)
        return (address,)

    return replace(WIRING, transport=httpx.MockTransport(handler), resolve=resolve, download_pause_s=0.0)


def gives(data: bytes, **headers: str) -> Handler:
    return lambda _: httpx.Response(200, content=data, headers=headers)


@pytest.fixture
def storage(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage((tmp_path / "store").as_uri())


async def test_a_picture_is_kept_once_under_a_name_made_from_what_is_in_it(
    storage: ObjectStorage, tmp_path: Path
) -> None:
    kept = [await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(gives(picture()))) for _ in range(2)]
    assert kept[0] == kept[1]
    assert (kept[0].width, kept[0].height) == (600, 400)
    (file,) = (tmp_path / "store" / "pictures").iterdir()
    assert kept[0].key == f"pictures/{file.name}"
    with Image.open(BytesIO(await storage.read(kept[0].key))) as stored:
        assert stored.size == (600, 400)


async def test_a_request_names_its_pictures_and_takes_the_first_ones_shape(storage: ObjectStorage) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        tall = request.url.path == "/fox.png"
        return httpx.Response(200, content=picture((400, 700) if tall else (600, 600), "red" if tall else "blue"))

    last = Source(url="https://pictures.example/end.png")
    framed = await with_pictures(REQUEST, first=Source(url=ADDRESS), last=last, storage=storage, wiring=wiring(answer))
    assert framed.aspect is Aspect.TALL
    assert framed.first_frame is not None
    assert framed.last_frame is not None
    assert framed.first_frame != framed.last_frame
    assert replace(framed, first_frame=None, last_frame=None, aspect=Aspect.WIDE) == REQUEST


async def test_references_are_kept_in_their_order_and_leave_the_shape_alone(storage: ObjectStorage) -> None:
    colours = {"/1.png": "red", "/2.png": "blue", "/3.png": "green"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=picture((400, 700), colours[request.url.path]))

    sources = [Source(url=f"https://pictures.example/{n}.png") for n in (1, 2, 3)]
    made = await with_pictures(
        REQUEST, first=None, last=None, references=sources, storage=storage, wiring=wiring(answer)
    )
    assert len(set(made.references)) == 3
    assert replace(made, references=()) == REQUEST
    again = await with_pictures(
        REQUEST, first=None, last=None, references=sources[::-1], storage=storage, wiring=wiring(answer)
    )
    assert again.references == made.references[::-1]


@pytest.mark.parametrize(
    ("first", "count", "refusal"), [(Source(url=ADDRESS), 1, PicturesMixed), (None, 5, TooManyReferences)]
)
async def test_references_are_refused_before_anything_is_fetched(
    storage: ObjectStorage, first: Source | None, count: int, refusal: type[Refused]
) -> None:
    source = Source(url=ADDRESS)
    with pytest.raises(refusal):
        await with_pictures(
            REQUEST, first=first, last=None, references=[source] * count, storage=storage,
            wiring=wiring(lambda _: httpx.Response(500)),
        )  # fmt: skip


async def test_what_a_file_is_called_says_nothing(storage: ObjectStorage) -> None:
    called = gives(picture(), **{"content-type": "text/html"})
    assert (await keep(Source(url="https://a.example/page.html"), storage=storage, wiring=wiring(called))).width == 600
    page = gives(b"<html>Sign in</html>", **{"content-type": "image/png"})
    with pytest.raises(no.NotAPicture):
        await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(page))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "fd00::1"])
async def test_nobody_makes_us_look_into_our_own_network(storage: ObjectStorage, address: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=picture())

    with pytest.raises(no.PictureNotFetched):
        await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(answer, address=address))
    assert asked == []


async def test_nor_by_a_redirect(storage: ObjectStorage) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(0)
        return ("93.184.216.34" if host == "pictures.example" else host,)

    with pytest.raises(no.PictureNotFetched):
        await keep(Source(url=ADDRESS), storage=storage, wiring=replace(wiring(answer), resolve=resolve))
    assert len(asked) == 1


@pytest.mark.parametrize(
    "url", ["http://pictures.example/fox.png", "file:///etc/passwd", "ftp://a.example/b", "https://", "x"]
)
async def test_only_addresses_with_tls_are_gone_to(storage: ObjectStorage, url: str) -> None:
    with pytest.raises(no.PictureNotFetched):
        await keep(Source(url=url), storage=storage, wiring=wiring(gives(picture())))


async def test_a_key_goes_to_the_place_that_it_is_for_and_to_no_other(storage: ObjectStorage) -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["host"], request.headers.get("authorization")))
        if request.headers["host"] == "files.slack.com":
            return httpx.Response(302, headers={"location": "https://elsewhere.example/fox.png"})
        return httpx.Response(200, content=picture())

    url = "https://files.slack.com/files-pri/T1-F1/fox.png"
    trusted = {origin(url): {"authorization": "Bearer xoxb-1"}}
    await keep(Source(url=url, trusted=trusted), storage=storage, wiring=wiring(answer))
    assert seen == [("files.slack.com", "Bearer xoxb-1"), ("elsewhere.example", None)]
    assert "xoxb" not in repr(Source(url=url, trusted=trusted))


async def test_a_file_that_never_ends_is_given_up_at_its_bound(storage: ObjectStorage) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield bytes(1 << 20)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())  # type: ignore[arg-type]  # an async generator, as httpx wants

    with pytest.raises(no.PictureTooLarge):
        await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(answer))
    assert sent <= PICTURE_BYTES_MAX + (4 << 20)


@pytest.mark.parametrize(
    ("status", "why"), [(404, no.PictureNotFetched), (403, no.PictureNotFetched), (500, no.PictureNotFetched)]
)
async def test_what_is_not_there_is_said(storage: ObjectStorage, status: int, why: type[Refused]) -> None:
    with pytest.raises(why):
        await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(lambda _: httpx.Response(status)))


async def test_a_place_that_hangs_is_not_waited_for(storage: ObjectStorage) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    short = replace(wiring(gives(b"")), transport=httpx.MockTransport(hang), download_s=0.1)
    with pytest.raises(no.PictureLate):
        await keep(Source(url=ADDRESS), storage=storage, wiring=short)


async def test_a_request_that_cannot_be_made_fetches_nothing(storage: ObjectStorage) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    with pytest.raises(no.PromptMissing):
        await with_pictures(
            VideoRequest(prompt=" "), first=Source(url=ADDRESS), last=None, storage=storage, wiring=wiring(never)
        )
    with pytest.raises(no.LastPictureAlone):
        await with_pictures(REQUEST, first=None, last=Source(url=ADDRESS), storage=storage, wiring=wiring(never))


async def test_nothing_stays_behind_but_what_is_kept(
    storage: ObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(gives(picture())))
    with pytest.raises(no.NotAPicture):
        await keep(Source(url=ADDRESS), storage=storage, wiring=wiring(gives(b"no")))
    assert list(scratch.iterdir()) == []
