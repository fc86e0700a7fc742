"""What a platform says otherwise: its word for the place where people are, and how they type a command there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of one platform.

    Args:
        place: what people call a place with rules of its own, in English; in German it is a masculine noun.
        sharing: what there is for videos outside of their channels.
        commands: by what people type elsewhere, how they type it there: "/settings log" is "/settings show:log".
    """

    place: str = "workspace"
    sharing: str = "Public links"
    commands: Mapping[str, str] = field(default_factory=dict)
