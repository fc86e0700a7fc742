"""Decodes pictures of a video file, and besides them only those that they are made from. In a media process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.domain.clip_facts import CLIP_PIXELS_MAX
from core.media.boxes import Cut, NotAVideo

if TYPE_CHECKING:
    from av.packet import Packet

_SKIPS = frozenset({"h264", "hevc"})
"""Whose decoders can leave out pictures that no other one is made from."""


_ALONE = frozenset({"h264"})
"""Whose decoders read a picture to its end without those that it is made from: they take the nearest ones instead."""


@dataclass(slots=True, kw_only=True)
class Samples:
    """The packets of the pictures at the start, in the middle and at the end, each with its key frame.

    Args:
        middle_pts: the middle, as the file's header says.
    """

    middle_pts: int
    _key: "Packet[Any] | None" = None
    _first: "Packet[Any] | None" = None
    _middle: tuple["Packet[Any]", ...] = ()
    _last: tuple["Packet[Any]", ...] = ()
    _last_pts: int = field(default=-(1 << 62))

    def see(self, packet: "Packet[Any]", *, at: int) -> None:
        """Each packet of the picture, in the order of the file."""
        if packet.is_keyframe:
            self._key = packet
            self._first = self._first or packet
        if self._key is None:
            return
        if at <= self.middle_pts:
            self._middle = (self._key, packet)
        if at > self._last_pts:
            self._last, self._last_pts = (self._key, packet), at

    def decoded(self, picture: VideoStream) -> VideoFrame | None:
        """Read the bits of these pictures alone, and return the first; None: not without any fault.

        In a clip with one key frame that is three pictures where `decoded` decodes nearly all.
        """
        codec = picture.codec_context
        if codec.codec.canonical_name not in _ALONE or not (self._first and self._middle and self._last):
            return None
        packets = {packet.pts: packet for packet in (self._first, *self._middle, *self._last)}
        came: dict[int | None, VideoFrame] = {}
        try:
            for packet in (*packets.values(), None):
                came |= {frame.pts: frame for frame in picture.decode(packet)}
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            return None
        finally:
            codec.flush_buffers()
        if packets.keys() != came.keys() or any(frame.is_corrupt for frame in came.values()):
            return None
        return came[self._first.pts]


def decoded(
    container: InputContainer, picture: VideoStream, *, samples: Samples, keyframes: Sequence[int], last_pts: int
) -> VideoFrame:
    """Decode pictures at the start, in the middle and at the end, and return the first.

    Args:
        keyframes: the times that can be gone to, in order.

    Raises:
        Cut: one is missing, or does not decode.
        NotAVideo
    """
    first = samples.decoded(picture)
    if first is None:
        first = with_references(container, picture, keyframes=keyframes, last_pts=last_pts)
    if first.width * first.height > CLIP_PIXELS_MAX:
        raise NotAVideo("its pictures are larger than it says")
    return first


def with_references(
    container: InputContainer, picture: VideoStream, *, keyframes: Sequence[int], last_pts: int
) -> VideoFrame:
    """The same with all that these pictures are made from.

    Raises:
        Cut
    """
    container.seek(keyframes[0] if keyframes else 0, stream=picture, backward=True)
    decoder = Decoder(container, picture)
    frames = decoder.frames()
    first = next(frames, None)
    if first is None:
        raise Cut("no frames")
    here = first.pts or 0
    middle = (keyframes[0] + last_pts) // 2 if keyframes else last_pts // 2
    for target in (middle, last_pts):
        nearest = max((at for at in keyframes if at <= target), default=0)
        if nearest > here:  # going there is cheaper than decoding what lies between
            container.seek(nearest, stream=picture, backward=True)
            picture.codec_context.flush_buffers()
            frames = decoder.frames()
        decoder.wanted = target
        if here < target:
            here = _until(frames, target, here)
    return first


def _until(frames: Iterator[VideoFrame], target: int, here: int) -> int:
    for frame in frames:
        here = max(here, frame.pts or 0)
        if here >= target:
            return here
    raise Cut("its pictures do not go to the end")


@dataclass(slots=True)
class Decoder:
    """Decodes pictures from where the file was gone to.

    Args:
        wanted: what lies before this time is decoded only where later pictures are made from it.
    """

    container: InputContainer
    picture: VideoStream
    wanted: int = -(1 << 62)

    def frames(self) -> Iterator[VideoFrame]:
        """Pictures in the order in which they are shown.

        Raises:
            Cut: one does not decode.
        """
        codec = self.picture.codec_context
        can_skip, skips = codec.codec.canonical_name in _SKIPS, False
        try:
            for packet in self.container.demux(self.picture):
                if (can_skip and packet.pts is not None and packet.pts < self.wanted) is not skips:
                    skips = not skips
                    codec.skip_frame = "NONREF" if skips else "DEFAULT"
                yield from self.picture.decode(packet)
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            raise Cut(f"a picture does not decode: {type(error).__name__}") from error
