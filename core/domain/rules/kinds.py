"""What kinds of rules there are, and one rule: a value for a subject, with its author and its time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from core.domain.chat.principal import Outsiders
from core.domain.ids import UserId

EVERYBODY = "*"
"""The subject of a rule about whoever asks."""
GUESTS, OUTSIDERS = "guests", "outsiders"
"""Subjects beside the platform's own roles: people with less than a member's rights, and people of elsewhere."""
SUPPORTERS = "supporters"
"""Who pays the platform for this place, in the platform's own way. Asked for like a role: it may end at any moment."""
LEVELS = ("level_1", "level_2", "level_3")
"""Everybody, while the supporters have brought the place to this level or a higher one; a role that all have then."""


class RuleKind(StrEnum):
    """Each with its subject and its value."""

    CHANNEL = "channel"
    """A channel: `allowed`, `denied`. Where some are allowed, all others are not."""
    ADULT = "adult"
    """A channel that the platform restricts by age: `yes`. In others of these nothing is made."""
    RESULTS = "results"
    """A channel: the channel that its videos come to."""
    TIERS = "tiers"
    """A role, or everybody: the tiers that they may choose."""
    CREDITS_PER_DAY = "credits_per_day"
    VIDEOS_PER_DAY = "videos_per_day"
    WAIT_S = "wait_s"
    """A role, or everybody: how long somebody waits from one request to the next."""
    OPEN_MOST = "open_most"
    """A role, or everybody: how many requests somebody may have under way."""
    PERSON = "person"
    """A person: `blocked`."""
    WORDS = "words"
    """A list of words by its name, `blocked` or `age`: the words."""
    LINKS = "links"
    """Public addresses of videos: `off`, `24h`, `30d`."""
    PRIVATE_LINKS = "private_links"
    """`yes`: what is asked for in private channels has public addresses like all else. Without it there are none."""
    NO_LINKS = "no_links"
    """A channel: `yes`. Its videos have no public address."""
    GALLERY = "gallery"
    """`off`: nothing more comes into the gallery."""
    MAX_PRICE = "max_price"
    """A tier: the most credits that one video of it may hold."""
    PROVIDER = "provider"
    """A provider: `excluded`."""
    MANAGERS = "managers"
    """A role: `yes`. Who has it may change these rules, but not this one."""
    PRESET = "preset"
    """A name: what `preset:name` stands for."""
    DEFAULT = "default"
    """A channel: what holds there for whoever says nothing about it."""


LIMITS = (RuleKind.VIDEOS_PER_DAY, RuleKind.CREDITS_PER_DAY, RuleKind.OPEN_MOST, RuleKind.WAIT_S)

Value: TypeAlias = str | int | tuple[str, ...] | Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRule:
    """One rule that holds.

    Args:
        id: a newer one is higher.
        author: who has set it; None where they are forgotten.
    """

    id: int
    kind: RuleKind
    subject: str
    value: Value
    author: UserId | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All rules that hold in one workspace.

    Args:
        revision: the number of its newest change.
        lets_in: whom it lets use the app at its cost, besides its members.
    """

    revision: int = 0
    all: tuple[WorkspaceRule, ...] = ()
    lets_in: Outsiders = Outsiders.NOBODY
    _by_kind: Mapping[RuleKind, tuple[WorkspaceRule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds: dict[RuleKind, list[WorkspaceRule]] = {}
        for rule in sorted(self.all, key=lambda each: each.id):
            kinds.setdefault(rule.kind, []).append(rule)
        object.__setattr__(self, "_by_kind", {kind: tuple(found) for kind, found in kinds.items()})

    def of(self, kind: RuleKind) -> tuple[WorkspaceRule, ...]:
        """All of a kind, the newest last."""
        return self._by_kind.get(kind, ())

    def about(self, kind: RuleKind, subject: str = "") -> WorkspaceRule | None:
        """The one about a subject."""
        return next((rule for rule in self.of(kind) if rule.subject == subject), None)

    def newest(self, kind: RuleKind, subjects: Iterable[str]) -> WorkspaceRule | None:
        """Of the rules about somebody, who is several subjects at once, the newest: it wins."""
        known = frozenset(subjects)
        return next((rule for rule in reversed(self.of(kind)) if rule.subject in known), None)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The platform's own roles that some rule is about: whoever decides has to know which of them a person has."""
        return frozenset(self._roles())

    def _roles(self) -> Iterator[str]:
        for kind in (*LIMITS, RuleKind.TIERS, RuleKind.MANAGERS):
            for rule in self.of(kind):
                if rule.subject not in {EVERYBODY, GUESTS, OUTSIDERS}:
                    yield rule.subject

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words."""
        rule = self.about(RuleKind.WORDS, name)
        return rule.value if rule is not None and isinstance(rule.value, tuple) else ()

    def subjects(self, kind: RuleKind, value: str) -> tuple[str, ...]:
        """The subjects that have this value."""
        return tuple(rule.subject for rule in self.of(kind) if rule.value == value)
