"""Every option of a video: its names, the kind of its value, and the ones that vendors take as they are.

An option that vendors take, like `negative`, is described here and nowhere else: a member of `Option`, a field of
`VendorOptions` with the same name, and a row of `OPTIONS`. The parser, both forms, the typed options of a command, the
request and the adapter's job follow from that. The sentences about it are in `core/replies/chat/option_words.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeVar, assert_never


class Option(StrEnum):
    """One thing that can be chosen. The value is the name that cards and examples use."""

    TIER = "tier"
    ASPECT = "aspect"
    SECONDS = "seconds"
    AUDIO = "audio"
    NEGATIVE = "negative"
    SEED = "seed"
    TAKES = "takes"
    IMAGE = "image"
    LAST_IMAGE = "last_image"
    REFERENCE = "reference"
    """A picture that shows what is to be in the video; it may be given several times."""
    PRESET = "preset"
    AT = "at"
    """The time at which the video is to be made."""


@dataclass(frozen=True, slots=True)
class FreeText:
    """Any words. A person wrote them, so they are cleaned like a prompt, scrubbed with it, and never logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeNumber:
    """A number from `least` to `most`, without a sign or a point."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""


@dataclass(frozen=True, slots=True)
class PictureAddress:
    """The https address of a picture."""


@dataclass(frozen=True, slots=True)
class OwnValues:
    """Values of this one option, which `option_values.py` has a rule for."""


Kind = FreeText | WholeNumber | Switch | PictureAddress | OwnValues


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorOptions:
    """The options that an adapter passes on as they are, where its model takes them.

    Args:
        negative: what should not be in the video, in the person's words; empty without any.
        seed: the same seed gives a similar video; None without one.
    """

    negative: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """What is known of one option.

    Args:
        names: what people call it, with blanks between; `_` stands for a blank inside a name.
        common: names that sentences have, too: they need more than a colon behind them.
        example: a value, as cards and placeholders show it.
    """

    names: str
    kind: Kind
    example: str
    common: str = ""


OPTIONS: Mapping[Option, OptionRow] = {
    Option.TIER: OptionRow(
        names="tier tiers resolution provider vendor engine",
        common="res model models quality qualität qualité calidad modell modèle modelo 画质 画質 品質",
        kind=OwnValues(),
        example="pro",
    ),
    Option.ASPECT: OptionRow(
        names="aspect aspects aspect_ratio ratio ar aspectratio seitenverhältnis",
        common="format orientation shape proportion proportions 比例 宽高比 縦横比",
        kind=OwnValues(),
        example="9:16",
    ),
    Option.SECONDS: OptionRow(
        names="seconds second secs sec duration dur sekunden dauer durée duree secondes duración duracion segundos",
        common="length len runtime länge 秒 秒数 时长 時長 長さ",
        kind=OwnValues(),
        example="8",
    ),
    Option.AUDIO: OptionRow(
        names="audio", common="sound sounds ton son sonido 声音 音频 音声", kind=Switch(), example="off"
    ),
    Option.NEGATIVE: OptionRow(
        names="negative negative_prompt negativeprompt neg negativ négatif negativo",
        common="no without exclude avoid ohne sans sin 不要 除外",
        kind=FreeText(),
        example="text, people",
    ),
    Option.SEED: OptionRow(names="seed seeds", common="种子 シード", kind=WholeNumber(most=999_999_999), example="7"),
    Option.TAKES: OptionRow(names="takes", common="take variations variants copies", kind=OwnValues(), example="2"),
    Option.IMAGE: OptionRow(
        names="image first_image start_image first_frame start_frame",
        common="picture img photo pic bild",
        kind=PictureAddress(),
        example="https://example.com/fox.jpg",
    ),
    Option.PRESET: OptionRow(names="preset presets", kind=OwnValues(), example="brand"),
    Option.AT: OptionRow(names="schedule scheduled_for start_at", common="at", kind=OwnValues(), example="in 2 hours"),
    Option.LAST_IMAGE: OptionRow(
        names="last_image end_image last_frame end_frame lastimage endimage",
        kind=PictureAddress(),
        example="https://example.com/end.jpg",
    ),
    Option.REFERENCE: OptionRow(
        names="reference_image reference_images reference_picture ref_image",
        common="reference references ref refs referenz",
        kind=PictureAddress(),
        example="https://example.com/style.jpg",
    ),
}

OptionsT = TypeVar("OptionsT", bound=VendorOptions)

VENDOR_OPTIONS = tuple(Option(field.name) for field in fields(VendorOptions))
"""In the order in which forms and help show them."""


def is_words(option: Option | None) -> bool:
    """Whether any words are a value of this option."""
    return option is not None and isinstance(OPTIONS[option].kind, FreeText)


def is_picture(option: Option) -> bool:
    """Whether its value is the address of a picture."""
    return isinstance(OPTIONS[option].kind, PictureAddress)


WRITTEN_BY_PEOPLE = tuple(option.value for option in VENDOR_OPTIONS if is_words(option))
"""The fields of `VendorOptions` that hold a person's own words."""


def values(options: VendorOptions) -> dict[str, Any]:
    """The vendor options by field, to build another value that has them."""
    return {option.value: getattr(options, option.value) for option in VENDOR_OPTIONS}


def words_of(options: VendorOptions) -> dict[str, str]:
    """The fields that hold a person's own words."""
    return {name: getattr(options, name) for name in WRITTEN_BY_PEOPLE}


def with_words(options: OptionsT, change: Callable[[str], str]) -> OptionsT:
    """The same with each of a person's own words changed."""
    changed: dict[str, Any] = {name: change(text) for name, text in words_of(options).items()}
    return replace(options, **changed)


def as_typed(options: VendorOptions) -> Iterator[tuple[Option, str]]:
    """The vendor options that were chosen, each value as a person types it."""
    for name, value in values(options).items():
        if (text := typed_value(value)) != "":
            yield Option(name), text


def typed_value(value: str | int | bool | None) -> str:  # noqa: FBT001 - a value of an option, not a flag
    """A value as a person types it; empty where nothing was chosen."""
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
        case _:
            return str(value)


def from_typed(chosen: Mapping[Option, str]) -> dict[str, Any]:
    """The fields of the vendor options among these, from values as a person types them."""
    return {option.value: _value(option, chosen[option]) for option in VENDOR_OPTIONS if option in chosen}


def _value(option: Option, text: str) -> str | int | bool:
    kind = OPTIONS[option].kind
    match kind:
        case FreeText():
            return text
        case WholeNumber():
            return int(text)
        case Switch():
            return text == "on"
        case PictureAddress() | OwnValues():
            raise ValueError(f"{option}: no vendor takes this kind of value as it is")
        case _:
            assert_never(kind)
