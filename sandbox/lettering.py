"""The caption at the foot of a clip: prompt, vendor, model, elapsed time. Decides type, size and line breaks."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FALLBACKS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"),
    Path("/System/Library/Fonts/Supplemental/Arial Unicode.ttf"),
    Path("/Library/Fonts/Arial Unicode.ttf"),
)
"""Where a font for scripts that Pillow's own lacks may lie; none needs to be there."""

PROMPT_INK = 245
SMALL_INK = 165

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What is written at the foot of a clip."""

    prompt: str
    vendor: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """The set caption: how much ink each pixel of the foot has, but for the clock."""

    ink: Image.Image
    small: Font
    margin: int
    clock_y: int

    @property
    def height(self) -> int:
        return self.ink.height

    def mask(self, *, second: int, total: int) -> Image.Image:
        """The ink at one second of the clip."""
        mask = self.ink.copy()
        clock = f"{second // 60}:{second % 60:02d} / {total // 60}:{total % 60:02d}"
        at = (mask.width - self.margin - self.small.getlength(clock), self.clock_y)
        ImageDraw.Draw(mask).text(at, clock, font=self.small, fill=SMALL_INK)
        return mask


def set_caption(caption: Caption, *, width: int, height: int) -> Foot:
    """Set the caption for a frame of this size: at most three lines of prompt (five in portrait), then small type."""
    scale = min(width, height * 16 / 9)
    large, small = max(14, round(scale / 32)), max(11, round(scale / 50))
    margin = max(14, round(width / 28))
    prompt = " ".join(caption.prompt.split()) or "…"
    font = _font_for(prompt, large)
    lines = _wrap(_known(prompt, font), font, width - 2 * margin, 5 if height > width else 3)
    step = round(large * 1.34)
    clock_y = margin // 2 + 6 + step * len(lines) + 4
    foot_height = (clock_y + small + margin // 2 + 9) // 2 * 2
    ink = Image.new("L", (width, foot_height), 0)
    pen = ImageDraw.Draw(ink)
    for number, line in enumerate(lines):
        pen.text((margin, margin // 2 + 4 + step * number), line, font=font, fill=PROMPT_INK)
    small_font = _own(small)
    room = width - 2 * margin - small_font.getlength("00:00 / 00:00  ")
    signature = _shorten(f"{caption.vendor}  ·  {caption.model}", small_font, room)
    pen.text((margin, clock_y), signature, font=small_font, fill=SMALL_INK)
    return Foot(ink=ink, small=small_font, margin=margin, clock_y=clock_y)


@cache
def _own(size: int) -> Font:
    return ImageFont.load_default(size)


@cache
def _borrowed(path: Path, size: int) -> Font | None:
    return ImageFont.truetype(path, size) if path.is_file() else None


def _font_for(text: str, size: int) -> Font:
    """Pillow's own font, or the one that knows more of these characters."""
    fonts = [_own(size), *(font for path in FALLBACKS if (font := _borrowed(path, size)) is not None)]
    return max(fonts, key=lambda font: len(_known(text, font)))


@cache
def _blank(font: Font) -> bytes:
    return bytes(font.getmask("\U000fffff"))


@cache
def _has(font: Font, character: str) -> bool:
    return character.isspace() or (character.isprintable() and bytes(font.getmask(character)) != _blank(font))


def _known(text: str, font: Font) -> str:
    return "".join(character for character in text if _has(font, character))


def _wrap(text: str, font: Font, room: float, lines_max: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= room or not line:
            line = longer
            continue
        lines.append(line)
        line = word
    lines.append(line)
    if len(lines) > lines_max:
        lines = [*lines[: lines_max - 1], " ".join(lines[lines_max - 1 :])]
    return [_shorten(line, font, room) for line in lines]


def _shorten(text: str, font: Font, room: float) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    if font.getlength(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle].rstrip() + "…") <= room else (low, middle - 1)
    return text[:low].rstrip() + "…"
