"""Examines a video file with a decoder: its facts, and whether it is complete and plays.

Runs in a media process. Only two demuxers and a handful of decoders are asked, the file alone is read, and its packets
are counted to the end; pictures are decoded at the start, in the middle and at the end, and on the way there those that
they are made from.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import av.subtitles.stream  # PyAV loads it with the first file that is opened: here, once for all media processes
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.domain.clip_facts import (
    CLIP_FPS_MAX,
    CLIP_PIXELS_MAX,
    CLIP_S_MAX,
    SHORT_S,
    STREAMS_MAX,
    ClipFacts,
    is_short,
)
from core.media.boxes import Cut, NotAVideo, Shape, shape
from core.media.decoding import Samples, decoded

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext

_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
_VIDEO = ("h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "mpeg4", "prores")
_AUDIO = (
    *("aac", "mp3float", "mp3", "opus", "libopus", "vorbis", "flac", "alac", "ac3", "eac3"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_f32le"),
)
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": _DEMUXERS,
    "codec_whitelist": ",".join((*_VIDEO, *_AUDIO)),
    "max_streams": str(STREAMS_MAX),
    "probesize": "5000000",
    "analyzeduration": "3000000",
}
_BARE = {"skip_loop_filter": "all"}
"""Whether a picture decodes does not depend on how smooth it is made afterwards, which takes a sixth of the time."""
_UNSEEN = ({"skip_frame": "all"},) * STREAMS_MAX
"""FFmpeg decodes pictures when it opens a file, to know how pixels are stored. The decoder says that later, too."""
PACKETS_MAX = 200_000
_MISSING_SHARE = 0.01
"""The share of the packets in the header that may be missing, because edit lists hide a few."""


@contextmanager
def opened(
    path: Path, *, smooth: bool = True, knows_pixels: bool = True
) -> Iterator[tuple[InputContainer, VideoStream, Shape]]:
    """The file, its picture and its outer shape.

    Args:
        smooth: its pictures are for people to see.
        knows_pixels: the stream says how pixels are stored before one is decoded. Streams that are copied need it; it
            costs as much as decoding a key frame.

    Raises:
        NotAVideo
    """
    seen = shape(path)
    kind = "matroska" if seen.container == "matroska" else "mov"
    try:
        with av.open(  # type: ignore[call-overload]  # its types say that options of a stream are one word
            f"file:{path}",
            mode="r",
            format=kind,
            container_options=_OPTIONS,
            stream_options=None if knows_pixels else list(_UNSEEN),
        ) as container:
            picture = _picture(container)
            picture.codec_context.thread_count = 1
            if not smooth:
                picture.codec_context.options = _BARE
            yield container, picture, seen
    except (FFmpegError, OSError, ValueError, IndexError) as error:
        if isinstance(error, MemoryError):  # FFmpeg's error is one, too: the limit is reached
            raise
        raise NotAVideo(type(error).__name__) from error


def look(path: Path) -> ClipFacts:
    """The facts of the file, after a check that it is complete.

    Raises:
        Cut: a part is missing, or does not decode.
        NotAVideo
    """
    with opened(path, smooth=False, knows_pixels=False) as (container, picture, seen):
        found = _packets(container, picture)
        declared_s = _declared_s(container, picture)
        if not found.count:
            raise Cut("no frames")
        if is_short(declared_s=declared_s, came_s=found.ends_s) or found.count < picture.frames * (1 - _MISSING_SHARE):
            raise Cut(f"{found.ends_s:.1f} s of {declared_s:.1f} s")
        if found.sound_short:
            raise Cut("the sound ends too early")
        first = decoded(container, picture, samples=found.samples, keyframes=found.keyframes, last_pts=found.last_pts)
        return _facts(container, picture, seen, found, first, size=path.stat().st_size)


@dataclass(slots=True, kw_only=True)
class _Found:
    """The facts of the packets: the number of pictures, their first and last time, and the key frames."""

    count: int
    begins_s: float
    ends_s: float
    length_s: float
    keyframes: tuple[int, ...]
    last_pts: int
    sound_short: bool
    samples: Samples


def _picture(container: InputContainer) -> VideoStream:
    """The video stream that a player shows; a cover picture does not count."""
    if len(container.streams) > STREAMS_MAX:
        raise NotAVideo("too many streams")
    found = [stream for stream in container.streams.video if not stream.disposition & _COVER]
    if not found:
        raise NotAVideo("no video stream")
    codec = cast("VideoCodecContext | None", found[0].codec_context)
    if codec is None or codec.name not in _VIDEO:
        raise NotAVideo("its codec is none that we take")
    if not 0 < codec.width * codec.height <= CLIP_PIXELS_MAX:
        raise NotAVideo("no frames" if not codec.width else f"{codec.width} × {codec.height} pixels are too many")
    if float(found[0].average_rate or 0) > CLIP_FPS_MAX:
        raise NotAVideo("too many frames a second")
    if (container.duration or 0) / av.time_base > CLIP_S_MAX:
        raise NotAVideo("it is too long")
    return found[0]


_COVER = av.stream.Disposition.attached_pic


def _packets(container: InputContainer, picture: VideoStream) -> _Found:
    """Read all packets to the end without decoding."""
    sounds: dict[int, float] = {}
    count, begins, ends, last = 0, None, 0.0, 0
    samples = Samples(middle_pts=(picture.start_time or 0) + (picture.duration or 0) // 2)
    keyframes: list[int] = []
    prefix = _prefix(picture)
    for number, packet in enumerate(container.demux(*container.streams.video, *container.streams.audio)):
        if number > PACKETS_MAX:
            raise NotAVideo("too many packets")
        if packet.dts is None and packet.pts is None:
            continue
        if packet.is_corrupt:
            raise Cut("a packet is broken")
        end_s = _end_s(packet)
        if packet.stream is not picture:
            sounds[packet.stream.index] = max(end_s, sounds.get(packet.stream.index, 0.0))
            continue
        if not _is_framed(bytes(packet), prefix):
            raise Cut("a packet is broken")
        count += 1
        ends = max(ends, end_s)
        at = packet.pts if packet.pts is not None else packet.dts or 0
        last = max(last, at)
        samples.see(packet, at=at)
        begins = at if begins is None else min(begins, at)
        if packet.is_keyframe:
            keyframes.append(at)
    begins_s = float((begins or 0) * (picture.time_base or 0))
    short = any(
        isinstance(stream, AudioStream)
        and stream.duration
        and is_short(declared_s=float(stream.duration * (stream.time_base or 0)), came_s=sounds.get(stream.index, 0.0))
        for stream in container.streams
    )
    return _Found(
        count=count,
        begins_s=begins_s,
        ends_s=ends,
        length_s=ends - max(0.0, begins_s),
        keyframes=tuple(sorted(keyframes)),
        last_pts=last,
        sound_short=short,
        samples=samples,
    )


def _prefix(picture: VideoStream) -> int:
    """The size of the length field before each unit in packets of H.264 or HEVC; 0 where there is none."""
    head = picture.codec_context.extradata or b""
    at = {"h264": 4, "hevc": 21}.get(picture.codec_context.codec.canonical_name)
    return (head[at] & 3) + 1 if at is not None and len(head) > at and head[0] == 1 else 0


def _is_framed(packet: bytes, prefix: int) -> bool:
    """Whether a packet is made of units from its first to its last byte; a hole in a file is not."""
    if not prefix:
        return packet.count(0) < len(packet)
    at = 0
    while at < len(packet):
        length = int.from_bytes(packet[at : at + prefix], "big")
        if not length or at + prefix + length > len(packet) or packet[at + prefix] & 0x80:
            return False
        at += prefix + length
    return True


def _end_s(packet: "Packet[Any]") -> float:
    at = packet.pts if packet.pts is not None else packet.dts or 0
    return float((at + (packet.duration or 0)) * packet.time_base)


def _declared_s(container: InputContainer, picture: VideoStream) -> float:
    if picture.duration is not None and picture.time_base is not None:
        return float(picture.duration * picture.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def _facts(
    container: InputContainer, picture: VideoStream, seen: Shape, found: _Found, first: VideoFrame, *, size: int
) -> ClipFacts:
    turned = first.rotation % 180 == 90
    sound = container.streams.audio[0] if container.streams.audio else None
    declared_s = _declared_s(container, picture)
    known: dict[str, Any] = {}
    if sound is not None:
        codec = cast("AudioCodecContext | None", sound.codec_context)  # None where there is no decoder
        known = {
            "audio_codec": codec.codec.canonical_name if codec else "unknown",
            "audio_profile": (codec.profile or "") if codec else "",
            "audio_channels": codec.channels if codec else 0,
            "audio_rate": codec.sample_rate if codec else 0,
        }
    came_s = found.length_s if found.length_s > 0 else declared_s
    # The header is exact to a sample where packets are not, but is used only if both nearly agree.
    length_s = declared_s if abs(declared_s - came_s) <= SHORT_S else came_s
    return ClipFacts(
        width=first.height if turned else first.width,
        height=first.width if turned else first.height,
        duration_s=length_s,
        size=size,
        codec=picture.codec_context.codec.canonical_name,
        has_audio=sound is not None,
        fps=round(float(picture.average_rate or (found.count / came_s if came_s else 0)), 3),
        frames=found.count,
        profile=picture.codec_context.profile or "",
        level=max(0, picture.codec_context.level or 0),
        pixel_format=first.format.name,
        container=seen.container,
        starts_fast=seen.starts_fast,
        streams=len(container.streams),
        rotation=first.rotation,
        **known,
    )
