"""Decodes pictures of a video file, and on the way to them only those that they are made from. In a media process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.domain.clip_facts import CLIP_PIXELS_MAX
from core.media.boxes import Cut, NotAVideo

_SKIPS = frozenset({"h264", "hevc"})
"""Whose decoders can leave out pictures that no other one is made from."""


def decoded(container: InputContainer, picture: VideoStream, *, keyframes: Sequence[int], last_pts: int) -> VideoFrame:
    """Decode pictures at the start, in the middle and at the end, and return the first.

    Args:
        keyframes: the times that can be gone to, in order.

    Raises:
        Cut: one is missing, or does not decode.
        NotAVideo
    """
    container.seek(keyframes[0] if keyframes else 0, stream=picture, backward=True)
    decoder = Decoder(container, picture)
    frames = decoder.frames()
    first = next(frames, None)
    if first is None:
        raise Cut("no frames")
    if first.width * first.height > CLIP_PIXELS_MAX:
        raise NotAVideo("its pictures are larger than it says")
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
