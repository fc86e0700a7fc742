"""Strangers' files: what is a picture is written anew, upright and without a camera's notes; all else is refused."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.domain.requests import refusals as no
from core.domain.requests.pictures import PICTURE_BYTES_MAX, Sides
from core.pictures import BYTES_WRITTEN_MAX, prepared, resized


def made(kind: str = "JPEG", *, size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: object) -> bytes:
    """A picture that is red on its left and blue on its right."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    out = BytesIO()
    picture.convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as picture:
        picture.load()
        return picture


def _is(colour: object, name: str) -> bool:
    assert isinstance(colour, tuple)
    wanted = {"red": (254, 0, 0), "blue": (0, 0, 254), "white": (255, 255, 255)}[name]
    return all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
async def test_three_kinds_are_read_and_one_is_written(kind: str, mode: str) -> None:
    kept = await prepared(made(kind, mode=mode))
    picture = opened(kept.data)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (640, 480))
    assert (kept.width, kept.height) == (640, 480)


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA", "1", "I;16"])
async def test_every_way_to_write_colours_is_read(mode: str) -> None:
    assert (await prepared(made("PNG", mode=mode) if mode != "I;16" else _deep())).width == 640


def _deep() -> bytes:
    out = BytesIO()
    Image.new("I;16", (640, 480), 40_000).save(out, "PNG")
    return out.getvalue()


async def test_a_picture_with_sixteen_bits_keeps_its_brightness() -> None:
    colour = opened((await prepared(_deep())).data).getpixel((10, 10))
    assert isinstance(colour, tuple)
    assert abs(colour[0] - 40_000 // 256) < 3


async def test_a_camera_that_was_held_upright_gives_an_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = await prepared(made(exif=exif))
    picture = opened(kept.data)
    assert picture.size == (kept.width, kept.height) == (480, 640)
    assert _is(picture.getpixel((240, 20)), "red")
    assert _is(picture.getpixel((240, 620)), "blue")


async def test_where_it_was_taken_is_not_kept() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "at home, 52 Acacia Avenue"
    notes = PngInfo()
    notes.add_text("comment", "52 Acacia Avenue")
    for raw in (made(exif=exif), made("PNG", pnginfo=notes, exif=exif)):
        assert b"Acacia" in raw
        kept = await prepared(raw)
        assert b"Acacia" not in kept.data
        assert not opened(kept.data).getexif()


async def test_what_is_transparent_becomes_white() -> None:
    picture = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    out = BytesIO()
    picture.save(out, "PNG")
    assert _is(opened((await prepared(out.getvalue())).data).getpixel((9, 9)), "white")


async def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    kept = await prepared(made(size=(5000, 2500)))
    assert (kept.width, kept.height) == (4096, 2048)


async def test_noise_stays_below_what_vendors_take_inline() -> None:
    noise = Image.effect_noise((2200, 2200), 200).convert("RGB")
    out = BytesIO()
    noise.save(out, "JPEG", quality=97)
    assert len((await prepared(out.getvalue())).data) <= BYTES_WRITTEN_MAX


async def test_the_same_picture_has_the_same_name() -> None:
    one, other = await prepared(made("PNG")), await prepared(made("PNG"))
    assert (one.sha256, one.data) == (other.sha256, other.data)
    assert (await prepared(made("PNG", size=(640, 481)))).sha256 != one.sha256


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a, it says",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 640 480\n",
        made("GIF", mode="P"),
        made("TIFF"),
        made("BMP"),
        made()[:600],
        made("PNG")[:-40],
        made("WEBP")[:-40],
    ],
    ids=["nothing", "a word", "svg", "eps", "gif", "tiff", "bmp", "half a jpeg", "most of a png", "most of a webp"],
)
async def test_what_is_no_picture_of_our_kinds_is_refused_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(no.NotAPicture):
        await prepared(data)


async def test_too_many_bytes_are_not_even_opened() -> None:
    with pytest.raises(no.PictureTooLarge):
        await prepared(made() + bytes(PICTURE_BYTES_MAX))


@pytest.mark.parametrize("size", [(20_000, 15_000), (8_000, 7_000)])
async def test_a_small_file_that_unpacks_to_a_giant_is_not_unpacked(size: tuple[int, int]) -> None:
    """Only its head is looked at: there are no pixels behind it."""
    head = b"IHDR" + size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    bomb = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big")
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    bomb += (len(pixels) - 4).to_bytes(4, "big") + pixels + zlib.crc32(pixels).to_bytes(4, "big")
    with pytest.raises((no.PictureTooLarge, no.NotAPicture)):
        await prepared(bomb)


SEEDS = tuple(made(kind, size=(320, 300)) for kind in ("JPEG", "PNG", "WEBP"))


@settings(max_examples=60)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=12)), min_size=1, max_size=6),
)
async def test_no_file_is_more_than_a_refusal(seed: bytes, cuts: list[tuple[int, bytes]]) -> None:
    data = bytearray(seed)
    for at, piece in cuts:
        data[at % len(data) : at % len(data) + len(piece)] = piece
    try:
        kept = await prepared(bytes(data))
    except no.Refused:
        return
    assert opened(kept.data).size == (kept.width, kept.height)


async def test_a_vendor_gets_the_size_that_it_wants_and_otherwise_the_very_same_bytes() -> None:
    kept = await prepared(made(size=(2400, 1200)))
    assert await resized(kept.data, Sides()) == kept.data
    small = opened(await resized(kept.data, Sides(least=360, most=2000)))
    assert small.size == (2000, 1000)
    assert _is(small.getpixel((10, 10)), "red")
    assert await resized(kept.data, Sides(least=360, most=2000)) == await resized(
        kept.data, Sides(least=360, most=2000)
    )
    large = opened(await resized((await prepared(made(size=(310, 400)))).data, Sides(least=360, most=2000)))
    assert min(large.size) == 360
