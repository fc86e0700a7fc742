"""The list of the rules, one line each, and the answer to a change."""

from collections.abc import Collection, Iterator

from core.domain.rules.kinds import RuleKind, Rules, Value, WorkspaceRule
from core.domain.rules.panels import KINDS, PanelName
from core.replies.chat.card import Action, Button, Card, Channel, ListLine, Part, Person, SmallPrint, Text, Tone, Word
from core.replies.chat.words import cut
from core.replies.languages.say import later, say, say_count
from core.replies.requests.refused_rules import about
from core.replies.rules.panels import TITLES

LINES_MAX = 30
WORDS_SHOWN = 8
VALUE_MAX = 150

_LABELS = {
    RuleKind.CHANNEL.value: later("Channel"),
    RuleKind.ADULT.value: later("Age-restricted channel"),
    RuleKind.RESULTS.value: later("Videos of"),
    RuleKind.TIERS.value: later("Qualities for"),
    RuleKind.VIDEOS_PER_DAY.value: later("Videos a day for"),
    RuleKind.CREDITS_PER_DAY.value: later("Credits a day for"),
    RuleKind.WAIT_S.value: later("Seconds between requests for"),
    RuleKind.OPEN_MOST.value: later("Under way at once for"),
    RuleKind.PERSON.value: later("Person"),
    RuleKind.WORDS.value: later("Words"),
    RuleKind.MAX_PRICE.value: later("Highest price of"),
    RuleKind.PROVIDER.value: later("Provider"),
    RuleKind.MANAGERS.value: later("Managers"),
    RuleKind.PRESET.value: later("Preset"),
    RuleKind.DEFAULT.value: later("Defaults in"),
    RuleKind.LINKS.value: later("Public links"),
    RuleKind.PRIVATE_LINKS.value: later("Public links from private channels"),
    RuleKind.NO_LINKS.value: later("No public links in"),
    RuleKind.GALLERY.value: later("Gallery"),
}
_CHANNELS = {RuleKind.CHANNEL, RuleKind.ADULT, RuleKind.RESULTS, RuleKind.DEFAULT, RuleKind.NO_LINKS}
_PLAIN = {RuleKind.WORDS, RuleKind.MAX_PRICE, RuleKind.PROVIDER, RuleKind.PRESET}


def rules_card(
    rules: Rules, *, times: int | None = None, panel: PanelName | None = None, without: Collection[PanelName] = ()
) -> Card:
    """The card with all rules, or with those of one panel.

    Args:
        times: the number of rules that were just changed; None without a change.
        panel: the panel that was changed.
        without: panels that have no meaning on the reader's platform.
    """
    kinds = KINDS[panel] if panel is not None else tuple(RuleKind)
    shown = [rule for kind in kinds for rule in rules.of(kind)]
    title = say("Rules of videos here")
    if times is not None:
        title = say_count("Changed: {n} rule", "Changed: {n} rules", times) if times else say("As it was")
    parts: list[Part] = [ListLine(label_of(rule.kind, rule.subject), tuple(_words(rule))) for rule in shown[:LINES_MAX]]
    if not shown:
        parts.append(
            Text(say("There are none of this kind.") if panel else say("There are no rules yet: everybody may ask."))
        )
    if len(shown) > LINES_MAX:
        parts.append(SmallPrint(say("And {n} more: see the log.", n=len(shown) - LINES_MAX)))
    return Card(title=title, tone=Tone.QUIET, parts=(*parts, *panel_buttons(panel, without=without)))


def panel_buttons(only: PanelName | None = None, *, without: Collection[PanelName] = ()) -> tuple[Button, ...]:
    """The buttons that open the panels. `without`: panels that have no meaning on the reader's platform."""
    names = [name for name in PanelName if name not in without] if only is None else [only]
    return tuple(Button(Action.RULES, f"{say(TITLES[name])} …", name.value) for name in names)


def label_of(kind: str, subject: str) -> str:
    """The name of a rule in a word or two."""
    label = say(_LABELS[kind]) if kind in _LABELS else kind.replace("_", " ").capitalize()
    return say("{label} {subject}:", label=label, subject=subject) if kind in _PLAIN and subject else label


def subject_of(kind: str, subject: str) -> Word | None:
    """The object of a rule, as the platform draws it; None where the label names it."""
    if not subject or kind in _PLAIN or kind not in set(RuleKind):
        return None
    if kind in _CHANNELS:
        return Channel(subject)
    return Person(subject) if kind == RuleKind.PERSON else about(subject)


def value_of(kind: str, value: Value | None) -> Word:
    """The value of a rule."""
    match value:
        case None:
            return say("no rule")
        case str() if kind == RuleKind.RESULTS:
            return Channel(value)
        case tuple():
            more = say(" and {n} more", n=len(value) - WORDS_SHOWN) if len(value) > WORDS_SHOWN else ""
            return f"{', '.join(value[:WORDS_SHOWN])}{more}"
        case str() | int():
            return str(value)
        case _:
            return cut(", ".join(say("{name} {text}", name=name, text=text) for name, text in value.items()), VALUE_MAX)


def _words(rule: WorkspaceRule) -> Iterator[Word]:
    if (subject := subject_of(rule.kind, rule.subject)) is not None:
        yield subject
        yield ": "
    yield value_of(rule.kind, rule.value)
