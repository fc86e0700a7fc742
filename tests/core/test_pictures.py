"""Strangers' files: what is a picture is written anew, upright and without a camera's notes; all else is refused."""

import zlib
from io import BytesIO

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from core.domain.errors import Refused
from core.domain.requests import refusals as no
from core.domain.requests.pictures import BYTES_WRITTEN_MAX, PICTURE_BYTES_MAX, Sides
from core.pictures import prepared, resized
from tests.quick import examples

pillow_heif.register_heif_opener()


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
async def test_five_kinds_are_read_and_one_is_written(kind: str, mode: str) -> None:
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


ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = b"".join(
    {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(ICC[at : at + 4], ICC[at : at + 4]) + ICC[at + 4 : at + 12]
    for at in range(132, 132 + 12 * int.from_bytes(ICC[128:132], "big"), 12)
)
RED_IS_BLUE = ICC[:132] + SWAPPED + ICC[132 + len(SWAPPED) :]
"""A profile by which red light is blue: whoever drops it shows other colours."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
async def test_a_colour_profile_is_obeyed_and_not_kept(kind: str) -> None:
    kept = await prepared(made(kind, icc_profile=RED_IS_BLUE))
    picture = opened(kept.data)
    assert "icc_profile" not in picture.info
    assert b"ICC_PROFILE" not in kept.data
    colour = picture.getpixel((20, 20))
    assert isinstance(colour, tuple)
    assert colour[2] > colour[0], "red by this profile is blue"


@pytest.mark.parametrize("profile", [b"no profile", bytes(4096), ICC[:200]])
async def test_a_profile_that_makes_no_sense_is_left_out(profile: bytes) -> None:
    kept = await prepared(made("PNG", icc_profile=profile))
    assert _is(opened(kept.data).getpixel((20, 20)), "red")


async def test_a_profile_that_unpacks_to_megabytes_is_no_part_of_a_picture() -> None:
    with pytest.raises(no.NotAPicture):
        await prepared(made("PNG", icc_profile=bytes(8 << 20)))


async def test_no_note_of_any_kind_is_kept() -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>52 Acacia Avenue</x:xmpmeta>"
    exif = Image.Exif()
    exif[0x010E] = "52 Acacia Avenue"
    for raw in (
        made(exif=exif, comment=b"52 Acacia Avenue", xmp=xmp),
        made("WEBP", exif=exif, xmp=xmp),
        made("PNG", exif=exif),
        made("HEIF", exif=exif.tobytes(), xmp=xmp),
        made("AVIF", exif=exif.tobytes(), xmp=xmp),
    ):
        assert b"Acacia" in raw
        kept = await prepared(raw)
        assert b"Acacia" not in kept.data
        assert set(opened(kept.data).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF"])
async def test_of_a_picture_that_moves_the_first_one_counts(kind: str) -> None:
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "blue", "white")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    assert _is(opened((await prepared(out.getvalue())).data).getpixel((9, 9)), "red")


@pytest.mark.parametrize("size", [(300, 60_000), (16_383, 300), (1, 1), (299, 4_000), (4_000, 400)])
async def test_what_is_too_tall_too_wide_or_too_small_is_said_so(size: tuple[int, int]) -> None:
    with pytest.raises((no.PictureTooNarrow, no.PictureTooSmall)):
        await prepared(made("PNG", size=size))


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
        made("ICO", size=(256, 256)),
        made("TGA"),
        made("PPM"),
        made("JPEG2000"),
        made("PDF"),
        b"8BPS\0\1" + bytes(600),
        b"icns" + bytes(600),
        b"RIFF\x1a\0\0\0WEBPVP8X",
        b"RIFF\x1a\0\0\0WAVEfmt " + bytes(60),
        b"\0\0\0\x18ftypmp42" + bytes(60),
        b"\0\0\0\x18ftypheic" + bytes(60),
        b"\0\0\0\x18ftypavif" + bytes(60),
        made("HEIF")[:-40],
        made("AVIF")[:-40],
        made()[:600],
        made("PNG")[:-40],
        made("WEBP")[:-40],
    ],
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


@settings(max_examples=examples(60))
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
    except Refused:
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
