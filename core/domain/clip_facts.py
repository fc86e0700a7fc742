"""What a video file is, and what has to happen to it before both chats can show it. Pure."""

from dataclasses import dataclass

CLIP_PIXELS_MAX = 4096 * 2304
"""Of one picture: 4K, and a little."""
CLIP_FPS_MAX = 121.0
CLIP_S_MAX = 300.0
STREAMS_MAX = 8
SHORT_S = 0.4
SHORT_SHARE = 0.03
"""By how much a stream may end before its header says: muxers round, encoders drop a last frame."""
_CODECS = frozenset({"h264"})
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High", "Progressive High", "Constrained High", ""})
_LEVEL_MAX = 52
_CHANNELS_MAX = 6
_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """What a video file is: pixels as people see them, seconds, bytes.

    Args:
        codec, profile, level, pixel_format: of the picture, in FFmpeg's words.
        audio_codec, audio_profile: of the sound; empty where there is none.
        container: "mp4", "mov" or "matroska".
        starts_fast: a player need not read to the end before it can begin.
        streams: how many there are, of whatever kind.
        rotation: degrees by which a player turns the picture; width and height have it in them.
    """

    width: int
    height: int
    duration_s: float
    size: int
    codec: str
    has_audio: bool
    fps: float = 0.0
    frames: int = 0
    profile: str = ""
    level: int = 0
    pixel_format: str = "yuv420p"
    audio_codec: str = ""
    audio_profile: str = ""
    audio_channels: int = 0
    audio_rate: int = 0
    container: str = "mp4"
    starts_fast: bool = True
    streams: int = 1
    rotation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What a file needs so that both chats show it. A part that is fine is copied as it is."""

    encode_video: bool
    encode_audio: bool


def mending(facts: ClipFacts) -> Mending | None:
    """What must happen to a file; None when it can go as it is."""
    video_fits = (
        facts.codec in _CODECS
        and facts.pixel_format in _PIXELS
        and facts.profile in _PROFILES
        and facts.level <= _LEVEL_MAX
        and facts.width % 2 == facts.height % 2 == 0
    )
    audio_fits = not facts.has_audio or (
        facts.audio_codec == "aac"
        and facts.audio_profile in {"LC", ""}
        and 1 <= facts.audio_channels <= _CHANNELS_MAX
        and facts.audio_rate in _RATES
    )
    fits = video_fits and audio_fits
    if fits and facts.container == "mp4" and facts.starts_fast and facts.streams == 1 + facts.has_audio:
        return None
    return Mending(encode_video=not video_fits, encode_audio=not audio_fits)


def is_short(*, declared_s: float, came_s: float) -> bool:
    """Whether a stream ends before its own header says that it does."""
    return came_s < declared_s - max(SHORT_S, SHORT_SHARE * declared_s)
