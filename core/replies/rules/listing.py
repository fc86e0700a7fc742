"""The rules that hold, a line each, and what is said after a change."""

from collections.abc import Iterable, Iterator

from core.domain.rules.kinds import RuleKind, Rules, Value, WorkspaceRule
from core.domain.rules.panels import KINDS, PanelName
from core.replies.chat.card import Action, Button, Card, Channel, ListLine, Part, Person, SmallPrint, Text, Tone, Word
from core.replies.chat.words import count, cut
from core.replies.requests.refused_rules import about
from core.replies.rules.panels import TITLES

LINES_MAX = 30
WORDS_SHOWN = 8
VALUE_MAX = 150

_LABELS = {
    RuleKind.CHANNEL.value: "Channel",
    RuleKind.ADULT.value: "Age-restricted channel",
    RuleKind.RESULTS.value: "Videos of",
    RuleKind.TIERS.value: "Qualities for",
    RuleKind.VIDEOS_PER_DAY.value: "Videos a day for",
    RuleKind.CREDITS_PER_DAY.value: "Credits a day for",
    RuleKind.WAIT_S.value: "Seconds between requests for",
    RuleKind.OPEN_MOST.value: "Under way at once for",
    RuleKind.PERSON.value: "Person",
    RuleKind.WORDS.value: "Words",
    RuleKind.MAX_PRICE.value: "Highest price of",
    RuleKind.PROVIDER.value: "Provider",
    RuleKind.MANAGERS.value: "Managers",
    RuleKind.PRESET.value: "Preset",
    RuleKind.DEFAULT.value: "Defaults in",
    RuleKind.LINKS.value: "Public links",
    RuleKind.NO_LINKS.value: "No public links in",
}
_CHANNELS = {RuleKind.CHANNEL, RuleKind.ADULT, RuleKind.RESULTS, RuleKind.DEFAULT, RuleKind.NO_LINKS}
_PLAIN = {RuleKind.WORDS, RuleKind.MAX_PRICE, RuleKind.PROVIDER, RuleKind.PRESET}


def rules_card(rules: Rules, *, times: int | None = None, panel: PanelName | None = None) -> Card:
    """All rules, or those of one panel.

    Args:
        times: how many have just been changed; None: nothing was to be.
        panel: which were.
    """
    kinds = KINDS[panel] if panel is not None else tuple(RuleKind)
    shown = [rule for kind in kinds for rule in rules.of(kind)]
    title = "Rules of videos here" if times is None else f"Changed: {count(times, 'rule')}" if times else "As it was"
    parts: list[Part] = [ListLine(label_of(rule.kind, rule.subject), tuple(_words(rule))) for rule in shown[:LINES_MAX]]
    if not shown:
        parts.append(Text("There are none of this kind." if panel else "There are no rules yet: everybody may ask."))
    if len(shown) > LINES_MAX:
        parts.append(SmallPrint(f"And {len(shown) - LINES_MAX} more: see the log."))
    return Card(title=title, tone=Tone.QUIET, parts=(*parts, *panel_buttons(panel)))


def panel_buttons(only: PanelName | None = None) -> tuple[Button, ...]:
    """The buttons that open the panels."""
    names: Iterable[PanelName] = PanelName if only is None else (only,)
    return tuple(Button(Action.RULES, f"{TITLES[name]} …", name.value) for name in names)


def label_of(kind: str, subject: str) -> str:
    """What a rule is, in a word or two."""
    label = _LABELS.get(kind, kind.replace("_", " ").capitalize())
    return f"{label} {subject}:" if kind in _PLAIN and subject else label


def subject_of(kind: str, subject: str) -> Word | None:
    """Whom or what it is about, as the platform draws it; None where the label says so."""
    if not subject or kind in _PLAIN or kind not in set(RuleKind):
        return None
    if kind in _CHANNELS:
        return Channel(subject)
    return Person(subject) if kind == RuleKind.PERSON else about(subject)


def value_of(kind: str, value: Value | None) -> Word:
    """What it says."""
    match value:
        case None:
            return "no rule"
        case str() if kind == RuleKind.RESULTS:
            return Channel(value)
        case tuple():
            more = f" and {len(value) - WORDS_SHOWN} more" if len(value) > WORDS_SHOWN else ""
            return f"{', '.join(value[:WORDS_SHOWN])}{more}"
        case str() | int():
            return str(value)
        case _:
            return cut(", ".join(f"{name} {text}" for name, text in value.items()), VALUE_MAX)


def _words(rule: WorkspaceRule) -> Iterator[Word]:
    if (subject := subject_of(rule.kind, rule.subject)) is not None:
        yield subject
        yield ": "
    yield value_of(rule.kind, rule.value)
