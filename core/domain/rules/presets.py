"""Presets of a workspace and what holds in a channel for whoever says nothing about it. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.domain.errors import Refused
from core.domain.ids import ChannelId
from core.domain.requests.options import Option
from core.domain.requests.request import DURATION_MAX_S, DURATION_MIN_S, Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.kinds import RuleKind, Rules

HERE = "{prompt}"
"""Where the description goes among the words of a preset; without it, it goes before them."""


@dataclass(eq=False)
class UnknownPreset(Refused):
    """There is no preset of that name. `known`: those that there are."""

    name: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the person has said themselves.

    Args:
        options: those that were given; they win over what a preset or the channel says.
        preset: the name of one, if they want one.
    """

    options: frozenset[Option] = frozenset()
    preset: str = ""


def completed(request: VideoRequest, said: Said, channel: ChannelId, rules: Rules) -> VideoRequest:
    """The request with what its preset says, and then its channel, where the person has said nothing.

    Raises:
        UnknownPreset
    """
    usual = _fields(rules, RuleKind.DEFAULT, channel)
    name = said.preset or usual["preset"]
    known = tuple(rule.subject for rule in rules.of(RuleKind.PRESET))
    if said.preset and said.preset.casefold() not in known:
        raise UnknownPreset(name=said.preset, known=known)
    preset = _fields(rules, RuleKind.PRESET, name.casefold())
    found = defaultdict(str, {**usual, **preset})
    words = preset["words"]
    made = replace(request, prompt=_around(words, request.prompt)) if words else request
    tier, aspect, seconds = found["tier"], found["aspect"], found["seconds"]
    if Option.TIER not in said.options and tier in set(TierName):
        made = replace(made, tier=TierName(tier))
    if Option.ASPECT not in said.options and aspect in set(Aspect):
        made = replace(made, aspect=Aspect(aspect))
    if Option.SECONDS not in said.options and seconds.isdigit():
        made = replace(made, duration_s=min(DURATION_MAX_S, max(DURATION_MIN_S, int(seconds))))
    return made


def _fields(rules: Rules, kind: RuleKind, subject: str) -> Mapping[str, str]:
    """What a rule says, by field; an empty text where it says nothing."""
    rule = rules.about(kind, subject) if subject else None
    return defaultdict(str, rule.value if rule is not None and isinstance(rule.value, Mapping) else {})


def _around(words: str, prompt: str) -> str:
    return words.replace(HERE, prompt) if HERE in words else f"{prompt}, {words}"
