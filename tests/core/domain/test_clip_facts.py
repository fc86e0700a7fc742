"""Which files go to a chat as they are, and what the others need: each fact by itself, at and beyond its bound."""

from dataclasses import replace

import pytest

from core.domain import clip_facts
from core.domain.clip_facts import ClipFacts, Mending, is_short, mending

FINE = ClipFacts(
    width=1920, height=1080, duration_s=8.0, size=1000, codec="h264", has_audio=True, profile="High", level=40,
    audio_codec="aac", audio_profile="LC", audio_channels=2, audio_rate=48_000, streams=2,
)  # fmt: skip
SILENT = replace(FINE, has_audio=False, audio_codec="", audio_profile="", audio_channels=0, audio_rate=0, streams=1)
COPY = Mending(encode_video=False, encode_audio=False)
PICTURE = Mending(encode_video=True, encode_audio=False)
SOUND = Mending(encode_video=False, encode_audio=True)


def test_limits_and_defaults_are_what_they_are() -> None:
    assert (clip_facts.CLIP_PIXELS_MAX, clip_facts.CLIP_FPS_MAX, clip_facts.CLIP_S_MAX) == (9_437_184, 121.0, 300.0)
    assert (clip_facts.STREAMS_MAX, clip_facts.SHORT_S, clip_facts.SHORT_SHARE) == (8, 0.4, 0.03)
    bare = ClipFacts(width=2, height=2, duration_s=1.0, size=1, codec="h264", has_audio=False)
    assert (bare.fps, bare.frames, bare.profile, bare.level, bare.pixel_format) == (0.0, 0, "", 0, "yuv420p")
    assert (bare.audio_codec, bare.audio_profile, bare.audio_channels, bare.audio_rate) == ("", "", 0, 0)
    assert (bare.container, bare.starts_fast, bare.streams, bare.rotation) == ("mp4", True, 1, 0)
    assert mending(bare) is None


@pytest.mark.parametrize(
    "changed",
    [
        *({"profile": each} for each in (
            "Constrained Baseline", "Baseline", "Main", "High", "Progressive High", "Constrained High", "",
        )),
        {"pixel_format": "yuvj420p"},
        {"level": 52},
        {"audio_profile": ""},
        {"audio_channels": 1},
        {"audio_channels": 6},
        *({"audio_rate": each} for each in (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)),
        {"rotation": 90},
    ],
)  # fmt: skip
def test_what_both_chats_show_goes_as_it_is(changed: dict[str, object]) -> None:
    assert mending(replace(FINE, **changed)) is None  # type: ignore[arg-type]  # any field


def test_a_silent_file_goes_as_it_is_whatever_its_sound_would_be() -> None:
    assert mending(SILENT) is None
    assert mending(replace(SILENT, audio_codec="opus")) is None


@pytest.mark.parametrize(
    ("changed", "needs"),
    [
        ({"codec": "hevc"}, PICTURE),
        ({"pixel_format": "yuv444p"}, PICTURE),
        ({"profile": "High 10"}, PICTURE),
        ({"level": 53}, PICTURE),
        ({"width": 1921}, PICTURE),
        ({"height": 1081}, PICTURE),
        ({"width": 1921, "height": 1081}, PICTURE),
        ({"audio_codec": "opus"}, SOUND),
        ({"audio_profile": "HE-AAC"}, SOUND),
        ({"audio_channels": 0}, SOUND),
        ({"audio_channels": 7}, SOUND),
        ({"audio_rate": 96_000}, SOUND),
        ({"codec": "hevc", "audio_codec": "opus"}, Mending(encode_video=True, encode_audio=True)),
        ({"container": "mov"}, COPY),
        ({"starts_fast": False}, COPY),
        ({"streams": 3}, COPY),
        ({"streams": 1}, COPY),
    ],
)
def test_what_a_chat_would_not_show_is_mended_and_nothing_else(changed: dict[str, object], needs: Mending) -> None:
    assert mending(replace(FINE, **changed)) == needs  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("declared_s", "came_s", "short"),
    [
        (1.0, 0.6, False), (1.0, 0.59, True), (10.0, 9.6, False), (10.0, 9.59, True),
        (100.0, 97.0, False), (100.0, 96.9, True), (8.0, 9.0, False),
    ],
)  # fmt: skip
def test_a_stream_may_end_a_little_before_its_header_says(*, declared_s: float, came_s: float, short: bool) -> None:
    assert is_short(declared_s=declared_s, came_s=came_s) is short
