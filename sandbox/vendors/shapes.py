"""Reads request bodies strictly, and turns the words for shapes (16:9, 720p) into pixels."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response

from sandbox.vendors.middleware import WireError

Body = TypeVar("Body", bound="StrictBody")

SHORT_SIDES = {
    "360p": 360,
    "480p": 480,
    "512p": 512,
    "580p": 580,
    "720p": 720,
    "768p": 768,
    "1080p": 1080,
    "1440p": 1440,
    "4k": 2160,
}


class StrictBody(BaseModel):
    """A request body, or a part of one: no unknown fields, no wrong types."""

    model_config = ConfigDict(strict=True, extra="forbid")


def parse(shape: type[Body], value: Any, *, otherwise: Callable[[str, str, str], Response]) -> Body:
    """The value in this shape.

    Raises:
        WireError: with the answer that `otherwise` makes of the first wrong field's path, the reason and its kind.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise WireError(otherwise(path, first["msg"], first["type"])) from error


def pixels(aspect: str, resolution: str) -> tuple[int, int]:
    """The frame for an aspect such as `16:9` and a resolution such as `720p`, both sides even."""
    across, down = (int(part) for part in aspect.split(":"))
    short = SHORT_SIDES[resolution.lower()]
    if across >= down:
        return (round(short * across / down / 2) * 2, short)
    return (short, round(short * down / across / 2) * 2)


def fitted(width: int, height: int, resolution: str) -> tuple[int, int]:
    """The frame that keeps a picture's shape and has as many pixels as 16:9 at this resolution."""
    wide, high = pixels("16:9", resolution)
    scale = math.sqrt(wide * high / (width * height))
    return (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
