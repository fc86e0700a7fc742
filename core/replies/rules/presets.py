"""The presets of a workspace as a list: the names for everybody; for managers also their contents and a button."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.domain.rules.kinds import RuleKind, Rules
from core.domain.rules.panels import PanelName
from core.replies.chat.card import Action, Button
from core.replies.languages.say import say
from core.replies.rules.listing import value_of

ABOUT = ":"
"""The separator between a panel's name and its object, in the subject of a button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetLine:
    """One preset. `words`: its contents; `change`: the button for managers."""

    name: str
    words: str = ""
    change: Button | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetList:
    """All presets, by name. `new`: the button for managers."""

    lines: tuple[PresetLine, ...] = ()
    new: Button | None = None


def for_managers(rules: Rules) -> PresetList:
    """The list with the contents of each preset."""
    new = Button(Action.RULES, say("New preset …"), PanelName.PRESETS.value)
    return PresetList(lines=tuple(_lines(rules)), new=new)


def for_everybody(names: tuple[str, ...]) -> PresetList:
    """The list of names alone."""
    return PresetList(lines=tuple(PresetLine(name=name) for name in names))


def _lines(rules: Rules) -> Iterator[PresetLine]:
    for rule in sorted(rules.of(RuleKind.PRESET), key=lambda each: each.subject):
        subject = f"{PanelName.PRESETS.value}{ABOUT}{rule.subject}"
        yield PresetLine(
            name=rule.subject,
            words=str(value_of(rule.kind, rule.value)),
            change=Button(Action.RULES, say("Change …"), subject),
        )
