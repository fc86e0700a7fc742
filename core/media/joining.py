"""Joins two clips in one file: the second after the first, in the first one's size and rate. In a media process."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.video.frame import VideoFrame

from core.domain.clip_facts import ClipFacts
from core.media.clip_file import opened
from core.media.encode import CannotEncode

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

_FAST = {"movflags": "faststart"}
_QUALITY = {"preset": "veryfast", "crf": "20", "rc-lookahead": "10"}
_CLOCK = 90_000
_RATE = 48_000
_PIECE = 1024
"""Samples that the encoder takes at a time."""
_FPS_MAX = 60
_THREADS = 2


def join(first: Path, second: Path, *, to: Path, known: ClipFacts, has_sound: bool) -> None:
    """Write both, one after the other. Where only one of them has sound, the other is silent.

    Args:
        known: the facts of the first clip.
        has_sound: whether one of them has sound.

    Raises:
        CannotEncode, NotAVideo
    """
    try:
        with av.open(str(to), "w", format="mp4", options=_FAST) as sink:
            writer = _Joined(sink, known, has_sound=has_sound)
            for path in (first, second):
                writer.append(path)
            writer.close()
    except (FFmpegError, OSError, ValueError) as error:
        if isinstance(error, MemoryError):
            raise
        raise CannotEncode(type(error).__name__) from error


class _Joined:
    """The file that is written, and its length so far."""

    def __init__(self, sink: "OutputContainer", known: ClipFacts, *, has_sound: bool) -> None:
        self._sink = sink
        fps = min(Fraction(known.fps or 24.0).limit_denominator(1001), Fraction(_FPS_MAX))
        self._step = max(1, round(_CLOCK / fps))
        self._video = sink.add_stream("libx264", rate=fps, options=_QUALITY)
        self._video.width, self._video.height = 2 * round(known.width / 2), 2 * round(known.height / 2)
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.thread_count = _THREADS
        self._video.codec_context.time_base = Fraction(1, _CLOCK)
        self._audio: AudioStream | None = sink.add_stream("aac", rate=_RATE, layout="stereo") if has_sound else None
        self._fifo = AudioFifo()
        self._ends = 0
        """The length of the pictures so far, in ticks of the time base."""
        self._samples = 0
        """Samples of sound so far, including the queue; and the samples that are written."""
        self._written = 0

    def append(self, path: Path) -> None:
        begins, since = self._ends, None
        self._quiet_until(begins)
        with opened(path) as (source, picture, _):
            sound = source.streams.audio[0] if source.streams.audio and self._audio is not None else None
            resampler = AudioResampler(format="fltp", layout="stereo", rate=_RATE)
            for packet in source.demux(*(stream for stream in (picture, sound) if stream is not None)):
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        since = frame.time or 0.0 if since is None else since
                        self._show(frame, begins + round(((frame.time or 0.0) - since) * _CLOCK))
                    elif isinstance(frame, AudioFrame):
                        for piece in resampler.resample(frame):
                            self._hear(piece)
            for piece in resampler.resample(None) if sound is not None else ():
                self._hear(piece)

    def close(self) -> None:
        self._quiet_until(self._ends)
        self._encode_sound(partial=True)
        for stream in (self._video, self._audio):
            if stream is not None:
                self._sink.mux(stream.encode(None))

    def _show(self, frame: VideoFrame, at: int) -> None:
        small = frame.reformat(width=self._video.width, height=self._video.height, format="yuv420p")
        small.pict_type = 0  # the source's key frames are not ours
        small.time_base, small.pts = Fraction(1, _CLOCK), max(at, self._ends - self._step + 1)
        self._ends = small.pts + self._step
        self._sink.mux(self._video.encode(small))

    def _hear(self, piece: AudioFrame) -> None:
        piece.pts = None
        self._fifo.write(piece)
        self._samples += piece.samples
        self._encode_sound(partial=False)

    def _quiet_until(self, ticks: int) -> None:
        """Add silence up to a time, for a clip without sound, or with a sound track that ends early."""
        missing = ticks * _RATE // _CLOCK - self._samples
        while self._audio is not None and missing > 0:
            samples = min(missing, _PIECE)
            silence = AudioFrame(format="fltp", layout="stereo", samples=samples)
            silence.sample_rate = _RATE
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            self._hear(silence)
            missing -= samples

    def _encode_sound(self, *, partial: bool) -> None:
        while self._audio is not None and (piece := self._fifo.read(_PIECE, partial=partial)) is not None:
            piece.time_base, piece.pts = Fraction(1, _RATE), self._written
            self._written += piece.samples
            self._sink.mux(self._audio.encode(piece))
