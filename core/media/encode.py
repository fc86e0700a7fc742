"""Writes a video file again: in another container, encoded for both chats, or smaller. Runs in a media process."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.domain.clip_facts import ClipFacts, Mending
from core.media.clip_file import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet

_FAST = {"movflags": "faststart"}
_QUALITY = {"preset": "veryfast", "crf": "20", "rc-lookahead": "10"}
_THREADS = 2
_AUDIO_BPS = 160_000
_COPIED_BPS = 128_000
"""Bits a second of sound that is copied, where the stream does not tell."""
_RATE_MAX = 60
_HELD_MAX = 32
_MARGIN = 0.92
"""The share of the allowed size to aim at, because an encoder misses its bit rate by a little."""
_AGAIN = 0.75
"""The share of the first aim for the second and last try."""
_LINES = (1080, 720, 540, 360, 240)
_BITS_PER_PIXEL = 0.045
"""Bits for each pixel at least: with fewer, a smaller picture looks better."""
_VIDEO_BPS_LEAST = 60_000


class CannotEncode(Exception):
    """Such a file cannot be made of this one, or would not be worth watching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """The target of an encoding: the size before rotation, and a bit rate instead of a quality."""

    width: int
    height: int
    bps: int | None = None


def mend(path: Path, *, to: Path, known: ClipFacts, how: Mending) -> None:
    """Write a version that both chats play, with fast start. Only streams that need it are encoded; others are copied.

    Raises:
        CannotEncode, NotAVideo
    """
    aim = _Aim(width=_even(known.width), height=_even(known.height)) if how.encode_video else None
    _written(path, to, known, aim=aim, encode_audio=how.encode_audio)


def shrink(path: Path, *, to: Path, known: ClipFacts, size_max: int) -> None:
    """Encode the clip with fewer bits and if needed fewer pixels, so that it has at most so many bytes.

    Raises:
        CannotEncode, NotAVideo
    """
    for share in (_MARGIN, _MARGIN * _AGAIN):
        bps = share * size_max * 8 / max(known.duration_s, 0.1)
        if known.has_audio:
            bps -= _sound_bps(path)
        if bps < _VIDEO_BPS_LEAST:
            raise CannotEncode(f"{bps:.0f} bits a second are too few")
        width, height = _dimensions(known, bps / (known.fps or 24.0))
        _written(path, to, known, aim=_Aim(width=width, height=height, bps=int(bps)), encode_audio=False)
        if to.stat().st_size <= size_max:
            return
    raise CannotEncode("it stays too large")


def _sound_bps(path: Path) -> int:
    with opened(path) as (container, _, _):
        return container.streams.audio[0].bit_rate or _COPIED_BPS


def _written(path: Path, to: Path, known: ClipFacts, *, aim: _Aim | None, encode_audio: bool) -> None:
    try:
        with opened(path) as (source, picture, _), av.open(str(to), "w", format="mp4", options=_FAST) as sink:
            sound = source.streams.audio[0] if source.streams.audio else None
            writer = _Picture(sink, picture, known, aim) if aim is not None else _Copy(sink, picture)
            voice = None
            if sound is not None:
                voice = _Sound(sink, sound) if encode_audio else _Copy(sink, sound)
            _pump(source, sink, picture=picture, sound=sound, writer=writer, voice=voice)
    except (FFmpegError, OSError, ValueError) as error:
        if isinstance(error, MemoryError):
            raise
        raise CannotEncode(type(error).__name__) from error


def _pump(
    source: InputContainer,
    sink: OutputContainer,
    *,
    picture: VideoStream,
    sound: AudioStream | None,
    writer: "_Picture | _Copy",
    voice: "_Sound | _Copy | None",
) -> None:
    for packet in source.demux(*(stream for stream in (picture, sound) if stream is not None)):
        target = writer if packet.stream is picture else voice
        if target is not None:
            for made in target.packets(packet):
                sink.mux(made)
    for last in (writer, voice):
        if last is not None:
            for made in last.rest():
                sink.mux(made)


class _Copy:
    """A stream that is copied. Matroska has no decoding times for its first pictures; MP4 needs them."""

    def __init__(self, sink: OutputContainer, stream: VideoStream | AudioStream) -> None:
        self._to = sink.add_stream_from_template(stream)
        self._held: list[Packet[Any]] = []

    def packets(self, packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
        if not packet.size or packet.is_discard:
            return
        if packet.dts is None and len(self._held) < _HELD_MAX:
            self._held.append(packet)
            return
        yield from self._released(packet.dts if packet.dts is not None else packet.pts or 0)
        packet.stream = self._to
        yield packet

    def rest(self) -> "Iterator[Packet[Any]]":
        last = self._held[-1] if self._held else None
        yield from self._released((last.pts or 0) + (last.duration or 1) if last else 0)

    def _released(self, then: int) -> "Iterator[Packet[Any]]":
        """The packets that were held back, with decoding times that end one step before `then`."""
        held, self._held = self._held, []
        for number, packet in enumerate(held):
            packet.dts = then - (len(held) - number) * max(1, packet.duration or 1)
            packet.stream = self._to
            yield packet


class _Picture:
    """A picture that is encoded: 8 bits, 4:2:0, upright."""

    def __init__(self, sink: OutputContainer, stream: VideoStream, known: ClipFacts, aim: _Aim) -> None:
        self._from = stream
        self._aim = aim
        rate = Fraction(known.fps or 24.0).limit_denominator(1001)
        options = _QUALITY
        if aim.bps is not None:
            # The buffer keeps the rate near its aim over a few seconds, as long as a clip is.
            options = {"preset": "veryfast", "maxrate": str(aim.bps), "bufsize": str(aim.bps)}
        self._to = sink.add_stream("libx264", rate=min(rate, Fraction(_RATE_MAX)), options=options)
        self._to.width, self._to.height, self._to.pix_fmt = aim.width, aim.height, "yuv420p"
        self._to.codec_context.thread_count = _THREADS
        if aim.bps is not None:
            self._to.bit_rate = aim.bps
        if stream.time_base is not None:
            self._to.codec_context.time_base = stream.time_base
        self._turned = _Turned(known.rotation)

    def packets(self, packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
        for frame in self._from.decode(packet):
            upright = self._turned.upright(frame)
            small = upright.reformat(width=self._aim.width, height=self._aim.height, format="yuv420p")
            small.pict_type = 0  # do not copy the source's key frames
            yield from self._to.encode(small)

    def rest(self) -> "Iterator[Packet[Any]]":
        yield from self._to.encode(None)


class _Turned:
    """Rotates pictures as a player would, where the file says so."""

    def __init__(self, rotation: int) -> None:
        self._steps = {90: ("transpose=2",), -270: ("transpose=2",), -90: ("transpose=1",), 270: ("transpose=1",),
                       180: ("hflip", "vflip"), -180: ("hflip", "vflip")}.get(rotation, ())  # fmt: skip
        self._graph: Graph | None = None

    def upright(self, frame: VideoFrame) -> VideoFrame:
        if not self._steps:
            return frame
        if self._graph is None:
            self._graph = _graph(frame, self._steps)
        self._graph.push(frame)
        turned = self._graph.pull()
        if not isinstance(turned, VideoFrame):
            raise CannotEncode("it cannot be turned")
        return turned


def _graph(frame: VideoFrame, steps: tuple[str, ...]) -> Graph:
    graph = Graph()
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)]
    for step in steps:
        name, _, value = step.partition("=")
        nodes.append(graph.add(name, value or None))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


class _Sound:
    """Sound that is encoded: AAC, two channels."""

    def __init__(self, sink: OutputContainer, stream: AudioStream) -> None:
        self._from = stream
        self._to = sink.add_stream("aac", rate=48_000, layout="stereo")
        self._to.bit_rate = _AUDIO_BPS
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=48_000, frame_size=1024)

    def packets(self, packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
        for frame in self._from.decode(packet):
            for piece in self._resampler.resample(frame):
                yield from self._to.encode(piece)

    def rest(self) -> "Iterator[Packet[Any]]":
        for piece in self._resampler.resample(None):
            yield from self._to.encode(piece)
        yield from self._to.encode(None)


def _dimensions(known: ClipFacts, bits_per_frame: float) -> tuple[int, int]:
    """The largest picture, in even numbers of pixels, that has enough bits for each of them."""
    short = min(known.width, known.height)
    lines = [short, *(lines for lines in _LINES if lines < short)]
    pixels = known.width * known.height
    chosen = next((n for n in lines if bits_per_frame / (pixels * (n / short) ** 2) >= _BITS_PER_PIXEL), lines[-1])
    return _even(known.width * chosen / short), _even(known.height * chosen / short)


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))
