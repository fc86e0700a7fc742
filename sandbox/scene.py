"""What a clip shows: a landscape in the colours of its prompt, drifting, over a caption. No video format here.

Frames are drawn as the three planes of limited-range YUV 4:2:0, because that is what the encoder wants: no conversion
per frame. Everything that does not move is drawn once.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Self

from PIL import Image, ImageDraw, ImageOps

from sandbox.lettering import Caption, set_caption

Rgb = tuple[int, int, int]

FPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one scene, as hex: sky from top to horizon, the light in it, the nearest hill, and stars."""

    sky: tuple[str, str, str]
    light: str
    ground: str
    stars: bool = False


PALETTES = (
    Palette(sky=("#2b2d5b", "#8e5a8a", "#f2a07b"), light="#ffe3b3", ground="#171631"),
    Palette(sky=("#0f3d4c", "#5fa8a0", "#f5d6a8"), light="#fff3d6", ground="#0b2730"),
    Palette(sky=("#7ea6d0", "#c9dcee", "#fdeee0"), light="#fffaf2", ground="#1f2e46"),
    Palette(sky=("#134e4a", "#6fae8c", "#f2e3b0"), light="#fffbe0", ground="#0a2722"),
    Palette(sky=("#4a1942", "#c05a7a", "#ffc9a3"), light="#ffeeda", ground="#260d2b"),
    Palette(sky=("#070b24", "#1c2b5a", "#5b6fae"), light="#f4f1de", ground="#060920", stars=True),
    Palette(sky=("#3d5a80", "#e0a872", "#ffe8c2"), light="#fff6e0", ground="#3a1d18"),
    Palette(sky=("#10316b", "#3f88c5", "#bfe3f0"), light="#ffffff", ground="#0a1c3d"),
    Palette(sky=("#1a1033", "#5a2d82", "#e58fb1"), light="#ffd9ec", ground="#120a26", stars=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    """A picture as Y, U and V, the latter two at half size."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @classmethod
    def of(cls, picture: Image.Image) -> Self:
        """A picture with even sides, in video range."""
        half = (picture.width // 2, picture.height // 2)
        y, cb, cr = picture.convert("YCbCr").split()
        return cls(
            y=y.point([16 + value * 219 // 255 for value in range(256)]),
            u=cb.resize(half, Image.Resampling.BOX).point(_CHROMA),
            v=cr.resize(half, Image.Resampling.BOX).point(_CHROMA),
        )

    def copy(self) -> "Planes":
        return Planes(y=self.y.copy(), u=self.u.copy(), v=self.v.copy())

    def crop(self, box: tuple[int, int, int, int]) -> "Planes":
        """A part of the picture; all of `box` is even."""
        half = tuple(side // 2 for side in box)
        left, top, right, bottom = half
        return Planes(
            y=self.y.crop(box), u=self.u.crop((left, top, right, bottom)), v=self.v.crop((left, top, right, bottom))
        )

    def blend(self, other: "Planes", share: float) -> "Planes":
        """This picture with a share of another of its size."""
        return Planes(
            y=Image.blend(self.y, other.y, share),
            u=Image.blend(self.u, other.u, share),
            v=Image.blend(self.v, other.v, share),
        )

    def paste(self, over: "Planes", at: tuple[int, int], mask: "Mask | None" = None) -> None:
        """Lay another picture over this one at an even place."""
        half = (at[0] // 2, at[1] // 2)
        self.y.paste(over.y, at, None if mask is None else mask.full)
        self.u.paste(over.u, half, None if mask is None else mask.half)
        self.v.paste(over.v, half, None if mask is None else mask.half)


_CHROMA = [128 + (value - 128) * 224 // 255 for value in range(256)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """How much of a layer shows, at full and at half size."""

    full: Image.Image
    half: Image.Image

    @classmethod
    def of(cls, full: Image.Image) -> Self:
        return cls(full=full, half=full.resize((full.width // 2, full.height // 2), Image.Resampling.BOX))

    def crop(self, left: int, width: int) -> "Mask":
        """A window as wide as the frame, at an even place of a long strip."""
        half = (left // 2, 0, (left + width) // 2, self.half.height)
        return Mask(full=self.full.crop((left, 0, left + width, self.full.height)), half=self.half.crop(half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hill:
    """One layer of hills: a strip that repeats every frame's width, and how fast it passes."""

    top: int
    paint: Planes
    mask: Mask
    px_per_s: float


class Scene:
    """The frames of one clip.

    Args:
        size: width and height, both even.
        seconds: how long it runs.
        caption: what is written at the foot of every frame.
        first: a picture that stands in place of the sky, from the first frame on.
        last: a picture that the first one has become in the last frame.
    """

    def __init__(
        self,
        *,
        size: tuple[int, int],
        seconds: float,
        caption: Caption,
        first: Image.Image | None = None,
        last: Image.Image | None = None,
    ) -> None:
        self.width, self.height = size
        self.seconds = seconds
        self.caption = caption
        seed = sha256(caption.prompt.encode()).digest()
        self._dice = random.Random(seed)
        self._palette = PALETTES[seed[0] % len(PALETTES)]
        self._foot = set_caption(caption, width=self.width, height=self.height)
        self._horizon = (self.height - self._foot.height) // 2 * 2
        self._first, self._last = (self._cover(picture) for picture in (first, last))
        self._back = Planes.of(self._sky())
        self._hills = self._layers()
        self._glow = Mask.of(_glow(_even(min(size) * 0.62)))
        self._disc = Mask.of(_disc(_even(min(size) * 0.16)))
        self._light = {mask.full.width: _flat(self._palette.light, mask.full.size) for mask in (self._glow, self._disc)}
        self._bar = _flat(self._palette.light, (self.width, 4))

    def frames(self, *, every: int = 1) -> Iterator[tuple[int, Planes]]:
        """Each so many of the frames and the last one, in order, with their numbers."""
        total = max(1, round(self.seconds * FPS))
        foot, second = self._foot_at(0), 0
        for number in sorted({*range(0, total, every), total - 1}):
            now = number / FPS
            if int(now) != second:
                second = int(now)
                foot = self._foot_at(second)
            frame = self._backdrop(number / max(1, total - 1), now)
            for hill in self._hills:
                left = int(now * hill.px_per_s) % self.width // 2 * 2
                frame.paste(hill.paint, (0, hill.top), hill.mask.crop(left, self.width))
            frame.paste(foot, (0, self._horizon))
            done = _even(self.width * (number + 1) / total)
            frame.paste(self._bar.crop((0, 0, done, 4)), (0, self.height - 4))
            yield number, frame

    def _backdrop(self, progress: float, now: float) -> Planes:
        """The sky with its light, or the pictures that stand in for them."""
        if self._first is None:
            frame = self._back.copy()
            x = self.width * (0.68 - 0.3 * progress)
            y = self._horizon * (0.46 - 0.14 * math.sin(math.pi * (0.15 + 0.7 * progress)))
            for mask in (self._glow, self._disc):
                side = mask.full.width
                frame.paste(self._light[side], (_even(x - side / 2), _even(y - side / 2)), mask)
            return frame
        slack = self._first.y.width - self.width
        left = _even(slack * (0.5 - 0.5 * math.cos(math.pi * now / max(4.0, self.seconds))) / 2)
        box = (left, 0, left + self.width, self.height)
        frame = self._first.crop(box)
        return frame if self._last is None else frame.blend(self._last.crop(box), progress)

    def _cover(self, picture: Image.Image | None) -> Planes | None:
        """The picture over the whole frame and a little wider, so that it can drift."""
        if picture is None:
            return None
        return Planes.of(ImageOps.fit(picture.convert("RGB"), (_even(self.width * 1.08), self.height)))

    def _sky(self) -> Image.Image:
        stops = [_rgb(colour) for colour in self._palette.sky]
        column = Image.new("RGB", (1, self.height))
        for y in range(self.height):
            place = min(1.0, y / self._horizon) * (len(stops) - 1)
            below = min(int(place), len(stops) - 2)
            column.putpixel((0, y), _mix(stops[below], stops[below + 1], place - below))
        sky = column.resize((self.width, self.height))
        if self._palette.stars:
            pen = ImageDraw.Draw(sky)
            for _ in range(self.width * self._horizon // 2600):
                at = (self._dice.randrange(self.width), int(self._horizon * self._dice.random() ** 1.6 * 0.8))
                pen.point(at, fill=_mix(stops[0], (255, 255, 255), self._dice.uniform(0.25, 0.95)))
        return sky

    def _layers(self) -> list[Hill]:
        """Hills from far to near: darker, lower and faster towards us. With a picture, only the nearest."""
        far, ground = _rgb(self._palette.sky[2]), _rgb(self._palette.ground)
        depths: tuple[tuple[float, float, float], ...]
        depths = ((0.30, 0.34, 5.0), (0.55, 0.24, 11.0), (0.80, 0.15, 20.0), (1.0, 0.07, 34.0))
        if self._first is not None:
            depths = depths[-1:]
        hills = []
        for shade, rise, speed in depths:
            height = _even(self._horizon * rise) + 2
            colour = _mix(far, ground, shade)
            crest = _mix(colour, far, 0.18 * (1 - shade))
            paint = Image.new("RGB", (1, 2))
            paint.putpixel((0, 0), crest)
            paint.putpixel((0, 1), _mix(colour, far, 0.28 * (1 - shade)))
            strip = paint.resize((self.width, height), Image.Resampling.BILINEAR)
            hills.append(
                Hill(
                    top=self._horizon - height,
                    paint=Planes.of(strip),
                    mask=self._ridge(height),
                    px_per_s=speed * self.width / 640,
                )
            )
        return hills

    def _ridge(self, height: int) -> Mask:
        """The outline of a layer, twice the frame's width, which ends as it begins."""
        waves = [(n, self._dice.uniform(0.35, 1) / n, self._dice.uniform(0, math.tau)) for n in (1, 2, 3, 5)]
        reach = sum(size for _, size, _ in waves)
        period = self.width
        points = []
        for x in (*range(0, period, 4), period):
            swing = sum(size * math.sin(math.tau * n * x / period + phase) for n, size, phase in waves) / reach
            points.append((x, height * (0.45 - 0.45 * swing)))
        one = Image.new("L", (period, height * 2), 0)
        pen = ImageDraw.Draw(one)
        for (x0, y0), (x1, y1) in pairwise(points):
            pen.polygon([(x0, y0 * 2), (x1, y1 * 2), (x1, height * 2), (x0, height * 2)], fill=255)
        one = one.resize((period, height), Image.Resampling.BOX)
        strip = Image.new("L", (period * 2, height))
        strip.paste(one, (0, 0))
        strip.paste(one, (period, 0))
        return Mask.of(strip)

    def _foot_at(self, second: int) -> Planes:
        picture = Image.new("RGB", (self.width, self.height - self._horizon), self._palette.ground)
        picture.paste((255, 255, 255), (0, 0), self._foot.mask(second=second, total=round(self.seconds)))
        return Planes.of(picture)


def _even(value: float) -> int:
    return int(value) // 2 * 2


def _rgb(colour: str) -> Rgb:
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def _flat(colour: str, size: tuple[int, int]) -> Planes:
    return Planes.of(Image.new("RGB", size, colour))


def _glow(side: int) -> Image.Image:
    """A soft round light, strongest in the middle."""
    falloff = [round(150 * max(0.0, 1 - value / 181) ** 2.2) for value in range(256)]
    return Image.radial_gradient("L").point(falloff).resize((side, side))


def _disc(side: int) -> Image.Image:
    disc = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=235)
    return disc.resize((side, side), Image.Resampling.BOX)
