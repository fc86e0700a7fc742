"""Model inputs as the aggregators take them: one flat object a model, described field by field, made into a clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.render import Clip
from sandbox.vendors import pictures
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import SHORT_SIDES, fitted, pixels

FIRST = ("image_url", "start_image_url", "first_frame_url", "image", "start_image", "first_frame_image")
LAST = ("last_frame_url", "end_image_url", "tail_image_url", "last_frame", "last_frame_image")
PICTURES = Rules(bytes_max=50 * 1024 * 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an input. `options` are the only values, of their own type; numbers lie from `low` to `high`."""

    kind: type = str
    options: tuple[Any, ...] = ()
    default: Any = None
    required: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field, in the words of a validator."""

    name: str
    text: str
    kind: str
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One model of an aggregator: whose it is, what it takes, and what it makes where the input does not say."""

    vendor: str
    maker: str
    fields: Mapping[str, Field]
    seconds: float = 5.0
    resolution: str = "720p"
    aspect: str = "16:9"
    audio: bool = False
    fps: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The pictures of an input."""

    first: Picture | None = None
    last: Picture | None = None


def text(*, required: bool = False, default: str | None = None) -> Field:
    return Field(required=required, default=default)


def choice(*options: Any, default: Any = None) -> Field:
    return Field(kind=type(options[0]), options=options, default=default if default is not None else options[0])


def switch(*, default: bool) -> Field:
    return Field(kind=bool, default=default)


def whole(low: float | None = None, high: float | None = None, *, default: int | None = None) -> Field:
    return Field(kind=int, low=low, high=high, default=default)


def number(low: float, high: float, *, default: float) -> Field:
    return Field(kind=float, low=low, high=high, default=default)


def problems(spec: Spec, given: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with an input. A null counts as not given; a field that is not known is ignored."""
    found = []
    for name, rule in spec.fields.items():
        value = given.get(name)
        if value is None:
            if rule.required:
                found.append(Problem(name=name, text="Field required", kind="missing"))
            continue
        if (wrong := _wrong(rule, value)) is not None:
            found.append(Problem(name=name, text=wrong[0], kind=wrong[1], value=value))
    return found


async def frames(given: Mapping[str, Any]) -> Frames:
    """Fetch the pictures of an input.

    Raises:
        BadPictureError: one cannot be had.
    """
    first, last = (next((given[name] for name in names if given.get(name)), None) for names in (FIRST, LAST))
    for source in (first, last):
        if source is not None and not str(source).startswith(("http://", "https://", "data:")):
            raise BadPictureError("the image is neither a URL nor a data URI")
    return Frames(
        first=await pictures.from_source(str(first), PICTURES) if first else None,
        last=await pictures.from_source(str(last), PICTURES) if last else None,
    )


def clip_of(spec: Spec, model: str, given: Mapping[str, Any], shown: Frames) -> Clip:
    """The clip that an input without problems asks for."""
    wish = {name: rule.default for name, rule in spec.fields.items()}
    wish |= {name: value for name, value in given.items() if value is not None and name in spec.fields}
    resolution = str(wish.get("resolution") or spec.resolution).lower()
    resolution = resolution if resolution in SHORT_SIDES else spec.resolution
    aspect = str(wish.get("aspect_ratio") or spec.aspect)
    size = pixels(aspect if ":" in aspect else spec.aspect, resolution)
    if shown.first is not None and (aspect == "auto" or "aspect_ratio" not in given):
        size = fitted(shown.first.width, shown.first.height, resolution)
    return Clip(
        prompt=str(wish.get("prompt") or ""),
        vendor=spec.maker,
        model=model,
        seconds=_seconds(spec, wish),
        width=size[0],
        height=size[1],
        audio=bool(wish.get("generate_audio", spec.audio)),
        first=shown.first.data if shown.first else b"",
        last=shown.last.data if shown.last else b"",
    )


def _seconds(spec: Spec, wish: Mapping[str, Any]) -> float:
    if wish.get("num_frames"):
        return float(wish["num_frames"]) / float(wish.get("frames_per_second") or spec.fps)
    duration = wish.get("duration")
    return spec.seconds if duration is None else float(str(duration).removesuffix("s"))


def _wrong(rule: Field, value: Any) -> tuple[str, str] | None:
    """Why a value does not fit, and the kind of the fault."""
    if rule.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, rule.kind) or (rule.kind is int and isinstance(value, bool)):
        if rule.options:
            return f"Input should be {_listed(rule.options)}", "literal_error"
        return f"Input should be a valid {_NAMES[rule.kind]}", f"{_NAMES[rule.kind]}_type"
    if rule.options and value not in rule.options:
        return f"Input should be {_listed(rule.options)}", "literal_error"
    if isinstance(value, int | float):
        if rule.low is not None and value < rule.low:
            return f"Input should be greater than or equal to {rule.low:g}", "greater_than_equal"
        if rule.high is not None and value > rule.high:
            return f"Input should be less than or equal to {rule.high:g}", "less_than_equal"
    if rule.required and value == "":
        return "String should have at least 1 character", "string_too_short"
    return None


_NAMES: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean", list: "list"}


def _listed(options: tuple[Any, ...]) -> str:
    shown = [repr(option) for option in options]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
