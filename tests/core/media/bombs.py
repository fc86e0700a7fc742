"""Small files that want to become large ones."""

import io
import struct
import zlib
from pathlib import Path

import av
from av.video.frame import VideoFrame
from PIL import Image

from tests.core.media.films import film


def png(width: int, height: int, *, says: tuple[int, int] | None = None) -> bytes:
    """A picture of one colour with four bytes a pixel: a thousand times as large when it is open."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    press, row = zlib.compressobj(9), bytes(1 + width * 4)
    pixels = b"".join(press.compress(row) for _ in range(height)) + press.flush()
    head = struct.pack(">IIBBBBB", *(says or (width, height)), 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def webp() -> bytes:
    """34 bytes, whose decoder takes room for 16383 × 16383 pixels as soon as it is asked what they are."""
    side = (16_383).to_bytes(3, "little")
    return b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + side + side + b"\0\0\0\0"


def jpeg() -> bytes:
    """A progressive JPEG, all of whose coefficients are kept at once."""
    out = io.BytesIO()
    Image.new("RGB", (8_000, 6_000), "red").save(out, "JPEG", progressive=True, subsampling=0)
    return out.getvalue()


def table_of_contents(path: Path, *, entries: int) -> Path:
    """A MOV whose table of contents says that there are so many pictures, each of no length."""
    data = film(path.with_suffix(".seed"), flags="").read_bytes()
    moov = bytearray(data[data.index(b"moov") - 4 :])
    at = moov.index(b"stsz") + 8
    moov[at : at + 4], moov[at + 4 : at + 8] = (1).to_bytes(4, "big"), entries.to_bytes(4, "big")
    at = moov.index(b"stts") + 12
    moov[at : at + 4] = entries.to_bytes(4, "big")
    at = moov.index(b"stsc") + 16
    moov[at : at + 4] = entries.to_bytes(4, "big")
    path.write_bytes(data[: data.index(b"moov") - 4] + moov)
    return path


def many_streams(path: Path, *, count: int) -> Path:
    """A film with so many streams, which are all the same."""
    data = film(path, flags="").read_bytes()
    at, moov = data.index(b"trak") - 4, data.index(b"moov") - 4
    track = data[at : at + int.from_bytes(data[at : at + 4], "big")]
    body = data[moov + 4 : at] + track * count + data[at + len(track) :]
    path.write_bytes(data[:moov] + (len(body) + 4).to_bytes(4, "big") + body)
    return path


def large_frames(path: Path) -> Path:
    """A film of 8160 × 8160 pixels."""
    with av.open(str(path), "w", format="mp4") as container:
        picture = container.add_stream("mpeg4", rate=1)
        picture.width = picture.height = 8_160
        picture.pix_fmt = "yuv420p"
        container.mux(picture.encode(VideoFrame(8_160, 8_160, "yuv420p")))
        container.mux(picture.encode())
    return path
