"""A form as fields that no platform is named in. Each platform draws every kind of field."""

from dataclasses import dataclass
from typing import TypeAlias

from core.domain.rules.panels import PanelName
from core.domain.rules.shown import CHOSEN_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsField:
    """Channels of the workspace. `for_adults`: only for platforms that restrict channels by age."""

    name: str
    label: str
    hint: str = ""
    chosen: tuple[str, ...] = ()
    most: int = CHOSEN_MAX
    required: bool = False
    for_adults: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesField:
    """The platform's own roles."""

    name: str
    label: str
    hint: str = ""
    chosen: tuple[str, ...] = ()
    most: int = CHOSEN_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleField:
    name: str
    label: str
    hint: str = ""
    chosen: tuple[str, ...] = ()
    most: int = CHOSEN_MAX
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """A choice among a few options, each a value and its text.

    Args:
        for_communities: only for platforms with open communities.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...] = ()
    most: int = 1
    required: bool = False
    for_communities: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """Words or numbers. `for_adults`: only worth asking where a platform restricts channels by age."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    lines: bool = False
    required: bool = False
    for_adults: bool = False


PanelField: TypeAlias = ChannelsField | RolesField | PeopleField | ChoiceField | TextField


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One form: at most five fields, which is what a Discord form takes.

    Args:
        revision: the number of the newest change of the rules that it shows.
    """

    name: PanelName
    title: str
    fields: tuple[PanelField, ...]
    revision: int = 0
