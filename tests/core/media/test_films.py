"""Vendors' files of every kind: what is whole and plays, what is cut, what is none, and what is made to play."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from core.clips import Cut, NotAVideo, label, playable, probe, take_in
from core.domain.clip_facts import mending
from core.media.clip_file import look, opened
from core.media.decoding import Decoder, Samples, with_references
from core.media.pool import Pool
from core.media.process import Forks
from tests.core.media.films import film

ODD: dict[str, dict[str, Any]] = {
    "not ready to start": {"flags": ""},
    "in fragments": {"flags": "frag_keyframe+empty_moov", "audio": "aac"},
    "a MOV": {"kind": "mov"},
    "H.264 in Matroska": {"kind": "matroska", "audio": "aac"},
    "HEVC": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "HEVC, 10 bits": {
        "codec": "libx265", "pixels": "yuv420p10le", "options": {"x265-params": "log-level=none"}
    },
    "H.264, 4:4:4": {"pixels": "yuv444p"},
    "H.264, 10 bits": {"pixels": "yuv420p10le"},
    "VP9 in WebM, Opus": {"codec": "libvpx-vp9", "kind": "webm", "audio": "libopus"},
    "VP9 in MP4": {"codec": "libvpx-vp9"},
    "ProRes": {"codec": "prores_ks", "pixels": "yuv422p10le", "kind": "mov", "audio": "pcm_s16le"},
    "MPEG-4 part 2": {"codec": "mpeg4"},
    "with Opus": {"audio": "libopus"},
    "with AC-3": {"audio": "ac3"},
    "with MP3": {"audio": "libmp3lame"},
    "with FLAC": {"audio": "flac"},
}  # fmt: skip


@pytest.mark.parametrize("audio", [None, "aac"])
async def test_what_plays_in_both_chats_is_left_alone(tmp_path: Path, audio: str | None) -> None:
    whole = film(tmp_path / "film", audio=audio)
    facts = await probe(whole)
    assert (facts.width, facts.height, facts.duration_s, facts.fps, facts.has_audio) == (
        192,
        108,
        4.0,
        10.0,
        bool(audio),
    )
    assert await playable(whole, facts, to=tmp_path / "made.mp4") is None


@pytest.mark.parametrize("what", ODD)
async def test_what_does_not_is_made_to_play_and_stays_what_it_was(tmp_path: Path, what: str) -> None:
    odd = film(tmp_path / "film", **ODD[what])
    facts = await probe(odd)
    made = await playable(odd, facts, to=tmp_path / "made.mp4")
    assert made is not None
    assert mending(made) is None
    assert (made.width, made.height, made.frames) == (facts.width, facts.height, facts.frames)
    assert abs(made.duration_s - facts.duration_s) < 0.1
    assert made.has_audio == facts.has_audio
    head = (tmp_path / "made.mp4").read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


async def test_a_film_that_a_phone_held_upright_stays_upright(tmp_path: Path) -> None:
    flat = film(tmp_path / "flat", codec="libx265", options={"x265-params": "log-level=none"})
    with av.open(str(flat)) as source, av.open(str(tmp_path / "tall"), "w", format="mp4") as sink:
        copy = sink.add_stream_from_template(source.streams.video[0])
        copy.set_display_rotation(90)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = copy
                sink.mux(packet)
    facts = await probe(tmp_path / "tall")
    assert (facts.width, facts.height) == (108, 192)
    made = await playable(tmp_path / "tall", facts, to=tmp_path / "made.mp4")
    assert made is not None
    assert (made.width, made.height, made.rotation) == (108, 192, 0)


@pytest.mark.parametrize("share", [0.2, 0.55, 0.9, 0.995])
@pytest.mark.parametrize("kind", ["fast", "slow", "fragments", "webm"])
async def test_a_file_that_is_cut_is_not_taken_for_a_whole_one(tmp_path: Path, kind: str, share: float) -> None:
    options: dict[str, Any] = {
        "fast": {"audio": "aac"}, "slow": {"flags": ""}, "fragments": ODD["in fragments"],
        "webm": ODD["VP9 in WebM, Opus"],
    }[kind]  # fmt: skip
    data = film(tmp_path / "film", **options).read_bytes()
    (tmp_path / "cut").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(Cut):
        await probe(tmp_path / "cut")


async def test_a_file_with_all_its_bytes_and_a_hole_in_them_is_not_whole(tmp_path: Path) -> None:
    data = film(tmp_path / "film", options={"g": "1"}).read_bytes()
    begin = data.index(b"mdat") + 4
    for part in (0.0, 0.45, 0.9):
        at = begin + int((len(data) - begin) * part)
        size = int((len(data) - begin) * 0.1)
        (tmp_path / "hole").write_bytes(data[:at] + bytes(size) + data[at + size :])
        with pytest.raises(NotAVideo):
            await probe(tmp_path / "hole")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"#EXTM3U\n#EXTINF:4,\nhttp://169.254.169.254/latest\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n",
        b"<html>Bad Gateway</html>",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
        b"\xff\xd8\xff\xe0JFIF",
    ],
    ids=["nothing", "a list of files", "a playlist", "a session", "a page", "a DASH manifest", "a picture"],
)
async def test_words_that_name_other_files_are_no_video(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "film").write_bytes(data)
    with pytest.raises(NotAVideo):
        await probe(tmp_path / "film")


@pytest.mark.parametrize(
    ("kind", "codec", "pixels"),
    [("gif", "gif", "rgb8"), ("avi", "mpeg4", "yuv420p"), ("mpegts", "libx264", "yuv420p"), ("apng", "apng", "rgb24")],
)
async def test_films_of_other_kinds_are_refused_whatever_they_are_called(
    tmp_path: Path, kind: str, codec: str, pixels: str
) -> None:
    with pytest.raises(NotAVideo):
        await probe(film(tmp_path / "film.mp4", kind=kind, codec=codec, pixels=pixels, flags=""))


@pytest.mark.parametrize("kind", ["mp4", "mov"])
async def test_a_labelled_film_says_that_ai_made_it_and_plays_as_before(tmp_path: Path, kind: str) -> None:
    whole = film(tmp_path / "film", kind=kind)
    before = asdict(await probe(whole))
    await label(whole)
    size = whole.stat().st_size
    await label(whole)
    assert whole.stat().st_size == size, "once is enough"
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in whole.read_bytes()
    assert asdict(await probe(whole)) | {"size": 0} == before | {"size": 0}


async def test_a_film_with_no_place_for_a_label_is_left_alone(tmp_path: Path) -> None:
    whole = film(tmp_path / "film", kind="matroska")
    before = whole.read_bytes()
    await label(whole)
    assert whole.read_bytes() == before


class Counted(Pool):
    """Media processes that are counted by what they are for."""

    def __init__(self) -> None:
        self.forks = Forks()
        super().__init__(self.forks, size=2)
        self.jobs: list[str] = []

    async def run(self, job: str, *arguments: Any, **how: Any) -> dict[str, Any]:
        self.jobs.append(job)
        return await super().run(job, *arguments, **how)


@pytest.fixture
def counted() -> Iterator[Counted]:
    pool = Counted()
    yield pool
    pool.forks.close()


@pytest.mark.parametrize("wants_still", [True, False])
async def test_one_media_process_does_all_that_a_film_needs_which_plays(
    tmp_path: Path, counted: Counted, *, wants_still: bool
) -> None:
    whole, still = film(tmp_path / "film.mp4", audio="aac"), tmp_path / "still.jpg"
    known = await probe(whole)
    taken = await take_in(whole, still=still if wants_still else None, pool=counted)
    assert (taken.facts, taken.is_ready, taken.has_still) == (known, True, wants_still)
    assert counted.jobs == ["take_in"]
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in whole.read_bytes()
    assert still.exists() is wants_still
    if wants_still:
        with Image.open(still) as picture:
            assert (picture.format, picture.size) == ("JPEG", (192, 108))
    again = await take_in(whole, still=None, pool=counted)
    assert again.is_ready
    assert whole.read_bytes().count(b"trainedAlgorithmicMedia") == 1, "a second run changes nothing"


@pytest.mark.parametrize("what", ODD)
async def test_a_film_that_has_to_be_mended_is_taken_in_unchanged(tmp_path: Path, what: str) -> None:
    odd = film(tmp_path / "film", **ODD[what])
    before = odd.read_bytes()
    taken = await take_in(odd, still=tmp_path / "still.jpg")
    assert (taken.facts, taken.is_ready, taken.has_still) == (await probe(odd), False, False)
    assert odd.read_bytes() == before
    assert not (tmp_path / "still.jpg").exists()


async def test_a_film_that_is_cut_is_not_taken_in(tmp_path: Path) -> None:
    whole = film(tmp_path / "film.mp4")
    whole.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(Cut):
        await take_in(whole, still=tmp_path / "still.jpg")
    assert not (tmp_path / "still.jpg").exists()


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_on_the_way_only_what_others_are_made_from_is_decoded_and_what_is_wanted_comes(
    tmp_path: Path, codec: str
) -> None:
    log = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = film(tmp_path / "film.mp4", codec=codec, options={"bf": "3", "g": "250", **log})
    with opened(path, smooth=False) as (container, picture, _):
        every = sorted(frame.pts or 0 for frame in Decoder(container, picture).frames())
    assert len(every) == 40
    for wanted in (every[0], every[17], every[18], every[19], every[-2], every[-1]):
        with opened(path, smooth=False) as (container, picture, _):
            came = [frame.pts or 0 for frame in Decoder(container, picture, wanted).frames()]
        assert wanted in came
        assert came == sorted(came)
        assert [at for at in came if at >= wanted] == [at for at in every if at >= wanted]
        if codec == "libx264" and wanted > every[10]:
            assert len(came) < len(every), "pictures that no other one is made from were left out"


H264: dict[str, dict[str, str]] = {
    "as it comes": {},
    "one key frame": {"bf": "3", "g": "250"},
    "key frames only": {"g": "1"},
    "open groups": {"x264-params": "open-gop=1:keyint=8:bframes=3"},
    "no key frame after the first": {"x264-params": "intra-refresh=1"},
    "baseline": {"profile": "baseline"},
    "without CABAC": {"x264-params": "cabac=0"},
    "interlaced": {"x264-params": "interlaced=1"},
    "four slices": {"x264-params": "slices=4"},
}


@pytest.mark.parametrize("how", H264)
def test_pictures_of_h264_are_read_alone_and_the_first_is_what_it_is_in_order(tmp_path: Path, how: str) -> None:
    path = film(tmp_path / "film.mp4", options=H264[how])
    with opened(path, smooth=False, knows_pixels=False) as (container, picture, _):
        packets = [each for each in container.demux(picture) if each.size]
        keys = [each.pts or 0 for each in packets if each.is_keyframe]
        last = max(each.pts or 0 for each in packets)
        samples = Samples(middle_pts=(keys[0] + last) // 2)
        for each in packets:
            samples.see(each, at=each.pts or 0)
        alone = samples.decoded(picture)
    with opened(path, smooth=False, knows_pixels=False) as (container, picture, _):
        first = with_references(container, picture, keyframes=keys, last_pts=last)
    assert alone is not None
    assert alone.pts == first.pts
    assert alone.format.name == first.format.name == "yuv420p"
    assert [bytes(plane) for plane in alone.planes] == [bytes(plane) for plane in first.planes]


@pytest.mark.parametrize("last", [False, True])
def test_a_first_or_last_picture_that_does_not_decode_is_found(tmp_path: Path, *, last: bool) -> None:
    path = film(tmp_path / "film.mp4", options=H264["one key frame"])
    with av.open(str(path)) as container:
        packets = [each for each in container.demux(container.streams.video[0]) if each.size]
        places = {each.pts or 0: each.pos or 0 for each in packets}
    begin = places[max(places) if last else min(places)]
    data = bytearray(path.read_bytes())
    while data[begin + 4] & 31 not in {1, 5}:  # what comes before the picture itself in its packet
        begin += 4 + int.from_bytes(data[begin : begin + 4], "big")
    end = begin + 4 + int.from_bytes(data[begin : begin + 4], "big")
    data[begin + 5 : end] = b"\x85" + b"\x7f" * (end - begin - 6)  # a slice of a kind that does not exist
    path.write_bytes(data)
    with pytest.raises(Cut):
        look(path)
