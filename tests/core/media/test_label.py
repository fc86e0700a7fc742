"""What is kept and what is sent says that AI made it, and programs that are not ours read that: FFmpeg, ExifTool."""

import json
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import av
import pytest

from core.clips import join, label, playable, probe, shrink, take_in
from tests.core.media.films import film, noise

MADE_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
EXIFTOOL = shutil.which("exiftool")


async def _stored(folder: Path) -> Path:
    whole = film(folder / "film.mp4", audio="aac")
    assert (await take_in(whole, still=None)).is_ready
    return whole


async def _mended(folder: Path, *, odd: Path) -> Path:
    to = folder / "mended.mp4"
    assert await playable(odd, await probe(odd), to=to) is not None
    await label(to)
    return to


async def _remuxed(folder: Path) -> Path:
    return await _mended(folder, odd=film(folder / "film.mkv", kind="matroska", audio="aac"))


async def _encoded(folder: Path) -> Path:
    return await _mended(folder, odd=film(folder / "film.mp4", codec="mpeg4"))


async def _shrunk(folder: Path) -> Path:
    to, large = folder / "small.mp4", noise(folder / "large.mp4", size=(320, 180), frames=20)
    await label(large)
    await shrink(large, to=to, size_max=large.stat().st_size // 2)
    return to


async def _joined(folder: Path) -> Path:
    parts = [film(folder / f"{n}.mp4", seconds=1) for n in (1, 2)]
    for part in parts:
        await label(part)
    await join(*parts, to=folder / "both.mp4")
    await label(folder / "both.mp4")
    return folder / "both.mp4"


@pytest.mark.parametrize("make", [_stored, _remuxed, _encoded, _shrunk, _joined])
async def test_programs_that_are_not_ours_read_who_made_it(
    tmp_path: Path, make: Callable[[Path], Awaitable[Path]]
) -> None:
    file = await make(tmp_path)
    with av.open(str(file), options={"export_xmp": "1"}) as container:
        assert MADE_BY_AI in container.metadata["xmp"]
    if EXIFTOOL is not None:
        (found,) = json.loads(_asked(EXIFTOOL, file))
        assert (found["DigitalSourceType"], found["CreatorTool"]) == (MADE_BY_AI, "Neverdark")
    assert file.read_bytes().count(b"trainedAlgorithmicMedia") == 1


def _asked(exiftool: str, file: Path) -> str:
    line = [exiftool, "-json", "-XMP:all", str(file)]
    return subprocess.check_output(line, timeout=60, text=True)  # noqa: S603 - a program of this machine, a file of ours
