"""The reasons why the references of a request are refused."""

from dataclasses import dataclass

from core.domain.errors import Refused


class PicturesMixed(Refused):
    """References beside a first or a last picture: no vendor takes both."""


@dataclass(eq=False)
class TooManyReferences(Refused):
    """More references than any model takes."""

    most: int
