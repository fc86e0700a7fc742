"""Why a generation is in the state that it is in: the column `reason`, as a value.

Every key of the column is a field here. What a newer release has written beside them is kept as it is.
In SQL, `transition_generation` writes the column as it is given, and the trigger `generations_root_edit` looks whether
`waiting` is there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from core.domain.ids import ProviderName, RouteKey


class Approval(StrEnum):
    """What became of a generation that had to ask an admin, and was not let go."""

    DECLINED = "declined"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtVendor:
    """Where a person can get a video that we could not keep.

    Args:
        until: the address works at least so long.
    """

    url: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One thing of a video that is less than was ordered, in words: 5 s instead of 10 s."""

    what: str
    asked: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeShort:
    """In what a video falls short.

    Args:
        full: the credits that all of it would have cost.
    """

    full: int
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReason:
    """The whole column; a generation that simply goes on has none of it.

    Args:
        waiting: why nothing is under way, for the operator.
        waits: how many times in a row it has waited.
        unavailable: the providers that it waits for, or that could not take it.
        cannot_stop: the provider at work that was asked to stop and goes on.
        why: how it ended without a video, for the operator; `PICTURE_GONE` is told to the person.
        route: the route whose refusal ended it.
        not_kept_since: when its finished video could first not be stored.
        at_vendor: where the vendor has a video that we could not store.
        newer: keys that this release does not know.
    """

    waiting: str | None = None
    waits: int = 0
    unavailable: tuple[ProviderName, ...] = ()
    cannot_stop: ProviderName | None = None
    approval: Approval | None = None
    why: str | None = None
    route: RouteKey | None = None
    not_kept_since: datetime | None = None
    at_vendor: AtVendor | None = None
    short: MadeShort | None = None
    newer: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The same from the column.

        Raises:
            ValueError, KeyError, TypeError: a field holds what this release cannot read.
        """
        known = {name: value for name, value in data.items() if name in _NAMES and value is not None}
        for name, read in _READ.items():
            if name in known:
                known[name] = read(known[name])
        return cls(**known, newer={name: value for name, value in data.items() if name not in _NAMES})

    def as_json(self) -> dict[str, Any]:
        """The column; what is not said has no key."""
        written = {
            "waiting": self.waiting,
            "waits": self.waits or None,
            "unavailable": list(self.unavailable) or None,
            "cannot_stop": self.cannot_stop,
            "approval": self.approval,
            "why": self.why,
            "route": self.route,
            "not_kept_since": self.not_kept_since and self.not_kept_since.isoformat(),
            "at_vendor": self.at_vendor and {"url": self.at_vendor.url, "until": self.at_vendor.until.isoformat()},
            "short": self.short
            and {
                "full": self.short.full,
                "lacks": [{"what": lack.what, "asked": lack.asked, "got": lack.got} for lack in self.short.lacks],
            },
        }
        return {**self.newer, **{name: value for name, value in written.items() if value is not None}}


def _at_vendor(data: Mapping[str, Any]) -> AtVendor:
    return AtVendor(url=data["url"], until=datetime.fromisoformat(data["until"]))


def _short(data: Mapping[str, Any]) -> MadeShort:
    lacks = tuple(Lack(what=each["what"], asked=each["asked"], got=each["got"]) for each in data["lacks"])
    return MadeShort(full=int(data["full"]), lacks=lacks)


_NAMES = frozenset(each.name for each in fields(StateReason)) - {"newer"}
_READ: dict[str, Callable[[Any], Any]] = {
    "waits": int,
    "unavailable": lambda names: tuple(map(ProviderName, names)),
    "approval": Approval,
    "not_kept_since": datetime.fromisoformat,
    "at_vendor": _at_vendor,
    "short": _short,
}

NO_REASON = StateReason()
