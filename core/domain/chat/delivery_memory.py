"""What a message remembers from one try to the next: the column `deliveries.memory`, as a value.

SQL functions read and write keys of it, too: `redirect_messages` (all but `edits` and `upload`), `deliveries_follow`
and `move_deliveries` (`where`, `why`), `retry_generation` (`where`, `why`, `plain`, `form`, `size_max`),
`count_channel_trouble` (`where`), `note_restore` and `deliveries_look` (`look`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Self, TypeVar

from core.domain.chat.delivery import Edits, Form, Where

_Named = TypeVar("_Named", bound=IntEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryMemory:
    """The whole column; a message of which nothing has been refused has none of it.

    Args:
        where: the place on the ladder that the message goes to.
        why: why it no longer goes to its thread, in the platform's word.
        form: how the video comes; of a message without a video this means nothing.
        size_max: how large a smaller file may be, in bytes; set with `Form.SMALLER`.
        edits: what is still done to a message that is up.
        is_plain: the drawn card was refused: the same words go as plain text.
        looks_first: an earlier try may have got through: the message is looked for before it is posted.
        late_until: Unix time until which an edit that got no answer may still take effect, and paint over newer ones.
        upload: what the platform's own upload has noted between its steps. Only that platform reads it.
        newer: keys that this release does not know, kept as they are.
    """

    where: Where = Where.THREAD
    why: str | None = None
    form: Form = Form.FILE
    size_max: int | None = None
    edits: Edits = Edits.GOING
    is_plain: bool = False
    looks_first: bool = False
    late_until: int | None = None
    upload: Mapping[str, str] = field(default_factory=dict)
    newer: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The same from the column; a key that is null counts as absent.

        Raises:
            ValueError, TypeError: a field holds what this release cannot read.
        """
        known = {key: value for key, value in data.items() if value is not None}
        return cls(
            where=_named(Where, known.get("where"), key="where") or Where.THREAD,
            why=_of(str, known.get("why"), key="why"),
            form=_named(Form, known.get("form"), key="form") or Form.FILE,
            size_max=_of(int, known.get("size_max"), key="size_max"),
            edits=_named(Edits, known.get("edits"), key="edits") or Edits.GOING,
            is_plain=_of(bool, known.get("plain"), key="plain") or False,
            looks_first=_of(bool, known.get("look"), key="look") or False,
            late_until=_of(int, known.get("late_until"), key="late_until"),
            upload=_notes(known.get("upload", {})),
            newer={key: value for key, value in data.items() if key not in _KEYS},
        )

    def as_json(self) -> dict[str, Any]:
        """The column; what is as it is at the start has no key."""
        return {
            **self.newer,
            **({"where": self.where.name.lower()} if self.where else {}),
            **({"why": self.why} if self.why is not None else {}),
            **({"form": self.form.name.lower()} if self.form else {}),
            **({"size_max": self.size_max} if self.size_max is not None else {}),
            **({"edits": self.edits.name.lower()} if self.edits else {}),
            **({"plain": True} if self.is_plain else {}),
            **({"look": True} if self.looks_first else {}),
            **({"late_until": self.late_until} if self.late_until is not None else {}),
            **({"upload": dict(self.upload)} if self.upload else {}),
        }


_KEYS = frozenset({"where", "why", "form", "size_max", "edits", "plain", "look", "late_until", "upload"})
_Value = TypeVar("_Value", str, int, bool)


def _of(kind: type[_Value], value: object, *, key: str) -> _Value | None:
    """The value if it is of this kind, None if there is none. True is no number here."""
    if value is None:
        return None
    if type(value) is not kind:
        raise TypeError(f"memory.{key} is {value!r}, not of the type {kind.__name__}")
    return value


def _named(words: type[_Named], value: object, *, key: str) -> _Named | None:
    name = _of(str, value, key=key)
    found = {word.name.lower(): word for word in words}
    if name is not None and name not in found:
        raise ValueError(f"memory.{key} is {name!r}, not one of {', '.join(found)}")
    return None if name is None else found[name]


def _notes(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(note, str) for pair in value.items() for note in pair):
        raise TypeError(f"memory.upload is {value!r}, not notes by name")
    return dict(value)


NOTHING_YET = DeliveryMemory()
